package report

import (
	"strconv"
	"time"
	"unicode/utf8"

	"rejoin/chat"
	"rejoin/internal/prose"
	"rejoin/restore"
	"rejoin/rules"
)

// maxText is how many bytes of an error, of a problem's message and of a difference's values a line holds. They are
// for people; the whole value stands in the backup.
const maxText = 16 << 10

// appendOutcome appends an outcome's line. What is empty or zero is left out, but for same, which is told of every
// duplicate.
func appendOutcome(dst []byte, o *restore.Outcome, dryRun bool) []byte {
	from := len(dst)
	dst = append(dst, `{"type":"outcome","row":`...)
	dst = strconv.AppendInt(dst, o.Row, 10)
	dst = append(dst, `,"line":`...)
	dst = strconv.AppendInt(dst, o.Line, 10)
	dst = append(dst, `,"outcome":"`...)
	dst = append(dst, o.Kind.Word(dryRun)...)
	dst = append(dst, '"')
	dst = appendMember(dst, o)
	dst = appendAnswer(dst, o)
	dst = appendFindings(dst, o)
	if o.Attempts > 0 || o.Elapsed > 0 { // less than a millisecond is an answer, too
		dst = strconv.AppendInt(append(dst, `,"elapsed_ms":`...), o.Elapsed.Milliseconds(), 10)
	}
	if !o.At.IsZero() {
		dst = append(dst, `,"at":"`...)
		dst = appendTime(dst, o.At)
		dst = append(dst, '"')
	}
	return appendSeal(dst, from)
}

// appendMember appends whom the row is about. The channel is told as the row names it where that is not its SID.
func appendMember(dst []byte, o *restore.Outcome) []byte {
	sid := o.ChannelSID
	if sid == "" {
		sid = o.Channel
	}
	dst = appendText(dst, `,"service_sid":`, o.ServiceSID)
	dst = appendText(dst, `,"channel_sid":`, sid)
	if sid != o.Channel {
		dst = appendText(dst, `,"channel":`, o.Channel)
	}
	dst = appendText(dst, `,"identity":`, o.Identity)
	dst = appendText(dst, `,"backup_sid":`, o.BackupSID)
	dst = appendText(dst, `,"member_sid":`, o.MemberSID)
	if o.Fingerprint == 0 {
		return dst
	}
	dst = append(dst, `,"fingerprint":"`...)
	dst = appendHex(dst, o.Fingerprint)
	return append(dst, '"')
}

// appendAnswer appends what the API said.
func appendAnswer(dst []byte, o *restore.Outcome) []byte {
	dst = appendInt(dst, `,"attempts":`, int64(o.Attempts))
	if o.Recovered {
		dst = append(dst, `,"recovered":true`...)
	}
	dst = appendInt(dst, `,"http_status":`, int64(o.HTTPStatus))
	dst = appendInt(dst, `,"error_code":`, int64(o.ErrorCode))
	dst = appendText(dst, `,"error":`, clip(o.Error))
	return appendText(dst, `,"request_id":`, o.RequestID)
}

// appendFindings appends what is wrong with the row or with the member.
func appendFindings(dst []byte, o *restore.Outcome) []byte {
	if len(o.NotApplied) > 0 {
		dst = appendStrings(append(dst, `,"not_applied":`...), o.NotApplied)
	}
	if len(o.Differences) > 0 {
		dst = appendDifferences(append(dst, `,"differences":`...), o.Differences)
	}
	if len(o.Problems) > 0 {
		dst = appendProblems(append(dst, `,"problems":`...), o.Problems)
	}
	if o.Kind != restore.Duplicate {
		return dst
	}
	dst = appendInt(dst, `,"duplicate_of":`, o.DuplicateOf)
	dst = append(dst, `,"same":`...)
	return strconv.AppendBool(dst, o.Same)
}

// appendHex appends a number as 16 hexadecimal digits: as a JSON number it would lose its last ones in most readers.
func appendHex(dst []byte, n uint64) []byte {
	for shift := 60; shift >= 0; shift -= 4 {
		dst = append(dst, hexLower[n>>shift&15])
	}
	return dst
}

func appendStrings(dst []byte, list []string) []byte {
	sep := byte('[')
	for _, s := range list {
		dst = appendString(append(dst, sep), s)
		sep = ','
	}
	return append(dst, ']')
}

func appendDifferences(dst []byte, list []chat.Difference) []byte {
	sep := byte('[')
	for i := range list {
		dst = append(dst, sep)
		dst = appendString(append(dst, `{"field":`...), list[i].Field)
		dst = appendString(append(dst, `,"want":`...), clip(list[i].Want))
		dst = appendString(append(dst, `,"got":`...), clip(list[i].Got))
		dst = append(dst, '}')
		sep = ','
	}
	return append(dst, ']')
}

func appendProblems(dst []byte, list []rules.Problem) []byte {
	sep := byte('[')
	for i := range list {
		dst = append(dst, sep, '{')
		if list[i].Column != "" {
			dst = appendString(append(dst, `"column":`...), list[i].Column)
			dst = append(dst, ',')
		}
		dst = appendString(append(dst, `"rule":`...), list[i].Rule)
		dst = appendString(append(dst, `,"message":`...), clip(list[i].Message))
		dst = append(dst, '}')
		sep = ','
	}
	return append(dst, ']')
}

// appendText appends a key, given with what stands around it, and its text; nothing where there is none.
func appendText(dst []byte, key, s string) []byte {
	if s == "" {
		return dst
	}
	return appendString(append(dst, key...), s)
}

// appendInt appends a key, given with what stands around it, and its number; nothing where it is zero.
func appendInt(dst []byte, key string, n int64) []byte {
	if n == 0 {
		return dst
	}
	return strconv.AppendInt(append(dst, key...), n, 10)
}

// plain marks the bytes that stand for themselves inside a JSON string.
var plain = func() (t [256]bool) {
	for c := 0x20; c < utf8.RuneSelf; c++ {
		t[c] = c != '"' && c != '\\'
	}
	return t
}()

// appendString appends s as a JSON string. Valid UTF-8 stands as it is, but for what JSON wants escaped; each byte that
// is not becomes U+FFFD, as in encoding/json. U+2028 and U+2029 are escaped as there, for the sake of JavaScript.
func appendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); {
		if plain[s[i]] {
			i++
			continue
		}
		if s[i] < utf8.RuneSelf {
			dst = append(dst, s[start:i]...)
			dst = appendEscape(dst, s[i])
			i++
			start = i
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			dst = append(append(dst, s[start:i]...), "\uFFFD"...)
			start = i + size
		case r == '\u2028', r == '\u2029':
			dst = append(append(dst, s[start:i]...), `\u202`...)
			dst = append(dst, hexLower[r&15])
			start = i + size
		}
		i += size
	}
	dst = append(dst, s[start:]...)
	return append(dst, '"')
}

func appendEscape(dst []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\b':
		return append(dst, `\b`...)
	case '\f':
		return append(dst, `\f`...)
	case '\n':
		return append(dst, `\n`...)
	case '\r':
		return append(dst, `\r`...)
	case '\t':
		return append(dst, `\t`...)
	}
	return append(dst, '\\', 'u', '0', '0', hexLower[c>>4], hexLower[c&15])
}

// appendTime appends a time in RFC 3339, in UTC, with milliseconds. time's own formatting of such a layout takes
// several times as long, and a journal has one a row.
func appendTime(dst []byte, t time.Time) []byte {
	t = t.UTC()
	year, month, day := t.Date()
	if year < 0 || year > 9999 {
		return t.AppendFormat(dst, "2006-01-02T15:04:05.000Z")
	}
	hour, minute, second := t.Clock()
	ms := t.Nanosecond() / 1e6
	return append(dst,
		digit(year/1000), digit(year/100), digit(year/10), digit(year), '-',
		digit(int(month)/10), digit(int(month)), '-', digit(day/10), digit(day), 'T',
		digit(hour/10), digit(hour), ':', digit(minute/10), digit(minute), ':', digit(second/10), digit(second), '.',
		digit(ms/100), digit(ms/10), digit(ms), 'Z')
}

func digit(n int) byte { return byte('0' + n%10) }

// clip returns as much of s as a line holds of a text.
func clip(s string) string { return prose.Clip(s, maxText) }
