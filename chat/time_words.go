package chat

import (
	"errors"
	"strings"
	"time"
)

// parseWords reads the forms in which the month is a word: RFC 2822's and JavaScript's.
func (w *wall) parseWords(s string) error {
	s = w.parseWeekday(s)
	first, s := nextWord(s)
	second, s := nextWord(s)
	third, s := nextWord(s)
	day, month := first, second // 24 Mar 2016
	if isMonth(first) {
		day, month = second, first // Mar 24 2016
	}
	if !isMonth(month) || !isNumber(day, 1, 2) || !isNumber(third, 2, 4) {
		return errNotATime
	}
	w.month, w.day, w.year = monthNumber(month), number(day), mailYear(third)
	if s == "" {
		return ErrNoTimeOfDay
	}
	return w.mailTime(s)
}

// mailTime reads 21:05 or 21:05:50 and the zone behind it.
func (w *wall) mailTime(s string) error {
	if len(s) < len("21:05") || s[2] != ':' {
		return errors.New("the time of day cannot be read: expected one such as 21:05:50")
	}
	i, err := w.isoTime(s, 0)
	if err != nil {
		return err
	}
	return w.parseZone(s[i:], true)
}

// parseWeekday reads a weekday and the comma behind it, if there are any, and returns what follows.
func (w *wall) parseWeekday(s string) string {
	n := letters(s)
	for day := time.Sunday; day <= time.Saturday; day++ {
		name := day.String()
		if strings.EqualFold(s[:n], name) || strings.EqualFold(s[:n], name[:3]) {
			w.weekday = int(day) + 1
			return strings.TrimLeft(strings.TrimPrefix(s[n:], ","), " \t")
		}
	}
	return s
}

// nextWord returns s up to a space, and what follows the space.
func nextWord(s string) (word, rest string) {
	i := strings.IndexAny(s, " \t")
	if i < 0 {
		return s, ""
	}
	return s[:i], strings.TrimLeft(s[i:], " \t")
}

func isMonth(s string) bool { return monthNumber(s) != 0 }

// monthNumber returns the number of the month with the name or the first three letters s, or 0.
func monthNumber(s string) int {
	for m := time.January; m <= time.December; m++ {
		name := m.String()
		if strings.EqualFold(s, name) || strings.EqualFold(s, name[:3]) {
			return int(m)
		}
	}
	return 0
}

// isNumber reports whether s is made of digits, as many as least to most.
func isNumber(s string, least, most int) bool {
	return len(s) >= least && len(s) <= most && strings.Trim(s, "0123456789") == ""
}

func number(s string) int {
	n := 0
	for i := range len(s) {
		n = n*10 + int(s[i]-'0')
	}
	return n
}

// mailYear returns the year that s writes. Years of two and three digits are those of RFC 2822, section 4.3.
func mailYear(s string) int {
	year := number(s)
	switch {
	case len(s) == 2 && year < 50:
		return 2000 + year
	case len(s) < 4:
		return 1900 + year
	}
	return year
}
