package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
)

// starting measures how long it takes until there is something to see.
func (b *bench) starting(ctx context.Context) error {
	if err := b.ndjson("one.ndjson", 1, 1); err != nil {
		return err
	}
	often := *b
	often.turns = 41
	one := b.restore("`rejoin restore --no-preflight` of one row, from start to end", "one.ndjson", nil, "--no-preflight")
	tasks := []task{b.program("`rejoin version`", b.rejoin, "version"), one, b.program("`true`", "true")}
	costs, err := often.takeTurns(ctx, tasks)
	if err != nil {
		return err
	}
	rows := [][]string{{"what", "ms", "CPU ms"}}
	for i, t := range tasks {
		rows = append(rows, []string{t.name, fmt.Sprintf("%.1f", median(costs[i], wall)*1e3), fmt.Sprintf("%.1f", median(costs[i], cpu)*1e3)})
	}
	info, err := os.Stat(b.rejoin)
	if err != nil {
		return err
	}
	b.table(fmt.Sprintf("Starting (the program has %.1f MB)", float64(info.Size())/1e6), rows)
	return nil
}

// growth measures what a row costs when there are more rows, more channels, and more workers.
func (b *bench) growth(ctx context.Context) error {
	once := *b
	once.turns = min(b.turns, 3)
	b = &once
	if err := b.auditGrowth(ctx); err != nil {
		return err
	}
	rows := [][]string{{"rows", "channels", "workers", "CPU µs a row", "rows a second", "peak MB"}}
	for _, c := range []struct{ rows, perChannel, workers int }{
		{5_000, 200, 16},
		{20_000, 200, 16},
		{80_000, 200, 16},
		{20_000, 1000, 16},
		{20_000, 1, 16},
		{20_000, 200, 1},
		{20_000, 200, 4},
		{20_000, 200, 64},
		{20_000, 200, 256},
	} {
		if err := b.ndjson("grown.ndjson", c.rows, c.perChannel); err != nil {
			return err
		}
		costs, err := b.takeTurns(ctx, []task{b.restore("restore", "grown.ndjson", nil, "--workers", strconv.Itoa(c.workers))})
		if err != nil {
			return err
		}
		n := float64(c.rows)
		rows = append(rows, []string{
			strconv.Itoa(c.rows), strconv.Itoa(c.rows / c.perChannel), strconv.Itoa(c.workers),
			fmt.Sprintf("%.1f", median(costs[0], cpu)*1e6/n), fmt.Sprintf("%.0f", n/median(costs[0], wall)), mb(costs[0]),
		})
	}
	b.table("How a restore grows", rows)
	return nil
}

func (b *bench) auditGrowth(ctx context.Context) error {
	rows := [][]string{{"rows", "channels", "CPU µs a row", "rows a second", "peak MB"}}
	for _, c := range []struct{ rows, perChannel int }{
		{10_000, 200}, {100_000, 200}, {1_000_000, 200}, {100_000, 1000}, {100_000, 1},
	} {
		if err := b.ndjson("grown.ndjson", c.rows, c.perChannel); err != nil {
			return err
		}
		costs, err := b.takeTurns(ctx, []task{b.program("audit", b.rejoin, "audit", "grown.ndjson")})
		if err != nil {
			return err
		}
		n := float64(c.rows)
		rows = append(rows, []string{
			strconv.Itoa(c.rows), strconv.Itoa(c.rows / c.perChannel),
			fmt.Sprintf("%.2f", median(costs[0], cpu)*1e6/n), fmt.Sprintf("%.2f M", n/1e6/median(costs[0], wall)), mb(costs[0]),
		})
	}
	b.table("How an audit grows", rows)
	return nil
}
