package ratelimit

import (
	"container/heap"
	"context"
	"math/rand/v2"
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

// A noisyService refuses a part of the requests at random, whatever the rate:
// the account's other users can cause such.
type noisyService struct {
	service
	part float64
	rng  *rand.Rand
}

func (s *noisyService) accept(now time.Time) bool {
	return s.rng.Float64() >= s.part && s.service.accept(now)
}

// A load is a closed loop of workers that send to a service through a limiter.
// One goroutine stands for all of them, which makes four minutes of 200
// requests a second a matter of a tenth of a second.
type load struct {
	cfg        Config
	service    service
	lasts      time.Duration
	latency    time.Duration
	jitter     time.Duration // on top of the latency, evenly spread
	seed       uint64
	retryAfter time.Duration // sent with each 429, 0: not
	noise      *noise        // what happens to requests whatever the rate; nil: nothing
	enough     int           // accepted requests with which the run ends early; 0: it does not
	start      func(lim *Limiter)
	each       func(passed time.Duration, accepted bool)

	lim       *Limiter
	rng       *rand.Rand
	begin     time.Time
	arriving  flights // half of the latency passes before the service counts
	returning flights
	sum       tally
}

type tally struct{ accepted, throttled int }

func (t tally) refused() float64 {
	return float64(t.throttled) / float64(max(t.accepted+t.throttled, 1))
}

// A flight is a request or its answer on its way.
type flight struct {
	at, back time.Time
	answer
}

// An answer is what the service says to a request.
type answer struct {
	accepted bool
	mute     bool          // it says nothing about the pace
	hint     time.Duration // Retry-After of a 429
}

// noise is what happens to a part of the requests at random: 429s, some of them
// with a Retry-After, and errors that say nothing about the pace.
type noise struct {
	refused, hinted, mute float64 // parts of the requests
	hint                  time.Duration
	rng                   *rand.Rand
}

// strike is what happens to the next request, if anything does.
func (n *noise) strike() (a answer, struck bool) {
	if n == nil {
		return answer{}, false
	}
	switch luck := n.rng.Float64(); {
	case luck < n.refused:
		return answer{}, true
	case luck < n.refused+n.hinted:
		return answer{hint: n.hint}, true
	case luck < n.refused+n.hinted+n.mute:
		return answer{mute: true}, true
	}
	return answer{}, false
}

// flights is a heap: the earliest is the first.
type flights []flight

func (f flights) Len() int           { return len(f) }
func (f flights) Less(i, j int) bool { return f[i].at.Before(f[j].at) }
func (f flights) Swap(i, j int)      { f[i], f[j] = f[j], f[i] }
func (f *flights) Push(x any)        { *f = append(*f, x.(flight)) } //nolint:errcheck // nothing else is pushed
func (f *flights) Pop() any {
	last := (*f)[len(*f)-1]
	*f = (*f)[:len(*f)-1]
	return last
}

// due takes the next flight that is there by now.
func (f *flights) due(now time.Time) (flight, bool) {
	if len(*f) == 0 || (*f)[0].at.After(now) {
		return flight{}, false
	}
	next, ok := heap.Pop(f).(flight)
	return next, ok
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
	l.lim, l.begin, l.rng = lim, time.Now(), rand.New(rand.NewPCG(l.seed, 2))
	for time.Since(l.begin) < l.lasts && (l.enough == 0 || l.sum.accepted < l.enough) {
		next := l.send(ctx)
		for _, on := range []flights{l.arriving, l.returning} {
			if len(on) > 0 && on[0].at.Before(next) {
				next = on[0].at
			}
		}
		time.Sleep(time.Until(next))
		l.arrive()
		l.hear()
	}
	return l.sum, lim.Status()
}

// send lets idle workers send what may be sent, and says when to come again.
func (l *load) send(ctx context.Context) time.Time {
	for len(l.arriving)+len(l.returning) < l.cfg.Workers {
		ok, at, err := l.lim.take(ctx)
		if !ok || err != nil {
			return at
		}
		latency := l.latency
		if l.jitter > 0 {
			latency += time.Duration(l.rng.Int64N(int64(l.jitter)))
		}
		now := time.Now()
		heap.Push(&l.arriving, flight{at: now.Add(latency / 2), back: now.Add(latency)})
	}
	return l.begin.Add(l.lasts)
}

// arrive has the service take or refuse what has reached it.
func (l *load) arrive() {
	now := time.Now()
	for f, ok := l.arriving.due(now); ok; f, ok = l.arriving.due(now) {
		f.answer, f.at = l.decide(now), f.back
		switch {
		case f.accepted:
			l.sum.accepted++
		case !f.mute:
			l.sum.throttled++
		}
		if l.each != nil {
			l.each(now.Sub(l.begin), f.accepted)
		}
		heap.Push(&l.returning, f)
	}
}

// decide is what the service says to a request that arrives now.
func (l *load) decide(now time.Time) answer {
	if a, struck := l.noise.strike(); struck {
		return a
	}
	if l.service.accept(now) {
		return answer{accepted: true}
	}
	return answer{hint: l.retryAfter}
}

// hear tells the limiter of the answers that have come back.
func (l *load) hear() {
	now := time.Now()
	for f, ok := l.returning.due(now); ok; f, ok = l.returning.due(now) {
		switch {
		case f.accepted:
			l.lim.Accepted()
		case f.mute:
			l.lim.Answered()
		default:
			l.lim.Throttled(f.hint, f.hint > 0)
		}
	}
}
