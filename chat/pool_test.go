package chat_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/chat"
)

// TestConnectionOutlivesItsRequest holds that a connection which is still being made when its request gives up is
// there for the next, and that a request takes whichever connection is free first.
func TestConnectionOutlivesItsRequest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var dials atomic.Int64
		p := &pipes{serve: func(_ int64, conn net.Conn) {
			for take(conn) {
				give(conn, http.StatusCreated, memberBody)
			}
		}}
		cfg := config()
		cfg.BaseURL, cfg.Timeout = "http://localhost", 2*time.Second
		cfg.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
			if dials.Add(1) == 1 {
				time.Sleep(5 * time.Second)
			} else {
				time.Sleep(time.Hour)
			}
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			return p.dial(ctx, network, addr)
		}
		c := newClient(t, cfg)
		start := time.Now()
		_, err := c.CreateMember(t.Context(), jing())
		assert.True(t, asError(t, err).Timeout)
		assert.False(t, asError(t, err).Sent)
		assert.Equal(t, 2*time.Second, time.Since(start))
		time.Sleep(2 * time.Second)
		_, err = c.CreateMember(t.Context(), jing())
		require.NoError(t, err)
		assert.Equal(t, 5*time.Second, time.Since(start), "on the first's connection, when it was made")
		assert.EqualValues(t, 2, dials.Load())
		assert.EqualValues(t, 1, p.made.Load())
		c.Close()
		time.Sleep(2 * time.Hour)
	})
}

// TestIdleConnectionsAreClosed holds how many connections are kept, and for how long.
func TestIdleConnectionsAreClosed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var open atomic.Int64
		p := &pipes{serve: func(_ int64, conn net.Conn) {
			open.Add(1)
			defer open.Add(-1)
			for take(conn) {
				time.Sleep(time.Second)
				give(conn, http.StatusCreated, memberBody)
			}
		}}
		cfg := config()
		cfg.BaseURL, cfg.DialContext, cfg.Connections = "http://localhost", p.dial, 3
		c := newClient(t, cfg)
		together := func(n int) {
			var wg sync.WaitGroup
			for range n {
				wg.Go(func() {
					_, err := c.CreateMember(t.Context(), jing())
					assert.NoError(t, err)
				})
			}
			wg.Wait()
			synctest.Wait()
		}
		together(5)
		assert.EqualValues(t, 5, p.made.Load())
		assert.EqualValues(t, 3, open.Load())
		assert.Equal(t, 3, c.IdleConnections())
		time.Sleep(30 * time.Second)
		together(1)
		time.Sleep(19*time.Second - 1) // 50 s after the others
		synctest.Wait()
		assert.EqualValues(t, 3, open.Load())
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		assert.EqualValues(t, 1, open.Load(), "the one that was used since")
		time.Sleep(31 * time.Second)
		synctest.Wait()
		assert.Zero(t, open.Load())
		assert.Zero(t, c.IdleConnections())

		together(2)
		c.Close()
		synctest.Wait()
		assert.Zero(t, open.Load())
		together(1)
		assert.EqualValues(t, 1, open.Load(), "a call after Close opens connections anew")
		c.Close()
	})
}

// TestCallUnderWayAtClose holds that Close leaves a call alone, and that its connection is not kept.
func TestCallUnderWayAtClose(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, _ := piped(t, func(_ int64, conn net.Conn) {
			for take(conn) {
				time.Sleep(time.Second)
				give(conn, http.StatusCreated, memberBody)
			}
		})
		time.AfterFunc(time.Second/2, c.Close)
		_, err := c.CreateMember(t.Context(), jing())
		require.NoError(t, err)
		assert.Zero(t, c.IdleConnections())
	})
}

// TestContextsTakeTurns holds that a connection follows the context of the request that has it, and no other's.
func TestContextsTakeTurns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, network := piped(t, func(_ int64, conn net.Conn) {
			for take(conn) {
				time.Sleep(time.Second)
				give(conn, http.StatusCreated, memberBody)
			}
		})
		first, cancelFirst := context.WithCancel(t.Context())
		_, err := c.CreateMember(first, jing())
		require.NoError(t, err)
		cancelFirst() // while the connection is idle
		synctest.Wait()
		second, cancelSecond := context.WithCancel(t.Context())
		_, err = c.CreateMember(second, jing())
		require.NoError(t, err)
		_, err = c.CreateMember(second, jing())
		require.NoError(t, err)
		third, cancelThird := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Second/4, cancelSecond)
		_, err = c.CreateMember(third, jing())
		require.NoError(t, err, "the context of the request before has nothing to say")
		assert.EqualValues(t, 1, network.made.Load())

		why := errors.New("enough")
		time.AfterFunc(time.Second/2, func() { cancelThird(why) })
		start := time.Now()
		_, err = c.CreateMember(third, jing())
		require.ErrorIs(t, err, why)
		assert.Equal(t, time.Second/2, time.Since(start))
		time.Sleep(time.Second)
	})
}

// TestContextThatEndsBetweenRequests holds the two moments at which a context's end could be missed, or be taken for
// another's: before its next request has the connection, and after.
func TestContextThatEndsBetweenRequests(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		defer far.Close() //nolint:errcheck // in memory
		l := chat.NewLease(near)
		first, cancel := context.WithCancel(t.Context())
		assert.True(t, l.Begin(first))
		l.End()
		cancel() // seen, while no request has the connection
		synctest.Wait()
		assert.False(t, l.Begin(first))
		l.End()
		second, cancel := context.WithCancel(t.Context())
		defer cancel()
		assert.True(t, l.Begin(second))
		assert.False(t, l.Abort(first))
		assert.True(t, l.Abort(second))
	})
}

// TestIdlePipeIsLookedAt holds that what comes unasked is seen too where a connection is no socket.
func TestIdlePipeIsLookedAt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, network := piped(t, func(n int64, conn net.Conn) {
			for take(conn) {
				give(conn, http.StatusCreated, memberBody)
				if n == 1 {
					give(conn, http.StatusCreated, strings.Replace(memberBody, "jing", "mallory", 1))
				}
			}
		})
		for range 3 {
			got, err := c.CreateMember(t.Context(), jing())
			require.NoError(t, err)
			assert.Equal(t, "jing", got.Member.Identity)
			synctest.Wait()
		}
		assert.EqualValues(t, 2, network.made.Load())
		c.Close()
	})
}
