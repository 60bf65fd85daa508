package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"rejoin/internal/prose"
)

// Parts says of which parts of a backup the reports do not speak, as far as their runs were held to a part: what is
// restored there is not the whole backup.
func (t *Totals) Parts() []string {
	var notes []string
	shards := make(map[int][]int) // of so many shards, those that are there
	for i := range t.Reports {
		run := &t.Reports[i].Run
		if k, n, ok := shardOf(run.Meaning["shard"]); ok && n > 1 {
			shards[n] = append(shards[n], k)
		}
		if channel := run.Meaning["only_channel"]; channel != "" {
			notes = append(notes, prose.Visible(t.Reports[i].Path)+": of the channel "+prose.Visible(channel)+" alone (--only-channel)")
		}
		if limit := t.Reports[i].limit(); limit != "" {
			notes = append(notes, prose.Visible(t.Reports[i].Path)+": of the first "+prose.Visible(limit)+" rows alone (--limit)")
		}
	}
	for n, there := range shards {
		var missing []string
		for k := 1; k <= n; k++ {
			if !slices.Contains(there, k) {
				missing = append(missing, fmt.Sprintf("%d/%d", k, n))
			}
		}
		if len(missing) > 0 {
			notes = append(notes, "shards that are not among these reports: "+strings.Join(missing, ", "))
		}
	}
	slices.Sort(notes)
	return notes
}

// limit is how many rows the runs were held to, as the flag said; nothing where a run without a limit came to its end, or
// is the last, so that its own end says whether there are more.
func (i *Info) limit() (most string) {
	var rows int64
	for j := range i.Past {
		r := &i.Past[j]
		if r.Limit == "" {
			if j == len(i.Past)-1 || r.Ended && r.Pending == 0 && throughRows(r.ExitCode) {
				return ""
			}
			continue
		}
		if n, err := strconv.ParseInt(r.Limit, 10, 64); err != nil || n >= rows {
			most, rows = r.Limit, n
		}
	}
	return most
}

func shardOf(text string) (k, n int, ok bool) {
	first, second, _ := strings.Cut(text, "/")
	k, err1 := strconv.Atoi(first)
	n, err2 := strconv.Atoi(second)
	return k, n, err1 == nil && err2 == nil && n < 1<<16
}
