package rules

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"strconv"
	"time"

	"rejoin/chat"
	"rejoin/reader"
)

const (
	serviceShape = "IS and 32 hexadecimal digits"
	roleShape    = "RL and 32 hexadecimal digits"
)

// judge looks at one record. Each of its methods reads one field and notes the rules that the field breaks.
type judge struct {
	rec     *reader.Record
	zone    *time.Location
	verdict Verdict
}

func (j *judge) breaks(f reader.Field, rule, message string) {
	j.verdict.Problems = append(j.verdict.Problems, Problem{Column: f.String(), Rule: rule, Message: message})
}

// text is the field's text where it is text, or a number that stands where text is meant (an identity 1234 that some
// tool has written without quotes). Null, absent and empty are all empty: none of them can be sent.
func (j *judge) text(f reader.Field, rule string) (text []byte, ok bool) {
	v := &j.rec.Values[f]
	switch v.Kind {
	case reader.Absent, reader.Null:
		return nil, true
	case reader.String, reader.Number:
		return v.Text, true
	case reader.Bool, reader.Object, reader.Array:
	}
	j.breaks(f, rule, "found "+article(v.Kind)+" "+quote(v.Text)+", expected text")
	return nil, false
}

// service is the row's target. A Service that every row goes to makes the row's own one irrelevant.
func (j *judge) service(all string) string {
	if all != "" {
		return all
	}
	text, ok := j.text(reader.ServiceSID, BadServiceSID)
	switch {
	case !ok:
		return ""
	case len(text) == 0:
		j.breaks(reader.ServiceSID, MissingService, "the row names no Service: give its service_sid, or --service for all rows")
		return ""
	case !chat.IsServiceSID(string(text)):
		j.breaks(reader.ServiceSID, BadServiceSID, "found "+quote(text)+", expected "+serviceShape)
		return ""
	}
	return string(text)
}

// channel is the channel's SID or unique name: the API takes either in the address.
func (j *judge) channel() string {
	f := reader.ChannelSID
	text, ok := j.text(f, BadChannel)
	if ok && len(text) == 0 {
		f = reader.ChannelUniqueName
		text, ok = j.text(f, BadChannel)
	}
	if !ok {
		return ""
	}
	if len(text) == 0 {
		j.breaks(reader.ChannelSID, MissingChannel, "the row names no channel: give its SID or its unique name")
		return ""
	}
	channel := string(text)
	if err := chat.CheckPathSegment(channel); err != nil {
		j.breaks(f, BadChannel, "found "+quote(text)+": "+err.Error())
		return ""
	}
	return channel
}

func (j *judge) identity() string {
	text, ok := j.text(reader.Identity, BadIdentity)
	switch {
	case !ok:
		return ""
	case len(text) == 0:
		j.breaks(reader.Identity, MissingIdentity, "the row has no identity: without one there is no member")
		return ""
	case chat.IsUserSID(string(text)):
		// The API refuses it: error 50206, https://www.twilio.com/docs/api/errors/50206.
		j.breaks(reader.Identity, BadIdentity, "found "+quote(text)+", which is a User's SID: expected the User's identity")
		return ""
	}
	return string(text)
}

func (j *judge) role() string {
	text, ok := j.text(reader.RoleSID, BadRoleSID)
	if !ok || len(text) == 0 {
		return ""
	}
	if !chat.IsRoleSID(string(text)) {
		j.breaks(reader.RoleSID, BadRoleSID, "found "+quote(text)+", expected "+roleShape)
		return ""
	}
	return string(text)
}

// index reads the read position. 0 says that the first message was read and null that none was, so nothing is ever
// taken for 0 that is not written as 0.
func (j *judge) index() chat.Index {
	const f = reader.LastConsumedMessageIndex
	text, ok := j.text(f, BadIndex)
	if !ok || len(text) == 0 {
		return chat.Index{}
	}
	n, err := parseIndex(text)
	if err != nil {
		j.breaks(f, BadIndex, "found "+quote(text)+", expected "+err.Error())
		return chat.Index{}
	}
	return chat.Index{N: n, Set: true}
}

var (
	errNotWhole = errors.New("a whole number from 0")
	errTooLarge = errors.New("at most " + strconv.FormatInt(math.MaxInt64, 10))
)

// parseIndex reads a whole number, also as 12.0: a table that has held a gap writes its whole numbers so.
func parseIndex(text []byte) (int64, error) {
	digits, fraction, _ := bytes.Cut(text, []byte{'.'})
	if len(digits) == 0 || len(bytes.TrimLeft(digits, "0123456789")) > 0 || len(bytes.TrimLeft(fraction, "0")) > 0 {
		return 0, errNotWhole
	}
	if len(digits)+len(fraction)+1 == len(text) && len(fraction) == 0 {
		return 0, errNotWhole // "12."
	}
	n, err := strconv.ParseInt(string(digits), 10, 64)
	if err != nil {
		return 0, errTooLarge
	}
	return n, nil
}

func (j *judge) time(f reader.Field) time.Time {
	v := &j.rec.Values[f]
	switch v.Kind {
	case reader.Absent, reader.Null:
		return time.Time{}
	case reader.String:
	case reader.Number, reader.Bool, reader.Object, reader.Array:
		j.breaks(f, BadTimestamp, "found "+article(v.Kind)+" "+quote(v.Text)+", expected a date and time as text, like 2016-03-24T21:05:50Z")
		return time.Time{}
	}
	if len(v.Text) == 0 {
		return time.Time{}
	}
	t, err := chat.ParseTime(string(v.Text), j.zone)
	switch {
	case errors.Is(err, chat.ErrNoZone):
		j.breaks(f, NoTimeZone, "found "+quote(v.Text)+", a time without a zone: give --time-zone to say what such times mean")
		return time.Time{}
	case err != nil:
		j.breaks(f, BadTimestamp, "found "+err.Error()) // which quotes it
		return time.Time{}
	}
	return t
}

// attributes gives the JSON text to send. A string travels unchanged, since it is what the API itself gave out. An
// object is encoded compactly, its numbers' text kept: through a float, 2^60 would come back as another number.
func (j *judge) attributes() string {
	const f = reader.Attributes
	v := &j.rec.Values[f]
	switch v.Kind {
	case reader.Absent, reader.Null:
		return ""
	case reader.String:
		if len(v.Text) == 0 {
			return ""
		}
		if message := invalidJSON(v.Text); message != "" {
			j.breaks(f, BadAttributes, message)
			return ""
		}
		return string(v.Text)
	case reader.Number, reader.Bool, reader.Object, reader.Array:
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, v.Text); err != nil {
		j.breaks(f, BadAttributes, invalidJSON(v.Text))
		return ""
	}
	return compact.String()
}

// backupSID is told in the report beside the member's new SID. It is never sent, so nothing about it is a problem.
func (j *judge) backupSID() string {
	if v := &j.rec.Values[reader.SID]; v.Kind == reader.String {
		return string(v.Text)
	}
	return ""
}

// invalidJSON says what is wrong with a text that should be JSON, and where, or nothing.
func invalidJSON(text []byte) string {
	if json.Valid(text) {
		return ""
	}
	err := json.Unmarshal(text, new(json.RawMessage))
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		return "found " + quote(text) + ", which is not JSON: at its byte " + strconv.FormatInt(syntax.Offset, 10) + ", " + syntax.Error()
	}
	return "found " + quote(text) + ", which is not JSON"
}
