package chat

import (
	"errors"
	"fmt"
	"strings"
)

// mailZones are the zones that RFC 2822 (section 4.3) defines by name, in hours from UTC.
var mailZones = [...]struct {
	name  string
	hours int
}{
	{"EST", -5},
	{"EDT", -4},
	{"CST", -6},
	{"CDT", -5},
	{"MST", -7},
	{"MDT", -6},
	{"PST", -8},
	{"PDT", -7},
}

// parseZone reads what stands behind the time of day: nothing, or a zone and remarks on it. With mail, the zones that
// RFC 2822 defines by name are known too; in other forms the same letters may mean another place's.
func (w *wall) parseZone(s string, mail bool) error {
	if s == "Z" { // nearly all there are
		w.offsetSaid = true
		return nil
	}
	s = strings.TrimLeft(s, " \t")
	if s == "" || s[0] == '(' {
		return w.remarks(s)
	}
	word := s[:letters(s)]
	s = s[len(word):]
	if word != "" {
		if err := w.namedZone(word, mail); err != nil {
			return err
		}
	}
	if s != "" && (s[0] == '+' || s[0] == '-') && (word == "" || w.offset == 0) {
		n := w.parseOffset(s)
		if n < 0 {
			return errors.New("the offset from UTC cannot be read: expected one such as +01:00")
		}
		s = s[n:]
	}
	return w.remarks(s)
}

// namedZone takes the offset of a zone that is named.
func (w *wall) namedZone(name string, mail bool) error {
	w.offsetSaid = true
	for _, utc := range [...]string{"Z", "UTC", "GMT", "UT"} {
		if strings.EqualFold(name, utc) {
			return nil
		}
	}
	for _, z := range mailZones {
		if mail && strings.EqualFold(name, z.name) {
			w.offset = z.hours * 3600
			return nil
		}
	}
	return fmt.Errorf("the zone %s is not known by that name: expected an offset such as +01:00", quoted(name))
}

// parseOffset reads +01:00, +0100 or +01 and returns its length, or -1.
func (w *wall) parseOffset(s string) int {
	hours, minutes, n := twoDigits(s, 1), 0, 3
	switch {
	case len(s) > n && s[n] == ':':
		minutes, n = twoDigits(s, n+1), n+3
	case len(s) > n && isDigit(s[n]):
		minutes, n = twoDigits(s, n), n+2
	}
	if hours < 0 || hours > 23 || minutes < 0 || minutes > 59 {
		return -1
	}
	w.offset, w.offsetSaid = hours*3600+minutes*60, true
	if s[0] == '-' {
		w.offset = -w.offset
	}
	return n
}

// remarks passes over what may stand behind an offset and says nothing more: a zone's name in letters, in brackets or
// in a comment.
func (w *wall) remarks(s string) error {
	s = strings.TrimLeft(s, " \t")
	if w.offsetSaid {
		s = strings.TrimLeft(s[letters(s):], " \t")
	}
	if s == "" || s[0] == '(' && s[len(s)-1] == ')' || s[0] == '[' && s[len(s)-1] == ']' && w.offsetSaid {
		return nil
	}
	return fmt.Errorf("%s behind the time is no zone: expected Z or an offset such as +01:00", quoted(s))
}

// letters returns how many letters s begins with.
func letters(s string) int {
	n := 0
	for n < len(s) && isLetter(s[n]) {
		n++
	}
	return n
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }
