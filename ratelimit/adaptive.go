package ratelimit

import "time"

const (
	startRate = 10.0 // requests per second with which auto begins
	floorRate = 0.2  // requests per second that no cut goes below

	firstProbe = 100 * time.Millisecond // after all is refused, until one request tries again
	lastProbe  = 5 * time.Second        // to which that doubles

	sureRefusals = 4 // in a row: not by chance
)

// adaptive is the rate below the ceiling: cut when the service says that it was
// too fast, raised while it keeps up. It reads no clock and takes no lock.
//
// Here it keeps the books of the answers; what a cut and a rise are worth is
// in curve.go.
type adaptive struct {
	curve

	workers     int  // requests in flight at most, 0: not known
	outstanding int  // answers that have not come yet
	stale       int  // of these, to requests that were sent before the last cut
	calm        bool // a request sent after the last cut was accepted

	interval  time.Duration // between two probes; 0: not refused throughout
	episode   time.Time     // when the refusing began
	refusals  int           // how many there were in it, in a row
	before    int           // what was accepted in the second before
	span      time.Duration // how much of that second there was since the run began or was last paused
	during    int           // what has been accepted since
	unblocked time.Time     // when the last episode ended
	again     int           // how many episodes followed each other at once
}

func newAdaptive(cfg Config, now time.Time) *adaptive {
	return &adaptive{curve: newCurve(cfg, now), workers: cfg.Workers, calm: true}
}

// pace is the rate at which requests go out: while the service refuses
// everything, that of the probes.
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

// mute notes an answer that says nothing about the pace. It was not refused, so
// that it is part of what the service takes.
func (a *adaptive) mute(now time.Time) {
	a.accepted.add(now)
	a.during++
	a.answered()
}

// answered takes one off the answers that are to come, and reports whether its
// request was sent after the last cut. Which request an answer belongs to is
// not known; answers are taken to come in the order of their requests.
func (a *adaptive) answered() (fresh bool) {
	a.outstanding = max(a.outstanding-1, 0)
	if a.stale > 0 {
		a.stale--
		return false
	}
	return true
}

// accept notes an answer that shows that the service keeps up. paced says
// whether a request has waited for its turn since the last one.
func (a *adaptive) accept(now time.Time, paced bool) {
	a.accepted.add(now)
	a.during++
	a.repay()
	if a.answered() {
		a.heed(now, a.background.accepted())
		a.calm = true
		if a.interval > 0 {
			a.unblock(now)
		}
	}
	if a.interval == 0 {
		a.grow(now, paced)
	}
}

// throttle notes a 429 that holds the run for the time of pause. Those to
// requests that were in flight at a cut do not cut again, and those that are
// refused at any rate cost no rest.
func (a *adaptive) throttle(now time.Time, pause time.Duration) {
	fresh := a.answered()
	switch {
	case a.background.part > 0:
		if !fresh || !a.heed(now, a.background.refused()) {
			return
		}
	case fresh:
		a.refused(now)
	}
	a.charge(pause)
}

// refused notes a 429 to a request that was sent after the last cut. Where the
// cut let nothing through, a lower rate would only be refused more slowly: the
// service is asked with one request at a time until it accepts one.
func (a *adaptive) refused(now time.Time) {
	a.cuts++
	a.background.quiet = 0
	if a.calm {
		a.refusals = 0
	}
	a.refusals++
	switch {
	case a.calm:
		if !a.recent(now) || a.beyond > 0 {
			a.episode, a.during = now, 0
			a.span = min(time.Second, a.sending(now))
			a.before, _ = a.accepted.sum(now, a.span)
		}
		if a.resting() && a.background.futileCut(a.rate, a.faith()) {
			a.test(now, maxRate, a.background.good)
			break
		}
		a.cut(now)
	case a.interval == 0:
		a.interval = firstProbe
	default:
		a.interval = min(2*a.interval, lastProbe)
	}
	a.calm = false
	a.stale = a.outstanding
}

// heed does what an answer says of the background, and reports whether it says
// that the rate is too high.
func (a *adaptive) heed(now time.Time, f finding) (cut bool) {
	switch f {
	case tooFast:
		a.cuts++
		a.test(now, a.sustained(now), a.rate)
		a.stale = a.outstanding
		return true
	case due:
		a.test(now, maxRate, max(a.rate, a.top))
		a.stale = a.outstanding
	case confirmed:
		a.confirm(now)
	case disproved:
		a.follow(now, a.rate/afterCut, afterCut)
	case blocked:
		a.refused(now)
		return true
	case nothing:
	}
	return false
}

// unblock ends the probing. What the service has accepted from a second before
// it began to refuse until it accepted again is what it accepts, over however
// long a window it counts; the refusing lasted about as long as that window.
func (a *adaptive) unblock(now time.Time) {
	a.interval = 0
	blocked := now.Sub(a.episode)
	if !a.unblocked.IsZero() && now.Sub(a.unblocked) <= 3*a.memory {
		a.again++
		a.remember(2 * a.memory)
	} else {
		a.again = 0
		a.remember(max(a.memory, blocked))
	}
	a.unblocked = now
	capacity := float64(a.before+a.during) / (blocked + a.span).Seconds()
	if a.refusals < sureRefusals && a.span < shortMemory-slot {
		// The run has only just begun, or gone on after a pause. What it has had
		// accepted says little yet, and two refusals in a row come by chance.
		capacity = max(capacity, a.rate/2)
	}
	a.follow(now, min(capacity, a.top/plateau), resume[min(a.again, len(resume)-1)])
}

// resume is where the rate goes on after an episode, as a part of the capacity:
// the deeper, the more episodes have followed each other, because a window that
// is overfull empties only while less than the capacity is sent.
var resume = [...]float64{afterCut, 0.9, 0.7, 0.5, 0.35}

// recovered reports whether the rate is its ceiling again and nothing is left
// to remember.
func (a *adaptive) recovered() bool {
	return a.rate >= a.ceiling && a.interval == 0 && a.background.part == 0 && a.background.futile == 0
}
