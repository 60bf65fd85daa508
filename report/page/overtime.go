package page

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"rejoin/internal/prose"
	"rejoin/report"
)

// momentRow is a step of time in the table of numbers.
type momentRow struct{ At, Restored, Unrestored, Requests, Throttled, P50, P95, P99 string }

func (p *content) overTime(t *report.Totals, time0 *timeline) {
	var away []span
	counted := false
	for i := range t.Reports {
		for j := range t.Reports[i].Past {
			r := &t.Reports[i].Past[j]
			time0.run(r)
			counted = counted || len(r.Points) > 0
		}
		away = append(away, outages(t.Reports[i].Past)...)
	}
	moments := time0.moments()
	if len(moments) == 0 {
		return
	}
	p.StepText = stepText(widthOf(time0.scale))
	p.Numbers = make([]momentRow, len(moments))
	for i := range moments {
		p.Numbers[i] = moments[i].row(counted)
	}
	p.Charts = append(p.Charts, rowsChart(p.Say, moments, away))
	if counted {
		p.Charts = append(p.Charts, requestsChart(t, moments, away))
	} else {
		p.Charts[0].Note = "The report does not say when requests were answered 429: it was written by an earlier rejoin. In all: " +
			prose.Number(t.Throttled) + "."
	}
	if t.Latency.Rows > 0 {
		p.Charts = append(p.Charts, latencyChart(moments, away))
	}
}

// stepText says how long a step of time is.
func stepText(ms int64) string {
	d := time.Duration(ms) * time.Millisecond
	switch {
	case d < time.Second:
		return strconv.FormatInt(ms, 10) + " ms"
	case d < time.Minute:
		return strconv.FormatInt(int64(d/time.Second), 10) + " s"
	case d < time.Hour:
		return strconv.FormatInt(int64(d/time.Minute), 10) + " min"
	case d < 48*time.Hour:
		return strconv.FormatInt(int64(d/time.Hour), 10) + " h"
	}
	return strconv.FormatInt(int64(d/(24*time.Hour)), 10) + " days"
}

func (m *moment) row(counted bool) momentRow {
	r := momentRow{At: unixMilli(m.from).Format("2 Jan 15:04:05"), Restored: rate(m.restored), Unrestored: rate(m.unrestored)}
	if counted {
		r.Requests, r.Throttled = rate(m.requests), rate(m.throttled)
	}
	if m.answered {
		r.P50, r.P95, r.P99 = milliseconds(m.p50), milliseconds(m.p95), milliseconds(m.p99)
	}
	return r
}

// rate is a number of things a second, in a table.
func rate(v float64) string {
	switch {
	case v == 0:
		return "0"
	case v < 0.05:
		return "<0.1"
	case v < 100:
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	return prose.Number(int64(math.Round(v)))
}

func rowsChart(say speech, moments []moment, away []span) chart {
	zero := func(*moment) float64 { return 0 }
	restored := func(m *moment) float64 { return m.restored }
	both := func(m *moment) float64 { return m.restored + m.unrestored }
	c := chart{
		ID: "pace", Title: "Rows per second", Columns: "1 2",
		Legend: []legend{{groupDone, say.Done}, {groupMissing, say.Not}},
	}
	peak, worst := 0.0, 0.0
	for i := range moments {
		peak, worst = max(peak, both(&moments[i])), max(worst, moments[i].unrestored)
	}
	c.Desc = fmt.Sprintf("Rows that got their outcome, a second, over time. The most were %s a second; of those that are %s, %s a second.",
		rate(peak), say.Not, rate(worst))
	c.draw(&plot{
		moments: moments, away: away, values: both, label: perSecond,
		draw: func(c *canvas) []shape {
			return []shape{{"area " + groupDone, c.area(zero, restored)}, {"area " + groupMissing, c.area(restored, both)}}
		},
	})
	return c
}

func requestsChart(t *report.Totals, moments []moment, away []span) chart {
	zero := func(*moment) float64 { return 0 }
	requests := func(m *moment) float64 { return m.requests }
	throttled := func(m *moment) float64 { return m.throttled }
	c := chart{
		ID: "requests", Title: "Requests per second, and those answered 429", Columns: "3 4",
		Legend: []legend{{"measure", "requests"}, {groupWaiting, "answered 429 (too many requests)"}},
	}
	worst := 0.0
	for i := range moments {
		worst = max(worst, moments[i].throttled)
	}
	c.Desc = fmt.Sprintf("Requests a second over time, and how many were answered 429: %s in all, %s a second at most.",
		prose.Number(t.Throttled), rate(worst))
	if t.Throttled == 0 {
		c.Note = "No request was answered 429: the service was never asked too fast."
	}
	c.draw(&plot{
		moments: moments, away: away, values: requests, label: perSecond,
		draw: func(c *canvas) []shape {
			return []shape{{"area " + groupWaiting, c.area(zero, throttled)}, {"line measure", c.steps(requests)}}
		},
	})
	return c
}

// logFrom is how many times the least median the largest value is from which on the scale is one of powers of ten.
const logFrom = 30

func latencyChart(moments []moment, away []span) chart {
	percentile := func(of func(*moment) float64) func(*moment) (float64, bool) {
		return func(m *moment) (float64, bool) { return of(m), m.answered }
	}
	p50 := func(m *moment) float64 { return m.p50 }
	p95 := func(m *moment) float64 { return m.p95 }
	p99 := func(m *moment) float64 { return m.p99 }
	c := chart{
		ID: "latency", Title: "How long a row took", Columns: "5 6 7",
		Legend: []legend{{"p50", "p50: half of the rows"}, {"p95", "p95"}, {"p99", "p99: all but one in a hundred"}},
	}
	least, most := math.Inf(1), 0.0
	for i := range moments {
		if moments[i].answered {
			least, most = min(least, moments[i].p50), max(most, moments[i].p99)
		}
	}
	log := most > logFrom*max(least, 1)
	c.Desc = "From a row's first request to its last answer, waiting for another try included: the median, the 95th and the " +
		"99th percentile over time. The 99th was " + milliseconds(most) + " at most."
	if log {
		c.Note = "The scale is one of powers of ten."
	}
	c.draw(&plot{
		moments: moments, away: away, values: p99, label: milliseconds, log: log, least: least,
		draw: func(c *canvas) []shape {
			return []shape{
				{"line p99", c.line(percentile(p99))}, {"line p95", c.line(percentile(p95))}, {"line p50", c.line(percentile(p50))},
			}
		},
	})
	return c
}

// draw draws a plot in both sizes.
func (c *chart) draw(p *plot) {
	for i := range sizes {
		v := p.view(&sizes[i])
		v.TitleID, v.Desc = c.ID+"-"+v.Class, c.Desc
		c.Views = append(c.Views, v)
	}
}
