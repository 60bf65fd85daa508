package ratelimit

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"
)

// A service is a simulated server that accepts only so many requests.
type service interface {
	// accept counts a request that arrives now, or refuses it.
	accept(now time.Time) bool
}

// capacity is how many requests per second a service accepts, over time.
type capacity func(passed time.Duration) float64

func always(perSecond float64) capacity {
	return func(time.Duration) float64 { return perSecond }
}

// change goes from one capacity to another at a time.
func change(from, to float64, at time.Duration) capacity {
	return func(passed time.Duration) float64 {
		if passed < at {
			return from
		}
		return to
	}
}

// total is what the capacity allows in a time.
func (c capacity) total(d time.Duration) float64 {
	sum := 0.0
	for t := time.Duration(0); t < d; t += 100 * time.Millisecond {
		sum += c(t) / 10
	}
	return sum
}

// A slidingWindow accepts what keeps the last window's accepted requests under
// the capacity, as the real service is documented to do over five seconds.
type slidingWindow struct {
	begin    time.Time
	capacity capacity
	window   time.Duration
	accepted []time.Time
}

func (s *slidingWindow) accept(now time.Time) bool {
	old := 0
	for old < len(s.accepted) && now.Sub(s.accepted[old]) >= s.window {
		old++
	}
	s.accepted = s.accepted[old:]
	if float64(len(s.accepted)+1) > s.capacity(now.Sub(s.begin))*s.window.Seconds() {
		return false
	}
	s.accepted = append(s.accepted, now)
	return true
}

// A tokenService is a token bucket of a few requests.
type tokenService struct {
	begin    time.Time
	capacity capacity
	burst    float64
	tokens   float64
	last     time.Time
}

func (s *tokenService) accept(now time.Time) bool {
	s.tokens = min(s.burst, s.tokens+s.capacity(now.Sub(s.begin))*now.Sub(s.last).Seconds())
	s.last = now
	if s.tokens < 1-1e-6 {
		return false
	}
	s.tokens--
	return true
}

// A fixedWindow counts anew each second.
type fixedWindow struct {
	begin    time.Time
	capacity capacity
	second   int64
	count    float64
}

func (s *fixedWindow) accept(now time.Time) bool {
	if second := int64(now.Sub(s.begin) / time.Second); second != s.second {
		s.second, s.count = second, 0
	}
	if s.count+1 > s.capacity(now.Sub(s.begin)) {
		return false
	}
	s.count++
	return true
}

// unlimited accepts everything.
type unlimitedService struct{}

func (unlimitedService) accept(time.Time) bool { return true }

// A load is a closed loop of workers that send to a service through a limiter.
type load struct {
	cfg        Config
	service    service
	lasts      time.Duration
	latency    time.Duration
	jitter     time.Duration
	retryAfter time.Duration // sent with each 429, 0: not
	start      func(lim *Limiter)
	each       func(passed time.Duration, accepted bool)
}

type tally struct{ accepted, throttled int }

func (t tally) refused() float64 {
	return float64(t.throttled) / float64(max(t.accepted+t.throttled, 1))
}

// run sends for the load's time, in a synctest bubble.
func (l load) run(ctx context.Context) (tally, Status) {
	lim, err := New(l.cfg)
	if err != nil {
		panic(err)
	}
	if l.start != nil {
		l.start(lim)
	}
	begin := time.Now()
	ctx, cancel := context.WithTimeout(ctx, l.lasts)
	defer cancel()
	var (
		mu  sync.Mutex
		sum tally
		wg  sync.WaitGroup
		rng = rand.New(rand.NewPCG(1, 2))
	)
	for range l.cfg.Workers {
		wg.Go(func() {
			for lim.Wait(ctx) == nil {
				mu.Lock()
				ok := l.service.accept(time.Now())
				latency := l.latency
				if l.jitter > 0 {
					latency += time.Duration(rng.Int64N(int64(l.jitter)))
				}
				if ok {
					sum.accepted++
				} else {
					sum.throttled++
				}
				if l.each != nil {
					l.each(time.Since(begin), ok)
				}
				mu.Unlock()
				time.Sleep(latency)
				if ok {
					lim.Accepted()
				} else {
					lim.Throttled(l.retryAfter, l.retryAfter > 0)
				}
			}
		})
	}
	wg.Wait()
	return sum, lim.Status()
}
