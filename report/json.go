package report

import (
	"encoding/json"
	"io"
	"time"

	"rejoin/restore"
)

// totalsSchema is the version of the form that [WriteJSON] writes. Keys and values may be added to it; it grows when
// one changes its meaning or goes.
const totalsSchema = 1

type totalsJSON struct {
	Schema  int          `json:"schema"`
	Reports []reportJSON `json:"reports"`
	Backups int          `json:"backups"`

	Rows        int64      `json:"rows"`
	Outcomes    countsJSON `json:"outcomes"`
	DryRun      bool       `json:"dry_run"`
	Rehearsal   bool       `json:"rehearsal"`
	Restored    int64      `json:"restored"`
	NotRestored int64      `json:"not_restored"`
	Recovered   int64      `json:"recovered"`
	Pending     int64      `json:"pending"`
	Killed      int        `json:"killed_reports"`
	Doubled     int64      `json:"doubled"`
	Superseded  int64      `json:"superseded"`

	Requests      int64       `json:"requests"`
	Throttled     int64       `json:"throttled"`
	ElapsedS      float64     `json:"elapsed_s"`
	RowsPerSecond float64     `json:"rows_per_second"`
	AtLeast       bool        `json:"at_least"` // requests, throttled and elapsed_s are at least so much, the pace at most
	First         string      `json:"first_at,omitempty"`
	Last          string      `json:"last_at,omitempty"`
	Latency       latencyJSON `json:"latency_ms"`
	Causes        []causeJSON `json:"causes"`

	Finished   bool   `json:"finished"`             // all runs came to their end
	Unfinished string `json:"unfinished,omitempty"` // if not: just that, why, and what to do
}

type reportJSON struct {
	Path      string `json:"path"`
	Command   string `json:"command"`
	Version   string `json:"version"`
	StartedAt string `json:"started_at,omitempty"`
	Backup    Backup `json:"backup"`
	Target    Target `json:"target"`
	DryRun    bool   `json:"dry_run"`
	Runs      int    `json:"runs"`
	Lines     int64  `json:"outcome_lines"`
	Killed    bool   `json:"killed"`
	ExitCode  *int   `json:"exit_code"` // null where no run has ended by itself
	Finished  bool   `json:"finished"`  // the last run came to its end
	Damage    Damage `json:"damage"`
}

type latencyJSON struct {
	P50 int64 `json:"p50"`
	P90 int64 `json:"p90"`
	P99 int64 `json:"p99"`
	Max int64 `json:"max"`
}

type causeJSON struct {
	Class    Class      `json:"class"`
	Key      string     `json:"key"`
	Rows     int64      `json:"rows"`
	Outcomes countsJSON `json:"outcomes"`
	Title    string     `json:"title"`
	Means    string     `json:"means"`
	Mend     string     `json:"mend"`
	Link     string     `json:"link,omitempty"`
	Examples []Example  `json:"examples"`
}

// countsJSON are outcomes as an object of their words, in the report's order.
type countsJSON struct {
	counts [restore.NumKinds]int64
	kinds  []restore.Kind
	dryRun bool
	zeros  bool // told, too
}

// MarshalJSON writes the object.
func (c countsJSON) MarshalJSON() ([]byte, error) {
	out, sep := []byte{'{'}, ""
	for _, kind := range c.kinds {
		n := c.counts[kind]
		if kind == restore.Pending || n == 0 && !c.zeros {
			continue // pending rows have no line, and are told apart
		}
		out = append(out, sep...)
		out = appendString(out, kind.Word(c.dryRun))
		out = append(out, ':')
		sep = ","
		text, err := json.Marshal(n)
		if err != nil {
			return nil, err
		}
		out = append(out, text...)
	}
	return append(out, '}'), nil
}

// WriteJSON writes the totals as one JSON object.
func WriteJSON(w io.Writer, t *Totals) error {
	out := totalsJSON{
		Schema: totalsSchema, Backups: t.Backups, Reports: make([]reportJSON, 0, len(t.Reports)),
		Rows: t.Rows, Outcomes: countsJSON{counts: t.Outcomes, kinds: t.told(), dryRun: t.DryRun(), zeros: true}, DryRun: t.DryRun(), Rehearsal: t.Rehearsal(),
		Restored: t.Restored, NotRestored: t.NotRestored, Recovered: t.Recovered, Pending: t.Pending, Killed: t.Killed,
		Doubled: t.Doubled, Superseded: t.Superseded,
		Requests: t.Requests, Throttled: t.Throttled, ElapsedS: t.Elapsed.Seconds(), RowsPerSecond: t.RowsPerSecond(), AtLeast: t.AtLeast,
		First: timeText(t.First), Last: timeText(t.Last),
		Latency: latencyJSON{
			P50: t.Latency.Percentile(50), P90: t.Latency.Percentile(90), P99: t.Latency.Percentile(99), Max: t.Latency.Max,
		},
		Causes: make([]causeJSON, 0, len(t.Causes)), Finished: t.Finished(),
	}
	if headline, detail := t.Unfinished(); headline != "" {
		out.Unfinished = headline + " " + detail
	}
	for i := range t.Reports {
		out.Reports = append(out.Reports, t.Reports[i].json())
	}
	for i := range t.Causes {
		c := &t.Causes[i]
		out.Causes = append(out.Causes, causeJSON{
			Class: c.Class, Key: c.Key, Rows: c.Rows, Outcomes: countsJSON{counts: c.Outcomes, kinds: t.told(), dryRun: t.DryRun()},
			Title: c.Title, Means: c.Means, Mend: c.Mend, Link: c.Link, Examples: c.Examples,
		})
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(&out)
}

func (i *Info) json() reportJSON {
	out := reportJSON{
		Path: i.Path, Command: i.Run.Command, Version: i.Run.Version, StartedAt: timeText(i.Run.StartedAt),
		Backup: i.Run.Backup, Target: i.Run.Target, DryRun: i.Run.DryRun, Runs: i.Runs, Lines: i.Lines,
		Killed: i.Killed, Finished: i.Finished(), Damage: i.Damage,
	}
	if i.Ended {
		out.ExitCode = &i.ExitCode
	}
	return out
}

// timeText is a time in the report's form; nothing for none.
func timeText(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return string(appendTime(nil, t))
}
