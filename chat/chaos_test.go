package chat_test

import (
	"bufio"
	"context"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/chat"
)

// ledger is what a service has received: how often each identity's request came whole.
type ledger struct {
	mu    sync.Mutex
	began map[string]int // with its first bytes at least, and a known identity
	ends  map[string]context.CancelFunc
}

// note takes a request in, and returns what ends its caller's context.
func (l *ledger) note(identity string) context.CancelFunc {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.began[identity]++
	return l.ends[identity]
}

// misbehave serves one connection, and does at each request whatever comes to its mind.
func (l *ledger) misbehave(conn net.Conn) {
	defer conn.Close() //nolint:errcheck // that is what it does
	in := bufio.NewReader(conn)
	for {
		req, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		if req.ParseForm() != nil {
			return
		}
		identity := req.PostForm.Get("Identity")
		end := l.note(identity)
		body := strings.Replace(memberBody, "jing", identity, 1)
		switch rand.IntN(12) {
		case 0: // no answer
			return
		case 1: // half an answer
			_, _ = io.WriteString(conn, "HTTP/1.1 201 Created\r\nContent-Length: 500\r\n\r\n{")
			return
		case 2: // a good-bye without a warning
			give(conn, http.StatusCreated, body)
			return
		case 3: // a good-bye with one
			_, _ = io.WriteString(conn, "HTTP/1.1 201 Created\r\nConnection: close\r\n\r\n"+body)
			return
		case 4: // an answer too many, at once with the first: of a later one nobody could say whose it is
			more := strings.Replace(body, identity, "mallory", 1)
			_, _ = io.WriteString(conn, answerText(body)+answerText(more))
		case 5: // the caller gives up while it waits
			end()
		case 6: // and while it reads
			_, _ = io.WriteString(conn, "HTTP/1.1 201 Created\r\nContent-Length: 500\r\n\r\n{")
			end()
		case 7:
			give(conn, http.StatusServiceUnavailable, "busy")
		case 8:
			_, _ = io.WriteString(conn, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n"+hex(len(body))+"\r\n"+body+"\r\n0\r\n\r\n")
		default:
			give(conn, http.StatusCreated, body)
		}
	}
}

func answerText(body string) string {
	return "HTTP/1.1 201 Created\r\nContent-Length: " + itoa(len(body)) + "\r\n\r\n" + body
}

// TestWhateverTheServiceDoes makes calls at a service that misbehaves, and holds three things of each: its request
// came to the service once at most; where it was said not to be sent, it did not come; and the answer is its own.
func TestWhateverTheServiceDoes(t *testing.T) {
	t.Parallel()
	for name, long := range map[string]bool{"short": false, "long": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := &ledger{began: map[string]int{}, ends: map[string]context.CancelFunc{}}
			cfg := config()
			cfg.BaseURL = "http://" + proxyOn(t, l.misbehave)
			c := newClient(t, cfg)
			const workers, each = 8, 60
			var wg sync.WaitGroup
			for w := range workers {
				wg.Go(func() {
					for i := range each {
						callOnce(t, c, l, itoa(w)+"-"+itoa(i), long)
					}
				})
			}
			wg.Wait()
		})
	}
}

func callOnce(t *testing.T, c *chat.Client, l *ledger, identity string, long bool) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	l.mu.Lock()
	l.ends[identity] = cancel
	l.mu.Unlock()
	m := jing()
	m.Identity = identity
	if long {
		m.Attributes = `"` + strings.Repeat("ü", 8<<10) + `"`
	}
	got, err := c.CreateMember(ctx, m)
	l.mu.Lock()
	n := l.began[identity]
	l.mu.Unlock()
	assert.LessOrEqual(t, n, 1, "%s came more than once", identity)
	if err == nil {
		assert.Equal(t, 1, n)
		assert.Equal(t, identity, got.Member.Identity)
		return
	}
	if e := asError(t, err); !e.Sent {
		assert.Zero(t, n, "%s was said not to be sent: %v", identity, err)
	}
}

// TestManyContexts holds that a context which ends takes no other call with it.
func TestManyContexts(t *testing.T) {
	t.Parallel()
	c, _ := piped(t, func(_ int64, conn net.Conn) {
		for take(conn) {
			give(conn, http.StatusCreated, memberBody)
		}
	})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 100 {
				ctx, cancel := context.WithCancel(t.Context())
				_, err := c.CreateMember(ctx, jing())
				go cancel() // about when the connection's next call begins
				if !assert.NoError(t, err) {
					return
				}
			}
		})
	}
	wg.Wait()
	require.Positive(t, c.IdleConnections())
}
