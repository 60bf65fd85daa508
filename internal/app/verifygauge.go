package app

import (
	"fmt"
	"time"

	"rejoin/internal/prose"
	"rejoin/restore"
)

// verifyGauge is how far a verification is: rows that have an outcome.
type verifyGauge struct{ restoreGauge }

// unlike are the rows whose member is missing or differs.
func (g verifyGauge) unlike() int64 {
	return g.counts.Done[restore.Missing].Load() + g.counts.Done[restore.Differs].Load()
}

func (g verifyGauge) brief(rate float64, left time.Duration) string {
	text := count(g.done())
	if g.total > 0 {
		text += " of " + count(g.total)
	}
	text += fmt.Sprintf(", %.0f/s", rate)
	if n := g.unlike(); n > 0 {
		text += ", " + count(n) + " not alike"
	}
	if left > 0 {
		text += ", " + prose.Lasting(left) + " left"
	}
	return g.with(text)
}

func (g verifyGauge) full(rate float64, left time.Duration) string {
	text := count(g.done()) + " rows compared"
	if g.total > 0 {
		text += " of " + count(g.total)
	}
	text += fmt.Sprintf(", %.0f/s, %s missing or different", rate, count(g.unlike()))
	if left > 0 {
		text += fmt.Sprintf(", %s left", left)
	}
	return g.with(text)
}

// with adds what a person must know beside the numbers.
func (g verifyGauge) with(text string) string {
	if state := g.state(); state != "" {
		return text + ", " + state
	}
	return text
}
