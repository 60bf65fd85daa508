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
	Recovered   int64 // created, or by an undo deleted, by a try whose answer was lost

	// Pending is how many rows the runs stopped before, as far as their summaries say. Killed is how many reports end
	// without one, so that there may be more.
	Pending int64
	Killed  int

	Doubled    int64 // rows that stand in several reports of one backup; the latest outcome counts
	Superseded int64 // rows whose member another backup's later outcome speaks for; they do not count

	Requests, Throttled int64         // of all runs, as far as their summaries or their last lines say
	Elapsed             time.Duration // the same
	AtLeast             bool          // some run has no summary, so that these are at least so much
	First, Last         time.Time     // of the outcomes that count
	untimed             bool          // the time of some run is not known at all
	Latency             Latency       // from a row's first request to its last answer

	Causes []Cause // the most frequent first
}

// Info is what one report says of itself.
type Info struct {
	Path  string
	Run   Run // the one that began it
	Runs  int
	Past  []RunInfo // all runs, in their order
	Lines int64     // outcomes, superseded ones included

	Killed   bool // the last run has no summary
	Ended    bool // some run has a summary
	ExitCode int  // of the last run that has one
	Damage   Damage
}

// RunInfo is one run of a report: the one that began it, or one that resumed it.
type RunInfo struct {
	Version   string
	StartedAt time.Time // zero where it cannot be read
	Limit     string    // of its rows, as the flag said; empty where there was none
	Mended    Mended    // what it cut off the end that the run before it left

	Ended    bool // it has a summary; where not, it was killed or is still going on
	ExitCode int  // of a run that has ended, as are Read and Pending
	Read     int64
	Pending  int64

	BackupChanged bool // the backup's file was changed while the run sent its rows

	Requests, Throttled int64         // as far as its summary or its last counters say
	Elapsed             time.Duration // as far as its summary or its last line says
	Points              []Point       // its counters over time, in their order; a long run's are thinned out
	Every               time.Duration // how far apart they are where the counters changed without a pause
}

// RowsPerSecond is the pace over the runs' own time, at most so much where that time is at least so much; 0 where it is
// not known.
func (t *Totals) RowsPerSecond() float64 {
	if t.Elapsed <= 0 || t.untimed {
		return 0
	}
	return float64(t.Rows) / t.Elapsed.Seconds()
}

// Redact takes identities, channels' names and the backup's values out of the totals.
func (t *Totals) Redact() {
	for i := range t.Causes {
		for j := range t.Causes[i].Examples {
			e := &t.Causes[i].Examples[j]
			e.Channel, e.Identity, e.Error = "", "", ""
		}
	}
}

// DryRun reports whether all outcomes are a dry run's. Some outcomes have the same word in a dry run as in a real one, so
// that the runs say it, and the outcomes alone only where no run's line could be read.
func (t *Totals) DryRun() bool {
	known := false
	for i := range t.Reports {
		if t.Reports[i].Runs > 0 && !t.Reports[i].Run.DryRun {
			return false
		}
		known = known || t.Reports[i].Runs > 0
	}
	return known || t.Would > 0 && t.Would == t.Rows
}

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

// Totals sums up all rows, and shows each of them to whoever else wants to see it, as [Reports.Each] does.
func (r *Reports) Totals(also ...func(*Row) error) (*Totals, error) {
	return r.TotalsOf(func(*Row) bool { return true }, also...)
}

// TotalsOf sums up the rows that count, and shows each of them to whoever else wants to see it.
func (r *Reports) TotalsOf(counts func(*Row) bool, also ...func(*Row) error) (*Totals, error) {
	t := &Totals{Backups: len(r.groups)}
	causes := newCauses()
	err := r.Each(func(row *Row) error {
		if !counts(row) {
			return nil
		}
		t.add(row)
		causes.add(row)
		for _, fn := range also {
			if err := fn(row); err != nil {
				return err
			}
		}
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
	if took, ok := row.Took(); ok {
		t.Latency.Add(took)
	}
	if at := row.At(); !at.IsZero() {
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
	info := Info{
		Path: s.path, Run: s.run(), Runs: len(s.runs), Past: s.past, Lines: s.outcomes, Killed: !s.ended, Damage: s.damage,
	}
	for _, sum := range s.summaries {
		t.Requests += sum.Requests
		t.Throttled += sum.Throttled
		t.Elapsed += seconds(sum.ElapsedS)
		info.Ended, info.ExitCode = true, sum.ExitCode
	}
	for i := range s.past {
		if r := &s.past[i]; !r.Ended {
			t.Requests += r.Requests
			t.Throttled += r.Throttled
			t.Elapsed += r.Elapsed
			t.AtLeast = true
			t.untimed = t.untimed || r.StartedAt.IsZero()
		}
	}
	t.AtLeast = t.AtLeast || s.damage.NoBeginning
	t.untimed = t.untimed || len(s.past) == 0 && len(s.summaries) == 0
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

// Add counts a row.
func (l *Latency) Add(took time.Duration) {
	ms := max(took.Milliseconds(), 0)
	l.Rows++
	l.Max = max(l.Max, ms)
	l.buckets[latencyBucket(ms)]++
}

// Merge counts the rows of another, too.
func (l *Latency) Merge(other *Latency) {
	l.Rows += other.Rows
	l.Max = max(l.Max, other.Max)
	for i, n := range &other.buckets {
		l.buckets[i] += n
	}
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
