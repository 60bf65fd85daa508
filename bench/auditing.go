package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
)

// auditing compares audits of one backup, in both of its formats, by tools that look for the same faults.
func (b *bench) auditing(ctx context.Context) error {
	if err := b.large(); err != nil {
		return err
	}
	if err := b.csv("rows.csv", b.rows, perChannel); err != nil {
		return err
	}
	sample := min(b.rows, 10_000)
	if err := b.ndjson("sample.ndjson", sample, perChannel); err != nil {
		return err
	}
	for _, format := range []string{"ndjson", "csv"} {
		file := "rows." + format
		tasks := []task{
			b.program("rejoin audit", b.rejoin, "audit", file),
			b.program("DuckDB, SQL, 2 threads", "node", "audit.mjs", file),
		}
		if _, err := exec.LookPath("python3"); err == nil {
			tasks = append(tasks, b.program("a Python script", "python3", "audit.py", file))
		}
		if format == "ndjson" {
			tasks = append(tasks, scaled(b.program(fmt.Sprintf("jq (%d rows, scaled)", sample), "jq", "-c", "-n", "-f", "audit.jq", "sample.ndjson"),
				float64(b.rows)/float64(sample)))
		}
		tasks = append(tasks, b.program("`wc -l`", "wc", "-l", file))
		if err := b.compare(ctx, fmt.Sprintf("Auditing %d rows, %s", b.rows, format), file, tasks); err != nil {
			return err
		}
	}
	return nil
}

// scaled is a task on a part of the rows, whose times count for all of them.
func scaled(t task, factor float64) task {
	return task{t.name, func(ctx context.Context) (cost, error) {
		c, err := t.run(ctx)
		c.wall, c.cpu = scale(c.wall, factor), scale(c.cpu, factor)
		return c, err
	}}
}

// compressed compares an audit of a compressed backup with its decompressor alone, and with the audit alone.
func (b *bench) compressed(ctx context.Context) error {
	if err := b.large(); err != nil {
		return err
	}
	for _, c := range [][2]string{{"gzip", ".gz"}, {"zstd", ".zst"}} {
		program, ext := c[0], c[1]
		if out, err := b.command(ctx, program, "-kqf", "rows.ndjson").CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w\n%s", program, err, out)
		}
		if err := b.compare(ctx, "Auditing the same, "+program, "rows.ndjson", []task{
			b.program("rejoin audit rows.ndjson"+ext, b.rejoin, "audit", "rows.ndjson"+ext),
			b.program(program+" -dc", program, "-dc", "rows.ndjson"+ext),
			b.program("rejoin audit rows.ndjson", b.rejoin, "audit", "rows.ndjson"),
		}); err != nil {
			return err
		}
	}
	return nil
}

// compare lets tasks take turns on a file, of which the first is rejoin's, and prints how many of its bytes they go
// through a second.
func (b *bench) compare(ctx context.Context, title, file string, tasks []task) error {
	info, err := os.Stat(b.path(file))
	if err != nil {
		return err
	}
	costs, err := b.takeTurns(ctx, tasks)
	if err != nil {
		return err
	}
	rows := [][]string{{"tool", "MB/s", "CPU s", "peak MB", "rejoin's time ÷ its", "rejoin's CPU ÷ its"}}
	for i, t := range tasks {
		rows = append(rows, []string{
			t.name, fmt.Sprintf("%.0f", float64(info.Size())/1e6/median(costs[i], wall)), fmt.Sprintf("%.2f", median(costs[i], cpu)),
			mb(costs[i]), fmt.Sprintf("%.2f", ratio(costs[0], costs[i], wall)), fmt.Sprintf("%.2f", ratio(costs[0], costs[i], cpu)),
		})
	}
	b.table(fmt.Sprintf("%s (%.0f MB)", title, float64(info.Size())/1e6), rows)
	return nil
}
