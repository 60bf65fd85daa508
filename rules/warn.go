package rules

import (
	"bytes"
	"strconv"
	"time"
	"unicode/utf8"

	"rejoin/chat"
	"rejoin/reader"
)

const (
	// maxIdentity and maxAttributes are documented for Conversations, which holds the same members
	// (https://www.twilio.com/docs/conversations/conversations-limits); for Chat they are not, so that exceeding them is
	// no error.
	maxIdentity   = 256  // characters
	maxAttributes = 4096 // bytes

	// firstYear is before any member was made: the service began in 2015.
	firstYear = 2010

	// reserved are the characters that the Member resource's page advises to keep out of identities.
	reserved = "!*'();:@&=+$,/?%#[]"
)

// Warn appends what deserves a look about a record to its problems. v is what [Rules.Examine] made of it.
func (r *Rules) Warn(rec *reader.Record, v *View) {
	j := judge{rules: r, rec: rec, view: v}
	from := len(v.Problems)
	j.warnIdentity()
	j.warnChannel()
	if len(v.attributes) > maxAttributes {
		if n := len(v.AppendAttributes(nil)); n > maxAttributes {
			j.breaks(reader.Attributes, LargeAttributes, v.attributes, ", "+strconv.Itoa(n)+" bytes of JSON, expected at most "+strconv.Itoa(maxAttributes))
		}
	}
	if !v.Updated.IsZero() && v.Updated.Before(v.Created) {
		j.breaks(reader.DateUpdated, UpdatedBeforeCreated, rec.Values[reader.DateUpdated].Text, j.notBefore(v.Created))
	}
	if !v.Consumed.IsZero() && len(rec.Values[reader.LastConsumedMessageIndex].Text) == 0 {
		j.breaks(reader.LastConsumptionTimestamp, ReadWithoutIndex, rec.Values[reader.LastConsumptionTimestamp].Text,
			" without a last_consumed_message_index: the service is reported to ignore it")
	}
	j.warnTime(reader.LastConsumptionTimestamp, v.Consumed)
	j.warnTime(reader.DateCreated, v.Created)
	j.warnTime(reader.DateUpdated, v.Updated)
	for i := from; i < len(v.Problems); i++ {
		v.Problems[i].Severity = Warning
	}
}

func (j *judge) warnIdentity() {
	identity := j.view.Identity
	if len(identity) > maxIdentity {
		if n := utf8.RuneCount(identity); n > maxIdentity {
			j.breaks(reader.Identity, LongIdentity, identity, ", "+strconv.Itoa(n)+" characters, expected at most "+strconv.Itoa(maxIdentity))
		}
	}
	if j.rec.Values[reader.Identity].Kind == reader.Number && len(identity) > 0 {
		j.breaks(reader.Identity, NumberIdentity, identity, ", which is sent as text")
	}
	j.warnSpace(reader.Identity, identity)
	for i, c := range identity {
		if c < utf8.RuneSelf && isReserved[c] {
			if !j.brief(reader.Identity, ReservedIdentity) {
				j.note(reader.Identity, ReservedIdentity, j.rules.found(reader.String, identity), j.unwise(identity[i:]))
			}
			return
		}
	}
}

// warnSpace looks at a text that is sent as it stands.
func (j *judge) warnSpace(f reader.Field, text []byte) {
	if len(bytes.TrimSpace(text)) < len(text) {
		j.breaks(f, SpaceAround, text, " with white space around it, which is sent as it stands")
	}
}

func (j *judge) warnChannel() {
	text := j.view.Named.Channel
	if len(text) == 0 {
		return
	}
	f := reader.ChannelSID
	if len(j.rec.Values[f].Text) == 0 {
		f = reader.ChannelUniqueName
	}
	j.warnSpace(f, text)
	if likeSID(bytes.TrimSpace(text)) {
		j.breaks(f, DamagedChannelSID, text, ", which is taken for a unique name; a SID is CH and 32 hexadecimal digits")
	}
}

// likeSID reports whether a text that is no channel's SID was most likely meant to be one: it is as long as one, or digits
// follow where a SID has them. Short names such as ch1 and chef are just names.
func likeSID(text []byte) bool {
	const length = 34
	if len(text) < 3 || text[0]|0x20 != 'c' || text[1]|0x20 != 'h' || chat.IsChannelSID(stringOf(text)) {
		return false
	}
	digits := text[2:]
	switch {
	case len(text) == length:
		return !bytes.ContainsAny(digits, " -_.")
	case len(bytes.TrimLeft(digits, "0123456789abcdefABCDEF")) > 0:
		return false
	}
	return len(digits) >= length/2 || text[0] == 'C' && text[1] == 'H' && bytes.ContainsAny(digits, "0123456789")
}

// unwise names the first reserved character of a text.
func (j *judge) unwise(text []byte) string {
	if j.rules.redact {
		return " with a character that is reserved in addresses"
	}
	return " with " + strconv.Quote(string(text[:1])) + ", which is reserved in addresses"
}

func (j *judge) notBefore(t time.Time) string {
	if j.rules.redact {
		return ", which is before date_created"
	}
	return ", which is before date_created, " + chat.FormatTime(t)
}

func (j *judge) warnTime(f reader.Field, t time.Time) {
	switch {
	case t.IsZero():
	case t.After(j.rules.now):
		j.breaks(f, FutureDate, j.rec.Values[f].Text, ", which lies in the future")
	case t.Unix() < firstInstant:
		j.breaks(f, EarlyDate, j.rec.Values[f].Text, ", which is before "+strconv.Itoa(firstYear))
	}
}

// firstInstant is the beginning of firstYear.
var firstInstant = time.Date(firstYear, 1, 1, 0, 0, 0, 0, time.UTC).Unix()

var isReserved = func() (set [utf8.RuneSelf]bool) {
	for c := range set {
		set[c] = bytes.IndexByte([]byte(reserved), byte(c)) >= 0
	}
	return set
}()
