package sandbox_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/sandbox"
)

// A bubble holds the server and its client: time passes only when both wait.
func TestClientOverAPipeInABubble(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		latency, err := sandbox.ParseLatency("2s")
		require.NoError(t, err)
		s := newServer(t, sandbox.Config{Faults: sandbox.Faults{Latency: latency}})
		client := over(t, s)
		started := time.Now()
		status, err := create(client)
		require.NoError(t, err)
		assert.Equal(t, 201, status)
		assert.Equal(t, 2*time.Second, time.Since(started))
		assert.Len(t, s.Members(serviceSID, channelSID), 1)
	})
}

func newPipe(t *testing.T) (near, far net.Conn) {
	t.Helper()
	l := sandbox.Pipe()
	accepted := make(chan net.Conn, 1)
	go func() {
		c, err := l.Accept()
		assert.NoError(t, err)
		accepted <- c
	}()
	near, err := l.DialContext(t.Context(), "tcp", "anywhere:80")
	require.NoError(t, err)
	far = <-accepted
	t.Cleanup(func() {
		assert.NoError(t, near.Close())
		assert.NoError(t, far.Close())
		assert.NoError(t, far.Close(), "twice")
		assert.NoError(t, l.Close())
	})
	return near, far
}

// Bytes arrive whole and in order, in both directions at once, whatever the sizes of reads and writes.
func TestPipeCarriesEveryByte(t *testing.T) {
	t.Parallel()
	near, far := newPipe(t)
	const size = 3 << 20
	sent := make([]byte, size)
	_, _ = rand.NewChaCha8([32]byte{1}).Read(sent)
	done := make(chan [32]byte, 2)
	for _, ends := range [][2]net.Conn{{near, far}, {far, near}} {
		go func() {
			dice := rand.New(rand.NewPCG(1, 2))
			for rest := sent; len(rest) > 0; {
				n, err := ends[0].Write(rest[:min(len(rest), 1+dice.IntN(40_000))])
				if !assert.NoError(t, err) {
					return
				}
				rest = rest[n:]
			}
		}()
		go func() {
			dice := rand.New(rand.NewPCG(3, 4))
			sum, buffer := sha256.New(), make([]byte, 30_000)
			for left := size; left > 0; {
				n, err := ends[1].Read(buffer[:1+dice.IntN(len(buffer)-1)])
				if !assert.NoError(t, err) {
					break
				}
				left -= n
				sum.Write(buffer[:n])
			}
			done <- [32]byte(sum.Sum(nil))
		}()
	}
	assert.Equal(t, sha256.Sum256(sent), <-done)
	assert.Equal(t, sha256.Sum256(sent), <-done)
}

func TestPipeEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		near, far := newPipe(t)
		_, err := far.Write([]byte("last words"))
		require.NoError(t, err)
		require.NoError(t, far.Close())
		text, err := io.ReadAll(near)
		require.NoError(t, err)
		assert.Equal(t, "last words", string(text), "what was written before the end is read")
		_, err = near.Write([]byte("x"))
		require.ErrorIs(t, err, io.ErrClosedPipe)
		_, err = far.Read(make([]byte, 1))
		require.ErrorIs(t, err, net.ErrClosed)
		_, err = far.Write([]byte("x"))
		require.ErrorIs(t, err, net.ErrClosed)
	})
}

// Whoever waits is woken: by a deadline, by one that is moved, by the other end's close and by its own.
func TestPipeWakesWhoWaits(t *testing.T) {
	t.Parallel()
	full := bytes.Repeat([]byte{1}, 1<<20)
	for name, row := range map[string]struct {
		prepare func(c net.Conn)
		wake    func(near, far net.Conn)
		after   time.Duration
		want    error
	}{
		"deadline": {
			prepare: func(c net.Conn) { _ = c.SetDeadline(time.Now().Add(3 * time.Second)) },
			after:   3 * time.Second, want: os.ErrDeadlineExceeded,
		},
		"deadline moved later": {
			prepare: func(c net.Conn) { _ = c.SetDeadline(time.Now().Add(3 * time.Second)) },
			wake:    func(near, _ net.Conn) { _ = near.SetDeadline(time.Now().Add(5 * time.Second)) },
			after:   6 * time.Second, want: os.ErrDeadlineExceeded,
		},
		"deadline moved to the past": {
			wake:  func(near, _ net.Conn) { _ = near.SetDeadline(time.Unix(1, 0)) },
			after: time.Second, want: os.ErrDeadlineExceeded,
		},
		"own close": {
			wake:  func(near, _ net.Conn) { _ = near.Close() },
			after: time.Second, want: net.ErrClosed,
		},
	} {
		for what, wait := range map[string]func(c net.Conn) error{
			"read":  func(c net.Conn) error { _, err := c.Read(make([]byte, 1)); return err },
			"write": func(c net.Conn) error { _, err := c.Write(full); return err },
		} {
			t.Run(what+" "+name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					near, far := newPipe(t)
					if row.prepare != nil {
						row.prepare(near)
					}
					if row.wake != nil {
						time.AfterFunc(time.Second, func() { row.wake(near, far) })
					}
					started := time.Now()
					require.ErrorIs(t, wait(near), row.want)
					assert.Equal(t, row.after, time.Since(started))
				})
			})
		}
	}
}

func TestPipeDeadlineCanBeTakenAway(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		near, far := newPipe(t)
		require.NoError(t, near.SetReadDeadline(time.Now().Add(time.Second)))
		time.Sleep(2 * time.Second)
		_, err := near.Read(make([]byte, 1))
		var timeout net.Error
		require.ErrorAs(t, err, &timeout)
		assert.True(t, timeout.Timeout())
		require.NoError(t, near.SetReadDeadline(time.Time{}))
		_, err = far.Write([]byte("x"))
		require.NoError(t, err)
		n, err := near.Read(make([]byte, 8))
		require.NoError(t, err)
		assert.Equal(t, 1, n)
		require.NoError(t, near.SetWriteDeadline(time.Now().Add(-1)))
		_, err = near.Write([]byte("x"))
		require.ErrorIs(t, err, os.ErrDeadlineExceeded)
	})
}

func TestPipeListenerEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := sandbox.Pipe()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := l.DialContext(ctx, "tcp", "x:1")
		require.ErrorIs(t, err, context.DeadlineExceeded, "nobody accepts")

		ended := make(chan error)
		go func() {
			_, err := l.Accept()
			ended <- err
		}()
		synctest.Wait()
		require.NoError(t, l.Close())
		require.NoError(t, l.Close())
		require.ErrorIs(t, <-ended, net.ErrClosed)
		_, err = l.Accept()
		require.ErrorIs(t, err, net.ErrClosed)
		_, err = l.DialContext(t.Context(), "tcp", "x:1")
		require.ErrorIs(t, err, net.ErrClosed)
		assert.Equal(t, "pipe", l.Addr().String())
	})
}

// A port works as a pipe does.
func TestLoopback(t *testing.T) {
	t.Parallel()
	l := loopback(t)
	s := newServer(t, sandbox.Config{Faults: faults(t, "lost-after:times=1", "cut:times=1")})
	stop := s.Serve(l)
	client := clientOf(l.Addr())
	for _, want := range []struct {
		status int
		lost   bool
	}{{0, true}, {409, true}, {409, false}} { // lost, then cut, then whole
		status, err := create(client)
		assert.Equal(t, want.lost, err != nil)
		assert.Equal(t, want.status, status)
	}
	client.CloseIdleConnections()
	require.NoError(t, stop())
	_, err := create(client)
	require.Error(t, err)
}

// Bytes that one reader leaves behind wake the next one.
func TestPipeWakesEveryReader(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		near, far := newPipe(t)
		got := make(chan byte, 3)
		for range 3 {
			go func() {
				var b [1]byte
				_, err := near.Read(b[:])
				assert.NoError(t, err)
				got <- b[0]
			}()
		}
		synctest.Wait()
		_, err := far.Write([]byte("abc"))
		require.NoError(t, err)
		assert.ElementsMatch(t, []byte("abc"), []byte{<-got, <-got, <-got})
	})
}
