package rules

import (
	"bytes"
	"strconv"
	"time"

	"rejoin/chat"
)

// concrete says what to write in place of a value, where that is plain to see, or nothing.
func concrete(rule string, text []byte) string {
	switch rule {
	case BadServiceSID, BadRoleSID:
		if trimmed := bytes.TrimSpace(text); len(trimmed) < len(text) && (chat.IsServiceSID(string(trimmed)) || chat.IsRoleSID(string(trimmed))) {
			return "take away the white space around it"
		}
	case BadIndex:
		if _, err := parseIndex(bytes.TrimSpace(text)); err == nil {
			return "take away the white space around it"
		}
	case BadTimestamp:
		return fromEpoch(text)
	}
	return ""
}

// fromEpoch reads a count of seconds or milliseconds since 1970, where it falls into the years in which members were
// made.
func fromEpoch(text []byte) string {
	n, err := strconv.ParseInt(string(bytes.TrimSpace(text)), 10, 64)
	if err != nil {
		return ""
	}
	for _, t := range [...]time.Time{time.Unix(n, 0), time.UnixMilli(n)} {
		if year := t.UTC().Year(); year >= firstYear && year < 2100 {
			return "if it counts from 1970, write " + chat.FormatTime(t)
		}
	}
	return ""
}
