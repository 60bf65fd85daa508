package app

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/schollz/progressbar/v3"

	"rejoin/ratelimit"
	"rejoin/retry"
)

// gauge is what a command knows of how far it is. Its methods may be called at any time while the command works.
type gauge interface {
	// done is how many of the things that are counted up to the total are finished.
	done() int64
	// flow is the count that the rate is taken from.
	flow() int64
	// brief fits beside a bar in 80 columns.
	brief(rate float64) string
	// full is a line of its own. left is how long the run still takes; 0: not known.
	full(rate float64, left time.Duration) string
	// machine is the line for machines, which is encoded as JSON.
	machine(rate float64, elapsed time.Duration) any
}

// progress shows how far a run is. Its zero value shows nothing. The screen holds its lock around every call.
type progress struct {
	screen  *screen
	total   int64 // things to be done; 0: not known
	gauge   gauge
	bar     *progressbar.ProgressBar // nil: lines
	started time.Time
	last    mark
}

// mark is what the rate is taken from.
type mark struct {
	at   time.Time
	flow int64
}

func newProgress(s *screen, total int64, g gauge) progress {
	p := progress{screen: s, total: total, gauge: g, started: time.Now()}
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
		p.bar.Describe(p.gauge.brief(p.rate()))
		_ = p.bar.Set64(min(p.gauge.done(), p.total)) // a bar that cannot be drawn must not end the run
	case p.screen.style == "bar":
		fmt.Fprintf(p.screen.w, "\r\033[K%s", p.gauge.brief(p.rate()))
	default:
		p.line("rejoin: " + p.gauge.full(p.rate(), p.left()))
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

// rate is what was finished a second since the last look.
func (p *progress) rate() float64 {
	now, flow := time.Now(), p.gauge.flow()
	seconds := now.Sub(p.last.at).Seconds()
	if seconds <= 0 {
		return 0
	}
	rate := float64(flow-p.last.flow) / seconds
	p.last = mark{now, flow}
	return rate
}

// left is how long the run still takes at the rate that it has had so far; 0: not known.
func (p *progress) left() time.Duration {
	done := p.gauge.done()
	if p.total == 0 || done == 0 || done >= p.total {
		return 0
	}
	per := time.Since(p.started) / time.Duration(done)
	return (per * time.Duration(p.total-done)).Round(time.Second)
}

func (p *progress) jsonLine() string {
	line, err := json.Marshal(p.gauge.machine(p.rate(), time.Since(p.started)))
	if err != nil {
		return `{"type":"progress"}`
	}
	return string(line)
}

// paceState is what a person must know of the service beside the numbers.
func paceState(counters *retry.Counters, l *ratelimit.Limiter) string {
	status := l.Status()
	switch {
	case counters.Outage.Load():
		return "waiting: the service does not answer"
	case status.PausedUntil.After(time.Now()):
		return "paused by the service for " + time.Until(status.PausedUntil).Round(time.Second).String()
	case status.HeldDown:
		return fmt.Sprintf("held down to %.3g/s", status.Rate)
	}
	return ""
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
