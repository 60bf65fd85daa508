package chat

import (
	"errors"
	"strings"
)

// parseISO reads a date, a time of day and a zone in the forms of ISO 8601. s begins with four digits and something
// behind them.
func (w *wall) parseISO(s string) error {
	i := w.isoDate(s)
	if i < 0 {
		return notISO(s)
	}
	if i == len(s) {
		return ErrNoTimeOfDay
	}
	if c := s[i]; c != 'T' && c != 't' && c != ' ' {
		return errNotATime
	}
	i, err := w.isoTime(s, i+1)
	if err != nil {
		return err
	}
	return w.parseZone(s[i:], false)
}

// isoDate reads 2016-03-24 or 20160324 and returns where it ends, or -1.
func (w *wall) isoDate(s string) int {
	const extended, basic = len("2016-03-24"), len("20160324")
	w.year = twoDigits(s, 0)*100 + twoDigits(s, 2)
	if s[4] == '-' {
		if len(s) < extended || s[7] != '-' {
			return -1
		}
		w.month, w.day = twoDigits(s, 5), twoDigits(s, 8)
		if w.month < 0 || w.day < 0 {
			return -1
		}
		return extended
	}
	w.month, w.day = twoDigits(s, 4), twoDigits(s, 6)
	if w.month < 0 || w.day < 0 || len(s) > basic && isDigit(s[basic]) {
		return -1
	}
	return basic
}

// isoTime reads 21:05, 21:05:50, 2105 or 210550, the latter of each pair with or without a fraction, and returns
// where it ends.
func (w *wall) isoTime(s string, i int) (int, error) {
	colon := 0
	if i+2 < len(s) && s[i+2] == ':' {
		colon = 1
	}
	w.hour, w.minute = twoDigits(s, i), twoDigits(s, i+2+colon)
	if w.hour < 0 || w.minute < 0 {
		return 0, errors.New("the time of day cannot be read: expected one such as 21:05:50")
	}
	i += 4 + colon
	if colon == 1 && (i >= len(s) || s[i] != ':') || colon == 0 && (i >= len(s) || !isDigit(s[i])) {
		return i, nil
	}
	w.second = twoDigits(s, i+colon)
	if w.second < 0 {
		return 0, errors.New("the seconds cannot be read: expected two digits")
	}
	i += 2 + colon
	if i < len(s) && (s[i] == '.' || s[i] == ',') {
		return w.fraction(s, i+1)
	}
	return i, nil
}

// fraction reads the digits behind a point and returns where they end.
func (w *wall) fraction(s string, i int) (int, error) {
	start := i
	unit := 1_000_000_000
	for ; i < len(s) && isDigit(s[i]); i++ {
		unit /= 10
		digit := int(s[i] - '0')
		if unit == 0 && digit != 0 {
			return 0, errors.New("the fraction of a second is finer than a nanosecond and would be cut: write at most nine digits")
		}
		w.nanosecond += digit * unit
	}
	if i == start {
		return 0, errors.New("no digits behind the seconds' point")
	}
	return i, nil
}

// twoDigits returns the number that the two digits at s[i] write, or -1.
func twoDigits(s string, i int) int {
	if i+2 > len(s) || !isDigit(s[i]) || !isDigit(s[i+1]) {
		return -1
	}
	return int(s[i]-'0')*10 + int(s[i+1]-'0')
}

// notISO says what is wrong with s, which begins as a year does and does not go on as a date.
func notISO(s string) error {
	if strings.Trim(s, "0123456789") == "" {
		return errors.New("a bare number: expected a date and a time of day, not a count of seconds")
	}
	return errNotATime
}
