package page

import (
	"math"
	"strconv"
	"time"

	"rejoin/internal/prose"
)

// tick is a mark on an axis.
type tick struct {
	At    float64
	Label string
	Sub   string // a second line
}

// scale turns values into places, from the bottom of a chart to its top.
type scale struct {
	low, high   float64 // values
	bottom, top float64 // places
	log         bool
}

func (s *scale) place(v float64) float64 {
	low, high := s.low, s.high
	if s.log {
		v, low, high = math.Log10(max(v, low)), math.Log10(low), math.Log10(high)
	}
	return tenth(s.bottom + (v-low)/(high-low)*(s.top-s.bottom))
}

// upTo is a scale from zero to a round number that is not below the largest value, and its marks.
func upTo(largest, bottom, top float64, label func(float64) string) (scale, []tick) {
	if largest <= 0 {
		largest = 1
	}
	step := roundUp(largest / 5)
	s := scale{high: step * math.Ceil(largest/step-1e-9), bottom: bottom, top: top}
	var ticks []tick
	for i := 0; float64(i)*step <= s.high*1.0001; i++ {
		v := float64(i) * step
		ticks = append(ticks, tick{At: s.place(v), Label: label(v)})
	}
	return s, ticks
}

// roundUp is the next number that is 1, 2, 2.5 or 5 times a power of ten.
func roundUp(v float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(v)))
	for _, m := range []float64{1, 2, 2.5, 5} {
		if v <= m*power*1.0000001 {
			return m * power
		}
	}
	return 10 * power
}

// decades is a scale of powers of ten around the values, and its marks.
func decades(least, largest, bottom, top float64, label func(float64) string) (scale, []tick) {
	s := scale{
		low: math.Pow(10, math.Floor(math.Log10(max(least, 1)))), high: math.Pow(10, math.Ceil(math.Log10(max(largest, 10)))),
		bottom: bottom, top: top, log: true,
	}
	var ticks []tick
	for v := s.low; v <= s.high*1.0001; v *= 10 {
		ticks = append(ticks, tick{At: s.place(v), Label: label(v)})
	}
	return s, ticks
}

// timeSteps are the distances between marks on the axis of time.
var timeSteps = [...]time.Duration{
	time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 15 * time.Second, 30 * time.Second,
	time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute,
	time.Hour, 2 * time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour, 24 * time.Hour, 48 * time.Hour, 7 * 24 * time.Hour,
	28 * 24 * time.Hour,
}

// stretch is a part of the axis of time without a break.
type stretch struct {
	from, to    int64   // milliseconds since 1970
	left, right float64 // places
}

func (s *stretch) place(ms int64) float64 {
	return tenth(s.left + float64(ms-s.from)/float64(max(s.to-s.from, 1))*(s.right-s.left))
}

// tenth is a place to a tenth of a unit, which is all that can be seen of it.
func tenth(v float64) float64 { return math.Round(v*10) / 10 }

// timeTicks are the marks of a stretch: at round times, and at its beginning where there is no room for any.
func (s *stretch) ticks(room float64) []tick {
	span := time.Duration(s.to-s.from) * time.Millisecond
	fit := max((s.right-s.left)/room, 1)
	step := timeSteps[len(timeSteps)-1]
	for _, t := range timeSteps {
		if float64(span)/float64(t) <= fit {
			step = t
			break
		}
	}
	var ticks []tick
	for at := unixMilli(s.from).Truncate(step); at.UnixMilli() <= s.to; at = at.Add(step) {
		if at.UnixMilli() >= s.from {
			ticks = append(ticks, tick{At: s.place(at.UnixMilli()), Label: clock(at, step)})
		}
	}
	if len(ticks) == 0 {
		ticks = []tick{{At: s.left, Label: clock(unixMilli(s.from), time.Second)}}
	}
	ticks[0].Sub = unixMilli(s.from).Format("2 Jan 2006")
	return ticks
}

func clock(at time.Time, step time.Duration) string {
	switch {
	case step < time.Minute:
		return at.Format("15:04:05")
	case step < 24*time.Hour:
		return at.Format("15:04")
	}
	return at.Format("2 Jan")
}

// perSecond labels a number of things a second.
func perSecond(v float64) string {
	if v >= 10 || v == math.Trunc(v) {
		return prose.Number(int64(math.Round(v)))
	}
	return strconv.FormatFloat(v, 'g', 2, 64)
}

// milliseconds labels a time.
func milliseconds(ms float64) string {
	switch {
	case ms < 1000:
		return strconv.FormatFloat(tenth(ms), 'f', -1, 64) + " ms" // 3 × 0.2 is a little more than 0.6
	case ms < 60e3:
		return strconv.FormatFloat(math.Round(ms/100)/10, 'f', -1, 64) + " s"
	case ms < 3600e3:
		return strconv.FormatFloat(math.Round(ms/6e3)/10, 'f', -1, 64) + " min"
	}
	return strconv.FormatFloat(math.Round(ms/360e3)/10, 'f', -1, 64) + " h"
}
