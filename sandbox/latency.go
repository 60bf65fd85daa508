package sandbox

import (
	"fmt"
	"strings"
	"time"
)

// Latency is how long an answer takes: anything from Mean - Jitter to Mean + Jitter, never less than nothing.
type Latency struct{ Mean, Jitter time.Duration }

// ParseLatency reads "50ms", "50ms±20ms" or, for keyboards without the sign, "50ms+-20ms" and "50ms+/-20ms".
func ParseLatency(text string) (Latency, error) {
	mean, jitter := text, "0s"
	for _, sign := range []string{"±", "+/-", "+-"} {
		if before, after, found := strings.Cut(text, sign); found {
			mean, jitter = before, after
			break
		}
	}
	var l Latency
	var err error
	if l.Mean, err = parseSpan(mean); err == nil {
		l.Jitter, err = parseSpan(jitter)
	}
	if err != nil {
		return Latency{}, fmt.Errorf("latency %q: %w", text, err)
	}
	return l, l.check()
}

func parseSpan(text string) (time.Duration, error) {
	d, err := time.ParseDuration(strings.TrimSpace(text))
	if err != nil {
		return 0, fmt.Errorf("%q is no duration: expected one such as 50ms or 50ms±20ms", text)
	}
	return d, nil
}

func (l Latency) check() error {
	if l.Mean < 0 || l.Jitter < 0 {
		return fmt.Errorf("latency %v: expected positive durations", l)
	}
	return nil
}

// String returns the form that [ParseLatency] reads.
func (l Latency) String() string {
	if l.Jitter == 0 {
		return l.Mean.String()
	}
	return l.Mean.String() + "±" + l.Jitter.String()
}

// pick draws one latency.
func (l Latency) pick(d digest) time.Duration {
	if l.Jitter == 0 {
		return l.Mean
	}
	return max(0, l.Mean+time.Duration((2*d.unit()-1)*float64(l.Jitter)))
}
