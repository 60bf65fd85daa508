package ratelimit

import (
	"math"
	"math/rand/v2"
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
	noise    float64       // the part of the requests that is refused at random
	seed     uint64
	least    float64 // of the capacity, that has to be reached; 0: shown only
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

func unlimited(time.Time, capacity) service { return unlimitedService{} }

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
	hint, ceiling := time.Second, Config{Rate: 200}
	return []scenario{
		{name: "200 falls to 100, 1 s window", service: window1, capacity: falls, least: 0.96},
		{name: "200 falls to 100, 5 s window", service: window5, capacity: falls, least: 0.94},
		{name: "200 falls to 100, token bucket", service: tokens(5), capacity: falls, least: 0.97},
		{name: "200 falls to 100, fixed window", service: fixed, capacity: falls, least: 0.96},
		{name: "200 falls to 100, jitter", service: window1, capacity: falls, workers: 64, jitter: 50 * time.Millisecond, least: 0.94},
		{name: "200 falls to 100, ceiling 300", service: window1, capacity: falls, cfg: Config{Rate: 300}, least: 0.96},
		{name: "200 falls to 100, Retry-After", service: window1, capacity: falls, hint: hint, least: 0.93},
		{name: "200 falls to 100, Retry-After, token bucket", service: tokens(5), capacity: falls, hint: hint},
		{name: "100 rises to 400, 1 s window", service: window1, capacity: rises, workers: 64, least: 0.95},
		{name: "100 rises to 400, 5 s window", service: window5, capacity: rises, workers: 64, least: 0.85},
		{name: "100 rises to 400, token bucket", service: tokens(5), capacity: rises, workers: 64, least: 0.95},
		{name: "100 rises to 400, Retry-After", service: window1, capacity: rises, workers: 64, hint: hint, least: 0.85},
		{name: "30, 5 s window", service: window5, capacity: always(30), least: 0.97},
		{name: "30, 5 s window, Retry-After", service: window5, capacity: always(30), hint: hint, least: 0.95},
		{name: "5, 1 s window", service: window1, capacity: always(5), least: 0.94},
		{name: "5, 5 s window", service: window5, capacity: always(5), least: 0.94},
		{name: "5, token bucket", service: tokens(5), capacity: always(5), least: 0.95},
		{name: "5, Retry-After", service: window1, capacity: always(5), hint: hint, least: 0.92},
		{name: "3000, 1 s window", service: window1, capacity: always(3000), workers: 256, lasts: time.Minute},
		{name: "3000, 1 s window, four minutes", service: window1, capacity: always(3000), workers: 256},
		{name: "3000, token bucket, four minutes", service: tokens(5), capacity: always(3000), workers: 256},
		{name: "3000, 5 s window, four minutes", service: window5, capacity: always(3000), workers: 256},
		{name: "3000, Retry-After, four minutes", service: window1, capacity: always(3000), workers: 256, hint: hint},
		{name: "200, 300 ms an answer", service: window1, capacity: always(200), workers: 100, latency: 300 * time.Millisecond, least: 0.95},
		{name: "200, 300 ms an answer, 5 s window", service: window5, capacity: always(200), workers: 100, latency: 300 * time.Millisecond},
		{name: "60 falls to 30, 30 to 70 ms", service: window1, capacity: change(60, 30, 2*time.Minute), workers: 64, latency: 30 * time.Millisecond, jitter: 40 * time.Millisecond, least: 0.95},
		{name: "200 falls to 100, 30 to 70 ms", service: window1, capacity: falls, workers: 64, latency: 30 * time.Millisecond, jitter: 40 * time.Millisecond, least: 0.95},
		{name: "ceiling 200, 0.5 % at random", service: unlimited, capacity: always(200), cfg: ceiling, workers: 64, noise: 0.005, lasts: time.Minute, least: 0.5},
		{name: "ceiling 200, 2 % at random", service: unlimited, capacity: always(200), cfg: ceiling, workers: 64, noise: 0.02, lasts: time.Minute, least: 0.75},
		{name: "ceiling 200, 8 % at random", service: unlimited, capacity: always(200), cfg: ceiling, workers: 64, noise: 0.08, lasts: time.Minute, least: 0.75},
		{name: "ceiling 200, 20 % at random", service: unlimited, capacity: always(200), cfg: ceiling, workers: 64, noise: 0.2, lasts: time.Minute, least: 0.65},
		{name: "ceiling 200, 40 % at random", service: unlimited, capacity: always(200), cfg: ceiling, workers: 64, noise: 0.4},
		{name: "ceiling 25, 8 % at random", service: unlimited, capacity: always(25), cfg: Config{Rate: 25}, noise: 0.08, least: 0.7},
		{name: "200 falls to 100, 2 % at random", service: window1, capacity: falls, workers: 64, noise: 0.02},
		{name: "200 falls to 100, 8 % at random", service: window1, capacity: falls, workers: 64, noise: 0.08},
		{name: "200 falls to 100, 8 % at random, 5 s window", service: window5, capacity: falls, workers: 64, noise: 0.08},
		{name: "200, bucket of one request", service: tokens(1), capacity: always(200)},
		{name: "200, bucket of one request, jitter", service: tokens(1), capacity: always(200), workers: 64, jitter: 50 * time.Millisecond},
	}
}

func noisy(under service, s scenario) service {
	return &noisyService{service: under, part: s.noise, rng: rand.New(rand.NewPCG(s.seed, 3))}
}

// run gives the part of the capacity that was reached and the part of the
// requests that were answered 429. It has to run in a bubble.
func (s scenario) run(tb testing.TB) (reached, refused float64) {
	tb.Helper()
	l := load{cfg: s.cfg, lasts: s.lasts, latency: s.latency, jitter: s.jitter, seed: s.seed, retryAfter: s.hint}
	l.cfg.Auto = l.cfg.Rate == 0
	l.cfg.Workers = max(s.workers, 32)
	l.service = s.service(time.Now(), s.capacity)
	if s.noise > 0 {
		l.service = noisy(l.service, s)
	}
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
				assert.LessOrEqual(t, refused, mostRefused+1.1*s.noise)
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
		for i := range 4 {
			t.Run(name+" "+strconv.Itoa(i), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					high, at := 100+float64(i)*17, 110*time.Second+time.Duration(i)*4960*time.Millisecond
					s := scenario{service: service, capacity: change(high, high/2, at), latency: time.Duration(40+i*10) * time.Millisecond}
					reached, refused := s.run(t)
					assert.GreaterOrEqual(t, reached, 0.95)
					assert.LessOrEqual(t, refused, mostRefused)
				})
			})
		}
	}
}

// BenchmarkAuto prints the whole table: the mean of each row and some variants
// of it, and the worst of them; it runs in virtual time.
func BenchmarkAuto(b *testing.B) {
	for _, s := range scenarios() {
		b.Run(s.name, func(b *testing.B) {
			const variants = 8
			var reached, refused, least, most float64
			for b.Loop() {
				reached, refused = inBubble(s)
				least, most = reached, refused
				for i := range uint64(variants) {
					once, no := inBubble(s.variant(i + 1))
					reached, refused = reached+once, refused+no
					least, most = min(least, once), max(most, no)
				}
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(100*reached/(variants+1), "%capacity")
			b.ReportMetric(100*refused/(variants+1), "%429")
			b.ReportMetric(100*least, "%capacity,worst")
			b.ReportMetric(100*most, "%429,worst")
		})
	}
}

// variant is the scenario with another capacity, moment and latency, every
// second time with a jitter.
func (s scenario) variant(seed uint64) scenario {
	rng := rand.New(rand.NewPCG(seed, 99))
	scale := 0.8 + 0.45*rng.Float64()
	if s.noise > 0 {
		scale = 1 // it may be a ceiling
	}
	shift := time.Duration((rng.Float64() - 0.5) * 20 * float64(time.Second))
	planned := s.capacity
	s.capacity = func(passed time.Duration) float64 { return math.Round(scale * planned(passed+shift)) }
	if s.latency == 0 {
		s.latency = 50 * time.Millisecond
	}
	s.latency = time.Duration(float64(s.latency) * (0.7 + 0.6*rng.Float64()))
	if seed%2 == 1 {
		s.jitter += s.latency / 2
	}
	s.seed = seed
	return s
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
