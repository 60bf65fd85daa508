package restore

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v4"

	"rejoin/chat"
)

// outageAfter is how many attempts in a row must fail, over all rows, before the service is taken to be down.
const outageAfter = 16

// outage watches for a service that has stopped answering. While it is down the run sends one request at a time, at
// growing distances, until one is answered; so that rows do not use up their attempts on a dead network, failures in
// the meantime are not held against them.
type outage struct {
	engine *engine
	ended  chan struct{} // signalled when the one who waits at the gate should look again

	mu       sync.Mutex
	failures int       // in a row
	since    time.Time // of the first of them
	down     bool
	before   time.Duration // how long all earlier outages lasted
	probing  bool          // a request is out
	next     time.Time     // when the next may go
	policy   *backoff.ExponentialBackOff
}

func (o *outage) init(e *engine) {
	o.engine = e
	o.ended = make(chan struct{}, 1)
	o.policy = backoff.NewExponentialBackOff(
		backoff.WithInitialInterval(time.Second), backoff.WithMaxInterval(30*time.Second), backoff.WithMultiplier(2),
		backoff.WithRandomizationFactor(0), backoff.WithMaxElapsedTime(0))
}

// gate lets requests through one at a time, at growing distances, while the service is down. It has one caller at a
// time.
func (o *outage) gate(ctx context.Context) error {
	for {
		wait := o.look()
		if wait == 0 {
			return nil
		}
		sleep(ctx, wait, o.ended)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
}

func (o *outage) look() time.Duration {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case !o.down:
		return 0
	case o.probing:
		return forever
	}
	if wait := time.Until(o.next); wait > 0 {
		return wait
	}
	return 0
}

// downtime is how long the service has been down in this run.
func (o *outage) downtime() time.Duration {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.down {
		return o.before + time.Since(o.since)
	}
	return o.before
}

// asks notes that a request goes out. What passed the gate and then needs none has not used it up.
func (o *outage) asks() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.probing = o.probing || o.down
}

// alive notes an answer.
func (o *outage) alive() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.failures = 0
	if !o.down {
		return
	}
	o.down, o.probing = false, false
	o.before += time.Since(o.since)
	o.policy.Reset()
	o.engine.Progress.Outage.Store(false)
	o.engine.Warn(fmt.Sprintf("the service answers again after %s; the run goes on", time.Since(o.since).Round(time.Second)))
	signal(o.ended)
}

// failed notes an attempt that was not answered, and reports whether the service is down.
func (o *outage) failed(answer *chat.Error) (down bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.failures++; o.failures == 1 {
		o.since = time.Now()
	}
	if !o.down && o.failures >= outageAfter {
		o.begin(answer)
		return true
	}
	if o.down && o.probing {
		o.probing = false
		o.next = time.Now().Add(o.policy.NextBackOff())
		signal(o.ended)
	}
	if o.down && time.Since(o.since) > o.engine.OutageTimeout {
		o.engine.fail(ErrOutage, fmt.Errorf("for %s: %w", time.Since(o.since).Round(time.Second), answer))
	}
	return o.down
}

func (o *outage) begin(answer *chat.Error) {
	o.down = true
	o.next = time.Now().Add(o.policy.NextBackOff())
	o.engine.Progress.Outage.Store(true)
	o.engine.Warn(fmt.Sprintf("%d attempts in a row were not answered; the run waits for the service, for %s at most: %s",
		o.failures, o.engine.OutageTimeout, answer))
}
