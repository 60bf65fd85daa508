package ratelimit

import (
	"math"
	"time"
)

const (
	plateau  = 0.99 // of the capacity, at which the rate rests
	afterCut = 0.95 // of the capacity, to which a cut goes
	lowerCut = 0.98 // of the rate, the least cut where it was refused at rest
	drain    = 0.85 // of the rate, after an overshoot that a cut has not mended

	firstTest = 0.9 // of what is accepted, to which the first test of the background goes; the others to afterCut

	mostFaith = 40.0 // accepted requests
	faithTime = 10.0 // seconds, whose requests it is at most

	startDoubling = 400 * time.Millisecond // in which auto's first rise doubles
	probeStep     = 0.02                   // of the plateau, the first step above it
	boldStep      = 0.10                   // the same, while little is known
	probeTime     = 0.7                    // of the memory, in which the step doubles

	refusalCost = 80.0            // accepted requests that make up for a 429
	fewRequests = 8.0             // per second, below which a 429 costs that much at any trust
	mostRefusal = 5               // 429s that have to be made up for at most
	pauseCost   = 45.0            // times a pause that make up for it
	debtRest    = time.Minute     // the longest rest for 429s
	holdRest    = 5 * time.Minute // the longest rest for a pause

	shortMemory = time.Second
	longMemory  = 4 * time.Second
	leastTrust  = 0.2

	tick = 10 * time.Millisecond // how often growth is worked out at most
)

// A curve is how the rate moves between two 429s. After a cut to just under the
// capacity it climbs to a plateau just under it, rests there until the 429s are
// made up for, and then probes above it: gently first, then doubling.
type curve struct {
	ceiling  float64 // 0: none
	rate     float64 // now
	accepted history
	resumed  time.Time // when the last pause ended or will end, or the run began
	cuts     int

	starting bool          // auto's first rise, before the first 429
	from     float64       // where the climb began
	top      float64       // the plateau
	climbed  time.Duration // how long it has climbed
	hold     time.Duration // how long it has to rest yet, because of pauses
	debt     float64       // how many requests have to be accepted first, because of 429s
	beyond   float64       // how often the step above the plateau has doubled
	probing  time.Time     // since when it probes
	grown    time.Time     // when the rate was last worked out
	changed  time.Time     // when it was last cut

	memory  time.Duration // the window over which the service seems to count
	drained bool          // an overshoot was mended since the last probe
	trust   float64       // in the plateau: leastTrust to 1
	hinted  bool          // each 429 pauses the run

	background background
	held       float64 // accepted per second, when a test began because of an alarm
	back       float64 // the rate before the test
}

func newCurve(cfg Config, now time.Time) curve {
	c := curve{
		ceiling: cfg.Rate, rate: cfg.Rate, top: cfg.Rate, grown: now,
		memory: shortMemory, trust: leastTrust, background: background{needed: leastFutile},
	}
	c.accepted.epoch, c.resumed = now, now
	if cfg.Auto {
		c.resumed = time.Time{}
		c.starting = true
		c.rate = c.bounded(startRate)
	}
	return c
}

// bounded keeps a rate between the floor and the ceiling.
func (c *curve) bounded(rate float64) float64 {
	most := float64(maxRate)
	if c.ceiling > 0 {
		most = c.ceiling
	}
	return min(max(rate, floorRate), most)
}

// recent reports whether the last cut can still be the cause of a 429 now.
func (c *curve) recent(now time.Time) bool {
	return !c.changed.IsZero() && now.Sub(c.changed) < 2*c.memory
}

// remember sets the window over which the service seems to count.
func (c *curve) remember(window time.Duration) {
	c.memory = min(max(window, shortMemory), longMemory)
}

// cut puts the rate just under what was demonstrably accepted.
func (c *curve) cut(now time.Time) {
	capacity := c.demonstrated(now)
	recent := c.recent(now)
	switch {
	case c.starting:
		c.follow(now, min(max(capacity, c.rate/4), c.rate), afterCut)
	case c.beyond > 0:
		// It was the probe. The plateau held, so it is not lowered.
		c.remember(c.memory * 7 / 8)
		c.drained = false
		c.follow(now, min(max(capacity, c.top/plateau), c.rate), afterCut)
	case recent && !c.drained:
		// The probe has filled the service's window; that has to empty.
		c.drained = true
		c.follow(now, c.top/plateau, drain*c.rate/c.top)
	default:
		if recent {
			c.remember(c.memory * 5 / 4)
		}
		c.follow(now, min(max(capacity, c.rate/2), lowerCut*c.rate), afterCut)
	}
}

// measured is the rate that the service has accepted lately: over its window,
// or where that holds too few requests for a figure, over some more time. Time
// before the run or a pause in it makes this a lower bound.
func (c *curve) measured(now time.Time) float64 {
	return c.accepted.perSecond(now, c.measures(now))
}

// demonstrated is the same, but over no more time than there was since the run
// began or was last paused: that little was sent before says nothing of what
// would have been accepted. Auto's first rise has shown nothing yet that could
// be relied on, and goes by the lower bound.
func (c *curve) demonstrated(now time.Time) float64 {
	window := c.measures(now)
	if !c.starting {
		window = min(window, c.sending(now))
	}
	return c.accepted.perSecond(now, window)
}

// sending is for how long requests could be sent without a pause.
func (c *curve) sending(now time.Time) time.Duration {
	return max(now.Sub(c.resumed), slot)
}

// measures is the time over which the rate is measured.
func (c *curve) measures(now time.Time) time.Duration {
	enough := 10.0
	if c.trust > leastTrust || c.background.part > 0 {
		enough = 40
	}
	window := seconds(min(enough/c.rate, 10))
	if c.beyond > 0 {
		window = min(window, now.Sub(c.probing))
	}
	return max(c.memory, window)
}

// follow begins a new climb, at a part of the capacity. Trust grows with each
// probe that ends where the one before did, and is lost with a capacity that is
// another.
func (c *curve) follow(now time.Time, capacity, part float64) {
	switch change := math.Abs(capacity*plateau - c.top); {
	case change > 0.1*c.top+0.75:
		c.trust, c.debt, c.hold = leastTrust, 0, 0
	case c.beyond > 0 && change < 0.03*c.top+0.5:
		c.trust = min(5*c.trust, 1)
	}
	c.starting = false
	c.top = c.bounded(capacity * plateau)
	c.from = c.bounded(capacity * part)
	c.rate = c.from
	c.climbed, c.beyond = 0, 0
	if c.trust > leastTrust {
		c.hold = max(c.hold, c.memory)
	}
	c.grown, c.changed = now, now
}

// resting reports whether the rate is one that the service was seen to accept.
func (c *curve) resting() bool { return !c.starting && c.beyond == 0 }

// faith is how many accepted requests the word of the user is worth that the
// service takes the ceiling. Where requests are so few that a test would take
// minutes it is worth less, and without a ceiling there is none.
func (c *curve) faith() float64 {
	if c.ceiling == 0 {
		return 0
	}
	return min(mostFaith, faithTime*c.rate)
}

// test goes below what is accepted now. Where that confirms the background the
// rate goes back, but to no more than what made the service accept held.
func (c *curve) test(now time.Time, held, back float64) {
	part := afterCut
	if !c.background.trusted {
		part = firstTest
	}
	c.background.test()
	c.held, c.back = held, back
	c.rate = c.bounded(part * min(max(c.measured(now), c.rate/2), c.rate))
	c.starting, c.beyond = false, 0
	c.grown, c.changed = now, now
}

// confirm ends a test that has shown that a lower rate does not help.
func (c *curve) confirm(now time.Time) {
	c.top, c.from = c.bounded(min(c.back, c.held/(1-c.background.part))), c.rate
	c.climbed, c.beyond, c.debt, c.hold = 0, 0, 0, 0
	c.memory = shortMemory
	c.grown, c.changed = now, now
}

// sustained is what the service accepts of what is sent; while the rate climbs,
// no less than before.
func (c *curve) sustained(now time.Time) float64 {
	rate := c.measured(now)
	if c.climbed < c.memory {
		rate = max(rate, c.from*(1-c.background.part))
	}
	return rate
}

// charge puts what a 429 and its pause have cost on the time of rest to come.
// It costs less while the plateau is not trusted, because a wrong one costs
// more; but not where requests are so few that a probe is a large part of them.
func (c *curve) charge(pause time.Duration) {
	cost := refusalCost * max(c.trust, min(fewRequests/c.rate, 1))
	c.debt = min(c.debt+cost, cost*mostRefusal, c.rate*debtRest.Seconds())
	c.hold = max(c.hold, min(seconds(c.trust*pauseCost*pause.Seconds()), holdRest))
	c.hinted = pause > 0
}

// repay takes an accepted request off the debt.
func (c *curve) repay() { c.debt = max(c.debt-1, 0) }

// grow raises the rate by what the time since the last look is worth. Long
// silence is worth little: nothing was learned in it.
func (c *curve) grow(now time.Time, paced bool) {
	passed := now.Sub(c.grown)
	if passed < tick {
		return
	}
	c.grown = now
	if c.background.testing {
		return
	}
	if c.ceiling > 0 && c.rate >= c.ceiling {
		c.background.helped(c.faith())
		c.top, c.beyond = c.ceiling, 0
		return
	}
	passed = min(passed, seconds(max(2/c.rate, 0.1)))
	switch {
	case !c.starting && c.climbed < c.memory:
		c.climbed += passed
		c.rate = c.from + (c.top-c.from)*min(1, c.climbed.Seconds()/c.memory.Seconds())
	case !c.starting && (c.hold > 0 || c.debt > 0):
		c.hold = max(c.hold-passed, 0)
	case !c.wanted(now, paced):
	case c.starting:
		c.rate = c.bounded(c.rate * math.Exp2(passed.Seconds()/startDoubling.Seconds()))
	default:
		c.probe(now, passed)
	}
}

// wanted reports whether a higher rate would be used: where workers and latency
// hold the run back, a rate that nothing has tried says nothing.
func (c *curve) wanted(now time.Time, paced bool) bool {
	return c.ceiling > 0 || paced && c.accepted.perSecond(now, time.Second) >= c.rate/4
}

// probe goes on above the plateau. Where a 429 costs a pause it goes slowly, so
// that it is caught close to the capacity.
func (c *curve) probe(now time.Time, passed time.Duration) {
	if c.beyond == 0 {
		c.background.helped(c.faith())
		c.probing = now
	}
	doubling := probeTime * c.memory.Seconds()
	if c.hinted {
		doubling *= 1 + 3*c.trust
	}
	c.beyond += passed.Seconds() / doubling
	step := min(boldStep, probeStep/c.trust)
	c.rate = c.bounded(c.top * (1 + step*(math.Exp2(c.beyond)-1)))
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
