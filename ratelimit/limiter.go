package ratelimit

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// A Limiter says when the next request may be sent. It is safe for concurrent
// use and has no goroutines of its own. Make it with [New].
type Limiter struct {
	cfg Config

	// queue is held by the one caller of Wait that sleeps until the next token;
	// the others stand behind it in the order in which they came.
	queue   chan struct{}
	waiting atomic.Int32
	wake    chan struct{} // tells the sleeper that the next token comes earlier

	mu          sync.Mutex // short sections only, nobody sleeps under it
	bucket      *bucket
	adaptive    *adaptive
	pace        float64   // what the bucket is set to
	pausedUntil time.Time // zero: not paused
	paced       bool      // somebody had to wait for the pace since the last answer

	channels channels
}

// Status is a Limiter's state at one moment, for showing it.
type Status struct {
	Rate        float64   // requests per second that are let through now
	Ceiling     float64   // requests per second at most, 0: none
	Auto        bool      // the rate is found by the limiter
	HeldDown    bool      // below the ceiling, or with auto below what was tried, because of 429s
	PausedUntil time.Time // zero: not paused
	Cuts        int       // how often a 429 cut the rate
}

// New makes a Limiter, or says what is wrong with its configuration.
func New(cfg Config) (*Limiter, error) {
	if err := cfg.validate(); err != nil {
		return nil, fmt.Errorf("rate limiter: %w", err)
	}
	now := time.Now()
	l := &Limiter{
		cfg:      cfg,
		queue:    make(chan struct{}, 1),
		wake:     make(chan struct{}, 1),
		adaptive: newAdaptive(cfg, now),
	}
	l.pace = l.adaptive.pace()
	l.bucket = newBucket(l.pace, maxRate, now)
	l.channels.rate = cfg.ChannelRate
	return l, nil
}

// Wait blocks until one request of the run may be sent: through the pause and
// the pace, in the order of the callers. It returns nil for a token and else
// an error that is both ctx.Err() and context.Cause(ctx) for [errors.Is]. No
// token is handed out after ctx is done, and a deadline is no error before it
// is there.
func (l *Limiter) Wait(ctx context.Context) error {
	if l.waiting.Load() == 0 {
		if ok, _, err := l.take(ctx); ok || err != nil {
			return err
		}
	}
	return l.wait(ctx)
}

// wait stands in the queue and then sleeps until there is a token.
func (l *Limiter) wait(ctx context.Context) error {
	l.waiting.Add(1)
	defer l.waiting.Add(-1)
	select {
	case l.queue <- struct{}{}:
		defer func() { <-l.queue }()
	case <-ctx.Done():
		return stopped(ctx)
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		ok, at, err := l.take(ctx)
		if ok || err != nil {
			return err
		}
		timer.Reset(time.Until(at))
		select {
		case <-timer.C:
		case <-l.wake:
		case <-ctx.Done():
			return stopped(ctx)
		}
	}
}

// take takes a token if there is one, or says when to come again.
func (l *Limiter) take(ctx context.Context) (ok bool, at time.Time, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if ctx.Err() != nil {
		return false, time.Time{}, stopped(ctx)
	}
	now := time.Now()
	if l.paused(now) {
		return false, l.pausedUntil, nil
	}
	if !l.bucket.take(now) {
		l.paced = true
		return false, l.bucket.readyAt(now), nil
	}
	l.adaptive.sent()
	return true, time.Time{}, nil
}

// paused reports whether a pause is on, and ends one that is over: what came
// into the bucket during it is thrown away, so that it does not end in a burst.
func (l *Limiter) paused(now time.Time) bool {
	if l.pausedUntil.IsZero() {
		return false
	}
	if now.Before(l.pausedUntil) {
		return true
	}
	l.bucket.settle(l.pausedUntil)
	l.pausedUntil = time.Time{}
	return false
}

// stopped is the error of a context that is done: its error and its cause.
func stopped(ctx context.Context) error {
	err, cause := ctx.Err(), context.Cause(ctx)
	if errors.Is(cause, err) {
		return cause
	}
	return fmt.Errorf("%w: %w", err, cause)
}

// Accepted notes an answer that shows that the service keeps up; it lets the
// adaptive rate rise.
func (l *Limiter) Accepted() {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	l.adaptive.accept(now, l.paced)
	l.paced = false
	l.apply(now)
}

// Answered notes an answer, or the end of an attempt without one, that says
// nothing about the pace: an error of the service, a timeout, a lost
// connection, a 429 that speaks of one channel ([Limiter.ChannelThrottled]).
// Exactly one of Accepted, Throttled and Answered follows each token of Wait:
// without it the limiter takes the request to be still in flight, and the next
// 429s for answers to requests from before a cut.
func (l *Limiter) Answered() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.adaptive.mute(time.Now())
}

// Throttled notes a 429 that speaks of the whole run and cuts the rate, once
// for all the requests that were in flight at the time. hint is the answer's
// Retry-After, where it had one (hinted): all are held for that time, at most
// [MaxPause].
func (l *Limiter) Throttled(hint time.Duration, hinted bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	hint = min(max(hint, 0), MaxPause)
	if !hinted {
		hint = 0
	}
	l.adaptive.throttle(now, hint)
	l.pause(now, hint)
	l.apply(now)
}

// Pause holds every worker for a time of at most [MaxPause] from now. A pause
// extends the one before it and never shortens it, and does not end in a burst.
func (l *Limiter) Pause(d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pause(time.Now(), min(d, MaxPause))
}

func (l *Limiter) pause(now time.Time, d time.Duration) {
	l.paused(now)
	until := now.Add(d)
	if d <= 0 || !until.After(l.pausedUntil) {
		return
	}
	l.pausedUntil, l.adaptive.resumed = until, until
}

// apply sets the bucket to the rate that was worked out.
func (l *Limiter) apply(now time.Time) {
	pace := l.adaptive.pace()
	if pace == l.pace {
		return
	}
	l.bucket.setRate(pace, now)
	if pace > l.pace && l.waiting.Load() > 0 {
		select {
		case l.wake <- struct{}{}:
		default:
		}
	}
	l.pace = pace
}

// Status says how fast the run may go now.
func (l *Limiter) Status() Status {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := Status{
		Rate:     l.pace,
		Ceiling:  l.cfg.Rate,
		Auto:     l.cfg.Auto,
		HeldDown: l.adaptive.cuts > 0 && (l.cfg.Rate == 0 || l.pace < l.cfg.Rate),
		Cuts:     l.adaptive.cuts,
	}
	if time.Now().Before(l.pausedUntil) {
		s.PausedUntil = l.pausedUntil
	}
	return s
}
