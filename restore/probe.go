package restore

import (
	"context"
	"errors"
	"time"

	"rejoin/chat"
)

// probe makes a request outside any row, under the same ceiling, and tries again while it makes sense: so many times at
// most, and no longer than an outage may last. It is for what is asked before the first write, and for lists. paid says
// that a token of the run is in hand already.
func (e *engine) probe(paid bool, retries int, request func(context.Context) error) error {
	for r := new(row); ; paid = false {
		if !paid {
			if err := e.Limiter.Wait(e.sending); err != nil {
				return err
			}
		}
		r.begin()
		e.outage.asks()
		e.Progress.Requests.Add(1)
		err := request(e.flight)
		if e.answered(r, err) {
			return err
		}
		left := min(e.MaxElapsed, e.OutageTimeout) - time.Since(r.begun)
		if r.failures > retries || left <= 0 {
			return err
		}
		sleep(e.sending, min(r.backoff(retryAfter(err)), left), nil)
		if e.sending.Err() != nil {
			return err
		}
	}
}

// answered tells the limiter and the outage what the answer to a probe means for them, and reports whether it settles
// the question.
func (e *engine) answered(r *row, err error) bool {
	m := meaningOf(err)
	if answer, _ := errors.AsType[*chat.Error](err); m.alive() {
		e.outage.alive()
	} else {
		e.outage.failed(answer)
	}
	switch m {
	case throttled, channelThrottled:
		e.Progress.Throttled.Add(1)
		e.Limiter.Throttled(retryAfter(err), retryAfter(err) > 0)
		return false
	case unsent, busy, doubtful:
		e.Limiter.Answered()
		r.failures++
		return false
	case done, missing, refusedRun, refusedRow, exists, channelFull:
	}
	e.Limiter.Accepted()
	return true
}

// retryAfter is how long an answer asks to wait; 0 where it does not.
func retryAfter(err error) time.Duration {
	if answer, ok := errors.AsType[*chat.Error](err); ok {
		return answer.RetryAfter
	}
	return 0
}
