package page

import (
	"maps"
	"slices"
	"time"

	"rejoin/report"
)

// bucketsKept is how many steps of time are told apart at most. There are never much fewer than a fifth as many, once
// there were so many.
const bucketsKept = 250

// widths are the steps that time is cut into, in milliseconds. Each is a multiple of the one before it, so that steps
// can be put together. Beyond the last they double.
var widths = [...]int64{
	250, 500, 1e3, 5e3, 10e3, 20e3, 60e3, 5 * 60e3, 10 * 60e3, 20 * 60e3, 3600e3, 2 * 3600e3, 6 * 3600e3, 12 * 3600e3, 24 * 3600e3,
}

func widthOf(scale int) int64 {
	last := len(widths) - 1
	if scale <= last {
		return widths[scale]
	}
	return widths[last] << (scale - last)
}

// bucket is what happened in one step of time.
type bucket struct {
	first, last          int64 // milliseconds since 1970: of its outcomes
	restored, unrestored int64
	requests, throttled  float64
	latency              report.Latency
}

func (b *bucket) merge(other *bucket) {
	if other.rows() > 0 {
		if b.rows() == 0 {
			b.first, b.last = other.first, other.last
		}
		b.first, b.last = min(b.first, other.first), max(b.last, other.last)
	}
	b.restored += other.restored
	b.unrestored += other.unrestored
	b.requests += other.requests
	b.throttled += other.throttled
	b.latency.Merge(&other.latency)
}

func (b *bucket) rows() int64 { return b.restored + b.unrestored }

// timeline is what happened when. Only the steps in which something happened are held, so that a run that is resumed
// days later costs nothing in between.
type timeline struct {
	scale   int
	buckets map[int64]*bucket // by their number since 1970

	at      int64 // the bucket that was asked for last
	current *bucket
}

func newTimeline() *timeline { return &timeline{buckets: make(map[int64]*bucket)} }

// row counts a row.
func (t *timeline) row(row *report.Row) {
	at := row.At()
	if at.IsZero() {
		return
	}
	ms := at.UnixMilli()
	b := t.bucket(floorDiv(ms, widthOf(t.scale)))
	if b.rows() == 0 {
		b.first, b.last = ms, ms
	}
	b.first, b.last = min(b.first, ms), max(b.last, ms)
	if row.Restored {
		b.restored++
	} else {
		b.unrestored++
	}
	if took, ok := row.Took(); ok {
		b.latency.Add(took)
	}
}

// run spreads a run's counters over the time in which they were counted.
func (t *timeline) run(r *report.RunInfo) {
	before := report.Point{At: r.StartedAt}
	for i := range r.Points {
		p := &r.Points[i]
		from := before.At
		if earliest := p.At.Add(-r.Every); from.Before(earliest) {
			from = earliest // nothing was counted before that
		}
		t.counted(from.UnixMilli(), p.At.UnixMilli(), float64(p.Requests-before.Requests), float64(p.Throttled-before.Throttled))
		before = *p
	}
}

func (t *timeline) counted(from, to int64, requests, throttled float64) {
	width := widthOf(t.scale)
	if requests < 0 || throttled < 0 || requests == 0 && throttled == 0 {
		return // no run's counters go back
	}
	if to <= from || (to-from)/width > bucketsKept {
		from = to - 1
	}
	// The end is shared with what comes after it, so that it belongs to the step before.
	for at := from; at < to; {
		number := floorDiv(at, width)
		end := min((number+1)*width, to)
		part := float64(end-at) / float64(to-from)
		b := t.buckets[number]
		if b == nil {
			b = new(bucket)
			t.buckets[number] = b
		}
		b.requests += part * requests
		b.throttled += part * throttled
		at = end
	}
}

// bucket finds a step by its number.
func (t *timeline) bucket(number int64) *bucket {
	if t.current != nil && number == t.at {
		return t.current
	}
	b := t.buckets[number]
	if b == nil {
		b = new(bucket)
		t.buckets[number] = b
	}
	t.at, t.current = number, b
	if len(t.buckets) > bucketsKept {
		was := widthOf(t.scale)
		t.coarsen(bucketsKept)
		return t.bucket(floorDiv(number*was, widthOf(t.scale)))
	}
	return b
}

// coarsen puts steps together until there are no more than so many.
func (t *timeline) coarsen(most int) {
	for len(t.buckets) > most {
		ratio := widthOf(t.scale+1) / widthOf(t.scale)
		t.scale++
		coarse := make(map[int64]*bucket, len(t.buckets))
		for number, b := range t.buckets {
			if whole := coarse[floorDiv(number, ratio)]; whole != nil {
				whole.merge(b)
			} else {
				coarse[floorDiv(number, ratio)] = b
			}
		}
		t.buckets = coarse
	}
	t.current = nil
}

// moment is a step of time as it is shown.
type moment struct {
	number               int64
	from, to             int64 // milliseconds since 1970
	stretch              int   // steps that stand close together are one stretch
	restored, unrestored float64
	requests, throttled  float64 // these four a second
	rows                 int64
	answered             bool // there were rows that a request was sent for: p50, p95 and p99 of them, in milliseconds
	p50, p95, p99        float64
}

const (
	// enoughMoments is how many steps need not become fewer for the sake of what is in them.
	enoughMoments = 60
	// rowsInMoment is how many rows a step should have, so that a pace is seen and not its single rows.
	rowsInMoment = 8
)

// moments are all steps in which something happened, in their order.
func (t *timeline) moments() []moment {
	t.coarsen(bucketsKept)
	var rows int64
	for _, b := range t.buckets {
		rows += b.rows()
	}
	for len(t.buckets) > enoughMoments && rows < rowsInMoment*int64(len(t.buckets)) {
		t.coarsen(len(t.buckets) - 1)
	}
	width := widthOf(t.scale)
	out := make([]moment, 0, len(t.buckets))
	pause := int64(max(8, len(t.buckets)/8)) // steps without anything that part two stretches
	for i, number := range slices.Sorted(maps.Keys(t.buckets)) {
		m := moment{number: number, from: number * width, to: (number + 1) * width}
		if i > 0 {
			m.stretch = out[i-1].stretch
			if number-out[i-1].number > pause {
				m.stretch++
			}
		}
		out = append(out, m)
	}
	for i := range out {
		first := i == 0 || out[i-1].stretch != out[i].stretch
		last := i == len(out)-1 || out[i+1].stretch != out[i].stretch
		out[i].fill(t.buckets[out[i].number], first, last)
	}
	return out
}

// fill takes in what happened in the step. One at an end of a stretch is not filled by the run; counted as a whole the
// pace would seem to fall off there.
func (m *moment) fill(b *bucket, first, last bool) {
	m.rows = b.rows()
	least := (m.to - m.from) / 3
	if first && m.rows > 0 {
		m.from = min(b.first, m.to-least)
	}
	if last && m.rows > 0 {
		m.to = max(b.last, m.from+least)
	}
	seconds := float64(m.to-m.from) / 1e3
	m.restored, m.unrestored = float64(b.restored)/seconds, float64(b.unrestored)/seconds
	m.requests, m.throttled = b.requests/seconds, b.throttled/seconds
	if m.answered = b.latency.Rows > 0; m.answered {
		m.p50, m.p95 = float64(b.latency.Percentile(50)), float64(b.latency.Percentile(95))
		m.p99 = float64(b.latency.Percentile(99))
	}
}

// span is a stretch of time in milliseconds since 1970.
type span struct{ from, to int64 }

// outages are the stretches in which a run waited for a service that did not answer.
func outages(runs []report.RunInfo) (out []span) {
	for i := range runs {
		points := runs[i].Points
		for j := range points {
			if !points[j].Outage {
				continue
			}
			s := span{points[j].At.UnixMilli(), points[j].At.UnixMilli()}
			if j+1 < len(points) {
				s.to = points[j+1].At.UnixMilli()
			}
			if n := len(out); n > 0 && out[n-1].to == s.from {
				out[n-1].to = s.to
				continue
			}
			out = append(out, s)
		}
	}
	return out
}

func floorDiv(n, by int64) int64 {
	q := n / by
	if n%by < 0 {
		q--
	}
	return q
}

func unixMilli(ms int64) time.Time { return time.UnixMilli(ms).UTC() }
