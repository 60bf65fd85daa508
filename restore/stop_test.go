package restore

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/chat"
	"rejoin/retry"
)

func TestStops(t *testing.T) {
	t.Parallel()
	t.Run("credentials refused at the first look", func(t *testing.T) {
		t.Parallel()
		b := newBench(t)
		b.service.on = func(string, string, string, int) (bool, error) { return false, apiError(401, 20003) }
		sum, err := b.run(t, records(members(2, 50)...))
		require.ErrorIs(t, err, retry.ErrRefused)
		assert.Equal(t, sum.Read, sum.Counts[Pending])
		assert.Zero(t, b.service.count("create"), "nothing was sent")
	})
	t.Run("credentials expire on the way", func(t *testing.T) {
		t.Parallel()
		b := newBench(t)
		b.service.on = func(op, _, id string, _ int) (bool, error) {
			if op == "create" && id == "member-30" {
				return false, apiError(401, 20003)
			}
			return false, nil
		}
		sum, err := b.run(t, records(members(1, 100)...))
		require.ErrorIs(t, err, retry.ErrRefused)
		assert.Equal(t, sum.Read, sum.Counts[Created]+sum.Counts[Pending])
		assert.Less(t, b.service.count("create"), 40)
	})
	t.Run("the Service is gone", func(t *testing.T) {
		t.Parallel()
		b := newBench(t)
		b.service.missing[serviceA] = true
		sum, err := b.run(t, records(members(1, 10)...))
		require.ErrorIs(t, err, retry.ErrRefused)
		assert.Equal(t, sum.Read, sum.Counts[Pending])
	})
	t.Run("too many errors", func(t *testing.T) {
		t.Parallel()
		b := newBench(t)
		b.cfg.MaxErrors = Budget{Rows: 3}
		b.service.on = func(op, _, _ string, _ int) (bool, error) {
			if op == "create" {
				return false, apiError(400, 50206)
			}
			return false, nil
		}
		sum, err := b.run(t, records(members(1, 100)...))
		require.ErrorIs(t, err, ErrTooManyErrors)
		assert.Less(t, sum.Counts[Rejected], int64(20))
		assert.Greater(t, sum.Counts[Rejected], int64(3))
	})
	t.Run("the outcomes cannot be written", func(t *testing.T) {
		t.Parallel()
		b := newBench(t)
		b.sink.failAt = 5
		sum, err := b.run(t, records(members(1, 100)...))
		require.ErrorIs(t, err, ErrSink)
		require.ErrorIs(t, err, errSinkFull)
		assert.Positive(t, sum.Counts[Pending])
	})
	t.Run("an outage", func(t *testing.T) {
		t.Parallel()
		b := newBench(t)
		b.cfg.OutageTimeout = 3 * time.Minute
		b.service.on = func(op, _, _ string, _ int) (bool, error) {
			if op != "service" {
				return false, &chat.Error{Err: errors.New("connection refused")}
			}
			return false, nil
		}
		sum, err := b.run(t, records(members(1, 100)...))
		require.ErrorIs(t, err, retry.ErrOutage)
		require.ErrorContains(t, err, "connection refused")
		assert.Zero(t, sum.Counts[Created])
		assert.Equal(t, sum.Read, sum.Counts[Failed]+sum.Counts[Pending])
		assert.Positive(t, sum.Counts[Failed], "what was tried in vain has failed, and tells why")
		assert.GreaterOrEqual(t, sum.Elapsed, 3*time.Minute)
		assert.Less(t, b.service.count("create"), 50, "a dead service is probed, not hammered")
	})
}

func TestAnOutageThatEndsCostsNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.cfg.Retries = 0
	b.cfg.OutageTimeout = 10 * time.Minute
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		b.service.on = func(op, _, _ string, _ int) (bool, error) {
			if down := time.Since(start); op == "create" && down > 2*time.Second && down < 4*time.Minute {
				return false, &chat.Error{Err: errors.New("connection refused")}
			}
			return false, nil
		}
		sum, err := b.runHere(t.Context(), t, records(members(4, 100)...))
		require.NoError(t, err)
		// Those that failed before the outage was known to be one, and those that were in flight then.
		assert.LessOrEqual(t, sum.Counts[Failed], int64(retry.OutageAfter+4))
		assert.Equal(t, int64(400), sum.Counts[Created]+sum.Counts[Failed])
	})
}

func TestRetryAfterIsObeyedAndBounded(t *testing.T) {
	t.Parallel()
	for asked, least := range map[time.Duration]time.Duration{20 * time.Second: 20 * time.Second, 24 * time.Hour: retry.HintMax} {
		b := newBench(t)
		b.service.on = firstTry("create", false, &chat.Error{
			Status: 503, Sent: true, RetryAfter: asked, HasRetryAfter: true,
		})(b.service)
		sum, err := b.run(t, records(record(1, "ch", "jing")))
		require.NoError(t, err)
		assert.EqualValues(t, 1, sum.Counts[Created])
		assert.GreaterOrEqual(t, sum.Elapsed, least)
		assert.Less(t, sum.Elapsed, least+time.Minute)
	}
}

// A row is tried so often and so long, and no more; its backoff has full jitter, up to a growing bound.
func TestAttemptsAndTimeAreBounded(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.cfg.Retries, b.cfg.MaxElapsed, b.cfg.OutageTimeout = 1000, time.Minute, time.Hour
	b.service.on = everyTry("create", apiError(409, 50419))(b.service)
	sum, err := b.run(t, records(record(1, "ch", "jing")))
	require.NoError(t, err)
	assert.EqualValues(t, 1, sum.Counts[Failed])
	assert.Contains(t, b.sink.outcomes[0].Error, "50419")
	assert.Greater(t, sum.Elapsed, time.Minute)
	assert.Less(t, sum.Elapsed, time.Minute+retry.BackoffMax+time.Second)
}

func TestAServiceThatAlwaysAnswers429EndsTheRow(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.cfg.MaxElapsed = time.Minute
	b.service.on = everyTry("create", &chat.Error{Status: 429, Sent: true, RetryAfter: time.Second, HasRetryAfter: true})(b.service)
	sum, err := b.run(t, records(record(1, "ch", "jing")))
	require.NoError(t, err)
	assert.EqualValues(t, 1, sum.Counts[Failed])
}

func TestACancelledRunSendsNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	why := errors.New("never mind")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(why)
	synctest.Test(t, func(t *testing.T) {
		sum, err := b.runHere(ctx, t, records(members(2, 10)...))
		require.ErrorIs(t, err, why)
		assert.Equal(t, sum.Read, sum.Counts[Pending])
	})
	assert.Empty(t, b.service.requests)
}

// Between a token and the request that it is for, the run may be told to stop.
func TestATokenThatComesTooLateIsNotUsed(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	ctx, cancel := context.WithCancel(t.Context())
	b.limiter.onToken = cancel
	synctest.Test(t, func(t *testing.T) {
		sum, err := b.runHere(ctx, t, records(members(1, 3)...))
		require.ErrorIs(t, err, context.Canceled)
		assert.Equal(t, sum.Read, sum.Counts[Pending])
	})
	assert.Zero(t, b.service.count("create"))
}

func TestMoreMembersThanAChannelTakes(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.service.room = 10
	var warnings []string
	b.cfg.Warn = func(message string) { warnings = append(warnings, message) }
	_, err := b.run(t, records(members(2, 12)...))
	require.NoError(t, err)
	assert.Len(t, warnings, 2, "once for each channel")
}

func TestBudget(t *testing.T) {
	t.Parallel()
	tests := []struct {
		budget                Budget
		notRestored, finished int64
		spent                 bool
	}{
		{Budget{}, 1000, 1000, false},
		{Budget{None: true}, 0, 5, false},
		{Budget{None: true}, 1, 5, true},
		{Budget{Rows: 3}, 3, 3, false},
		{Budget{Rows: 3}, 4, 4, true},
		{Budget{Percent: 5}, 99, 99, false}, // too few to say
		{Budget{Percent: 5}, 5, 100, false},
		{Budget{Percent: 5}, 6, 100, true},
		{Budget{Percent: 100}, 500, 500, false},
	}
	for _, test := range tests {
		err := test.budget.spent(test.notRestored, test.finished)
		if test.spent {
			require.ErrorIs(t, err, ErrTooManyErrors, "%+v", test)
		} else {
			require.NoError(t, err, "%+v", test)
		}
	}
}

// A run that is told to stop when all is done has nothing left to resume.
func TestAStopThatComesTooLate(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.cfg.MaxErrors = Budget{None: true}
	b.service.missing["gone"] = true
	sum, err := b.run(t, records(record(1, "ch", "a"), record(2, "gone", "b")))
	require.NoError(t, err)
	assert.EqualValues(t, 1, sum.Counts[Rejected])
}
