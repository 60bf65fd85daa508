package chat

import (
	"net"
	"net/http"
	"net/url"
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
