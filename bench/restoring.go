package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"sync/atomic"
	"time"
)

// perChannel is how many rows a channel has, where nothing else is said.
const perChannel = 200

// restore is the task of a restore with these flags; the service is new and empty each time.
func (b *bench) restore(title, backup string, service []string, flags ...string) task {
	return task{title, func(ctx context.Context) (cost, error) {
		_ = os.Remove(b.path("report"))
		return b.withService(ctx, backup, func(url string) (cost, error) {
			return b.measure(ctx, b.rejoin, append([]string{
				"restore", "--api-url", url, "--report", "report", "--rate", "1000000",
				"--channel-rate", "0", "--progress", "none", backup,
			}, flags...)...)
		}, service...)
	}}
}

// client is the task of a peer that takes the base URL and the backup.
func (b *bench) client(title, backup string, service []string, name string, args ...string) task {
	return task{title, func(ctx context.Context) (cost, error) {
		return b.withService(ctx, backup, func(url string) (cost, error) {
			return b.measure(ctx, name, append(args, url, backup)...)
		}, service...)
	}}
}

// loop is the task of the bare loop, which posts the rows of sent.ndjson through a client, sixteen requests at a time.
func (b *bench) loop(title, through string) task {
	return b.client(title, "sent.ndjson", nil, b.path("bareloop"), "-client", through, "16")
}

// vegeta is the task of vegeta, whose targets are made beforehand, and whose answers are looked at afterwards.
func (b *bench) vegeta(backup string) task {
	return task{"vegeta", func(ctx context.Context) (cost, error) {
		return b.withService(ctx, backup, func(url string) (cost, error) {
			if err := b.targets("targets", url, b.sent, perChannel); err != nil {
				return cost{}, err
			}
			c, err := b.measure(ctx, b.path("vegeta"), "attack", "-format=json", "-targets=targets", "-lazy", "-rate=0", "-workers=16",
				"-max-workers=16", "-connections=16", "-output=results")
			if err != nil {
				return cost{}, err
			}
			out, err := b.command(ctx, b.path("vegeta"), "report", "-type=json", "results").Output()
			if err != nil {
				return cost{}, err
			}
			var found struct {
				StatusCodes map[string]int `json:"status_codes"`
			}
			if err := json.Unmarshal(out, &found); err != nil {
				return cost{}, err
			}
			if found.StatusCodes["201"] != b.sent {
				return cost{}, fmt.Errorf("answers %v, expected 201 alone, %d times", found.StatusCodes, b.sent)
			}
			return c, nil
		})
	}}
}

func (b *bench) restoring(ctx context.Context) error {
	const backup = "sent.ndjson"
	if err := b.ndjson(backup, b.sent, perChannel); err != nil {
		return err
	}
	tasks := []task{
		b.restore("rejoin restore", backup, nil, "--workers", "16"),
		b.vegeta(backup),
		b.loop("net/http, bare loop", "net/http"),
		b.loop("fasthttp, bare loop", "fasthttp"),
		b.loop("raw sockets, bare loop", "raw"),
		b.loop("the bare loop without a client", "none"),
		b.client("Twilio's Node client", backup, nil, "node", "restore.mjs"),
	}
	costs, err := b.takeTurns(ctx, tasks)
	if err != nil {
		return err
	}
	rows := [][]string{{"client", "CPU µs a row", "rejoin's CPU ÷ its", "rejoin's time ÷ its", "peak MB"}}
	for i, t := range tasks {
		rows = append(rows, []string{
			t.name, fmt.Sprintf("%.1f", median(costs[i], cpu)*1e6/float64(b.sent)),
			fmt.Sprintf("%.2f", ratio(costs[0], costs[i], cpu)), fmt.Sprintf("%.2f", ratio(costs[0], costs[i], wall)), mb(costs[i]),
		})
	}
	b.table(fmt.Sprintf("Restoring %d rows, 16 connections", b.sent), rows)
	return nil
}

// latency measures how well the workers are used when each answer is to take 50 ms: twenty seconds' work for each. Beside
// it stands what the service really took, and what the sockets alone reach, since the service shares the cores.
func (b *bench) latency(ctx context.Context) error {
	const answer = 50 * time.Millisecond
	once := *b
	once.turns = min(b.turns, 3) // each takes twenty seconds
	service := []string{"--latency", answer.String()}
	rows := [][]string{{
		"workers", "rows", "workers ÷ latency", "an answer took, on average", "bare sockets reach", "rejoin reaches",
		"the bare loop reaches",
	}}
	for _, workers := range []int{64, 256} {
		n, ideal := workers*400, float64(workers)/answer.Seconds()
		if err := b.ndjson("late.ndjson", n, perChannel); err != nil {
			return err
		}
		var took atomic.Int64
		costs, err := once.takeTurns(ctx, []task{
			b.sockets("late.ndjson", n, workers, service, &took),
			b.restore("rejoin restore", "late.ndjson", service, "--workers", strconv.Itoa(workers)),
			b.client("net/http, bare loop", "late.ndjson", service, b.path("bareloop"), strconv.Itoa(workers)),
		})
		if err != nil {
			return err
		}
		mean := time.Duration(took.Load() / int64(n*once.turns))
		row := []string{
			strconv.Itoa(workers), strconv.Itoa(n), fmt.Sprintf("%.0f/s", ideal), fmt.Sprintf("%.1f ms", 1e3*mean.Seconds()),
		}
		for _, c := range costs {
			row = append(row, fmt.Sprintf("%.1f %%", 100*float64(n)/median(c, wall)/ideal))
		}
		rows = append(rows, row)
	}
	b.table("An answer is to take 50 ms: rows a second, from the start of the program to its end", rows)
	return nil
}

// mb is the median of the peaks.
func mb(costs []cost) string { return fmt.Sprintf("%.0f", median(costs, peak)/(1<<20)) }
