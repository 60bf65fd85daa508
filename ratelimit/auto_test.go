package ratelimit

import (
	"testing"
	"testing/synctest"
	"time"
)

const minute = time.Minute

func TestAutoTable(t *testing.T) {
	t.Parallel()
	type scenario struct {
		name     string
		capacity capacity
		kind     string
		workers  int
		hint     time.Duration
		rate     float64
		jitter   time.Duration
		latency  time.Duration
		dur      time.Duration
	}
	var all []scenario
	for _, kind := range []string{"sliding1", "sliding5", "bucket5", "bucket1", "fixed1"} {
		for _, hint := range []time.Duration{0, time.Second} {
			h := ""
			if hint > 0 {
				h = " hint"
			}
			all = append(all,
				scenario{name: "200>100 " + kind + h, capacity: change(200, 100, 2*minute), kind: kind, workers: 32, hint: hint},
				scenario{name: "100>400 " + kind + h, capacity: change(100, 400, 2*minute), kind: kind, workers: 64, hint: hint},
				scenario{name: "30 " + kind + h, capacity: always(30), kind: kind, workers: 32, hint: hint},
				scenario{name: "5 " + kind + h, capacity: always(5), kind: kind, workers: 32, hint: hint},
				scenario{name: "3000 " + kind + h, capacity: always(3000), kind: kind, workers: 256, hint: hint},
				scenario{name: "200>100 jitter " + kind + h, capacity: change(200, 100, 2*minute), kind: kind, workers: 64, hint: hint, jitter: 50 * time.Millisecond},
				scenario{name: "200 300ms " + kind + h, capacity: always(200), kind: kind, workers: 100, hint: hint, latency: 300 * time.Millisecond},
				scenario{name: "ceiling300 200>100 " + kind + h, capacity: change(200, 100, 2*minute), kind: kind, workers: 32, hint: hint, rate: 300},
			)
		}
	}
	for _, s := range all {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				begin := time.Now()
				var svc service
				switch s.kind {
				case "sliding1":
					svc = &slidingWindow{begin: begin, capacity: s.capacity, window: time.Second}
				case "sliding5":
					svc = &slidingWindow{begin: begin, capacity: s.capacity, window: 5 * time.Second}
				case "bucket1":
					svc = &tokenService{begin: begin, capacity: s.capacity, burst: 1, tokens: 1, last: begin}
				case "bucket5":
					svc = &tokenService{begin: begin, capacity: s.capacity, burst: 5, tokens: 5, last: begin}
				case "fixed1":
					svc = &fixedWindow{begin: begin, capacity: s.capacity}
				}
				if s.latency == 0 {
					s.latency = 50 * time.Millisecond
				}
				if s.dur == 0 {
					s.dur = 4 * minute
				}
				sum, st := load{cfg: Config{Auto: s.rate == 0, Rate: s.rate, Workers: s.workers}, service: svc, for_: s.dur, latency: s.latency, jitter: s.jitter, retryAfter: s.hint}.run(t.Context())
				got := float64(sum.accepted) / s.capacity.total(s.dur)
				bad := ""
				if got < .95 {
					bad += " LOW"
				}
				if sum.refused() > .02 {
					bad += " REFUSED"
				}
				t.Logf("ROW %-32s %6.2f%% of capacity %5.2f%% 429 cuts %d %s", s.name, 100*got, 100*sum.refused(), st.Cuts, bad)
			})
		})
	}
}
