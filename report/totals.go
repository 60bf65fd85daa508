package report

import (
	"cmp"
	"slices"
	"time"

	"rejoin/restore"
)

// Totals are reports, summed up.
type Totals struct {
	Reports []Info
	Backups int // different ones, or one against different targets

	Rows int64 // with an outcome
	// Outcomes add up to Rows, but for restore.Extra, which counts members that are in no row.
	Outcomes [restore.NumKinds]int64
	// Would is how many of these are a dry run's: what would have become of the rows.
	Would       int64
	Restored    int64
	NotRestored int64 // without the rows that have no outcome
	Recovered   int64 // created by a try whose answer was lost

	// Pending is how many rows the runs stopped before, as far as their summaries say. Killed is how many reports end
	// without one, so that there may be more.
	Pending int64
	Killed  int

	Doubled    int64 // rows that stand in several reports of one backup; the latest outcome counts
	Superseded int64 // rows whose member another backup's later outcome speaks for; they do not count

	Requests, Throttled int64         // of all runs, as far as their summaries say
	Elapsed             time.Duration // of all runs, as far as their summaries say
	First, Last         time.Time     // of the outcomes that count
	Latency             Latency       // from a row's first request to its last answer

	Causes []Cause // the most frequent first
}

// Info is what one report says of itself.
type Info struct {
	Path  string
	Run   Run // the one that began it
	Runs  int
	Lines int64 // outcomes, superseded ones included

	Killed   bool // the last run has no summary
	Ended    bool // some run has a summary
	ExitCode int  // of the last run that has one
	Damage   Damage
}

// RowsPerSecond is the pace over the runs' own time; 0 where it is not known.
func (t *Totals) RowsPerSecond() float64 {
	if t.Elapsed <= 0 {
		return 0
	}
	return float64(t.Rows) / t.Elapsed.Seconds()
}

// DryRun reports whether all outcomes are a dry run's.
func (t *Totals) DryRun() bool { return t.Would > 0 && t.Would == t.Rows }

// told are the outcomes that runs of the reports' commands can give, in the order in which they are told.
func (t *Totals) told() []restore.Kind {
	var kinds []restore.Kind
	for i := range t.Reports {
		for _, kind := range restore.KindsOf(t.Reports[i].Run.Command) {
			if !slices.Contains(kinds, kind) {
				kinds = append(kinds, kind)
			}
		}
	}
	return kinds
}

// Totals sums up all rows.
func (r *Reports) Totals() (*Totals, error) {
	t := &Totals{Backups: len(r.groups)}
	causes := newCauses()
	err := r.Each(func(row *Row) error {
		t.add(row)
		causes.add(row)
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, g := range r.groups {
		t.Doubled += g.last.doubled
	}
	t.Superseded = r.superseded
	for _, s := range r.sources {
		t.source(s)
	}
	t.Causes = causes.sorted()
	return t, nil
}

func (t *Totals) add(row *Row) {
	t.Outcomes[row.Kind]++
	if row.Kind == restore.Extra {
		return // it is no row
	}
	t.Rows++
	if row.DryRun {
		t.Would++
	}
	if row.Restored {
		t.Restored++
	} else {
		t.NotRestored++
	}
	if row.entry.recovered {
		t.Recovered++
	}
	if row.entry.attempts > 0 {
		t.Latency.add(row.entry.elapsedMS)
	}
	if at := row.entry.time(); !at.IsZero() {
		if t.First.IsZero() || at.Before(t.First) {
			t.First = at
		}
		if at.After(t.Last) {
			t.Last = at
		}
	}
}

// source adds what a report says of itself.
func (t *Totals) source(s *source) {
	info := Info{Path: s.path, Run: s.run(), Runs: len(s.runs), Lines: s.outcomes, Killed: !s.ended, Damage: s.damage}
	for _, sum := range s.summaries {
		t.Requests += sum.Requests
		t.Throttled += sum.Throttled
		t.Elapsed += time.Duration(sum.ElapsedS * float64(time.Second))
		info.Ended, info.ExitCode = true, sum.ExitCode
	}
	if n, ok := s.pending(); ok {
		t.Pending += n
	} else {
		t.Killed++
	}
	t.Reports = append(t.Reports, info)
}

// Latency is how long rows took, in milliseconds, to within 1/16.
type Latency struct {
	Rows, Max int64
	buckets   [1024]int64
}

// latencyBits is how many bits of a number below its highest a bucket knows.
const latencyBits = 4

func (l *Latency) add(ms int64) {
	ms = max(ms, 0)
	l.Rows++
	l.Max = max(l.Max, ms)
	l.buckets[latencyBucket(ms)]++
}

func latencyBucket(ms int64) int {
	shift := 0
	for ms>>shift >= 2<<latencyBits {
		shift++
	}
	return shift<<latencyBits + int(ms>>shift)
}

// latencyTop is the largest number that falls into a bucket.
func latencyTop(bucket int) int64 {
	shift := max(bucket>>latencyBits-1, 0)
	return int64(bucket-shift<<latencyBits+1)<<shift - 1
}

// Percentile is the time that so many per cent of the rows took at most.
func (l *Latency) Percentile(percent float64) int64 {
	want := percent / 100 * float64(l.Rows)
	var n int64
	for i, rows := range &l.buckets {
		if n += rows; rows > 0 && float64(n) >= want {
			return min(latencyTop(i), l.Max)
		}
	}
	return l.Max
}

// byRows orders causes: the most frequent first, then by name.
func byRows(a, b Cause) int {
	return cmp.Or(cmp.Compare(b.Rows, a.Rows), cmp.Compare(a.Class, b.Class), cmp.Compare(a.Key, b.Key))
}

func (c *causes) sorted() []Cause {
	out := make([]Cause, 0, len(c.byKey))
	for _, cause := range c.byKey {
		out = append(out, *cause)
	}
	slices.SortFunc(out, byRows)
	return out
}
