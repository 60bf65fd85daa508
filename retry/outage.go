package retry

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v4"

	"rejoin/chat"
)

// OutageAfter is how many attempts in a row must fail, over all of a run, before the service is taken to be down.
const OutageAfter = 16

// Outage watches for a service that has stopped answering. While it is down the run sends one request at a time, at
// growing distances, until one is answered; so that requests do not use up their tries on a dead network, failures in
// the meantime are not held against them. It is safe for concurrent use.
type Outage struct {
	caller *Caller

	mu       sync.Mutex
	changed  chan struct{} // closed when those who wait at the gate should look again
	failures int           // in a row
	since    time.Time     // of the first of them
	down     bool
	before   time.Duration // how long all earlier outages lasted
	probing  bool          // a request is out
	next     time.Time     // when the next may go
	policy   *backoff.ExponentialBackOff
}

func newOutage(c *Caller) *Outage {
	return &Outage{
		caller: c, changed: make(chan struct{}),
		policy: backoff.NewExponentialBackOff(
			backoff.WithInitialInterval(time.Second), backoff.WithMaxInterval(30*time.Second), backoff.WithMultiplier(2),
			backoff.WithRandomizationFactor(0), backoff.WithMaxElapsedTime(0)),
	}
}

// Gate lets requests through one at a time, at growing distances, while the service is down.
func (o *Outage) Gate(ctx context.Context) error {
	for {
		wait, open, changed := o.look()
		if open {
			return nil
		}
		pause(ctx, wait, changed)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
}

// pause waits for a time, if there is one, a change, or the end of the context.
func pause(ctx context.Context, wait time.Duration, changed <-chan struct{}) {
	var due <-chan time.Time
	if wait > 0 {
		t := time.NewTimer(wait)
		defer t.Stop()
		due = t.C
	}
	select {
	case <-due:
	case <-changed:
	case <-ctx.Done():
	}
}

// look says whether a request may go, and if not, when or after which change to look again.
func (o *Outage) look() (wait time.Duration, open bool, changed <-chan struct{}) {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case !o.down:
		return 0, true, nil
	case o.probing:
		return 0, false, o.changed
	}
	wait = time.Until(o.next)
	return wait, wait <= 0, o.changed
}

// change wakes those who wait at the gate.
func (o *Outage) change() {
	close(o.changed)
	o.changed = make(chan struct{})
}

// Downtime is how long the service has been down in this run.
func (o *Outage) Downtime() time.Duration {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.down {
		return o.before + time.Since(o.since)
	}
	return o.before
}

// Asks notes that a request goes out. What passed the gate and then needs none has not used it up.
func (o *Outage) Asks() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.probing = o.probing || o.down
}

// Alive notes an answer.
func (o *Outage) Alive() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.failures = 0
	if !o.down {
		return
	}
	o.down, o.probing = false, false
	o.before += time.Since(o.since)
	o.policy.Reset()
	o.caller.cfg.Counters.Outage.Store(false)
	o.caller.cfg.Warn(fmt.Sprintf("the service answers again after %s; the run goes on", time.Since(o.since).Round(time.Second)))
	o.change()
}

// Failed notes an attempt that was not answered, and reports whether the service is down.
func (o *Outage) Failed(answer *chat.Error) (down bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.failures++; o.failures == 1 {
		o.since = time.Now()
	}
	if !o.down && o.failures >= OutageAfter {
		o.begin(answer)
		return true
	}
	if o.down && o.probing {
		o.probing = false
		o.next = time.Now().Add(o.policy.NextBackOff())
		o.change()
	}
	if o.down && time.Since(o.since) > o.caller.cfg.OutageTimeout {
		o.caller.Stop(ErrOutage, fmt.Errorf("for %s: %w", time.Since(o.since).Round(time.Second), answer))
	}
	return o.down
}

func (o *Outage) begin(answer *chat.Error) {
	o.down = true
	o.next = time.Now().Add(o.policy.NextBackOff())
	o.caller.cfg.Counters.Outage.Store(true)
	o.caller.cfg.Warn(fmt.Sprintf("%d attempts in a row were not answered; the run waits for the service, for %s at most: %s",
		o.failures, o.caller.cfg.OutageTimeout, answer))
}
