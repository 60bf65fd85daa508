package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"rejoin/ratelimit"
	"rejoin/restore"
	"rejoin/retry"
)

// Run is what a run shows.
type Run struct {
	Command string // restore, undo
	Version string
	DryRun  bool
	Total   int64 // rows in the backup; 0: not known

	Progress *restore.Progress
	Limiter  interface{ Status() ratelimit.Status }
}

// collector reads a run's counters when it is asked. It is safe for concurrent use.
type collector struct {
	run  Run
	desc descriptions
}

var _ prometheus.Collector = (*collector)(nil)

type descriptions struct {
	info, total, read, rows, window, inFlight          *prometheus.Desc
	requests, answers, latency                         *prometheus.Desc
	rate, ceiling, heldDown, paused, cuts, unavailable *prometheus.Desc
}

func newCollector(run Run) *collector {
	describe := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("rejoin_"+name, help, labels, nil)
	}
	return &collector{run: run, desc: descriptions{
		info:        describe("run_info", "The run: always 1.", "command", "version", "dry_run"),
		total:       describe("backup_rows", "Rows in the backup, as far as it is known before they are read."),
		read:        describe("rows_read_total", "Rows read from the backup."),
		rows:        describe("rows_total", "Rows that have an outcome, earlier runs of a resumed one included.", "outcome"),
		window:      describe("window_rows", "Rows that are read and not done."),
		inFlight:    describe("requests_in_flight", "Requests that wait for their answer."),
		requests:    describe("requests_total", "Requests sent."),
		answers:     describe("answers_total", "Ends of requests, by what they meant.", "meaning"),
		latency:     describe("request_duration_seconds", "From a request's sending to its answer, or its end without one."),
		rate:        describe("rate_requests_per_second", "Requests per second that are let through now."),
		ceiling:     describe("rate_ceiling_requests_per_second", "Requests per second at most; 0: no ceiling."),
		heldDown:    describe("rate_held_down", "1 while the service's answers hold the rate below its ceiling."),
		paused:      describe("rate_paused_seconds", "How long the service has asked the run to wait yet."),
		cuts:        describe("rate_cuts_total", "How often a 429 cut the rate."),
		unavailable: describe("service_unavailable", "1 while the service does not answer and the run waits for it."),
	}}
}

// Describe implements [prometheus.Collector].
func (c *collector) Describe(ch chan<- *prometheus.Desc) { prometheus.DescribeByCollect(c, ch) }

// Collect implements [prometheus.Collector].
func (c *collector) Collect(ch chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	counter := func(d *prometheus.Desc, v int64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(v), labels...)
	}
	p := c.run.Progress
	gauge(c.desc.info, 1, c.run.Command, c.run.Version, truth(c.run.DryRun))
	gauge(c.desc.total, float64(c.run.Total))
	counter(c.desc.read, p.Read.Load())
	for _, kind := range restore.KindsOf(c.run.Command) {
		if kind != restore.Pending { // what is pending shows when the run has ended
			counter(c.desc.rows, p.Done[kind].Load(), kind.Word(c.run.DryRun))
		}
	}
	gauge(c.desc.window, float64(p.Window.Load()))
	gauge(c.desc.inFlight, float64(p.InFlight.Load()))
	counter(c.desc.requests, p.Requests.Load())
	for m := range retry.Meaning(retry.NumMeanings) {
		counter(c.desc.answers, p.Answers[m].Load(), m.String())
	}
	ch <- latency(c.desc.latency, &p.Latency)
	gauge(c.desc.unavailable, number(p.Outage.Load()))

	status := c.run.Limiter.Status()
	gauge(c.desc.rate, status.Rate)
	gauge(c.desc.ceiling, status.Ceiling)
	gauge(c.desc.heldDown, number(status.HeldDown))
	gauge(c.desc.paused, max(time.Until(status.PausedUntil), 0).Seconds())
	counter(c.desc.cuts, int64(status.Cuts))
}

func latency(d *prometheus.Desc, l *retry.Latency) prometheus.Metric {
	n, sum := l.Times()
	buckets := make(map[float64]uint64)
	l.UpTo(func(end time.Duration, upTo int64) { buckets[end.Seconds()] = uint64(upTo) })
	return prometheus.MustNewConstHistogram(d, uint64(n), sum.Seconds(), buckets)
}

func truth(v bool) string {
	if v {
		return "true"
	}
	return "false"
}

func number(v bool) float64 {
	if v {
		return 1
	}
	return 0
}
