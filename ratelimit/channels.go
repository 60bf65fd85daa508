package ratelimit

import (
	"sync"
	"time"
)

const (
	// documentedChannelRate is the service's own limit of writes in one channel
	// (https://www.twilio.com/docs/chat/chat-limits). A channel that is
	// throttled and has no ceiling of its own starts from it.
	documentedChannelRate = 30.0

	channelMemory = time.Minute            // after which a 429 is forgotten
	channelPause  = 200 * time.Millisecond // after a cut without Retry-After: time for what was in flight to come back
	channelCredit = 0.9                    // of a request: late wakes never make it two at once
	channelSweep  = 1024                   // buckets before full ones are looked for
)

// channels holds a bucket for each channel that has lately been written to.
type channels struct {
	mu    sync.Mutex
	rate  float64 // 0: no ceiling
	all   map[string]*channel
	sweep int // the number of buckets at which full ones are forgotten
}

// A channel is one channel's pace. A channel that is not there has a full
// bucket and was never throttled.
type channel struct {
	*bucket
	pace  *adaptive // below the ceiling
	until time.Time // paused until
	cut   time.Time // the last 429; zero: not slowed
	tried bool      // a write was let through since the last cut
}

// ChannelReadyAt says when the channel may take its next write; a zero time or
// one that has passed means now.
func (l *Limiter) ChannelReadyAt(name string) time.Time {
	c := &l.channels
	c.mu.Lock()
	defer c.mu.Unlock()
	ch := c.all[name]
	if ch == nil {
		return time.Time{}
	}
	now := time.Now()
	if at := ch.readyAt(now); at.After(ch.until) {
		return at
	}
	return ch.until
}

// TakeChannel takes the channel's token. The caller has seen that the channel
// is ready; where it is not, the writes after this one wait the longer.
func (l *Limiter) TakeChannel(name string) {
	c := &l.channels
	c.mu.Lock()
	defer c.mu.Unlock()
	ch := c.all[name]
	if ch == nil && c.rate == 0 {
		return
	}
	now := time.Now()
	if ch == nil {
		ch = c.open(name, c.rate, now)
	}
	ch.force(now)
	ch.tried = true
}

// ChannelThrottled notes a 429 that speaks of one channel: that channel alone
// is slowed, by the rules by which the run is, and held for as long as the
// Retry-After says, at most [MaxPause], or without one (hinted is false) for a
// moment. While nothing is accepted it is tried ever more rarely. Of the run's
// pace it says nothing: it comes beside [Limiter.Answered], not in place of it.
func (l *Limiter) ChannelThrottled(name string, hint time.Duration, hinted bool) {
	c := &l.channels
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	ch := c.all[name]
	if ch == nil {
		ch = c.open(name, c.start(), now)
	}
	hint = min(max(hint, 0), MaxPause)
	if hinted {
		ch.hold(now.Add(hint))
	}
	if ch.cut.IsZero() {
		ch.tried = true
	}
	ch.cut = now
	if !ch.tried {
		return // it was sent before the last cut
	}
	cuts := ch.pace.cuts
	ch.pace.throttle(now, hint)
	if ch.pace.cuts > cuts {
		ch.tried = false
		if !hinted {
			ch.hold(now.Add(channelPause))
		}
	}
	ch.setRate(ch.pace.pace(), now)
}

// ChannelAccepted notes an answer that shows that the channel keeps up; it lets
// a slowed channel recover.
func (l *Limiter) ChannelAccepted(name string) {
	c := &l.channels
	c.mu.Lock()
	defer c.mu.Unlock()
	ch := c.all[name]
	if ch == nil {
		return
	}
	now := time.Now()
	if !ch.tried { // it was sent before the last cut
		ch.pace.accepted.add(now)
		return
	}
	ch.pace.accept(now, true)
	if ch.cut.IsZero() {
		return
	}
	ch.setRate(ch.pace.pace(), now)
	switch {
	case c.rate == 0 && now.Sub(ch.cut) > channelMemory:
		delete(c.all, name)
	case c.rate > 0 && ch.pace.recovered():
		ch.cut = time.Time{}
	}
}

// start is the rate from which a channel is first cut.
func (c *channels) start() float64 {
	if c.rate > 0 {
		return c.rate
	}
	return documentedChannelRate
}

func (c *channels) open(name string, rate float64, now time.Time) *channel {
	if c.all == nil {
		c.all, c.sweep = make(map[string]*channel), channelSweep
	}
	if len(c.all) >= c.sweep {
		c.forget(now)
	}
	ch := &channel{bucket: newBucket(rate, channelCredit, now), pace: newAdaptive(Config{Rate: rate}, now)}
	c.all[name] = ch
	return ch
}

// forget drops what cannot be told from a channel that was never written to.
// Looking at all is paid for by as many that have come since the last look.
func (c *channels) forget(now time.Time) {
	for name, ch := range c.all {
		if ch.full(now) && !now.Before(ch.until) && now.Sub(ch.cut) > channelMemory {
			delete(c.all, name)
		}
	}
	c.sweep = max(channelSweep, 2*len(c.all))
}

func (ch *channel) hold(until time.Time) {
	if until.After(ch.until) {
		ch.until = until
	}
}
