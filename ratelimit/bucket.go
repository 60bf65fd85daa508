package ratelimit

import (
	"math"
	"time"

	"golang.org/x/time/rate"
)

// request is what one request costs a bucket. x/time/rate counts whole tokens;
// in thousandths of a request its burst can be a request and a fraction.
const request = 1000

// lateness is how much time of not sending may be made up for. A timer wakes
// late, by about a millisecond, and by ten and more where other programs keep the
// machine busy; a bucket that holds one request loses that time for good, at
// 5,000/s most of the rate. One that holds what
// comes in during lateness on top loses nothing as long as nobody is later
// than that, and a window of one second holds at most rate × (1 + lateness) + 1
// requests.
const lateness = 10 * time.Millisecond

// A bucket is a token bucket for one stream of requests. Not safe for
// concurrent use: the times that it is given must not run backwards.
type bucket struct {
	lim    *rate.Limiter
	credit float64 // requests on top of one that it holds at most
}

// newBucket makes a bucket that has one request to give, and makes up for at
// most maxCredit requests.
func newBucket(perSecond, maxCredit float64, now time.Time) *bucket {
	b := &bucket{lim: rate.NewLimiter(0, request), credit: maxCredit}
	b.lim.SetLimitAt(now, rate.Limit(perSecond*request))
	b.lim.SetBurstAt(now, b.capacity(perSecond))
	return b
}

func (b *bucket) capacity(perSecond float64) int {
	return request + int(min(request*min(b.credit, perSecond*lateness.Seconds()), math.MaxInt32/2))
}

// setRate changes the pace from now on. What was saved up stays.
func (b *bucket) setRate(perSecond float64, now time.Time) {
	b.lim.SetLimitAt(now, rate.Limit(perSecond*request))
	b.lim.SetBurstAt(now, b.capacity(perSecond))
}

// take takes one request if there is one.
func (b *bucket) take(now time.Time) bool { return b.lim.AllowN(now, request) }

// force takes one request also where there is none; the next ones wait for it.
func (b *bucket) force(now time.Time) { b.lim.ReserveN(now, request) }

// readyAt is when take has a request to give, if nobody takes it before.
func (b *bucket) readyAt(now time.Time) time.Time {
	missing := request - b.lim.TokensAt(now)
	if missing <= 0 {
		return now
	}
	// Rounded up: a timer that fires a nanosecond early finds nothing.
	nanos := math.Ceil(missing / float64(b.lim.Limit()) * 1e9)
	return now.Add(time.Duration(min(nanos, float64(math.MaxInt64/4))))
}

// full reports whether the bucket cannot be told from a new one.
func (b *bucket) full(now time.Time) bool { return b.lim.TokensAt(now) >= request }

// settle throws away what came in until now but one request, so that a pause
// does not end in a burst.
func (b *bucket) settle(now time.Time) {
	if extra := int(b.lim.TokensAt(now)) - request; extra > 0 {
		b.lim.AllowN(now, extra)
	}
}
