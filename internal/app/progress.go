package app

import (
	"encoding/json"
	"fmt"
	"time"

	"rejoin/internal/prose"
	"rejoin/ratelimit"
	"rejoin/retry"
)

// gauge is what a command knows of how far it is. Its methods may be called at any time while the command works.
type gauge interface {
	// done is how many of the things that are counted up to the total are finished.
	done() int64
	// before is how many of them were finished before: by the runs that this one resumes.
	before() int64
	// flow is the count that the rate is taken from.
	flow() int64
	// brief fits beside a bar in 80 columns. left is how long the run still takes; 0: not known.
	brief(rate float64, left time.Duration) string
	// full is a line of its own.
	full(rate float64, left time.Duration) string
	// machine is the line for machines, which is encoded as JSON.
	machine(rate float64, elapsed time.Duration) any
}

// progress shows how far a run is. Its zero value shows nothing. The screen holds its lock around every call.
type progress struct {
	screen  *screen
	total   int64 // things to be done; 0: not known
	gauge   gauge
	started time.Time
	marks   []mark // of the last few seconds, and one before
}

// mark is what rates are taken from.
type mark struct {
	at         time.Time
	flow, done int64
}

// paceOver is the time over which rates are taken: long enough not to jump, short enough to follow the service.
const paceOver = 10 * time.Second

func newProgress(s *screen, total int64, g gauge) progress {
	p := progress{screen: s, total: total, gauge: g, started: time.Now()}
	p.marks = []mark{{at: p.started}}
	return p
}

// draw shows where the run is now.
func (p *progress) draw() {
	if p.screen == nil {
		return
	}
	p.look()
	switch p.screen.style {
	case "json":
		p.line(p.jsonLine())
	case "bar":
		text := p.gauge.brief(p.rate(), p.left())
		p.screen.line.draw(withBar(p.gauge.done(), p.total, text, p.screen.line.width()-1))
	default:
		p.line("rejoin: " + p.gauge.full(p.rate(), p.left()))
	}
}

// finish shows where the run ended. A bar stays where it is: one that was interrupted never claims to be full.
func (p *progress) finish() {
	if p.screen == nil {
		return
	}
	p.draw()
	p.screen.line.keep()
}

func (p *progress) line(s string) { fmt.Fprintln(p.screen.w, s) }

// look takes a mark, and lets go of those that are too old.
func (p *progress) look() {
	now := time.Now()
	p.marks = append(p.marks, mark{now, p.gauge.flow(), p.gauge.done() - p.gauge.before()})
	for len(p.marks) > 2 && now.Sub(p.marks[1].at) >= paceOver {
		p.marks = p.marks[1:]
	}
}

// span is the time between the marks, and what was done in it.
func (p *progress) span() (seconds float64, flow, done int64) {
	first, last := p.marks[0], p.marks[len(p.marks)-1]
	return last.at.Sub(first.at).Seconds(), last.flow - first.flow, last.done - first.done
}

// rate is what was finished a second, lately.
func (p *progress) rate() float64 {
	seconds, flow, _ := p.span()
	if seconds <= 0 {
		return 0
	}
	return float64(flow) / seconds
}

// left is how long the run still takes at the rate that it has lately had; 0: not known.
func (p *progress) left() time.Duration {
	seconds, _, done := p.span()
	left := p.total - p.gauge.done()
	if p.total == 0 || done <= 0 || left <= 0 {
		return 0
	}
	return time.Duration(seconds / float64(done) * float64(left) * float64(time.Second)).Round(time.Second)
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

// counted is a number of things, and count one without them.
func counted(n int64, thing string) string { return prose.Counted(n, thing) }
func count(n int64) string                 { return prose.Number(n) }
