package ratelimit

import (
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
)

// A scenario is a service whose capacity the limiter has to find.
type scenario struct {
	name     string
	service  func(begin time.Time, c capacity) service
	capacity capacity
	workers  int
	lasts    time.Duration
	cfg      Config
	hint     time.Duration // Retry-After on each 429
	jitter   time.Duration // on top of the 50 ms that an answer takes
	latency  time.Duration // instead of the 50 ms
	least    float64       // of the capacity, that has to be reached; 0: shown only
}

func sliding(window time.Duration) func(time.Time, capacity) service {
	return func(begin time.Time, c capacity) service {
		return &slidingWindow{begin: begin, capacity: c, window: window}
	}
}

func tokens(burst float64) func(time.Time, capacity) service {
	return func(begin time.Time, c capacity) service {
		return &tokenService{begin: begin, last: begin, capacity: c, burst: burst, tokens: burst}
	}
}

func fixed(begin time.Time, c capacity) service {
	return &fixedWindow{begin: begin, capacity: c}
}

// mostRefused is the part of the requests that may be answered 429.
const mostRefused = 0.02

// scenarios is the table: 50 ms an answer, four minutes, and where the capacity
// changes, it does so after two.
func scenarios() []scenario {
	falls, rises := change(200, 100, 2*time.Minute), change(100, 400, 2*time.Minute)
	window1, window5 := sliding(time.Second), sliding(5*time.Second)
	hint := time.Second
	return []scenario{
		{name: "200 falls to 100, 1 s window", service: window1, capacity: falls, least: 0.95},
		{name: "200 falls to 100, 5 s window", service: window5, capacity: falls, least: 0.93},
		{name: "200 falls to 100, token bucket", service: tokens(5), capacity: falls, least: 0.95},
		{name: "200 falls to 100, fixed window", service: fixed, capacity: falls, least: 0.95},
		{name: "200 falls to 100, jitter", service: window1, capacity: falls, workers: 64, jitter: 50 * time.Millisecond, least: 0.94},
		{name: "200 falls to 100, ceiling 300", service: window1, capacity: falls, cfg: Config{Rate: 300}, least: 0.95},
		{name: "200 falls to 100, Retry-After", service: window1, capacity: falls, hint: hint, least: 0.92},
		{name: "200 falls to 100, Retry-After, token bucket", service: tokens(5), capacity: falls, hint: hint},
		{name: "100 rises to 400, 1 s window", service: window1, capacity: rises, workers: 64, least: 0.94},
		{name: "100 rises to 400, 5 s window", service: window5, capacity: rises, workers: 64, least: 0.85},
		{name: "100 rises to 400, token bucket", service: tokens(5), capacity: rises, workers: 64, least: 0.95},
		{name: "100 rises to 400, Retry-After", service: window1, capacity: rises, workers: 64, hint: hint, least: 0.75},
		{name: "30, 5 s window", service: window5, capacity: always(30), least: 0.95},
		{name: "30, 5 s window, Retry-After", service: window5, capacity: always(30), hint: hint, least: 0.95},
		{name: "5, 1 s window", service: window1, capacity: always(5), least: 0.95},
		{name: "5, 5 s window", service: window5, capacity: always(5), least: 0.94},
		{name: "5, token bucket", service: tokens(5), capacity: always(5), least: 0.95},
		{name: "5, Retry-After", service: window1, capacity: always(5), hint: hint, least: 0.90},
		{name: "3000, 1 s window", service: window1, capacity: always(3000), workers: 256, lasts: time.Minute},
		{name: "3000, 1 s window, four minutes", service: window1, capacity: always(3000), workers: 256},
		{name: "3000, token bucket, four minutes", service: tokens(5), capacity: always(3000), workers: 256},
		{name: "3000, 5 s window, four minutes", service: window5, capacity: always(3000), workers: 256},
		{name: "3000, Retry-After, four minutes", service: window1, capacity: always(3000), workers: 256, hint: hint},
		{name: "200, 300 ms an answer", service: window1, capacity: always(200), workers: 100, latency: 300 * time.Millisecond, least: 0.95},
		{name: "200, 300 ms an answer, 5 s window", service: window5, capacity: always(200), workers: 100, latency: 300 * time.Millisecond},
		{name: "200, bucket of one request", service: tokens(1), capacity: always(200)},
		{name: "200, bucket of one request, jitter", service: tokens(1), capacity: always(200), workers: 64, jitter: 50 * time.Millisecond},
	}
}

// run gives the part of the capacity that was reached and the part of the
// requests that were answered 429. It has to run in a bubble.
func (s scenario) run(tb testing.TB) (reached, refused float64) {
	tb.Helper()
	l := load{cfg: s.cfg, lasts: s.lasts, latency: s.latency, jitter: s.jitter, retryAfter: s.hint}
	l.cfg.Auto = l.cfg.Rate == 0
	l.cfg.Workers = max(s.workers, 32)
	l.service = s.service(time.Now(), s.capacity)
	if l.lasts == 0 {
		l.lasts = 4 * time.Minute
	}
	if l.latency == 0 {
		l.latency = 50 * time.Millisecond
	}
	sum, _ := l.run(tb.Context())
	return float64(sum.accepted) / s.capacity.total(l.lasts), sum.refused()
}

func TestAutoFindsTheCapacity(t *testing.T) {
	t.Parallel()
	for _, s := range scenarios() {
		if s.least == 0 {
			continue
		}
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				reached, refused := s.run(t)
				t.Logf("%5.1f %% of the capacity, %.2f %% answered 429", 100*reached, 100*refused)
				assert.GreaterOrEqual(t, reached, s.least)
				assert.LessOrEqual(t, refused, mostRefused)
			})
		})
	}
}

// TestAutoAtAnyMoment: it is not the moment of the change, the figures or the
// latency that make the table's first rows what they are.
func TestAutoAtAnyMoment(t *testing.T) {
	t.Parallel()
	for name, service := range map[string]func(time.Time, capacity) service{
		"1 s window": sliding(time.Second), "token bucket": tokens(5), "fixed window": fixed,
	} {
		for i := range 8 {
			t.Run(name+" "+strconv.Itoa(i), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					high, at := 200+float64(i)*8.5, 110*time.Second+time.Duration(i)*2480*time.Millisecond
					s := scenario{service: service, capacity: change(high, high/2, at), latency: time.Duration(40+i*5) * time.Millisecond}
					reached, refused := s.run(t)
					assert.GreaterOrEqual(t, reached, 0.95)
					assert.LessOrEqual(t, refused, mostRefused)
				})
			})
		}
	}
}

// BenchmarkAuto prints the whole table; it runs in virtual time.
func BenchmarkAuto(b *testing.B) {
	for _, s := range scenarios() {
		b.Run(s.name, func(b *testing.B) {
			var reached, refused float64
			for b.Loop() {
				reached, refused = inBubble(s)
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(100*reached, "%capacity")
			b.ReportMetric(100*refused, "%429")
		})
	}
}

// inBubble runs a scenario in a bubble, which only a test can have.
func inBubble(s scenario) (reached, refused float64) {
	test := testing.InternalTest{Name: "bubble", F: func(t *testing.T) {
		t.Helper()
		synctest.Test(t, func(t *testing.T) { reached, refused = s.run(t) })
	}}
	testing.RunTests(func(string, string) (bool, error) { return true, nil }, []testing.InternalTest{test})
	return reached, refused
}

// TestAutoWithoutALimit: where the service accepts everything, the workers and
// the latency are the bound, and the limiter takes nothing away from them.
func TestAutoWithoutALimit(t *testing.T) {
	t.Parallel()
	for _, workers := range []int{1, 64, 256} {
		t.Run(strconv.Itoa(workers), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				from, accepted := 10*time.Second, 0
				l := load{cfg: Config{Auto: true, Workers: workers}, service: unlimitedService{}, lasts: 30 * time.Second, latency: 50 * time.Millisecond}
				l.each = func(passed time.Duration, _ bool) {
					if passed >= from {
						accepted++
					}
				}
				_, status := l.run(t.Context())
				possible := float64(workers) / 0.05 * 20
				assert.InEpsilon(t, possible, accepted, 0.01)
				assert.False(t, status.HeldDown)
				assert.Less(t, status.Rate, 10*float64(workers)/0.05, "the rate ran away from what is used")
			})
		})
	}
}

// TestAutoDoesNotRiseUnasked: a rate that nobody has waited for was not tried.
func TestAutoDoesNotRiseUnasked(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		lim := newLimiter(t, Config{Auto: true})
		for range 100 {
			accept(t, lim, 1)
			time.Sleep(150 * time.Millisecond)
		}
		assert.InDelta(t, startRate, lim.Status().Rate, 0)
	})
}

// TestAutoStopsAtItsCeiling where it has one.
func TestAutoStopsAtItsCeiling(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := load{cfg: Config{Auto: true, Rate: 50, Workers: 32}, service: unlimitedService{}, lasts: time.Minute, latency: 50 * time.Millisecond}
		sum, status := l.run(t.Context())
		assert.InEpsilon(t, 60*50, sum.accepted, 0.03)
		assert.Equal(t, Status{Rate: 50, Ceiling: 50, Auto: true}, status)
	})
}
