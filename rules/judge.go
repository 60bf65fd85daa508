package rules

import (
	"bytes"
	"errors"
	"math"
	"strconv"
	"time"
	"unsafe"

	"rejoin/chat"
	"rejoin/reader"
)

const (
	serviceShape = "IS and 32 hexadecimal digits"
	roleShape    = "RL and 32 hexadecimal digits"
)

// judge looks at one record. Each of its methods reads one field and notes the rules that the field breaks.
type judge struct {
	rules *Rules
	rec   *reader.Record
	view  *View

	// foreign: the record is of another Service than the one that it is sent to, so that a SID in it means nothing there.
	foreign bool
}

// breaks notes a rule that a field breaks: found is its value, or nothing, and rest says what was expected.
func (j *judge) breaks(f reader.Field, rule string, found []byte, rest string) {
	if j.brief(f, rule) {
		return
	}
	j.note(f, rule, j.rules.found(j.rec.Values[f].Kind, found), rest)
}

// brief notes the bare rule where that is enough.
func (j *judge) brief(f reader.Field, rule string) bool {
	if j.view.Brief == nil || !j.view.Brief(rule) {
		return false
	}
	j.view.Problems = append(j.view.Problems, Problem{Column: f.String(), Rule: rule})
	return true
}

func (j *judge) note(f reader.Field, rule, found, rest string) {
	p := Problem{Column: f.String(), Rule: rule, Message: rest, Fix: fixOf(rule)}
	if found != "" {
		p.Message = "found " + found + rest
	}
	if !j.rules.redact {
		p.Found = found
		if fix := concrete(rule, j.rec.Values[f].Text); fix != "" {
			p.Fix = fix
		}
	}
	j.view.Problems = append(j.view.Problems, p)
}

// found is a value in a message: with the kind that it has, if that is what is wrong with it.
func (r *Rules) found(kind reader.Kind, text []byte) string {
	switch {
	case text == nil:
		return ""
	case r.redact:
		return "a value of " + strconv.Itoa(len(text)) + " bytes"
	case kind == reader.String:
		return quote(text)
	}
	return article(kind) + quote(text)
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
	j.breaks(f, rule, v.Text, ", expected text")
	return nil, false
}

// service is the row's target. A Service that every row goes to makes the row's own one irrelevant, but for what the SIDs
// in the row mean.
func (j *judge) service() []byte {
	if all := j.rules.service; all != "" {
		own := j.rec.Values[reader.ServiceSID].Text // of whatever kind
		j.view.Named.Service = own
		j.foreign = string(own) != all
		if len(own) == 0 {
			j.foreign = j.rules.mapping != nil // who gives a map has a backup of another Service
		}
		return bytesOf(all)
	}
	text, ok := j.text(reader.ServiceSID, BadServiceSID)
	switch {
	case !ok:
		return nil
	case len(text) == 0:
		j.breaks(reader.ServiceSID, MissingService, nil, "the row names no Service: give its service_sid, or --service for all rows")
		return nil
	case !chat.IsServiceSID(stringOf(text)):
		j.breaks(reader.ServiceSID, BadServiceSID, text, ", expected "+serviceShape)
		return nil
	}
	j.view.Named.Service = text
	if to, ok := j.rules.mapping.Service(text); ok {
		j.foreign = to != string(text)
		return bytesOf(to)
	}
	return text
}

// channel is the channel's SID or unique name: the API takes either in the address.
func (j *judge) channel() []byte {
	f := reader.ChannelSID
	text, ok := j.text(f, BadChannel)
	if ok && len(text) == 0 {
		f = reader.ChannelUniqueName
		text, ok = j.text(f, BadChannel)
	}
	if !ok {
		return nil
	}
	if len(text) == 0 {
		j.breaks(reader.ChannelSID, MissingChannel, nil, "the row names no channel: give its SID or its unique name")
		return nil
	}
	if chat.CheckPathSegment(stringOf(text)) != nil {
		j.breaks(f, BadChannel, text, ", which "+chat.ErrPathSegment.Error())
		return nil
	}
	j.view.Named.Channel = text
	if to := j.channelThere(text); to != nil {
		return to
	}
	// Beside a SID that is not mapped a unique name can stand in for it.
	if name := &j.rec.Values[reader.ChannelUniqueName]; name.Kind == reader.String || name.Kind == reader.Number {
		if to := j.channelThere(name.Text); to != nil && chat.CheckPathSegment(stringOf(to)) == nil {
			return to
		}
	}
	j.breaks(f, UnmappedChannel, text, ", a channel "+j.whose()+": map it (--map), or fill in its channel_unique_name")
	return nil
}

// channelThere is what a channel is called in the target, or nil where that is not known. A SID of another Service means
// nothing there; a unique name may well be the same, unless the map says that there is none.
func (j *judge) channelThere(name []byte) []byte {
	to, listed := j.rules.mapping.Channel(name)
	switch {
	case to != "":
		return bytesOf(to)
	case j.foreign && (listed || chat.IsChannelSID(stringOf(name))):
		return nil
	}
	return name
}

// whose says what is the matter with a SID that is not mapped.
func (j *judge) whose() string {
	switch {
	case len(j.view.Named.Service) == 0:
		return "of a row that names no Service, which with a map is taken to be of another Service than the target; the map does not name it"
	case j.rules.mapping == nil:
		return "of another Service than the target"
	}
	return "of another Service than the target, which the map does not name"
}

func (j *judge) identity() []byte {
	text, ok := j.text(reader.Identity, BadIdentity)
	switch {
	case !ok:
		return nil
	case len(text) == 0:
		j.breaks(reader.Identity, MissingIdentity, nil, "the row has no identity: without one there is no member")
		return nil
	case chat.IsUserSID(stringOf(text)):
		// The API refuses it: error 50206, https://www.twilio.com/docs/api/errors/50206.
		j.breaks(reader.Identity, BadIdentity, text, ", which is a User's SID: expected the User's identity")
		return nil
	}
	return text
}

func (j *judge) role() []byte {
	text, ok := j.text(reader.RoleSID, BadRoleSID)
	if !ok || len(text) == 0 {
		return nil
	}
	if !chat.IsRoleSID(stringOf(text)) {
		j.breaks(reader.RoleSID, BadRoleSID, text, ", expected "+roleShape)
		return nil
	}
	j.view.Named.Role = text
	to, _ := j.rules.mapping.Role(text)
	switch {
	case to != "":
		return bytesOf(to)
	case !j.foreign:
		return text
	case !j.rules.drop:
		j.breaks(reader.RoleSID, UnmappedRole, text, ", a role "+j.whose()+": map it (--map), or give --unmapped-roles drop")
	}
	return nil
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
		j.breaks(f, BadIndex, text, ", expected "+err.Error())
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
	if n, ok := fewDigits(text); ok {
		return n, nil
	}
	digits, fraction, _ := bytes.Cut(text, []byte{'.'})
	if len(digits) == 0 || len(bytes.TrimLeft(digits, "0123456789")) > 0 || len(bytes.TrimLeft(fraction, "0")) > 0 {
		return 0, errNotWhole
	}
	if len(digits)+len(fraction)+1 == len(text) && len(fraction) == 0 {
		return 0, errNotWhole // "12."
	}
	n, err := strconv.ParseInt(stringOf(digits), 10, 64)
	if err != nil {
		return 0, errTooLarge
	}
	return n, nil
}

// fewDigits reads what most positions are: digits alone, and fewer than could be too large.
func fewDigits(text []byte) (n int64, ok bool) {
	if len(text) == 0 || len(text) > 18 {
		return 0, false
	}
	for _, c := range text {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = 10*n + int64(c-'0')
	}
	return n, true
}

func (j *judge) time(f reader.Field) time.Time {
	v := &j.rec.Values[f]
	switch v.Kind {
	case reader.Absent, reader.Null:
		return time.Time{}
	case reader.String:
	case reader.Number, reader.Bool, reader.Object, reader.Array:
		j.breaks(f, BadTimestamp, v.Text, ", expected a date and time as text, like 2016-03-24T21:05:50Z")
		return time.Time{}
	}
	if len(v.Text) == 0 {
		return time.Time{}
	}
	t, err := chat.ParseTime(stringOf(v.Text), j.rules.zone)
	if err != nil {
		j.badTime(f, v.Text, err)
		return time.Time{}
	}
	return t
}

func (j *judge) badTime(f reader.Field, text []byte, err error) {
	switch {
	case errors.Is(err, chat.ErrNoZone):
		j.breaks(f, NoTimeZone, text, ", a time without a zone: give --time-zone to say what such times mean")
	case j.rules.redact: // the reason quotes what it stumbled over
		j.breaks(f, BadTimestamp, text, ", expected a date and time, like 2016-03-24T21:05:50Z")
	default:
		j.breaks(f, BadTimestamp, text, ": "+reason(err))
	}
}

// reason is an error of [chat.ParseTime] without the value that it begins with.
func reason(err error) string {
	if inner := errors.Unwrap(err); inner != nil {
		err = inner
	}
	return err.Error()
}

// attributes gives the JSON text to send, and whether it may hold white space that is left out.
func (j *judge) attributes() (text []byte, spaced bool) {
	v := &j.rec.Values[reader.Attributes]
	if v.Kind == reader.Absent || v.Kind == reader.Null || len(v.Text) == 0 {
		return nil, false
	}
	if !validJSON(v.Text) {
		j.breaks(reader.Attributes, BadAttributes, v.Text, ", which is not JSON: "+j.rules.whereNotJSON(v.Text))
		return nil, false
	}
	return v.Text, v.Kind != reader.String && bytes.ContainsAny(v.Text, " \t\r\n")
}

// stringOf and bytesOf are a text seen as the other type, without a copy of it. What they return is only looked at, and
// not kept.
func stringOf(b []byte) string {
	return unsafe.String(unsafe.SliceData(b), len(b)) //nolint:gosec // a copy of every value costs more than judging it
}

func bytesOf(s string) []byte {
	return unsafe.Slice(unsafe.StringData(s), len(s)) //nolint:gosec // the same; nobody writes to it
}
