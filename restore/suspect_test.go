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

// made has the service hold the member that the row asks for, as an earlier run made it that was killed.
func (b *bench) made(t *testing.T, n int, channel, identity string) {
	t.Helper()
	cfg, sink := b.cfg, b.sink
	b.sink = new(slice)
	b.cfg.Sink, b.cfg.Ledger = b.sink, nil
	_, err := b.run(t, records(record(n, channel, identity)))
	require.NoError(t, err)
	b.cfg, b.sink = cfg, sink
	b.service.requests = nil
}

// What an earlier run knew of a row is older than a run that was killed.
func TestARowThatHadFailedBeforeTheRunWasKilled(t *testing.T) {
	t.Parallel()
	for name, earlier := range map[string]ledger{
		"failed, then killed": {rows: map[int64]Kind{1: Failed}, killed: true},
		"never told, killed":  {killed: true},
		"unknown":             {rows: map[int64]Kind{1: Unknown}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.made(t, 1, "general", "jing")
			b.cfg.Ledger = earlier
			sum, err := b.run(t, records(record(1, "general", "jing")))
			require.NoError(t, err)
			assert.EqualValues(t, 1, sum.Counts[Created])
			assert.True(t, b.sink.outcomes[0].Recovered)
		})
	}
	t.Run("failed, and no run was killed", func(t *testing.T) {
		t.Parallel()
		b := newBench(t)
		b.made(t, 1, "general", "jing")
		b.cfg.Ledger = ledger{rows: map[int64]Kind{1: Failed}}
		sum, err := b.run(t, records(record(1, "general", "jing")))
		require.NoError(t, err)
		assert.EqualValues(t, 1, sum.Counts[Exists])
	})
}

// A row that an earlier run may have made has not failed for good where this run's tries fail.
func TestASuspectRowIsUnknownUntilItIsSettled(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.cfg.Ledger, b.cfg.Retries = ledger{killed: true}, 2
	b.service.on = func(op, _, _ string, _ int) (bool, error) {
		if op == "create" {
			return false, apiError(409, 20409)
		}
		return false, nil
	}
	sum, err := b.run(t, records(record(1, "general", "jing")))
	require.NoError(t, err)
	assert.EqualValues(t, 1, sum.Counts[Unknown])
}

// A run that is stopped says nothing of rows that an earlier run may have made and that it did not come to.
func TestSuspectRowsThatARunDidNotComeTo(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.cfg.Ledger = ledger{killed: true}
	stop := errors.New("the test stops it")
	var sum Summary
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(b.service.latency*3/2, func() { cancel(stop) })
		var err error
		sum, err = b.runHere(ctx, t, records(members(1, 100)...))
		require.ErrorIs(t, err, stop)
	})
	assert.EqualValues(t, 4, sum.Counts[Created], "what was in flight")
	assert.EqualValues(t, 96, sum.Counts[Pending])
}

// A channel that an earlier run has filled may hold the row that is now refused for it.
func TestASuspectRowOfAFullChannel(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.made(t, 2, "channel-0", "member-1")
	b.made(t, 4, "channel-0", "member-3")
	b.cfg.Ledger, b.cfg.Workers = ledger{killed: true}, 1
	b.service.on = func(op, _, _ string, _ int) (bool, error) {
		if op == "create" {
			return false, apiError(403, 50403)
		}
		return false, nil
	}
	sum, err := b.run(t, records(members(1, 4)...))
	require.NoError(t, err)
	assert.EqualValues(t, 2, sum.Counts[Created])
	assert.EqualValues(t, 2, sum.Counts[Rejected])
	for _, o := range b.sink.outcomes {
		assert.Equal(t, o.Kind == Created, o.Recovered)
	}
}

// Rows of a channel that is not there need no request, whatever earlier runs did.
func TestSuspectRowsOfAMissingChannel(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.cfg.Ledger, b.cfg.Workers = ledger{killed: true}, 1
	b.service.missing["channel-0"] = true
	sum, err := b.run(t, records(members(1, 50)...))
	require.NoError(t, err)
	assert.EqualValues(t, 50, sum.Counts[Rejected])
	assert.Equal(t, 1, b.service.count("create"))
}

// A service that cannot be reached from the start is waited for as long as one that goes away later, and no longer.
func TestAnOutageFromTheStart(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.cfg.OutageTimeout = 2 * time.Second
	b.service.latency = 0
	b.service.on = func(string, string, string, int) (bool, error) { return false, apiError(503, 0) }
	sum, err := b.run(t, records(members(1, 3)...))
	require.ErrorIs(t, err, retry.ErrOutage)
	assert.LessOrEqual(t, sum.Elapsed, b.cfg.OutageTimeout)
	assert.Equal(t, sum.Read, sum.Counts[Pending])
	assert.Zero(t, b.service.count("create"))
}

// A row that the killed run cannot have reached was there before, if it is there.
func TestARowThatTheKilledRunCannotHaveReached(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.made(t, 10, "ch", "m9")
	b.cfg.Ledger = ledger{rows: map[int64]Kind{1: Created}, killed: true, upTo: 5}
	var rows []reader.Record
	for i := range 10 {
		rows = append(rows, record(i+1, "ch", fmt.Sprint("m", i)))
	}
	_, err := b.run(t, records(rows...))
	require.NoError(t, err)
	assert.Equal(t, Exists, b.sink.kinds()[10])
	assert.Equal(t, Created, b.sink.kinds()[5])
}

// That a member holds what an update has sent does not show that this backup's run made it.
func TestAnUpdateThatWasLostMadeNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.cfg.OnConflict, b.cfg.Retries = Update, 0
	b.service.members["ch a"] = chat.Resource{SID: "MBold", Identity: "a", DateCreated: date(t, "2020-01-01T00:00:00Z")}
	b.service.on = everyTry("update", &chat.Error{Sent: true, Err: errors.New("lost")})(b.service)
	_, err := b.run(t, records(record(1, "ch", "a")))
	require.NoError(t, err)
	require.Equal(t, map[int64]Kind{1: Unknown}, b.sink.kinds())

	again := newBench(t)
	again.cfg.OnConflict, again.service, again.cfg.Client = Update, b.service, b.service
	b.service.on = nil
	again.cfg.Ledger = ledger{rows: b.sink.kinds()}
	_, err = again.run(t, records(record(1, "ch", "a")))
	require.NoError(t, err)
	assert.Equal(t, map[int64]Kind{1: Updated}, again.sink.kinds())
}
