package chat

import (
	"errors"
	"fmt"
	"time"
)

// ErrNoZone is why a time cannot be placed: it names no zone, and none was given for such times.
var ErrNoZone = errors.New("the time has no zone")

// maxTimeLength is the length of the longest text that [AppendTime] writes.
const maxTimeLength = len("2006-01-02T15:04:05.999999999Z")

// AppendTime appends t in UTC in the form of RFC 3339, with as many digits of its fraction as it has and none where
// it has none.
func AppendTime(dst []byte, t time.Time) []byte {
	return t.UTC().AppendFormat(dst, time.RFC3339Nano)
}

// FormatTime returns what [AppendTime] appends.
func FormatTime(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

// ParseTime reads a time.
func ParseTime(s string, zone *time.Location) (time.Time, error) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05 MST", time.RFC1123Z, time.RFC1123} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, nil
		}
	}
	if t, err := time.Parse("2006-01-02T15:04:05", s); err == nil {
		if zone == nil {
			return time.Time{}, fmt.Errorf("%q: %w", s, ErrNoZone)
		}
		return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), zone), nil
	}
	return time.Time{}, fmt.Errorf("%q is no time", s)
}
