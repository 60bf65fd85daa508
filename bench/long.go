package main

import (
	"context"
	"fmt"
	"os"
)

// long measures what a very long backup and a very long report take, each once: here it is the memory that counts.
func (b *bench) long(ctx context.Context) error {
	if b.grow <= 0 {
		return nil
	}
	if err := b.ndjson("long.ndjson", b.grow, perChannel); err != nil {
		return err
	}
	if err := b.once(ctx, fmt.Sprintf("Auditing %d rows", b.grow), "long.ndjson", []task{
		b.program("rejoin audit FILE", b.rejoin, "audit", "long.ndjson"),
		b.piped("cat FILE \\| rejoin audit -", "long.ndjson", b.rejoin, "audit", "-"),
	}); err != nil {
		return err
	}
	if err := b.report(ctx, "long.report", b.grow); err != nil {
		return err
	}
	return b.once(ctx, fmt.Sprintf("A report of %d lines", b.grow), "long.report", []task{
		b.program("rejoin report", b.rejoin, "report", "long.report"),
		b.program("rejoin report --html", b.rejoin, "report", "--html", "-", "long.report"),
	})
}

// once measures tasks on a file, each once, and takes the file away.
func (b *bench) once(ctx context.Context, title, file string, tasks []task) error {
	defer os.Remove(b.path(file)) //nolint:errcheck // its folder is taken away at the end, if this cannot be
	info, err := os.Stat(b.path(file))
	if err != nil {
		return err
	}
	rows := [][]string{{"what", "s", "CPU s", "MB/s", "rows a second", "peak MB"}}
	for _, t := range tasks {
		c, err := t.run(ctx)
		if err != nil {
			return fmt.Errorf("%s: %w", t.name, err)
		}
		rows = append(rows, []string{
			t.name, fmt.Sprintf("%.1f", wall(c)), fmt.Sprintf("%.1f", cpu(c)), fmt.Sprintf("%.0f", float64(info.Size())/1e6/wall(c)),
			fmt.Sprintf("%.2f M", float64(b.grow)/1e6/wall(c)), mb([]cost{c}),
		})
	}
	b.table(fmt.Sprintf("%s (%.1f GB)", title, float64(info.Size())/1e9), rows)
	return nil
}
