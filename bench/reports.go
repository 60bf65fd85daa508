package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"time"
)

func scale(d time.Duration, factor float64) time.Duration { return time.Duration(float64(d) * factor) }

// resuming restores the large backup once, and then measures runs that find nothing left to do.
func (b *bench) resuming(ctx context.Context) error {
	_ = os.Remove(b.path("report"))
	flags := []string{"restore", "--report", "report", "--rate", "1000000", "--channel-rate", "0", "--progress", "none", "rows.ndjson"}
	var again, without []cost
	_, err := b.withService(ctx, "rows.ndjson", func(url string) (cost, error) {
		flags = append(flags, "--api-url", url)
		first, err := b.measure(ctx, b.rejoin, flags...)
		if err != nil {
			return cost{}, err
		}
		costs, err := b.takeTurns(ctx, []task{
			b.program("resume", b.rejoin, append(flags, "--resume")...),
			b.program("resume without the audit", b.rejoin, append(flags, "--resume", "--no-preflight")...),
		})
		if err == nil {
			again, without = costs[0], costs[1]
		}
		return first, err
	})
	if err != nil {
		return err
	}
	table := [][]string{{"what", "rows a second", "CPU µs a row", "peak MB"}}
	line := func(name string, costs []cost) {
		n := float64(b.rows)
		table = append(table, []string{name, fmt.Sprintf("%.2f M", n/1e6/median(costs, wall)), fmt.Sprintf("%.2f", median(costs, cpu)*1e6/n), mb(costs)})
	}
	line("`--resume` where all is done: the whole run", again)
	line("`--resume --no-preflight`", without)
	b.table(fmt.Sprintf("Resuming %d rows", b.rows), table)
	return b.journal(ctx)
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

// reporting sums up a long report, made of the lines of the last one, with their rows numbered anew.
func (b *bench) reporting(ctx context.Context) error {
	f, err := os.Open(b.path("report"))
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // read
	var head []byte
	var lines [][]byte
	number := regexp.MustCompile(`"row":\d+,"line":\d+`)
	for s := bufio.NewScanner(f); s.Scan() && len(lines) < 10_000; {
		switch {
		case head == nil:
			head = bytes.Clone(s.Bytes())
		case bytes.HasPrefix(s.Bytes(), []byte(`{"type":"outcome"`)) && number.Match(s.Bytes()):
			lines = append(lines, bytes.Clone(s.Bytes()))
		}
	}
	if len(lines) == 0 {
		return fmt.Errorf("no outcome is found in %s", f.Name())
	}
	if err := b.create("long.report", b.lines+1, func(buf []byte, i int) []byte {
		if i == 0 {
			return append(buf, head...)
		}
		line := lines[i%len(lines)]
		at := number.FindIndex(line)
		n := strconv.Itoa(i)
		buf = append(append(append(buf, line[:at[0]]...), `"row":`+n+`,"line":`+n...), line[at[1]:]...)
		return buf
	}); err != nil {
		return err
	}
	return b.compare(ctx, fmt.Sprintf("A report of %d lines", b.lines), "long.report", []task{
		b.program("rejoin report", b.rejoin, "report", "long.report"),
		b.program("rejoin report --html", b.rejoin, "report", "--html", "-", "long.report"),
		b.program("`wc -l`", "wc", "-l", "long.report"),
	})
}
