package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"os"
	"regexp"
	"strconv"
	"time"
)

func scale(d time.Duration, factor float64) time.Duration { return time.Duration(float64(d) * factor) }

// resuming restores the large backup once, in each format, and then measures runs that find nothing left to do.
func (b *bench) resuming(ctx context.Context) error {
	if err := b.large(); err != nil {
		return err
	}
	if err := b.csv("resumed.csv", b.rows, perChannel); err != nil {
		return err
	}
	lines, err := b.resumed(ctx, "rows.ndjson", "--resume")
	if err != nil {
		return err
	}
	cells, err := b.resumed(ctx, "resumed.csv", "--resume")
	if err != nil {
		return err
	}
	without, err := b.resumed(ctx, "rows.ndjson", "--resume", "--no-preflight")
	if err != nil {
		return err
	}
	table := [][]string{{"what", "rows a second", "CPU µs a row", "peak MB"}}
	for _, line := range []struct {
		name  string
		costs []cost
	}{{"`--resume` where all is done: the whole run", lines}, {"the same of a table (CSV)", cells}, {"`--resume --no-preflight`", without}} {
		n := float64(b.rows)
		table = append(table, []string{
			line.name, fmt.Sprintf("%.2f M", n/1e6/median(line.costs, wall)), fmt.Sprintf("%.2f", median(line.costs, cpu)*1e6/n), mb(line.costs),
		})
	}
	b.table(fmt.Sprintf("Resuming %d rows", b.rows), table)
	return nil
}

// resumed restores a backup, and measures runs that go on with its report.
func (b *bench) resumed(ctx context.Context, backup string, more ...string) (again []cost, err error) {
	_ = os.Remove(b.path("report"))
	flags := []string{"restore", "--report", "report", "--rate", "1000000", "--channel-rate", "0", "--progress", "none", backup}
	_, err = b.withService(ctx, backup, func(url string) (cost, error) {
		flags = append(flags, "--api-url", url)
		first, err := b.measure(ctx, b.rejoin, append(flags, "--yes")...)
		if err != nil {
			return cost{}, err
		}
		costs, err := b.takeTurns(ctx, []task{b.program("resume", b.rejoin, append(flags, more...)...)})
		if err == nil {
			again = costs[0]
		}
		return first, err
	})
	return again, err
}

// journal takes what the benchmarks of the package report say of the journal alone.
func (b *bench) journal(ctx context.Context) error {
	cmd := b.command(ctx, "go", "test", "-run", "^$", "-bench", "^(BenchmarkJournal|BenchmarkJournalFile|BenchmarkResume)$", "./report")
	cmd.Dir = b.tree
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w\n%s", cmd, err, out)
	}
	table := [][]string{{"what", "figure"}}
	for _, want := range []struct{ name, pattern, unit string }{
		{"a row written with 63 others", `(?m)^BenchmarkJournal-.*?([\d.]+) ns/row`, "ns"},
		{"a row written alone, with its system call", `(?m)^BenchmarkJournalFile-\d+\s+\d+\s+([\d.]+) ns/op`, "ns"},
		{"rows read back and asked for", `(?m)^BenchmarkResume-.*?([\d.]+) rows/s`, "a second"},
	} {
		found := regexp.MustCompile(want.pattern).FindSubmatch(out)
		if found == nil {
			return fmt.Errorf("the benchmarks of the journal do not say %q:\n%s", want.name, out)
		}
		table = append(table, []string{want.name, string(found[1]) + " " + want.unit})
	}
	b.table("The journal alone", table)
	return nil
}

// reporting sums up a long report.
func (b *bench) reporting(ctx context.Context) error {
	if err := b.report(ctx, "long.report", b.lines); err != nil {
		return err
	}
	return b.compare(ctx, fmt.Sprintf("A report of %d lines", b.lines), "long.report", []task{
		b.program("rejoin report", b.rejoin, "report", "long.report"),
		b.program("rejoin report --html", b.rejoin, "report", "--html", "-", "long.report"),
		b.program("`wc -l`", "wc", "-l", "long.report"),
	})
}

// report writes a report of so many lines: those of a real run, each with a row, a channel, an identity and a seal of its
// own. It is as rejoin would have written it, which it is asked about.
func (b *bench) report(ctx context.Context, name string, lines int) error {
	const rows = 10_000
	if err := b.ndjson("told.ndjson", rows, perChannel); err != nil {
		return err
	}
	if _, err := b.restore("a report to copy", "told.ndjson", nil).run(ctx); err != nil {
		return err
	}
	head, outcomes, err := readReport(b.path("report"))
	if err != nil {
		return err
	}
	if err := b.create(name, lines+1, func(buf []byte, i int) []byte {
		if i == 0 {
			return append(buf, head...)
		}
		return outcomes[i%len(outcomes)].append(buf, i)
	}); err != nil {
		return err
	}
	out, err := b.command(ctx, b.rejoin, "report", "-o", "json", name).Output()
	if err != nil {
		return fmt.Errorf("the report that was made: %w", err)
	}
	return undamaged(out, lines)
}

// undamaged sees that all lines of a report were taken for what they are to be.
func undamaged(sum []byte, lines int) error {
	var found struct {
		Rows    int `json:"rows"`
		Reports []struct {
			Damage struct {
				Lines   int `json:"lines"`
				Unknown int `json:"unchecked_lines"`
			} `json:"damage"`
		} `json:"reports"`
	}
	if err := json.Unmarshal(sum, &found); err != nil {
		return err
	}
	if len(found.Reports) != 1 || found.Rows != lines || found.Reports[0].Damage.Lines+found.Reports[0].Damage.Unknown > 0 {
		return fmt.Errorf("rejoin finds in the report that was made: %+v, expected %d rows and no damage", found, lines)
	}
	return nil
}

// An outcome is a line of a report, cut where its row, its line, its channel and its identity stand, and without its seal.
type outcome [5][]byte

var cuts = regexp.MustCompile(`^\{"type":"outcome","row":(\d+),"line":(\d+),.*?"channel_sid":"(CH[0-9a-f]{32})","identity":"(user-\d{7})".*(,"crc":"[0-9a-f]{8}"\})$`)

// readReport takes a report's first line, and those of its outcomes.
func readReport(path string) (head []byte, outcomes []outcome, err error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, nil, err
	}
	head, rest, _ := bytes.Cut(text, []byte("\n"))
	for line := range bytes.Lines(rest) {
		line = bytes.TrimSuffix(line, []byte("\n"))
		at := cuts.FindSubmatchIndex(line)
		if at == nil {
			continue // counters, or the summary
		}
		var o outcome
		from := 0
		for i := range o {
			o[i], from = line[from:at[2+2*i]], at[3+2*i]
		}
		outcomes = append(outcomes, o)
	}
	if len(outcomes) == 0 {
		return nil, nil, fmt.Errorf("no outcome is found in %s", path)
	}
	return head, outcomes, nil
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// append appends the line as that of row n.
func (o *outcome) append(buf []byte, n int) []byte {
	buf = strconv.AppendInt(append(buf, o[0]...), int64(n), 10)
	buf = strconv.AppendInt(append(buf, o[1]...), int64(n), 10)
	buf = fmt.Appendf(append(buf, o[2]...), "CH%032x", (n-1)/perChannel+1)
	buf = fmt.Appendf(append(buf, o[3]...), "user-%07d", n)
	buf = append(buf, o[4]...)
	return fmt.Appendf(buf, `,"crc":"%08x"}`, crc32.Checksum(buf, castagnoli))
}
