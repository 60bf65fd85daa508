package app

import (
	"fmt"
	"time"

	"rejoin/internal/prose"
)

// undoGauge is how far an undo is: members that have an outcome.
type undoGauge struct {
	restoreGauge
	dryRun bool
}

// stays says how many members an undo does not delete.
func (g undoGauge) stays() string {
	if g.dryRun {
		return count(g.notRestored()) + " would stay"
	}
	return count(g.notRestored()) + " not deleted"
}

func (g undoGauge) brief(rate float64, left time.Duration) string {
	text := count(g.done()) + " of " + count(g.total) + fmt.Sprintf(", %.0f/s", rate)
	if g.notRestored() > 0 {
		text += ", " + g.stays()
	}
	return g.with(text, left)
}

func (g undoGauge) full(rate float64, left time.Duration) string {
	done := "done"
	if g.dryRun {
		done = "looked at"
	}
	return g.with(fmt.Sprintf("%s %s of %s, %.0f/s, %s", counted(g.done(), "member"), done, count(g.total), rate, g.stays()), left)
}

// with adds what a person must know beside the numbers.
func (g undoGauge) with(text string, left time.Duration) string {
	if left > 0 {
		text += ", " + prose.Lasting(left) + " left"
	}
	if state := g.state(); state != "" {
		text += ", " + state
	}
	return text
}
