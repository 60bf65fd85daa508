package ratelimit

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// auto is the word that asks for a rate found by the limiter itself.
const auto = "auto"

// ErrRate is what every error of [ParseRate] wraps.
var ErrRate = errors.New("not a rate")

// ParseRate reads a rate as people write it: "25" and "25/s" are requests per
// second, "90/m" per minute, "5000/h" per hour; "auto" stands for a rate that
// the limiter finds by itself. The rate is returned in requests per second and
// is positive and finite, except with auto, where it is 0. Every error wraps
// [ErrRate].
func ParseRate(s string) (rate float64, isAuto bool, err error) {
	text := strings.TrimSpace(s)
	if strings.EqualFold(text, auto) {
		return 0, true, nil
	}
	number, unit, hasUnit := strings.Cut(text, "/")
	seconds := 1.0
	if hasUnit {
		if seconds = unitSeconds(strings.TrimSpace(unit)); seconds == 0 {
			return 0, false, rateError(s, fmt.Sprintf("the unit %q is none of s, m, h", strings.TrimSpace(unit)))
		}
	}
	n, err := parseNumber(strings.TrimSpace(number))
	if err != nil {
		return 0, false, rateError(s, err.Error())
	}
	rate = n / seconds
	if problem := rateProblem(rate); problem != "" {
		return 0, false, rateError(s, "it "+problem)
	}
	return rate, false, nil
}

// parseNumber takes plain decimal numbers alone: strconv would also read
// "0x10", "1_000", "1e3", "inf" and "nan", none of which anybody means.
func parseNumber(s string) (float64, error) {
	if s == "" {
		return 0, errors.New("the number is missing")
	}
	if strings.Trim(s, "0123456789.-+") != "" {
		return 0, fmt.Errorf("%q is no decimal number", s)
	}
	n, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return 0, fmt.Errorf("%q is no decimal number", s)
	}
	return n, nil
}

// unitSeconds is the length of a unit of time, 0 for a unit it does not know.
func unitSeconds(unit string) float64 {
	switch strings.ToLower(unit) {
	case "s", "sec", "second":
		return 1
	case "m", "min", "minute":
		return 60
	case "h", "hour":
		return 3600
	}
	return 0
}

// rateProblem says what is wrong with a rate that has to be positive and finite.
func rateProblem(rate float64) string {
	switch {
	case math.IsNaN(rate):
		return "is not a number"
	case rate < 0:
		return "is negative"
	case rate > maxRate:
		return fmt.Sprintf("is more than %g a second", float64(maxRate))
	case rate == 0:
		return "is zero, and nothing would ever be sent"
	case rate < minRate:
		return "is less than one request in 30 days"
	}
	return ""
}

func rateError(s, problem string) error {
	return fmt.Errorf("%w: %q: %s; expected a number of requests per second such as 25 or 0.5, "+
		"with a unit such as 25/s, 90/m or 5000/h, or auto", ErrRate, s, problem)
}
