package chat_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/chat"
)

// sockets is a network of sockets in the file system: real ones, on which a close is seen at once.
type sockets struct {
	made atomic.Int64
	cfg  chat.Config
}

// newSockets serves each connection with serve, over TLS where secure.
func newSockets(t *testing.T, secure bool, serve func(n int64, conn net.Conn)) *sockets {
	t.Helper()
	s := &sockets{cfg: config()}
	path := filepath.Join(t.TempDir(), "s")
	l, err := net.Listen("unix", path) //nolint:noctx // a test's own
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() })
	s.cfg.BaseURL = "http://localhost"
	s.cfg.DialContext = func(context.Context, string, string) (net.Conn, error) { return net.Dial("unix", path) } //nolint:noctx // a test's own
	var withTLS *tls.Config
	if secure {
		server := httptest.NewTLSServer(nil)
		withTLS = server.TLS.Clone()
		server.Close()
		s.cfg.BaseURL, s.cfg.RootCAs = "https://127.0.0.1", rootsOf(server)
	}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			n := s.made.Add(1)
			if secure {
				conn = tls.Server(conn, withTLS)
			}
			go func() {
				defer conn.Close() //nolint:errcheck // a test's own
				serve(n, conn)
			}()
		}
	}()
	return s
}

// TestIdleConnectionIsLookedAt holds that an idle connection on which anything has happened is not used: no byte is
// written to one that the service has closed, and nothing that came unasked is taken for an answer.
func TestIdleConnectionIsLookedAt(t *testing.T) {
	t.Parallel()
	for name, happens := range map[string]func(conn net.Conn){
		"closed": func(conn net.Conn) { _ = conn.Close() },
		"an answer that nobody asked for": func(conn net.Conn) {
			give(conn, http.StatusCreated, strings.Replace(memberBody, "jing", "mallory", 1))
		},
		"a farewell": func(conn net.Conn) {
			give(conn, http.StatusRequestTimeout, "")
			_ = conn.Close()
		},
	} {
		for _, secure := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				first := make(chan net.Conn, 1)
				var taken atomic.Int64
				network := newSockets(t, secure, func(n int64, conn net.Conn) {
					for take(conn) {
						taken.Add(1)
						give(conn, http.StatusCreated, memberBody)
						if n == 1 {
							first <- conn
							_, _ = io.Copy(io.Discard, conn)
						}
					}
				})
				c := newClient(t, network.cfg)
				_, err := c.CreateMember(t.Context(), jing())
				require.NoError(t, err)
				happens(<-first)
				for range 3 {
					got, err := c.CreateMember(t.Context(), jing())
					require.NoError(t, err)
					assert.Equal(t, "jing", got.Member.Identity)
				}
				assert.EqualValues(t, 4, taken.Load())
				assert.EqualValues(t, 2, network.made.Load())
			})
		}
	}
}

// TestIdleConnectionIsUsed holds that a connection on which nothing but TLS's own has happened is used.
func TestIdleConnectionIsUsed(t *testing.T) {
	t.Parallel()
	for _, secure := range []bool{false, true} {
		network := newSockets(t, secure, func(_ int64, conn net.Conn) {
			for take(conn) {
				give(conn, http.StatusCreated, memberBody)
			}
		})
		c := newClient(t, network.cfg)
		for range 20 {
			_, err := c.CreateMember(t.Context(), jing())
			require.NoError(t, err)
		}
		assert.EqualValues(t, 1, network.made.Load())
	}
}

// TestConnectionNeverUsed holds that what TLS sends of its own accord does not make a connection unusable: a TLS 1.3
// server sends tickets behind its handshake, which nobody has read yet.
func TestConnectionNeverUsed(t *testing.T) {
	t.Parallel()
	ready := make(chan struct{}, 1)
	network := newSockets(t, true, func(_ int64, conn net.Conn) {
		if secured, ok := conn.(*tls.Conn); assert.True(t, ok) {
			assert.NoError(t, secured.Handshake()) //nolint:noctx // a test's own
		}
		ready <- struct{}{}
		for take(conn) {
			give(conn, http.StatusCreated, memberBody)
		}
	})
	c := newClient(t, network.cfg)
	require.NoError(t, c.OpenIdle(t.Context()))
	<-ready
	_, err := c.CreateMember(t.Context(), jing())
	require.NoError(t, err)
	assert.EqualValues(t, 1, network.made.Load())
}

// flaky is a connection whose writing can be made to fail.
type flaky struct {
	net.Conn
	accepts *atomic.Int64 // bytes more; below 0: all
}

func (c *flaky) Write(p []byte) (int, error) {
	if n := c.accepts.Load(); n >= 0 {
		n, _ := c.Conn.Write(p[:min(int(n), len(p))])
		return n, syscall.EPIPE
	}
	return c.Conn.Write(p)
}

// TestAnotherConnection holds when a request may go to another connection than its first: where that one was kept, and
// not a byte of the request was written to it.
func TestAnotherConnection(t *testing.T) {
	t.Parallel()
	for accepts, sent := range map[int64]bool{0: false, 1: true} {
		var made, taken atomic.Int64
		var first atomic.Int64
		first.Store(-1)
		cfg := config()
		cfg.BaseURL = "http://localhost"
		p := &pipes{serve: func(_ int64, conn net.Conn) {
			for take(conn) {
				taken.Add(1)
				give(conn, http.StatusCreated, memberBody)
			}
		}}
		cfg.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
			conn, err := p.dial(ctx, network, addr)
			if made.Add(1) == 1 {
				return &flaky{Conn: conn, accepts: &first}, err
			}
			return conn, err
		}
		c := newClient(t, cfg)
		_, err := c.CreateMember(t.Context(), jing())
		require.NoError(t, err)
		first.Store(accepts)
		_, err = c.CreateMember(t.Context(), jing())
		if sent {
			require.ErrorIs(t, err, syscall.EPIPE)
			assert.True(t, asError(t, err).Sent)
			assert.EqualValues(t, 1, made.Load())
			continue
		}
		require.NoError(t, err)
		assert.EqualValues(t, 2, made.Load())
		assert.EqualValues(t, 2, taken.Load())
	}
}

// long is a member whose request is longer than what fits into the buffers on the way.
func long() *chat.Member {
	m := jing()
	m.Attributes = `"` + strings.Repeat("ü", 256<<10) + `"`
	return m
}

func TestLongRequest(t *testing.T) {
	t.Parallel()
	c, network := piped(t, func(_ int64, conn net.Conn) {
		for take(conn) {
			give(conn, http.StatusCreated, memberBody)
		}
	})
	for range 3 {
		_, err := c.CreateMember(t.Context(), long())
		require.NoError(t, err)
		_, err = c.CreateMember(t.Context(), jing())
		require.NoError(t, err)
	}
	assert.EqualValues(t, 1, network.made.Load())
}

// TestLongRequestAnsweredEarly holds that a service need not read a request to answer it, and that the connection is
// not used any further then: the rest of the request would be read as the next one.
func TestLongRequestAnsweredEarly(t *testing.T) {
	t.Parallel()
	over := make(chan struct{})
	defer close(over)
	c, network := piped(t, func(n int64, conn net.Conn) {
		if n == 1 {
			req, err := http.ReadRequest(bufio.NewReader(conn))
			if assert.NoError(t, err) {
				_, _ = req.Body.Read(make([]byte, 10))
			}
			give(conn, http.StatusRequestEntityTooLarge, "too long")
			<-over // and reads no further
			return
		}
		for take(conn) {
			give(conn, http.StatusCreated, memberBody)
		}
	})
	_, err := c.CreateMember(t.Context(), long())
	e := asError(t, err)
	assert.Equal(t, http.StatusRequestEntityTooLarge, e.Status)
	assert.Equal(t, "too long", e.Message)
	_, err = c.CreateMember(t.Context(), jing())
	require.NoError(t, err)
	assert.EqualValues(t, 2, network.made.Load())
}

// TestLongRequestThatEnds holds what is said of a long request that is not written to its end.
func TestLongRequestThatEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		some := func(_ int64, conn net.Conn) {
			_, _ = io.ReadFull(conn, make([]byte, 20<<10))
			time.Sleep(time.Hour)
		}
		c, _ := piped(t, some)
		start := time.Now()
		_, err := c.CreateMember(t.Context(), long())
		e := asError(t, err)
		assert.True(t, e.Timeout)
		assert.True(t, e.Sent)
		assert.Equal(t, chat.DefaultTimeout, time.Since(start))

		c, _ = piped(t, some)
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		start = time.Now()
		_, err = c.CreateMember(ctx, long())
		require.ErrorIs(t, err, context.Canceled)
		assert.True(t, asError(t, err).Sent)
		assert.Equal(t, time.Second, time.Since(start))

		c, _ = piped(t, func(_ int64, conn net.Conn) { _, _ = io.ReadFull(conn, make([]byte, 20<<10)) })
		_, err = c.CreateMember(t.Context(), long())
		require.Error(t, err)
		assert.True(t, asError(t, err).Sent)
		assert.False(t, asError(t, err).Timeout)
		time.Sleep(2 * time.Hour)
	})
}

// TestCreateAllocations is the budget of a create: the answer's text, its attributes without their escapes, the index,
// the request's id, and the Answer.
func TestCreateAllocations(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // a test's own port
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() })
	go answerAll(l)
	cfg := config()
	cfg.BaseURL = "http://" + l.Addr().String()
	c := newClient(t, cfg)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	n := testing.AllocsPerRun(500, func() {
		if _, err := c.CreateMember(ctx, &row); err != nil {
			t.Error(err)
		}
	})
	assert.LessOrEqual(t, n, 6.0)
}
