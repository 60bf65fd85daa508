package chat

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"net/url"
	"time"
)

// What the tests of the package need to see or set.
var (
	AppendSegment    = appendSegment
	AppendFormValue  = appendFormValue
	AppendCreateForm = appendCreateForm
	AppendUpdateForm = appendUpdateForm
	RetryAfter       = retryAfter
	SameJSON         = sameJSON
	DecodeMember     = decodeMember
)

// FormSize is the room that is made for a form.
func FormSize(m *Member) int { return formSize(m) }

// UseProxy sends c's requests through a proxy, which the environment would name.
func (c *Client) UseProxy(u *url.URL) { c.pool.dialer.proxy = http.ProxyURL(u) }

// ScanMember reads a member the fast way; false: that way gave up.
func ScanMember(s string) (any, bool) {
	var m memberJSON
	ok := scanMember(s, &m)
	return m, ok
}

// UnmarshalMember reads a member with encoding/json.
func UnmarshalMember(s string) (any, error) {
	return unmarshalMember([]byte(s))
}

// BreakProxy makes c ask for a proxy with proxy.
func (c *Client) BreakProxy(err error) {
	c.pool.dialer.proxy = discreet(func(*http.Request) (*url.URL, error) { return nil, err })
}

// UsesProxies reports whether c asks the environment for a proxy.
func (c *Client) UsesProxies() bool { return c.pool.dialer.proxy != nil }

// CountedBelow reports whether conn's bytes are counted, on conn itself or below its TLS.
func CountedBelow(conn net.Conn) bool { return bottom(conn) != nil }

// Counted returns conn with its bytes counted.
func Counted(conn net.Conn) net.Conn { return newWire(conn) }

// ReadAnswer reads one answer off conn, to a request for which want was promised, as a call does. It returns the
// answer's status, id and body, and whether the connection could carry another request.
func ReadAnswer(conn net.Conn, want int, limit int64) (status int, id string, body []byte, keeps bool, err error) {
	c := newConn(newWire(conn))
	a, err := c.readAnswer(want)
	if err != nil {
		return 0, "", nil, false, err
	}
	body, err = c.readBody(&a, new(bytes.Buffer), limit)
	return a.status, a.id, body, a.keeps(c.in), err
}

// IsPlain reports whether head is read without net/http.
func IsPlain(head string, want int) bool {
	_, how := parseHead([]byte(head), want)
	return how == plain
}

// IdleConnections returns how many connections c keeps.
func (c *Client) IdleConnections() int {
	c.pool.mu.Lock()
	defer c.pool.mu.Unlock()
	return len(c.pool.idle)
}

// OpenIdle opens a connection that no request has used yet.
func (c *Client) OpenIdle(ctx context.Context) error {
	conn, err := c.pool.dialer.open(ctx)
	if err == nil {
		c.pool.put(conn)
	}
	return err
}

// Lease is a connection as a request has it.
type Lease struct{ c *conn }

func NewLease(conn net.Conn) Lease { return Lease{newConn(newWire(conn))} }

// Begin gives the connection to a request of ctx, and reports whether it may go on.
func (l Lease) Begin(ctx context.Context) bool { return l.c.begin(ctx, time.Now().Add(time.Hour)) }

// End takes it away.
func (l Lease) End() { l.c.end() }

// Abort is what a context's end comes to; it may come late, when another request has the connection.
func (l Lease) Abort(ctx context.Context) bool {
	l.c.abort(ctx.Done())
	return l.c.wasAborted()
}
