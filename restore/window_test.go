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
)

// spaced is a limiter whose channels take one write in so long.
type spaced struct {
	freely
	every time.Duration
	next  map[string]time.Time
}

func (s *spaced) ChannelReadyAt(channel string) time.Time {
	if at := s.next[channel]; at.After(time.Now()) {
		return at
	}
	return time.Now() // as a limiter may say it: the window must remember since when
}
func (s *spaced) TakeChannel(channel string) { s.next[channel] = time.Now().Add(s.every) }

func open(context.Context) error { return nil }

func newRow(n int, channel string) *row {
	r := &row{channel: channel, raw: make([]byte, 100)}
	r.pos.Row = int64(n)
	return r
}

func fill(t *testing.T, w *window, channels, each int) {
	t.Helper()
	n := 0
	for c := range channels {
		for range each {
			n++
			require.NoError(t, w.put(t.Context(), newRow(n, fmt.Sprint("channel-", c))))
		}
	}
}

// A window full of channels sorted one behind the other gives out rows as fast as all channels together may take them.
func TestWindowInterleavesChannels(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWindow(&spaced{every: time.Second, next: make(map[string]time.Time)}, 1000, 1<<20, new(Progress))
		fill(t, w, 10, 20)
		start := time.Now()
		last := make(map[string]int64)
		for range 200 {
			r, err := w.next(t.Context(), open)
			require.NoError(t, err)
			assert.Greater(t, r.pos.Row, last[r.channel], "a channel's rows go in their order")
			last[r.channel] = r.pos.Row
			w.forget(r)
		}
		assert.Equal(t, 19*time.Second, time.Since(start), "ten channels, twenty rows each, one a second each")
	})
}

// Of channels that may all go at once, each goes in turn, so that none waits for the end of another.
func TestWindowIsFair(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWindow(new(freely), 1000, 1<<20, new(Progress))
		fill(t, w, 4, 10)
		counts := make(map[string]int)
		for range 20 {
			time.Sleep(time.Millisecond) // in virtual time, so that no two are ready at the same instant
			r, err := w.next(t.Context(), open)
			require.NoError(t, err)
			counts[r.channel]++
			w.forget(r)
		}
		assert.Equal(t, map[string]int{"channel-0": 5, "channel-1": 5, "channel-2": 5, "channel-3": 5}, counts)
	})
}

func TestWindowIsBounded(t *testing.T) {
	t.Parallel()
	full := func(t *testing.T, maxRows int, maxSize int64, put int) {
		t.Helper()
		synctest.Test(t, func(t *testing.T) {
			w := newWindow(new(freely), maxRows, maxSize, new(Progress))
			done := 0
			go func() {
				for n := range 10 {
					if w.put(t.Context(), newRow(n, "ch")) != nil {
						return
					}
					done++
				}
			}()
			synctest.Wait()
			assert.Equal(t, put, done)
			for range 10 { // each row that is done makes room for one
				r, err := w.next(t.Context(), open)
				require.NoError(t, err)
				w.forget(r)
				synctest.Wait()
			}
			assert.Equal(t, 10, done)
		})
	}
	size := newRow(0, "ch").size()
	t.Run("in rows", func(t *testing.T) {
		t.Parallel()
		full(t, 3, 1<<30, 3)
	})
	t.Run("in bytes", func(t *testing.T) {
		t.Parallel()
		full(t, 1000, 4*size, 4)
	})
	t.Run("but one row always fits", func(t *testing.T) {
		t.Parallel()
		full(t, 1000, 1, 1)
	})
}

func TestWindowNextEndsWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWindow(new(freely), 10, 1<<20, new(Progress))
		ctx, cancel := context.WithCancelCause(t.Context())
		why := errors.New("enough")
		time.AfterFunc(time.Minute, func() { cancel(why) })
		ended := make(chan error, 3)
		for range 3 {
			go func() {
				_, err := w.next(ctx, open)
				ended <- err
			}()
		}
		for range 3 {
			require.ErrorIs(t, <-ended, why)
		}
	})
}

func TestWindowEndsWhenItIsClosedAndTheLastRowIsDone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWindow(new(freely), 10, 1<<20, new(Progress))
		fill(t, w, 1, 1)
		w.close()
		r, err := w.next(t.Context(), open)
		require.NoError(t, err)
		ended := make(chan *row, 3)
		for range 3 {
			go func() {
				r, _ := w.next(t.Context(), open) // that there is no row says it all
				ended <- r
			}()
		}
		synctest.Wait()
		assert.Empty(t, ended, "the row may come back")
		r.notBefore = time.Now().Add(time.Hour)
		w.again(r)
		got := <-ended
		assert.Same(t, r, got)
		w.forget(got)
		assert.Nil(t, <-ended)
		assert.Nil(t, <-ended)
	})
}

func TestWindowGivesOutAChannelsRowsThatHaveNotBegun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWindow(new(freely), 100, 1<<20, new(Progress))
		fill(t, w, 2, 5)
		first, err := w.next(t.Context(), open)
		require.NoError(t, err)
		w.again(first) // it has begun
		taken := w.takeChannel(first.channel)
		assert.Len(t, taken, 4)
		assert.NotContains(t, taken, first)
		for _, r := range taken {
			w.forget(r)
		}
		assert.Empty(t, w.takeChannel("channel-7"))
		assert.Len(t, w.drain(), 6)
		assert.Zero(t, w.rows)
		assert.Zero(t, w.size)
	})
}
