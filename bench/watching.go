package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strconv"
	"sync"
	"time"
)

// A slow run lasts so long, at so few requests a second, and is scraped so often.
const (
	slowSeconds    = 10
	slowRate       = 10
	scrapesASecond = 50
)

// watching measures what it costs to look at a run: metrics that are scraped once a second, and a bar that is drawn anew
// five times a second.
//
// At full speed this is less than runs differ by chance. What a look costs has nothing to do with the rows, however: so it
// is measured on runs that have next to no rows, and are scraped far more often, and then set against what a run takes a
// second at full speed. The slow runs of a turn go side by side, each with a service of its own, since they hardly use the
// machine.
func (b *bench) watching(ctx context.Context) error {
	if err := b.ndjson("slow.ndjson", slowSeconds*slowRate, perChannel); err != nil {
		return err
	}
	if err := b.ndjson("sent.ndjson", b.sent, perChannel); err != nil {
		return err
	}
	full, quiet := make([]cost, b.turns), make([]cost, b.turns)
	scrapes, bars := make([]float64, b.turns), make([]float64, b.turns) // seconds of CPU: of a scrape, of a second with a bar
	for turn := range b.turns {
		var err error
		if full[turn], err = b.restore("", "sent.ndjson", nil).run(ctx); err != nil {
			return err
		}
		var scraped, drawn cost
		var n int
		errs := make([]error, 3)
		var all sync.WaitGroup
		all.Go(func() { quiet[turn], errs[0] = b.slow(ctx, "quiet.report", "none") })
		all.Go(func() { scraped, n, errs[1] = b.scraped(ctx) })
		all.Go(func() { drawn, errs[2] = b.slow(ctx, "bar.report", "bar") })
		all.Wait()
		if err := errors.Join(errs...); err != nil {
			return err
		}
		scrapes[turn] = (cpu(scraped) - cpu(quiet[turn])) / float64(n)
		bars[turn] = (cpu(drawn) - cpu(quiet[turn])) / slowSeconds
	}
	atFull := median(full, func(c cost) float64 { return cpu(c) / wall(c) })
	rows := [][]string{{"what looks at the run", "CPU ms in a second", "least and most of the turns", "share of a run at full speed"}}
	var sum float64
	for _, w := range []struct {
		name string
		cost []float64
	}{{"metrics, scraped once a second", scrapes}, {"`--progress bar`, drawn five times a second", bars}} {
		slices.Sort(w.cost)
		middle := w.cost[b.turns/2]
		sum += middle
		rows = append(rows, []string{
			w.name, fmt.Sprintf("%.2f", middle*1e3), fmt.Sprintf("%.2f to %.2f", w.cost[0]*1e3, w.cost[b.turns-1]*1e3),
			fmt.Sprintf("%.2f %%", 100*middle/atFull),
		})
	}
	rows = append(rows, []string{"both", fmt.Sprintf("%.2f", sum*1e3), "", fmt.Sprintf("%.2f %%", 100*sum/atFull)})
	b.table(fmt.Sprintf("Looking at a run, which takes %.0f ms of CPU in a second at full speed, and %.1f at %d rows a second",
		atFull*1e3, median(quiet, cpu)/slowSeconds*1e3, slowRate), rows)
	return nil
}

// slow is a slow restore whose progress is shown. The report must be its own.
func (b *bench) slow(ctx context.Context, report, progress string, flags ...string) (cost, error) {
	_ = os.Remove(b.path(report))
	return b.withService(ctx, "slow.ndjson", func(url string) (cost, error) {
		return b.measure(ctx, b.rejoin, append([]string{
			"restore", "--api-url", url, "--report", report, "--rate", strconv.Itoa(slowRate), "--channel-rate", "0",
			"--progress", progress, "slow.ndjson",
		}, flags...)...)
	})
}

// scraped is a slow restore whose metrics are scraped, and how often they were.
func (b *bench) scraped(ctx context.Context) (cost, int, error) {
	addr, err := freeAddress(ctx)
	if err != nil {
		return cost{}, 0, err
	}
	ended, scrapes := make(chan struct{}), make(chan int)
	go func() { scrapes <- scrape(ctx, "http://"+addr+"/metrics", ended) }()
	c, err := b.slow(ctx, "scraped.report", "none", "--metrics-addr", addr)
	close(ended)
	n := <-scrapes
	if least := slowSeconds * scrapesASecond / 2; err == nil && n < least {
		err = fmt.Errorf("the metrics were scraped %d times in %v, expected %d times at least", n, c.wall, least)
	}
	return c, n, err
}

// freeAddress finds a port that nobody listens on.
func freeAddress(ctx context.Context) (string, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// scrape asks for metrics, again and again, over one connection and compressed, as Prometheus does. It returns how often it
// was answered.
func scrape(ctx context.Context, url string, ended <-chan struct{}) (answers int) {
	client := &http.Client{Transport: &http.Transport{}, Timeout: time.Second}
	defer client.CloseIdleConnections()
	every := time.NewTicker(time.Second / scrapesASecond)
	defer every.Stop()
	for {
		select {
		case <-every.C:
			if answered(ctx, client, url) {
				answers++
			}
		case <-ended:
			return answers
		}
	}
}

func answered(ctx context.Context, client *http.Client, url string) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return false
	}
	resp, err := client.Do(req)
	if err != nil {
		return false
	}
	defer resp.Body.Close() //nolint:errcheck // read
	n, err := io.Copy(io.Discard, resp.Body)
	return err == nil && n > 0 && resp.StatusCode == http.StatusOK
}
