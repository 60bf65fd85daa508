package restore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/reader"
)

// announcements are the rows that were announced, of each run.
type announcements struct {
	mu    sync.Mutex // requests are looked at while others are announced
	rows  map[int64]bool
	times int
	most  int
}

func (a *announcements) take(t *testing.T) func([]int64) error {
	t.Helper()
	a.rows = make(map[int64]bool)
	return func(rows []int64) error {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.times++
		a.most = max(a.most, len(rows))
		for _, row := range rows {
			assert.False(t, a.rows[row], "row %d is announced again", row)
			a.rows[row] = true
		}
		return nil
	}
}

func (a *announcements) has(row int64) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.rows[row]
}

// No request goes out for a row that was not announced, whatever is tried again.
func TestRowsAreAnnouncedBeforeTheyGo(t *testing.T) {
	t.Parallel()
	for name, rows := range map[string][]reader.Record{
		"one channel":   members(1, 300),
		"ten channels":  members(10, 30),
		"many channels": members(150, 2),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			var told announcements
			b.cfg.Announce = told.take(t)
			numbers := make(map[string]int64)
			for i, row := range rows {
				m := fmt.Sprintf("%s %s", row.Values[reader.ChannelSID].Text, row.Values[reader.Identity].Text)
				numbers[m] = int64(i + 1)
			}
			b.service.on = func(op, channel, identity string, n int) (bool, error) {
				if op == "create" {
					assert.True(t, told.has(numbers[channel+" "+identity]), "%s in %s", identity, channel)
				}
				if n == 1 && numbers[channel+" "+identity]%7 == 0 {
					return false, apiError(503, 0)
				}
				return false, nil
			}
			_, err := b.run(t, records(rows...))
			require.NoError(t, err)
			assert.Len(t, told.rows, len(rows), "and each is in the end")
			assert.LessOrEqual(t, told.most, announcedRows+announcedRows/2)
			assert.LessOrEqual(t, told.times, len(rows)/10)
		})
	}
}

// Where a run ends in its midst, little more is announced than was sent.
func TestFewRowsAreAnnouncedThatDoNotGo(t *testing.T) {
	t.Parallel()
	for _, channels := range []int{1, 3, 40, 400} {
		b := newBench(t)
		var told announcements
		b.cfg.Announce = told.take(t)
		stop := errors.New("the test stops it")
		var sum Summary
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(t.Context())
			time.AfterFunc(b.service.latency*41/2, func() { cancel(stop) })
			var err error
			sum, err = b.runHere(ctx, t, records(members(channels, 2000/channels)...))
			require.ErrorIs(t, err, stop)
		})
		assert.LessOrEqual(t, int64(len(told.rows)), sum.Requests+announcedRows+announcedRows/2, "%d channels", channels)
		assert.Positive(t, sum.Counts[Pending])
	}
}

// What cannot be announced is not sent.
func TestARunThatCannotAnnounce(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	full := errors.New("no room")
	b.cfg.Announce = func(rows []int64) error {
		if slices.Contains(rows, 1) {
			return nil
		}
		return full
	}
	sum, err := b.run(t, records(members(1, 500)...))
	require.ErrorIs(t, err, ErrSink)
	require.ErrorIs(t, err, full)
	assert.LessOrEqual(t, b.service.count("create"), 2*announcedRows)
	assert.Positive(t, sum.Counts[Pending])
}

func TestADryRunAnnouncesNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.cfg.DryRun = true
	b.cfg.Announce = func([]int64) error { return errors.New("it did") }
	_, err := b.run(t, records(members(2, 10)...))
	require.NoError(t, err)
}

// A member that a run that was killed may have made is told to be made, but its report does not say how it was: it may
// have been there before, and an undo keeps it.
func TestWhatAKilledRunMayHaveMadeIsKeptByAnUndo(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.made(t, 1, "general", "jing")
	b.cfg.Ledger = ledger{killed: true, upTo: 1}
	_, err := b.run(t, records(record(1, "general", "jing"), record(2, "general", "new")))
	require.NoError(t, err)
	var outcomes []*Outcome
	for _, o := range b.sink.outcomes {
		outcomes = append(outcomes, &o)
	}
	require.Len(t, outcomes, 2)
	for _, o := range outcomes {
		assert.Equal(t, Created, o.Kind)
		assert.Equal(t, o.Row == 1, o.Recovered)
		assert.Equal(t, o.Row == 1, o.Fingerprint == 0)
	}
	for _, force := range []bool{false, true} {
		b.cfg.Ledger, b.cfg.Rules, b.sink, b.cfg.Progress = nil, nil, new(slice), new(Progress)
		b.cfg.Sink = b.sink
		sum, err := b.undo(t, madeBy(outcomes), force)
		require.NoError(t, err)
		if force {
			assert.EqualValues(t, 1, sum.Counts[Deleted])
			break
		}
		assert.EqualValues(t, 1, sum.Counts[Kept])
		for _, o := range b.sink.outcomes {
			if o.Kind == Kept {
				assert.Contains(t, o.Error, "may have been there before")
			}
		}
	}
}
