package app

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"

	"rejoin/ratelimit"
	"rejoin/restore"
)

// progress shows how far a run is. Its zero value shows nothing. The screen holds its lock around every call.
type progress struct {
	screen  *screen
	total   int64 // rows in the backup; 0: not known
	counts  *restore.Progress
	limiter *ratelimit.Limiter
	bar     *progressbar.ProgressBar // nil: lines
	started time.Time
	last    mark
}

// mark is what the rate is taken from.
type mark struct {
	at       time.Time
	finished int64
}

func newProgress(s *screen, total int64, counts *restore.Progress, l *ratelimit.Limiter) progress {
	p := progress{screen: s, total: total, counts: counts, limiter: l, started: time.Now()}
	p.last.at = p.started
	if s.style == "bar" {
		p.bar = newBar(s.w, total)
	}
	return p
}

// newBar makes a bar, or nothing where the total is not known: the library's bar without a total keeps a goroutine of
// its own. The writer hides the file below, which the library would sync at every drawing.
func newBar(w io.Writer, total int64) *progressbar.ProgressBar {
	if total <= 0 {
		return nil
	}
	return progressbar.NewOptions64(total,
		progressbar.OptionSetWriter(struct{ io.Writer }{w}),
		progressbar.OptionFullWidth(),
		progressbar.OptionSetTheme(progressbar.Theme{Saucer: "=", SaucerHead: ">", SaucerPadding: " ", BarStart: "[", BarEnd: "]"}),
		progressbar.OptionSetPredictTime(false),
		progressbar.OptionSetElapsedTime(false),
	)
}

// draw shows where the run is now.
func (p *progress) draw() {
	switch {
	case p.screen == nil:
	case p.screen.style == "json":
		p.line(p.jsonLine())
	case p.bar != nil:
		p.bar.Describe(p.brief())
		_ = p.bar.Set64(min(p.counts.Finished(), p.total)) // a bar that cannot be drawn must not end the run
	case p.screen.style == "bar":
		fmt.Fprintf(p.screen.w, "\r\033[K%s", p.brief())
	default:
		p.line("rejoin: " + p.full())
	}
}

// clear takes the bar off the screen, for a line that is to be written there.
func (p *progress) clear() {
	if p.screen != nil && p.screen.style == "bar" {
		fmt.Fprint(p.screen.w, "\r\033[K")
	}
}

// finish shows where the run ended. A bar stays where it is: one that was interrupted never claims to be full.
func (p *progress) finish() {
	if p.screen == nil {
		return
	}
	p.draw()
	if p.screen.style == "bar" {
		fmt.Fprintln(p.screen.w)
	}
}

func (p *progress) line(s string) { fmt.Fprintln(p.screen.w, s) }

// rate is rows per second since the last look.
func (p *progress) rate(finished int64) float64 {
	now := time.Now()
	seconds := now.Sub(p.last.at).Seconds()
	if seconds <= 0 {
		return 0
	}
	rate := float64(finished-p.last.finished) / seconds
	p.last = mark{now, finished}
	return rate
}

// state is what a person must know beside the numbers.
func (p *progress) state() string {
	status := p.limiter.Status()
	switch {
	case p.counts.Outage.Load():
		return "waiting: the service does not answer"
	case status.PausedUntil.After(time.Now()):
		return "paused by the service for " + time.Until(status.PausedUntil).Round(time.Second).String()
	case status.HeldDown:
		return fmt.Sprintf("held down to %.3g/s", status.Rate)
	}
	return ""
}

func (p *progress) notRestored() int64 {
	var n int64
	for _, k := range []restore.Kind{restore.Invalid, restore.Rejected, restore.Failed, restore.Unknown, restore.Differs} {
		n += p.counts.Done[k].Load()
	}
	return n
}

// brief fits beside a bar in 80 columns.
func (p *progress) brief() string {
	finished := p.counts.Finished()
	parts := []string{count(finished) + " rows", fmt.Sprintf("%.0f/s", p.rate(finished))}
	if n := p.notRestored(); n > 0 {
		parts = append(parts, count(n)+" not restored")
	}
	if state := p.state(); state != "" {
		parts = append(parts, state)
	}
	return strings.Join(parts, ", ")
}

func (p *progress) full() string {
	finished := p.counts.Finished()
	rate := p.rate(finished)
	b := new(strings.Builder)
	fmt.Fprintf(b, "%s rows done", count(finished))
	if p.total > 0 {
		fmt.Fprintf(b, " of %s", count(p.total))
	}
	fmt.Fprintf(b, ", %.0f/s, %s not restored", rate, count(p.notRestored()))
	if left := p.left(finished); left > 0 {
		fmt.Fprintf(b, ", %s left", left)
	}
	if state := p.state(); state != "" {
		b.WriteString(", " + state)
	}
	return b.String()
}

// left is how long the run still takes at the rate that it has had so far; 0: not known.
func (p *progress) left(finished int64) time.Duration {
	if p.total == 0 || finished == 0 || finished >= p.total {
		return 0
	}
	per := time.Since(p.started) / time.Duration(finished)
	return (per * time.Duration(p.total-finished)).Round(time.Second)
}

func (p *progress) jsonLine() string {
	finished := p.counts.Finished()
	status := p.limiter.Status()
	line, err := json.Marshal(struct {
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
		State       string  `json:"state,omitempty"`
	}{
		"progress", time.Since(p.started).Seconds(), p.counts.Read.Load(), finished, p.total, p.notRestored(), p.rate(finished),
		status.Rate, status.HeldDown, p.counts.Throttled.Load(), p.counts.InFlight.Load(), p.state(),
	})
	if err != nil {
		return `{"type":"progress"}`
	}
	return string(line)
}

// counted is a number of things.
func counted(n int64, thing string) string {
	if n != 1 {
		thing += "s"
	}
	return count(n) + " " + thing
}

// count writes a number in groups of three.
func count(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
