package app

import (
	"fmt"
	"strings"
	"time"

	backups "rejoin/backup"
	"rejoin/internal/prose"
	"rejoin/ratelimit"
)

// backupGauge is how far a backup is: channels that are written. Its rate is of members.
type backupGauge struct {
	counts  *backups.Progress
	limiter *ratelimit.Limiter
	total   int64 // channels
}

func (g backupGauge) done() int64   { return g.counts.Done.Load() }
func (g backupGauge) before() int64 { return 0 }
func (g backupGauge) flow() int64   { return g.counts.Members.Load() }
func (g backupGauge) state() string { return paceState(&g.counts.Counters, g.limiter) }

func (g backupGauge) brief(rate float64, left time.Duration) string {
	parts := []string{fmt.Sprintf("%s of %s", count(g.done()), counted(g.counts.Channels.Load(), "channel")), fmt.Sprintf("%.0f/s", rate)}
	if left > 0 {
		parts = append(parts, prose.Lasting(left)+" left")
	}
	if state := g.state(); state != "" {
		parts = append(parts, state)
	}
	return strings.Join(parts, ", ")
}

func (g backupGauge) full(rate float64, left time.Duration) string {
	b := new(strings.Builder)
	fmt.Fprintf(b, "%s of %s done, %s, %.0f/s", count(g.done()), counted(g.counts.Channels.Load(), "channel"),
		counted(g.flow(), "member"), rate)
	if left > 0 {
		fmt.Fprintf(b, ", %s left", prose.Lasting(left))
	}
	if state := g.state(); state != "" {
		b.WriteString(", " + state)
	}
	return b.String()
}

func (g backupGauge) machine(rate float64, elapsed time.Duration) any {
	status := g.limiter.Status()
	return struct {
		Type      string  `json:"type"`
		ElapsedS  float64 `json:"elapsed_s"`
		Channels  int64   `json:"channels"`
		Done      int64   `json:"channels_done"`
		Members   int64   `json:"members"`
		MembersPS float64 `json:"members_per_s"`
		Requests  int64   `json:"requests"`
		Rate      float64 `json:"rate"`
		HeldDown  bool    `json:"held_down"`
		Throttled int64   `json:"throttled"`
		InFlight  int64   `json:"in_flight"`
		State     string  `json:"state,omitempty"`
	}{
		"progress", elapsed.Seconds(), g.counts.Channels.Load(), g.done(), g.flow(), rate, g.counts.Requests.Load(),
		status.Rate, status.HeldDown, g.counts.Throttled.Load(), g.counts.InFlight.Load(), g.state(),
	}
}
