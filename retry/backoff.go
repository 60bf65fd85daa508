package retry

import (
	"time"

	"github.com/cenkalti/backoff/v4"
)

// How long the waits between two tries are.
const (
	BackoffFirst = 500 * time.Millisecond // the longest wait after the first failure
	BackoffMax   = 30 * time.Second       // the longest wait after any
	HintMax      = 5 * time.Minute        // the longest Retry-After that is obeyed
)

// Backoff is the waits of one request: exponential with full jitter, and never less than the service asked for. Its
// zero value is ready. It is not safe for concurrent use.
//
// A policy of the library draws from interval ± factor × interval; a factor of 1 is full jitter over twice the
// interval. It is made at the first failure, since most requests never fail.
type Backoff struct{ policy backoff.BackOff }

// Next is how long to wait after a failure, to which the service answered that it wants to be left alone for the time
// of hint; 0: it did not.
func (b *Backoff) Next(hint time.Duration) time.Duration {
	if b.policy == nil {
		b.policy = backoff.NewExponentialBackOff(
			backoff.WithInitialInterval(BackoffFirst/2),
			backoff.WithMaxInterval(BackoffMax/2),
			backoff.WithMultiplier(2),
			backoff.WithRandomizationFactor(1),
			backoff.WithMaxElapsedTime(0), // attempts and time are bounded by who waits
		)
	}
	return max(b.policy.NextBackOff(), min(hint, HintMax))
}
