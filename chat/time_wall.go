package chat

import (
	"errors"
	"fmt"
	"time"
)

// wall is what a clock and a calendar on the wall showed, and the offset from UTC of the place, if it is known.
type wall struct {
	year, month, day     int
	hour, minute, second int
	nanosecond           int

	weekday    int // 1 + time.Weekday; 0: not said
	offset     int // seconds east of UTC
	offsetSaid bool
}

const (
	minYear       = 1
	maxYear       = 9999
	secondsPerDay = 24 * 60 * 60
)

// The instants between which a time must lie in UTC: from 0001-01-01T00:00:00Z on, before 10000-01-01T00:00:00Z.
const (
	minUnix = -62135596800
	endUnix = 253402300800
)

// in returns the instant. A wall without an offset hangs in zone.
func (w *wall) in(zone *time.Location) (time.Time, error) {
	if err := w.check(); err != nil {
		return time.Time{}, err
	}
	unix := w.unix()
	switch {
	case w.offsetSaid:
		unix -= int64(w.offset)
	case zone == nil:
		return time.Time{}, ErrNoZone
	default:
		offset, err := offsetIn(zone, w.unixOfMinute())
		if err != nil {
			return time.Time{}, err
		}
		unix -= int64(offset)
	}
	if w.second == 60 && !endsMonth(unix) {
		return time.Time{}, errors.New("second 60 where no leap second can be: expected at most 59")
	}
	if unix < minUnix || unix >= endUnix {
		return time.Time{}, errors.New("the year is not between 0001 and 9999 in UTC")
	}
	if unix == minUnix && w.nanosecond == 0 {
		return time.Time{}, errors.New("the first instant of year 1, which programs write for no time at all: leave the field out")
	}
	return time.Unix(unix, int64(w.nanosecond)).UTC(), nil
}

// check reports a date or a time of day that does not exist.
func (w *wall) check() error {
	switch {
	case w.year < minYear || w.year > maxYear:
		return fmt.Errorf("year %d: expected 0001 to 9999", w.year)
	case w.month < 1 || w.month > 12:
		return fmt.Errorf("month %d: expected 01 to 12", w.month)
	case w.day < 1 || w.day > daysIn(w.month, w.year):
		return fmt.Errorf("day %d: %v %d has 1 to %d", w.day, time.Month(w.month), w.year, daysIn(w.month, w.year))
	case w.hour == 24 && w.minute|w.second|w.nanosecond != 0:
		return errors.New("hour 24: only 24:00:00 exists, the end of the day")
	case w.hour > 24:
		return fmt.Errorf("hour %d: expected 00 to 23", w.hour)
	case w.minute > 59:
		return fmt.Errorf("minute %d: expected 00 to 59", w.minute)
	case w.second > 60:
		return fmt.Errorf("second %d: expected 00 to 59", w.second)
	}
	if w.weekday != 0 {
		return w.checkWeekday()
	}
	return nil
}

// checkWeekday holds the weekday against the date: where they differ, one of the two is wrong, and RFC 2822 (section
// 3.3) demands that they agree.
func (w *wall) checkWeekday() error {
	const thursday = int(time.Thursday) // 1970-01-01
	days := daysSince1970(w.year, w.month, w.day)
	is := time.Weekday(((days+thursday)%7 + 7) % 7)
	if said := time.Weekday(w.weekday - 1); said != is {
		return fmt.Errorf("the date is a %v, not a %v", is, said)
	}
	return nil
}

// unix returns the Unix time that the wall would show in UTC. Hour 24 and second 60 run over into what follows.
func (w *wall) unix() int64 {
	days := int64(daysSince1970(w.year, w.month, w.day))
	return days*secondsPerDay + int64(w.hour*3600+w.minute*60+w.second)
}

// unixOfMinute is unix without a leap second's overrun, for the zone's offset is that of the minute.
func (w *wall) unixOfMinute() int64 {
	if w.second == 60 {
		return w.unix() - 1
	}
	return w.unix()
}

// endsMonth reports whether unix, a leap second counted as the second after it, is the first second of a month.
func endsMonth(unix int64) bool {
	t := time.Unix(unix, 0).UTC()
	return unix%secondsPerDay == 0 && t.Day() == 1
}

// daysIn returns how many days a month has.
func daysIn(month, year int) int {
	switch month {
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}

// daysSince1970 counts the days of the Gregorian calendar. Years are counted from March, so that the leap day is a
// year's last, and the months' lengths then follow the line (153m+2)/5.
func daysSince1970(year, month, day int) int {
	const daysTo1970 = 719468 // from 0000-03-01
	if month <= 2 {
		year--
		month += 12
	}
	return 365*year + year/4 - year/100 + year/400 + (153*(month-3)+2)/5 + day - 1 - daysTo1970
}

// offsetIn returns zone's offset from UTC, in seconds, where its clocks show what UTC's show at unix.
func offsetIn(zone *time.Location, unix int64) (int, error) {
	shown := time.Unix(unix, 0).UTC()
	t := time.Date(shown.Year(), shown.Month(), shown.Day(), shown.Hour(), shown.Minute(), shown.Second(), 0, zone)
	_, offset := t.Zone()
	if t.Unix()+int64(offset) != unix {
		return 0, fmt.Errorf("no clock in %v ever showed this: clocks were set forward past it", zone)
	}
	// time.Date does not say which of two instants it returns. If the zone's offset before this one shows the same
	// time of day within its own bounds, that is the earlier.
	if start, _ := t.ZoneBounds(); !start.IsZero() {
		_, before := start.Add(-1).Zone()
		if unix-int64(before) < start.Unix() {
			return before, nil
		}
	}
	return offset, nil
}
