package restore

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/chat"
)

func TestStops(t *testing.T) {
	t.Parallel()
	t.Run("credentials refused at the first look", func(t *testing.T) {
		t.Parallel()
		b := newBench(t)
		b.service.on = func(string, string, string, int) (bool, error) { return false, apiError(401, 20003) }
		sum, err := b.run(t, records(members(2, 50)...))
		require.ErrorIs(t, err, ErrRefused)
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
		require.ErrorIs(t, err, ErrRefused)
		assert.Equal(t, sum.Read, sum.Counts[Created]+sum.Counts[Pending])
		assert.Less(t, b.service.count("create"), 40)
	})
	t.Run("the Service is gone", func(t *testing.T) {
		t.Parallel()
		b := newBench(t)
		b.service.missing[serviceA] = true
		sum, err := b.run(t, records(members(1, 10)...))
		require.ErrorIs(t, err, ErrRefused)
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
		require.ErrorIs(t, err, ErrOutage)
		require.ErrorContains(t, err, "connection refused")
		assert.Zero(t, sum.Counts[Created])
		assert.Equal(t, sum.Read, sum.Counts[Failed]+sum.Counts[Pending])
		assert.GreaterOrEqual(t, sum.Elapsed, 3*time.Minute)
		assert.Less(t, b.service.count("create"), 50, "a dead service is probed, not hammered")
	})
}

func TestAnOutageThatEndsCostsNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.cfg.Retries = 1
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
		// Up to Workers rows and then some had used up both attempts before the outage was known to be one.
		assert.GreaterOrEqual(t, sum.Counts[Created], int64(400-outageAfter))
		assert.Equal(t, int64(400), sum.Counts[Created]+sum.Counts[Failed])
	})
}
