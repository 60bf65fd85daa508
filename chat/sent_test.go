package chat_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
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

// The tests in this file hold what an error says of the request: whether any byte of it can have reached the service,
// and what ended it.

func TestNotSentWhereNoConnectionIsMade(t *testing.T) {
	t.Parallel()
	for name, cause := range map[string]error{
		"refused": &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED},
		"no name": &net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "no such host", Name: "chat.twilio.com", IsNotFound: true}},
	} {
		cfg := config()
		cfg.DialContext = func(context.Context, string, string) (net.Conn, error) { return nil, cause }
		_, err := newClient(t, cfg).CreateMember(t.Context(), jing())
		e := asError(t, err)
		require.ErrorIs(t, err, cause, name)
		assert.False(t, e.Sent, name)
		assert.Zero(t, e.Status, name)
		assert.False(t, e.Timeout, name)
		assert.Contains(t, err.Error(), "create member: not sent: ", name)
	}
}

// refusing is an address that refuses connections: the near end of one, whose port nobody else can have meanwhile.
func refusing(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // a test's own port
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() })
	near, err := net.Dial("tcp", l.Addr().String()) //nolint:noctx // loopback
	require.NoError(t, err)
	t.Cleanup(func() { _ = near.Close() })
	return near.LocalAddr().String()
}

func TestNotSentToAPortThatRefuses(t *testing.T) {
	t.Parallel()
	cfg := config()
	cfg.BaseURL = "http://" + refusing(t)
	_, err := newClient(t, cfg).CreateMember(t.Context(), jing())
	require.ErrorIs(t, err, syscall.ECONNREFUSED)
	assert.False(t, asError(t, err).Sent)
}

func TestNotSentWhereTLSFails(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Config.ErrorLog = discardLog()
	server.StartTLS()
	t.Cleanup(server.Close)
	cfg := config()
	cfg.BaseURL = server.URL

	_, err := newClient(t, cfg).CreateMember(t.Context(), jing())
	var unknown x509.UnknownAuthorityError
	require.ErrorAs(t, err, &unknown, "certificates are checked")
	assert.False(t, asError(t, err).Sent)

	cfg.RootCAs = rootsOf(server)
	cfg.BaseURL = strings.Replace(server.URL, "127.0.0.1", "localhost", 1) // not in the certificate
	_, err = newClient(t, cfg).CreateMember(t.Context(), jing())
	var mismatch x509.HostnameError
	require.ErrorAs(t, err, &mismatch, "the host's name is checked")
	assert.False(t, asError(t, err).Sent)
}

func TestTLSVersion(t *testing.T) {
	t.Parallel()
	for version, works := range map[uint16]bool{tls.VersionTLS11: false, tls.VersionTLS12: true, tls.VersionTLS13: true} {
		server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
			assert.Equal(t, 1, req.ProtoMajor, "HTTP/1.1 alone is spoken")
			w.WriteHeader(http.StatusCreated)
			_, _ = io.WriteString(w, memberBody)
		}))
		server.EnableHTTP2 = true
		server.Config.ErrorLog = discardLog()
		server.TLS = &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: version}
		server.StartTLS()
		t.Cleanup(server.Close)
		cfg := config()
		cfg.BaseURL, cfg.RootCAs = server.URL, rootsOf(server)
		_, err := newClient(t, cfg).CreateMember(t.Context(), jing())
		if works {
			require.NoError(t, err)
			continue
		}
		assert.False(t, asError(t, err).Sent)
		assert.Contains(t, err.Error(), "version")
	}
}

func TestNotSentWhereTheContextHasEnded(t *testing.T) {
	t.Parallel()
	c, network := piped(t, func(_ int64, conn net.Conn) { take(conn) })
	why := errors.New("interrupt")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(why)
	_, err := c.CreateMember(ctx, jing())
	e := asError(t, err)
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorIs(t, err, why, "the cause is told")
	assert.False(t, e.Sent)
	assert.False(t, e.Timeout)
	assert.Zero(t, network.made.Load(), "nothing was even connected")
}

// brokenConn is a connection whose end has gone: writing fails after some bytes.
type brokenConn struct {
	net.Conn
	accepts int
}

func (c *brokenConn) Write(p []byte) (int, error) {
	return min(c.accepts, len(p)), syscall.EPIPE
}

func TestSentFollowsTheBytes(t *testing.T) {
	t.Parallel()
	for accepts, sent := range map[int]bool{0: false, 1: true} {
		cfg := config()
		cfg.BaseURL = "http://localhost"
		cfg.DialContext = func(context.Context, string, string) (net.Conn, error) {
			near, far := net.Pipe()
			t.Cleanup(func() { _ = far.Close() })
			return &brokenConn{Conn: near, accepts: accepts}, nil
		}
		_, err := newClient(t, cfg).CreateMember(t.Context(), jing())
		require.ErrorIs(t, err, syscall.EPIPE)
		assert.Equal(t, sent, asError(t, err).Sent, "%d bytes written", accepts)
	}
}

func TestSentWhereTheConnectionEndsUnanswered(t *testing.T) {
	t.Parallel()
	c, network := piped(t, func(_ int64, conn net.Conn) { take(conn) })
	_, err := c.CreateMember(t.Context(), jing())
	e := asError(t, err)
	require.ErrorIs(t, err, io.EOF)
	assert.True(t, e.Sent)
	assert.Zero(t, e.Status)
	assert.False(t, e.Timeout)
	assert.EqualValues(t, 1, network.made.Load(), "the request is not repeated")
	assert.Contains(t, err.Error(), "create member: sent, but not answered: ")
}

// TestSentOnAConnectionUsedBefore is the case in which net/http repeats requests: the connection was used before, and
// ends without an answer to the second request.
func TestSentOnAConnectionUsedBefore(t *testing.T) {
	t.Parallel()
	calls := map[string]func(*chat.Client) error{
		"create": func(c *chat.Client) error { _, err := c.CreateMember(t.Context(), jing()); return err },
		"fetch": func(c *chat.Client) error {
			_, err := c.FetchMember(t.Context(), serviceSID, channelSID, "jing")
			return err
		},
		"delete": func(c *chat.Client) error { return c.DeleteMember(t.Context(), serviceSID, channelSID, "jing") },
		"list": func(c *chat.Client) error {
			_, err := c.ListMembers(t.Context(), serviceSID, channelSID, chat.Page{})
			return err
		},
	}
	for name, call := range calls {
		var taken atomic.Int64
		c, network := piped(t, func(_ int64, conn net.Conn) {
			for take(conn) {
				if taken.Add(1) == 2 {
					return
				}
				give(conn, http.StatusCreated, memberBody)
			}
		})
		_, err := c.CreateMember(t.Context(), jing())
		require.NoError(t, err)
		err = call(c)
		assert.True(t, asError(t, err).Sent, name)
		assert.EqualValues(t, 2, taken.Load(), "%s: one call is one request", name)
		assert.EqualValues(t, 1, network.made.Load(), "%s: and the second was on the first's connection", name)
	}
}

// TestConnectionClosedWhileIdle is the everyday case: the service closed a connection that was kept, and a new one is
// made without the call noticing.
func TestConnectionClosedWhileIdle(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var taken atomic.Int64
		c, network := piped(t, func(n int64, conn net.Conn) {
			for take(conn) {
				taken.Add(1)
				give(conn, http.StatusCreated, memberBody)
				if n == 1 {
					return
				}
			}
		})
		for range 2 {
			_, err := c.CreateMember(t.Context(), jing())
			require.NoError(t, err)
			synctest.Wait() // for the end of the first connection to be noticed
		}
		assert.EqualValues(t, 2, taken.Load())
		assert.EqualValues(t, 2, network.made.Load())
		c.Close()
	})
}

func TestTimeoutWaitingForTheAnswer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, _ := piped(t, func(_ int64, conn net.Conn) {
			take(conn)
			time.Sleep(time.Hour)
		})
		start := time.Now()
		_, err := c.CreateMember(t.Context(), jing())
		e := asError(t, err)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Equal(t, chat.DefaultTimeout, time.Since(start))
		assert.True(t, e.Timeout)
		assert.True(t, e.Sent)
		assert.Zero(t, e.Status)
		require.EqualError(t, err, "create member: sent, but not answered: no whole answer within 30s")
		time.Sleep(2 * time.Hour)
	})
}

func TestTimeoutInTheBody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, _ := piped(t, func(_ int64, conn net.Conn) {
			take(conn)
			time.Sleep(20 * time.Second)
			_, _ = io.WriteString(conn, "HTTP/1.1 201 Created\r\nContent-Length: 500\r\nTwilio-Request-Id: "+requestID+"\r\n\r\n{")
			time.Sleep(time.Hour)
		})
		start := time.Now()
		_, err := c.CreateMember(t.Context(), jing())
		e := asError(t, err)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Equal(t, chat.DefaultTimeout, time.Since(start), "the body is in the attempt's time")
		assert.True(t, e.Timeout)
		assert.True(t, e.Sent)
		assert.Equal(t, http.StatusCreated, e.Status)
		assert.Equal(t, requestID, e.RequestID)
		time.Sleep(2 * time.Hour)
	})
}

func TestTimeoutWhileConnecting(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg := config()
		cfg.Timeout = 5 * time.Second
		cfg.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}
		start := time.Now()
		_, err := newClient(t, cfg).CreateMember(t.Context(), jing())
		e := asError(t, err)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Equal(t, 5*time.Second, time.Since(start))
		assert.True(t, e.Timeout)
		assert.False(t, e.Sent)
	})
}

func TestCancelledInFlight(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, _ := piped(t, func(_ int64, conn net.Conn) {
			take(conn)
			time.Sleep(time.Hour)
		})
		why := errors.New("interrupt")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Second, func() { cancel(why) })
		start := time.Now()
		_, err := c.CreateMember(ctx, jing())
		e := asError(t, err)
		require.ErrorIs(t, err, context.Canceled)
		require.ErrorIs(t, err, why)
		assert.Equal(t, time.Second, time.Since(start))
		assert.True(t, e.Sent)
		assert.False(t, e.Timeout)
		time.Sleep(2 * time.Hour)
	})
}

// TestCallersDeadline holds that a deadline of the caller's is not taken for the attempt's.
func TestCallersDeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, _ := piped(t, func(_ int64, conn net.Conn) {
			take(conn)
			time.Sleep(time.Hour)
		})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := c.CreateMember(ctx, jing())
		e := asError(t, err)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.False(t, e.Timeout)
		assert.True(t, e.Sent)
		time.Sleep(2 * time.Hour)
	})
}

func TestAnswerCutShort(t *testing.T) {
	t.Parallel()
	for name, raw := range map[string]string{
		"in its headers": "HTTP/1.1 201 Cre",
		"in its body":    "HTTP/1.1 201 Created\r\nContent-Length: 500\r\n\r\n" + memberBody[:100],
		"in a chunk":     "HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n100\r\n{\"sid\"",
	} {
		c, _ := piped(t, func(_ int64, conn net.Conn) {
			take(conn)
			_, _ = io.WriteString(conn, raw)
		})
		_, err := c.CreateMember(t.Context(), jing())
		e := asError(t, err)
		require.ErrorIs(t, err, io.ErrUnexpectedEOF, name)
		assert.True(t, e.Sent, name)
		assert.False(t, e.Timeout, name)
	}
}

// TestTimeoutInARefusal holds that the status that was answered is kept.
func TestTimeoutInARefusal(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, _ := piped(t, func(_ int64, conn net.Conn) {
			take(conn)
			_, _ = io.WriteString(conn, "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 3\r\nContent-Length: 500\r\n\r\nbusy")
			time.Sleep(time.Hour)
		})
		_, err := c.CreateMember(t.Context(), jing())
		e := asError(t, err)
		assert.Equal(t, http.StatusServiceUnavailable, e.Status)
		assert.Equal(t, "busy", e.Message)
		assert.Equal(t, 3*time.Second, e.RetryAfter)
		assert.True(t, e.Timeout)
		time.Sleep(2 * time.Hour)
	})
}
