package report

import (
	"encoding/json"
	"strconv"
	"time"

	"rejoin/restore"
)

// progressEvery is how often a run's counters go into its report at most.
const progressEvery = time.Second

// pointsKept bounds the memory that the counters of one run take. There are never fewer than half as many, once there
// were so many.
const pointsKept = 4096

// Point is how far a run's counters were at some time. They count from the run's beginning.
type Point struct {
	At                  time.Time
	Requests, Throttled int64 // sent, and of these answered 429
	Outage              bool  // the service did not answer; the run waited and probed
}

// progressLine is the form of a line of counters.
type progressLine struct {
	At        string `json:"at"`
	Requests  int64  `json:"requests"`
	Throttled int64  `json:"throttled"`
	Outage    bool   `json:"outage"`
}

// counters are a run's counters, and what of them the journal holds already.
type counters struct {
	of    *restore.Progress // nil: nothing is watched
	timer *time.Timer
	told  Point
}

// Watch has the journal write down the run's counters, once a second and where they have changed, until [Journal.Finish]
// or [Journal.Close]. A timer of the journal's own looks at them, so that the run does nothing for it. A line that cannot
// be written fails the next [Journal.Write].
func (j *Journal) Watch(p *restore.Progress) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.counters = counters{of: p, timer: time.AfterFunc(progressEvery, j.tick)}
}

func (j *Journal) tick() {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.counters.of == nil || j.err != nil || j.closed {
		return
	}
	_ = j.appendLocked(j.counters.line(nil)) // its error is kept, and stops the next write
	j.counters.timer.Reset(progressEvery)
}

// unwatch ends the watching and returns the line of the last counters.
func (j *Journal) unwatch() []byte {
	j.mu.Lock()
	defer j.mu.Unlock()
	line := j.counters.line(nil)
	j.counters.stop()
	return line
}

func (c *counters) stop() {
	if c.timer != nil {
		c.timer.Stop()
	}
	*c = counters{}
}

// line appends the line of the counters; nothing where nothing has changed.
func (c *counters) line(dst []byte) []byte {
	if c.of == nil {
		return dst
	}
	now := Point{Requests: c.of.Requests.Load(), Throttled: c.of.Throttled.Load(), Outage: c.of.Outage.Load()}
	if now == c.told {
		return dst
	}
	c.told = now
	return appendProgress(dst, time.Now(), &now)
}

func appendProgress(dst []byte, at time.Time, p *Point) []byte {
	from := len(dst)
	dst = append(dst, `{"type":"progress","at":"`...)
	dst = appendTime(dst, at)
	dst = append(dst, `","requests":`...)
	dst = strconv.AppendInt(dst, p.Requests, 10)
	dst = append(dst, `,"throttled":`...)
	dst = strconv.AppendInt(dst, p.Throttled, 10)
	if p.Outage {
		dst = append(dst, `,"outage":true`...)
	}
	return appendSeal(dst, from)
}

func parseProgress(text []byte) (p Point, ok bool) {
	var l progressLine
	if json.Unmarshal(text, &l) != nil {
		return p, false
	}
	at, err := time.Parse(time.RFC3339, l.At)
	return Point{At: at, Requests: l.Requests, Throttled: l.Throttled, Outage: l.Outage}, err == nil
}

// add keeps a point. Where there are too many they are kept twice as far apart: the counters are sums, so that what is
// lost is when, within the time to the next point, something was counted.
func (r *RunInfo) add(p Point) {
	if r.Every == 0 {
		r.Every = progressEvery
	}
	n := len(r.Points)
	if r.Every > progressEvery && n > 1 && r.Points[n-1].At.Sub(r.Points[n-2].At) < r.Every*3/4 {
		r.Points[n-1] = p.after(&r.Points[n-1])
		return
	}
	if r.Points = append(r.Points, p); n+1 < pointsKept {
		return
	}
	kept := r.Points[:0]
	for i := 1; i < len(r.Points); i += 2 {
		kept = append(kept, r.Points[i].after(&r.Points[i-1]))
	}
	r.Points, r.Every = kept, 2*r.Every
}

// after is the point in place of the one before it and of itself.
func (p Point) after(before *Point) Point {
	p.Outage = p.Outage || before.Outage
	return p
}
