package app

import (
	"fmt"
	"strings"
	"time"

	"rejoin/internal/prose"
	"rejoin/ratelimit"
	"rejoin/restore"
)

// restoreGauge is how far a restore is: rows that have an outcome.
type restoreGauge struct {
	counts  *restore.Progress
	limiter *ratelimit.Limiter
	total   int64 // rows in the backup; 0: not known
}

func (g restoreGauge) done() int64   { return g.counts.Finished() }
func (g restoreGauge) before() int64 { return g.counts.Earlier.Load() }
func (g restoreGauge) flow() int64   { return g.done() - g.before() }

func (g restoreGauge) state() string { return paceState(&g.counts.Counters, g.limiter) }

func (g restoreGauge) notRestored() int64 { return g.counts.NotRestored.Load() }

// phase is what the run is doing where that is not the restoring itself.
func (g restoreGauge) phase() string {
	window, again := g.counts.Window.Load(), g.counts.Again.Load()
	switch {
	case g.counts.Read.Load() <= 1 && g.done() == 0:
		return "checking the Service"
	case g.counts.ReadAll.Load() && window == 0 && g.done() < g.counts.Read.Load():
		return "writing"
	case g.counts.ReadAll.Load() && again > 0 && again+g.counts.InFlight.Load() >= window:
		return "settling the last " + count(window)
	}
	return ""
}

func (g restoreGauge) brief(rate float64, left time.Duration) string {
	rows := count(g.done())
	if g.total > 0 {
		rows += " of " + count(g.total)
	}
	parts := []string{rows, fmt.Sprintf("%.0f/s", rate)}
	if n := g.notRestored(); n > 0 {
		parts = append(parts, count(n)+" not restored")
	}
	if left > 0 {
		parts = append(parts, prose.Lasting(left)+" left")
	}
	for _, what := range []string{g.phase(), g.state()} {
		if what != "" {
			parts = append(parts, what)
		}
	}
	return strings.Join(parts, ", ")
}

func (g restoreGauge) full(rate float64, left time.Duration) string {
	b := new(strings.Builder)
	fmt.Fprintf(b, "%s done", counted(g.done(), "row"))
	if g.total > 0 {
		fmt.Fprintf(b, " of %s", count(g.total))
	}
	fmt.Fprintf(b, ", %.0f/s, %s not restored", rate, count(g.notRestored()))
	if left > 0 {
		b.WriteString(", " + prose.Lasting(left) + " left")
	}
	for _, what := range []string{g.phase(), g.state()} {
		if what != "" {
			b.WriteString(", " + what)
		}
	}
	return b.String()
}

func (g restoreGauge) machine(rate float64, elapsed time.Duration) any {
	status := g.limiter.Status()
	return struct {
		Type        string  `json:"type"`
		ElapsedS    float64 `json:"elapsed_s"`
		Read        int64   `json:"read"`
		Finished    int64   `json:"finished"`
		Total       int64   `json:"total,omitempty"`
		NotRestored int64   `json:"not_restored"`
		RowsPerS    float64 `json:"rows_per_s"`
		Rate        float64 `json:"rate"`
		HeldDown    bool    `json:"held_down"`
		Throttled   int64   `json:"throttled"`
		InFlight    int64   `json:"in_flight"`
		Phase       string  `json:"phase,omitempty"`
		State       string  `json:"state,omitempty"`
	}{
		"progress", elapsed.Seconds(), g.counts.Read.Load(), g.done(), g.total, g.notRestored(), rate,
		status.Rate, status.HeldDown, g.counts.Throttled.Load(), g.counts.InFlight.Load(), g.phase(), g.state(),
	}
}
