package verify

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/chat"
	"rejoin/reader"
	"rejoin/restore"
	"rejoin/retry"
)

// A run that is interrupted anywhere and resumed finds what an uninterrupted one finds, and asks for no channel again
// that was done.
func TestInterruptedAndResumed(t *testing.T) {
	t.Parallel()
	for name, way := range ways {
		for _, after := range []time.Duration{1e6, 15e6, 35e6, 45e6, 55e6} {
			t.Run(fmt.Sprint(name, after), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					b := newBench(t)
					rows, _ := story(t, b)
					b.service.names["general"] = channelSID(3)
					if !way.grouped {
						rows = append(rows, record("general", "member-7"), record("general", "lost"))
					}
					if way.shuffle {
						rows = shuffled(rows)
					}
					b.cfg.Extra, b.cfg.Grouped, b.cfg.sizes, b.cfg.Workers = true, way.grouped, way.sizes, 2
					whole, err := b.run(t, records(rows...))
					require.NoError(t, err)
					want, pages := b.sink.found(), b.service.pages()

					b.sink, b.service.latency = new(slice), 10*time.Millisecond
					clear(b.service.lists)
					b.cfg.Sink = b.sink
					stop := errors.New("interrupted")
					ctx, cancel := context.WithCancelCause(t.Context())
					time.AfterFunc(after, func() { cancel(stop) })
					sum, err := Run(ctx, records(rows...), b.cfg)
					require.NoError(t, sum.Check())
					require.ErrorIs(t, err, stop)
					require.Positive(t, sum.Counts[restore.Pending])
					first := b.service.pages()

					b.cfg.Ledger = ledger{b.sink.outcomes}
					again, err := b.run(t, records(rows...))
					require.NoError(t, err)
					assert.Equal(t, want, b.sink.found())
					assert.Equal(t, whole.Counts, again.Counts)
					assert.Equal(t, whole.NotRestored, again.NotRestored)
					if way.sizes.part >= 20_000 {
						assert.LessOrEqual(t, b.service.pages(), pages+2*3, "two channels were cut")
						assert.LessOrEqual(t, first, pages)
					}
				})
			})
		}
	}
}

// What is done is not asked for again.
func TestResumedWhenDone(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	rows, _ := story(t, b)
	b.cfg.Extra = true
	whole, err := b.run(t, records(rows...))
	require.NoError(t, err)
	b.service.asked = 0
	b.cfg.Ledger = ledger{b.sink.outcomes}
	b.cfg.Progress = new(restore.Progress)
	told := len(b.sink.outcomes)
	again, err := b.run(t, records(rows...))
	require.NoError(t, err)
	assert.Equal(t, whole.Counts, again.Counts)
	assert.Equal(t, again.Read, b.cfg.Progress.Earlier.Load(), "the pace on the screen is this run's own")
	assert.Zero(t, b.service.asked)
	assert.Len(t, b.sink.outcomes, told)
}

// Rows that failed are asked for again; the others of their channel keep what was found.
func TestFailedRowsAreAskedForAgain(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	rows, want := story(t, b)
	b.service.on = func(op, channel string, page int) error {
		if op == "list" && channel == channelSID(0) && page == 2 {
			return apiError(503, 20503)
		}
		return nil
	}
	sum, err := b.run(t, records(rows...))
	require.NoError(t, err)
	assert.EqualValues(t, 150, sum.Counts[restore.Failed])
	b.service.on = nil
	b.cfg.Ledger = ledger{b.sink.outcomes}
	b.sink = new(slice)
	b.cfg.Sink = b.sink
	sum, err = b.run(t, records(rows...))
	require.NoError(t, err)
	assert.Zero(t, sum.Counts[restore.Failed])
	assert.EqualValues(t, 998, sum.Counts[restore.Same])
	assert.Len(t, b.sink.outcomes, 150)
	delete(want, channelSID(2)+" newcomer")
	differing := map[string]string{}
	for key, text := range b.sink.found() {
		if text != "same" {
			differing[key] = text
		}
	}
	assert.Empty(t, differing, "what differs was told by the first run")
	assert.Len(t, want, 2)
}

// A backup that has been changed is noticed.
func TestChangedBackup(t *testing.T) {
	t.Parallel()
	rows := members(2, 5)
	b := newBench(t, rows...)
	_, err := b.run(t, records(rows...))
	require.NoError(t, err)
	b.cfg.Ledger = ledger{b.sink.outcomes}
	b.cfg.SameMember = func(row int64, _, _, _ string) bool { return row != 4 }
	sum, err := b.run(t, records(rows...))
	require.ErrorIs(t, err, restore.ErrChanged)
	require.NoError(t, sum.Check())
}

func TestOutage(t *testing.T) {
	t.Parallel()
	for _, from := range []string{"service", "list"} {
		synctest.Test(t, func(t *testing.T) {
			rows := members(40, 5)
			b := newBench(t, rows...)
			b.cfg.OutageTimeout = time.Minute
			b.service.latency = time.Millisecond
			b.service.on = func(op, _ string, _ int) error {
				if op == from && b.service.asked > 10 || from == "service" {
					return &chat.Error{Op: op, Err: errors.New("connection refused")}
				}
				return nil
			}
			sum, err := b.run(t, records(rows...))
			require.ErrorIs(t, err, retry.ErrOutage)
			assert.Positive(t, sum.Counts[restore.Pending])
		})
	}
}

// An outage that ends costs time, and no row.
func TestOutageThatEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		rows := members(40, 5)
		b := newBench(t, rows...)
		b.service.latency = time.Millisecond
		b.cfg.Retries = 20
		begun := time.Now()
		b.service.on = func(op, _ string, _ int) error {
			if since := time.Since(begun); since > 5*time.Millisecond && since < time.Minute {
				return &chat.Error{Op: op, Err: errors.New("connection refused")}
			}
			return nil
		}
		sum, err := b.run(t, records(rows...))
		require.NoError(t, err)
		assert.EqualValues(t, 200, sum.Counts[restore.Same])
		assert.Greater(t, sum.Elapsed, time.Minute)
	})
}

// Pages of several channels are in flight together, as many as there are workers, so that they hide the latency.
func TestLatencyIsHidden(t *testing.T) {
	t.Parallel()
	for _, grouped := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			rows := members(320, 10)
			b := newBench(t, rows...)
			b.service.latency = 100 * time.Millisecond
			b.cfg.Workers, b.cfg.Grouped = 32, grouped
			sum, err := b.run(t, records(rows...))
			require.NoError(t, err)
			assert.Equal(t, 32, b.service.most)
			assert.Equal(t, 11*100*time.Millisecond, sum.Elapsed, "the Service, and ten rounds of pages")
			assert.Equal(t, 320, b.service.pages())
		})
	}
}

// Pages that go round are no end without an end, whether one names itself as the next or one before it.
func TestPagesThatGoRound(t *testing.T) {
	t.Parallel()
	for name, next := range map[string]map[string]string{
		"the page itself": {"": "1", "1": "1"},
		"one before it":   {"": "1", "1": "2", "2": "1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rows := members(1, 3)
			b := newBench(t, rows...)
			client := round{b.service, next, new(atomic.Int64)}
			b.cfg.Client = client
			sum, err := b.run(t, records(append(rows, record(channelSID(0), "lost"))...))
			require.NoError(t, err)
			assert.EqualValues(t, 1, sum.Counts[restore.Failed])
			assert.LessOrEqual(t, client.asked.Load(), int64(3))
		})
	}
}

type round struct {
	*service
	next  map[string]string
	asked *atomic.Int64
}

func (r round) ListMembers(ctx context.Context, service, channel string, page chat.Page) (chat.MemberPage, error) {
	next := r.next[page.URL]
	if r.asked.Add(1) > 50 {
		next = "" // or the test would have no end
	}
	page.URL = ""
	got, err := r.service.ListMembers(ctx, service, channel, page)
	got.Next = next
	return got, err
}

// Whatever the workers and the order, the outcomes are the same.
func TestWorkersMakeNoDifference(t *testing.T) {
	t.Parallel()
	var first map[string]string
	for _, workers := range []int{3, 32} {
		b := newBench(t)
		rows, _ := story(t, b)
		rows = append(rows, record(channelSID(3), "member-1"), reader.Record{}, record(channelSID(9), "nowhere"))
		b.cfg.Workers = workers
		_, err := b.run(t, records(shuffled(rows)...))
		require.NoError(t, err)
		found := b.sink.found()
		if first == nil {
			first = maps.Clone(found)
		}
		assert.Equal(t, first, found)
	}
}
