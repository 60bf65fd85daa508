package chat

import (
	"encoding/json"
	"html"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// problem is what the body of a refusal says.
type problem struct {
	code     int
	message  string // one line
	moreInfo string
}

// maxMessage is how many bytes of a message are kept.
const maxMessage = 300

// parseProblem reads a refusal's body in any of the forms that the API and what stands before it are known to have:
// {code, message, more_info, status}, with detail or details in the message's place or beside it; {code, message,
// httpStatusCode, userError}; RFC 9457's {type, title, status, code, detail}; plain text; a page of HTML; nothing.
func parseProblem(body []byte) problem {
	var fields map[string]json.RawMessage
	if json.Unmarshal(body, &fields) != nil {
		return problem{message: gist(body)}
	}
	return problem{
		code:     intField(fields["code"]),
		message:  oneLine(messageOf(fields)),
		moreInfo: oneLine(stringField(fields["more_info"])),
	}
}

// messageOf returns the best of what a refusal says: its message, else its title and what it says in detail.
func messageOf(fields map[string]json.RawMessage) string {
	if message := stringField(fields["message"]); message != "" {
		return message
	}
	title, detail := stringField(fields["title"]), stringField(fields["detail"])
	if detail == "" {
		detail = stringField(fields["details"])
	}
	if title == "" || detail == "" {
		return title + detail
	}
	return title + ": " + detail
}

func stringField(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}

// intField returns the number that raw is, or holds as a string; 0 if it is none.
func intField(raw json.RawMessage) int {
	text := string(raw)
	if s := stringField(raw); s != "" {
		text = strings.TrimSpace(s)
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0
	}
	return n
}

// gist returns a line that says what a body that is not the API's JSON says: of a page of HTML its title, or else its
// text.
func gist(body []byte) string {
	const enough = 8 << 10 // of a page, to come to its first words
	s := strings.TrimSpace(string(body[:min(len(body), enough)]))
	if !strings.HasPrefix(s, "<") {
		return oneLine(s)
	}
	if title := oneLine(html.UnescapeString(between(s, "<title>", "</title>"))); title != "" {
		return title
	}
	return oneLine(html.UnescapeString(withoutTags(s)))
}

// between returns what stands between two tags, whatever the letters' case.
func between(s, from, to string) string {
	lower := strings.ToLower(s)
	if len(lower) != len(s) {
		return "" // a letter whose cases differ in length; positions would not agree
	}
	i := strings.Index(lower, from)
	if i < 0 {
		return ""
	}
	i += len(from)
	j := strings.Index(lower[i:], to)
	if j < 0 {
		return ""
	}
	return s[i : i+j]
}

// withoutTags returns s with a space for each tag.
func withoutTags(s string) string {
	var b strings.Builder
	for s != "" {
		text, rest, _ := strings.Cut(s, "<")
		b.WriteString(text)
		b.WriteByte(' ')
		_, s, _ = strings.Cut(rest, ">")
	}
	return b.String()
}

// oneLine returns s in one line of printable characters, cut to maxMessage bytes: a message goes to terminals and reports.
func oneLine(s string) string {
	s = strings.Join(strings.FieldsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }), " ")
	s = strings.ToValidUTF8(s, "\ufffd")
	if len(s) <= maxMessage {
		return s
	}
	cut := maxMessage
	for !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "…"
}
