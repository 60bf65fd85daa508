package chat

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// ErrNoZone is why a time cannot be placed: it names no zone, and none was given for such times.
var ErrNoZone = errors.New("the time names no zone")

// ErrNoTimeOfDay is why a date alone is not a time.
var ErrNoTimeOfDay = errors.New("the date has no time of day")

// maxTimeLength is the length of the longest text that [AppendTime] writes.
const maxTimeLength = len("2006-01-02T15:04:05.999999999Z")

// AppendTime appends t in UTC in the form of RFC 3339, with as many digits of its fraction as it has and none where
// it has none. Nothing is cut or rounded.
func AppendTime(dst []byte, t time.Time) []byte {
	return t.UTC().AppendFormat(dst, time.RFC3339Nano)
}

// FormatTime returns what [AppendTime] appends.
func FormatTime(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

// ParseTime reads a time in any form that backups of members are known to have, and returns it in UTC:
//
//   - ISO 8601 and RFC 3339: 2016-03-24T21:05:50Z, also with t or a space for the T, a fraction of up to nine digits
//     behind a point or comma, without seconds, and in the basic form 20160324T210550Z. The zone is Z, ±hh:mm, ±hhmm,
//     ±hh, UTC or GMT, with or without a space before it. A zone's name in letters or brackets behind an offset
//     (+0100 CET, +01:00[Europe/Berlin]) is passed over.
//   - RFC 2822, as version 1 of the API wrote its dates: Thu, 24 Mar 2016 21:05:50 +0000, with its obsolete years of
//     two and three digits and its obsolete zones UT, GMT, EST, EDT, CST, CDT, MST, MDT, PST and PDT.
//   - JavaScript's, as twilio-cli prints them: [Thu] Mar 24 2016 15:05:50 GMT-0600 [(Central Standard Time)].
//
// A time without a zone is a time of day in zone; where zone is nil, the error wraps [ErrNoZone]. Of a time of day
// that occurs twice, because clocks were set back, the earlier is meant; one that never occurs, because clocks were
// set forward, is an error. A zone in letters that RFC 2822 does not define, or defines as unknown (its single
// letters but Z), is an error rather than a guess.
//
// 24:00:00 is the midnight that ends the day. A leap second, 23:59:60 in UTC at the end of a month, is the first
// second of the next day, as it is in Unix time; :60 anywhere else is an error. So is a date that does not exist, a
// weekday that is not the date's, a fraction finer than a nanosecond (it would be cut), a year outside 0001 to 9999,
// and the first instant of year 1: programs write it for "no time", and in a [Member] it means just that. A date
// alone is an error that wraps [ErrNoTimeOfDay].
func ParseTime(s string, zone *time.Location) (time.Time, error) {
	var w wall
	text := strings.TrimSpace(s)
	err := w.parse(text)
	if err == nil {
		var t time.Time
		if t, err = w.in(zone); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%s: %w", quoted(text), err)
}

// parse reads s in the form that its first characters show.
func (w *wall) parse(s string) error {
	if len(s) > 4 && isDigit(s[0]) && isDigit(s[1]) && isDigit(s[2]) && isDigit(s[3]) {
		return w.parseISO(s)
	}
	return w.parseWords(s)
}

var errNotATime = errors.New("not a time: expected one such as 2016-03-24T21:05:50Z, or Thu, 24 Mar 2016 21:05:50 +0000")

// quoted returns s in quotes, cut where it is too long for a message.
func quoted(s string) string {
	const most = 60
	if len(s) > most {
		return fmt.Sprintf("%q…", s[:most])
	}
	return fmt.Sprintf("%q", s)
}
