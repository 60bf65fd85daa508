package ratelimit

import (
	"math"
	"time"
)

const (
	startRate = 10.0 // requests per second with which auto begins
	floorRate = 0.2  // requests per second that are always tried

	startDoubling  = 400 * time.Millisecond // in which auto's first rise doubles
	searchDoubling = time.Second            // in which a later rise doubles

	plateau   = 0.99 // of the capacity, to which the rate returns after a cut
	afterCut  = 0.94 // of the capacity, to which a cut goes
	earlyCut  = 0.80 // of the rate, where a cut was not enough
	unlimited = 1.15 // of the plateau: past this there is no limit where it was

	firstProbe = 100 * time.Millisecond
	lastProbe  = 5 * time.Second

	tick = 10 * time.Millisecond // how often growth is worked out at most
)

// adaptive is the rate below the ceiling: cut when the service says that it was
// too fast, raised while it keeps up. It knows no clock and takes no lock.
type adaptive struct {
	ceiling float64 // 0: none
	rate    float64 // now
	cuts    int

	rising bool          // exponentially; else along the curve
	double time.Duration // how long a doubling takes while rising
	top    float64       // the plateau of the curve
	from   float64       // where the curve starts
	span   time.Duration // how long the curve takes to its plateau
	along  time.Duration // how far along the curve the rate is
	grown  time.Time     // when the rate was last worked out

	accepted    history
	outstanding int  // answers that have not come yet
	workers     int  // its bound, 0: none
	stale       int  // answers to come to requests that were sent before the last cut
	calm        bool // an answer since the last cut showed that the service keeps up

	episode  time.Time     // when the service began to refuse everything
	before   int           // what it had accepted in the second before
	during   int           // what it has accepted since
	interval time.Duration // between two probes; 0: not blocked
}

func newAdaptive(cfg Config, now time.Time) *adaptive {
	a := &adaptive{ceiling: cfg.Rate, rate: cfg.Rate, workers: cfg.Workers, calm: true, grown: now}
	a.accepted.epoch = now
	if cfg.Auto {
		a.rate, a.rising, a.double = startRate, true, startDoubling
		if a.ceiling > 0 {
			a.rate = min(a.rate, a.ceiling)
		}
	}
	return a
}

func (a *adaptive) floor() float64 {
	if a.ceiling > 0 {
		return min(floorRate, a.ceiling)
	}
	return floorRate
}

// pace is the rate at which requests go out now: while the service refuses
// everything a probe from time to time.
func (a *adaptive) pace() float64 {
	if a.interval > 0 {
		return min(a.rate, 1/a.interval.Seconds())
	}
	return a.rate
}

func (a *adaptive) sent() {
	a.outstanding++
	if a.workers > 0 {
		a.outstanding = min(a.outstanding, a.workers)
	}
}

// answered takes one answer off those that are to come, and reports whether its
// request was sent after the last cut. Answers are taken to come in the order
// of their requests.
func (a *adaptive) answered() (fresh bool) {
	a.outstanding = max(a.outstanding-1, 0)
	if a.stale > 0 {
		a.stale--
		return false
	}
	return true
}

// accept notes an answer that shows that the service keeps up. paced says
// whether requests have waited for their turn since the last one.
func (a *adaptive) accept(now time.Time, paced bool) {
	a.accepted.add(now)
	a.during++
	if a.answered() {
		a.calm = true
		if a.interval > 0 {
			a.unblock(now)
		}
	}
	a.grow(now, paced)
}

// throttle notes a 429 and reports whether it led to a cut.
func (a *adaptive) throttle(now time.Time, pause time.Duration) bool {
	if !a.answered() {
		return false
	}
	a.cuts++
	switch {
	case a.calm:
		a.episode, a.during = now, 0
		a.before, _ = a.accepted.sum(now, time.Second)
		a.cut(now, pause)
	case a.interval == 0:
		a.interval = firstProbe
	default:
		a.interval = min(2*a.interval, lastProbe)
	}
	a.calm = false
	a.stale = a.outstanding
	return true
}

// cut sets the rate just under what was demonstrably accepted.
func (a *adaptive) cut(now time.Time, pause time.Duration) {
	window := time.Second
	if !a.rising {
		window = seconds(min(max(50/a.rate, 1), 10))
	}
	capacity := min(a.rate, a.accepted.perSecond(now, window))
	if !a.rising && a.along < a.span {
		capacity = min(capacity, a.rate*earlyCut)
	}
	a.follow(max(capacity, a.rate/4), pause)
	a.grown = now
}

// unblock ends the probing: the service accepts again.
func (a *adaptive) unblock(now time.Time) {
	a.interval = 0
	capacity := float64(a.before+a.during) / (now.Sub(a.episode) + time.Second).Seconds()
	a.follow(min(capacity, a.rate), 0)
	a.grown = now
}

// follow starts a new curve below a capacity.
func (a *adaptive) follow(capacity float64, pause time.Duration) {
	a.rising = false
	a.top = max(capacity*plateau, a.floor())
	a.from = max(capacity*afterCut, a.floor())
	a.rate = a.from
	a.along = 0
	a.span = seconds(min(max(200/a.rate, 40*pause.Seconds(), 1.5), 60))
}

// grow raises the rate by what the time since the last look is worth.
func (a *adaptive) grow(now time.Time, paced bool) {
	passed := now.Sub(a.grown)
	if passed < tick || a.interval > 0 || a.ceiling > 0 && a.rate >= a.ceiling {
		return
	}
	a.grown = now
	passed = min(passed, seconds(max(2/a.rate, 0.1)))
	if a.rising {
		a.rise(now, passed, paced)
	} else {
		a.climb(passed, paced)
	}
	if a.ceiling > 0 {
		a.rate = min(a.rate, a.ceiling)
	}
}

func (a *adaptive) rise(now time.Time, passed time.Duration, paced bool) {
	if a.ceiling == 0 && (!paced || a.accepted.perSecond(now, time.Second) < a.rate/4) {
		return
	}
	a.rate *= math.Exp2(passed.Seconds() / a.double.Seconds())
}

func (a *adaptive) climb(passed time.Duration, paced bool) {
	if a.along >= a.span && a.ceiling == 0 && !paced {
		return
	}
	a.along += passed
	x := a.along.Seconds()/a.span.Seconds() - 1
	a.rate = a.top + (a.top-a.from)*x*x*x
	if a.rate > a.top*unlimited {
		a.rising, a.double = true, searchDoubling
	}
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
