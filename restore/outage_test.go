package restore

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/chat"
	"rejoin/reader"
	"rejoin/retry"
)

// unreachable is what a request meets while there is no network.
func unreachable() *chat.Error { return &chat.Error{Err: errors.New("connection refused")} }

// downFor has the service not answer, from the run's first moment on; but for what goes on all the same.
func (b *bench) downFor(d time.Duration, answered func(op, channel string) bool) {
	up := time.Now().Add(d)
	b.service.on = func(op, channel, _ string, _ int) (bool, error) {
		if time.Now().Before(up) && !answered(op, channel) {
			return false, unreachable()
		}
		return false, nil
	}
}

func onlyServices(op, _ string) bool { return op == "service" }

// A row that is let through to probe a dead service may turn out to need no request at all. It must not use up the
// pass: no other row would ever be let through.
func TestAProbeThatNeedsNoRequest(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.cfg.Workers = 1
	b.cfg.OutageTimeout = 15 * time.Minute
	b.service.missing["gone"] = true
	rows := []reader.Record{record(1, "gone", "a"), record(2, "gone", "b")}
	for i := range 3 {
		rows = append(rows, record(len(rows)+1, fmt.Sprint("ch-", i), "m"))
	}
	synctest.Test(t, func(t *testing.T) {
		b.downFor(10*time.Minute, func(op, channel string) bool { return op == "service" || channel == "gone" })
		down := b.service.on
		b.service.on = func(op, channel, identity string, try int) (bool, error) {
			if op == "create" && identity == "a" && try == 1 {
				return false, &chat.Error{Status: 409, Code: 20409, Sent: true, RetryAfter: 10 * time.Second, HasRetryAfter: true}
			}
			return down(op, channel, identity, try)
		}
		sum, err := b.runHere(t.Context(), t, records(rows...))
		require.NoError(t, err)
		assert.EqualValues(t, 3, sum.Counts[Created])
		assert.EqualValues(t, 2, sum.Counts[Rejected])
	})
}

func TestADryRunThroughAnOutage(t *testing.T) {
	t.Parallel()
	for _, retries := range []int{0, 1, 8} {
		for _, gone := range []bool{false, true} {
			t.Run(fmt.Sprint(retries, " retries, channels missing: ", gone), func(t *testing.T) {
				t.Parallel()
				b := newBench(t)
				b.cfg.DryRun, b.cfg.Retries, b.cfg.OutageTimeout = true, retries, 2*time.Hour
				for i := range 40 {
					b.service.missing[fmt.Sprint("channel-", i)] = gone
				}
				synctest.Test(t, func(t *testing.T) {
					b.downFor(20*time.Minute, onlyServices)
					sum, err := b.runHere(t.Context(), t, records(members(40, 5)...))
					require.NoError(t, err)
					want := Created
					if gone {
						want = Rejected
					}
					assert.GreaterOrEqual(t, sum.Counts[want], int64(200-retry.OutageAfter-4))
					assert.EqualValues(t, 200, sum.Counts[want]+sum.Counts[Failed])
				})
			})
		}
	}
}

// Before the first write too, a service may be away for as long as an outage may last, however few retries a row has.
func TestAnOutageBeforeTheFirstWrite(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.cfg.Retries, b.cfg.OutageTimeout = 0, 10*time.Minute
	synctest.Test(t, func(t *testing.T) {
		b.downFor(4*time.Minute, func(string, string) bool { return false })
		sum, err := b.runHere(t.Context(), t, records(members(4, 5)...))
		require.NoError(t, err)
		assert.EqualValues(t, 20, sum.Counts[Created])
	})
}

// Nor does the time of an outage count against a row's own.
func TestAFailureAfterALongOutage(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.cfg.Retries, b.cfg.OutageTimeout = 30, time.Hour
	synctest.Test(t, func(t *testing.T) {
		const away = 20 * time.Minute
		b.downFor(away, onlyServices)
		down, up := b.service.on, time.Now().Add(away)
		b.service.on = func(op, channel, identity string, try int) (bool, error) {
			if op == "create" && identity == "member-1" && time.Since(up) > 0 && time.Since(up) < 20*time.Second {
				return false, apiError(409, 50419)
			}
			return down(op, channel, identity, try)
		}
		sum, err := b.runHere(t.Context(), t, records(members(30, 2)...))
		require.NoError(t, err)
		for _, o := range b.sink.outcomes {
			assert.Equal(t, Created.String(), o.Kind.String(), "%d %s after %s, %d attempts: %s", o.Row, o.Identity, o.Elapsed, o.Attempts, o.Error)
		}
		assert.EqualValues(t, 60, sum.Counts[Created])
	})
}

// While it settles, a row that is told to slow down does so, also where the channel's pace does not hold it.
func TestSettlingSlowsDown(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.service.latency = time.Millisecond
	b.service.on = func(op, _, _ string, _ int) (bool, error) {
		switch op {
		case "create":
			return false, apiError(503, 20503)
		case "fetch":
			return false, apiError(429, 50063)
		}
		return false, nil
	}
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		sum, err := b.runHere(ctx, t, records(record(1, "ch", "a")))
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.EqualValues(t, 1, sum.Counts[Unknown])
		assert.Less(t, b.service.count("fetch"), 40)
	})
}
