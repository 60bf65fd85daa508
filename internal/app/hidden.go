package app

import (
	"net/url"
	"regexp"
	"strings"
)

// warn warns of what a command met, with --redact without the names of channels.
func (r *run) warn(message string) {
	if r.redact {
		message = withoutChannel(message)
	}
	r.screen.warn(message)
}

// namesChannel finds where the warnings of a run name a channel.
var namesChannel = regexp.MustCompile( //nolint:gochecknoglobals // a table
	`(?s)the channel (.+?)(?: takes no members| does not exist in the Service|, and the Service lets)`)

// withoutChannel is a warning without the name of its channel: neither in its own words, nor in the address that the
// API's answer repeats.
func withoutChannel(message string) string {
	at := namesChannel.FindStringSubmatchIndex(message)
	if at == nil {
		return message
	}
	name := message[at[2]:at[3]]
	message = message[:at[2]] + "…" + message[at[3]:]
	for _, written := range []string{name, url.PathEscape(name)} {
		message = strings.ReplaceAll(message, "/Channels/"+written, "/Channels/…")
	}
	return message
}
