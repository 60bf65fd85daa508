package retry

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"rejoin/chat"
)

// Why a run stops before its end, whatever it does.
var (
	// ErrRefused says that the API refuses the credentials, the account or the Service.
	ErrRefused = errors.New("the API refuses this run")
	// ErrOutage says that the service has not answered for too long.
	ErrOutage = errors.New("the service does not answer")
)

// Limiter says how fast.
type Limiter interface {
	// Wait blocks until the run may send one more request.
	Wait(ctx context.Context) error
	// Accepted tells of an answer that shows the service is keeping up.
	Accepted()
	// Answered tells of an answer, or the end of an attempt without one, that says nothing about the pace.
	Answered()
	// Throttled tells of a 429 that speaks of the whole run, with the time that the service asks to wait, if it does.
	Throttled(hint time.Duration, hinted bool)
}

// Config is how patient a run is. The zero value of every field but Limiter has a default.
type Config struct {
	Limiter Limiter

	// MaxElapsed bounds the time from a request's first try to its last, outages not counted.
	MaxElapsed time.Duration

	// OutageTimeout is how long the run waits for a service that does not answer before it stops.
	OutageTimeout time.Duration

	// Grace is how long requests in flight may take to finish once the run has been told to stop.
	Grace time.Duration

	// Counters, if set, are kept up to date.
	Counters *Counters

	// Warn, if set, is told what a person should know at once. It may be called from several goroutines.
	Warn func(message string)
}

// Defaults for what a [Config] leaves at zero.
const (
	DefaultRetries       = 8
	DefaultMaxElapsed    = 15 * time.Minute
	DefaultOutageTimeout = 5 * time.Minute
	DefaultGrace         = 10 * time.Second
)

func (cfg Config) withDefaults() Config {
	if cfg.MaxElapsed == 0 {
		cfg.MaxElapsed = DefaultMaxElapsed
	}
	if cfg.OutageTimeout == 0 {
		cfg.OutageTimeout = DefaultOutageTimeout
	}
	if cfg.Grace == 0 {
		cfg.Grace = DefaultGrace
	}
	if cfg.Counters == nil {
		cfg.Counters = new(Counters)
	}
	if cfg.Warn == nil {
		cfg.Warn = func(string) {}
	}
	return cfg
}

// Caller makes the requests of one run. It is safe for concurrent use.
type Caller struct {
	// Two contexts. Sending ends with the first cause to stop: nothing is sent after it. Flight lets what was sent get
	// its answer, for Config.Grace longer.
	Sending context.Context //nolint:containedctx // a run has these two, and every request of it needs both
	Flight  context.Context //nolint:containedctx // the same

	Outage *Outage

	cfg        Config
	turn       chan struct{} // held by the one who waits for its token
	stop       context.CancelCauseFunc
	endFlight  context.CancelFunc
	stopTiming func() bool
}

// New begins a run, which ends with ctx or a call of [Caller.Stop]. [Caller.Close] must be called.
func New(ctx context.Context, cfg Config) *Caller {
	c := &Caller{cfg: cfg.withDefaults(), turn: make(chan struct{}, 1)}
	c.turn <- struct{}{}
	c.Sending, c.stop = context.WithCancelCause(ctx)
	c.Flight, c.endFlight = context.WithCancel(context.WithoutCancel(ctx))
	c.stopTiming = context.AfterFunc(c.Sending, func() { time.AfterFunc(c.cfg.Grace, c.endFlight) }) //nolint:contextcheck // flight outlives sending on purpose
	c.Outage = newOutage(c)
	return c
}

// Close ends both contexts.
func (c *Caller) Close() {
	c.stopTiming()
	c.stop(nil)
	c.endFlight()
}

// Stop stops the run: kind is what callers branch on, why is what happened. The first call counts.
func (c *Caller) Stop(kind, why error) {
	if errors.Is(why, kind) {
		c.stop(why)
		return
	}
	c.stop(fmt.Errorf("%w: %w", kind, why))
}

// Try says how a request is to be made.
type Try struct {
	Retries int  // tries after the first that may fail
	Paid    bool // a token of the run is in hand already, for the first try
}

// UntilOutage is how often a request is tried again that is bounded in time alone.
const UntilOutage = math.MaxInt

// Do makes a request until its answer settles the question, its tries or its time are used up, or the run stops. It
// returns the last answer's error; [MeaningOf] says what it means. The request is given Caller.Flight.
//
// A run that the API refuses is not stopped here: what a 404 of some resource means is for the caller to say.
func (c *Caller) Do(try Try, request func(context.Context) error) error {
	var waits Backoff
	failures := 0
	begun, downBefore := time.Now(), c.Outage.Downtime()
	for paid := try.Paid; ; paid = false {
		if !paid {
			if err := c.wait(); err != nil {
				return err
			}
		}
		if c.Sending.Err() != nil { // since the token was taken
			return context.Cause(c.Sending)
		}
		c.Outage.Asks()
		c.cfg.Counters.Requests.Add(1)
		sent := time.Now()
		err := request(c.Flight)
		c.cfg.Counters.Heard(MeaningOf(err), time.Since(sent))
		settled, failed := c.answered(err)
		if settled {
			return err
		}
		if failed {
			failures++
		}
		elapsed := time.Since(begun) - (c.Outage.Downtime() - downBefore)
		left := min(c.cfg.MaxElapsed, c.cfg.OutageTimeout) - elapsed
		if failures > try.Retries || left <= 0 {
			return err
		}
		pause(c.Sending, min(waits.Next(retryAfter(err)), left), nil)
		if c.Sending.Err() != nil {
			return err
		}
	}
}

// wait blocks until the run may send one more request, and the service is not known to be down. One goroutine at a time
// waits, so that the others find out what it found.
func (c *Caller) wait() error {
	select {
	case <-c.turn:
	case <-c.Sending.Done():
		return context.Cause(c.Sending)
	}
	defer func() { c.turn <- struct{}{} }()
	if err := c.Outage.Gate(c.Sending); err != nil {
		return err
	}
	return c.cfg.Limiter.Wait(c.Sending)
}

// answered tells the limiter and the outage what an answer means for them, and reports whether it settles the question,
// or counts as a failed try.
func (c *Caller) answered(err error) (settled, failed bool) {
	m := MeaningOf(err)
	down := false
	if answer, _ := errors.AsType[*chat.Error](err); m.Alive() {
		c.Outage.Alive()
	} else {
		down = c.Outage.Failed(answer)
	}
	switch m {
	case Throttled, ChannelThrottled:
		c.cfg.Counters.Throttled.Add(1)
		hint := retryAfter(err)
		c.cfg.Limiter.Throttled(hint, hint > 0)
		return false, false
	case Unsent, Busy, Doubtful:
		c.cfg.Limiter.Answered()
		return false, !down
	case Done, Missing, RefusedRun, RefusedRow, Exists, ChannelFull:
	}
	c.cfg.Limiter.Accepted()
	return true, false
}

// retryAfter is how long an answer asks to wait; 0 where it does not.
func retryAfter(err error) time.Duration {
	if answer, ok := errors.AsType[*chat.Error](err); ok {
		return answer.RetryAfter
	}
	return 0
}
