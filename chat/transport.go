package chat

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"
)

const (
	// idleTimeout is how long an unused connection is kept. Load balancers commonly drop theirs after 60 s; being
	// the first to let go saves a row from meeting a connection that has just been closed at the other end.
	idleTimeout = 50 * time.Second

	// connectTimeout bounds the making of one connection. A connection that is still being made when its request
	// gives up is kept for the next one.
	connectTimeout = 30 * time.Second

	maxHeaderBytes = 64 << 10
)

// newTransport returns a transport that speaks HTTP/1.1 over connections that count what is written to them.
func newTransport(cfg *Config) *http.Transport {
	d := dialer{dial: cfg.DialContext, tls: &tls.Config{
		MinVersion: tls.VersionTLS12,
		RootCAs:    cfg.RootCAs,
		NextProtos: []string{"http/1.1"},
	}}
	t := &http.Transport{
		Proxy:                  discreet(http.ProxyFromEnvironment),
		TLSClientConfig:        d.tls.Clone(), // for connections through a proxy, which the transport secures itself
		TLSHandshakeTimeout:    connectTimeout,
		Protocols:              new(http.Protocols),
		DisableCompression:     true, // answers are unpacked in readBody, whoever asked for the packing
		MaxIdleConns:           cfg.Connections,
		MaxIdleConnsPerHost:    cfg.Connections,
		IdleConnTimeout:        idleTimeout,
		MaxResponseHeaderBytes: maxHeaderBytes,
	}
	t.Protocols.SetHTTP1(true)
	if d.dial == nil {
		d.dial = (&net.Dialer{Timeout: connectTimeout, KeepAlive: 30 * time.Second}).DialContext
	} else {
		t.Proxy = nil
	}
	t.DialContext, t.DialTLSContext = d.dialPlain, d.dialTLS
	return t
}

// errProxy is why no proxy is asked. The cause would repeat the proxy's URL, and a password may stand in it.
var errProxy = errors.New("the environment's proxy cannot be used: expected HTTPS_PROXY to be a URL such as http://proxy.example:3128")

// discreet returns proxy without its errors' texts.
func discreet(proxy func(*http.Request) (*url.URL, error)) func(*http.Request) (*url.URL, error) {
	return func(req *http.Request) (*url.URL, error) {
		u, err := proxy(req)
		if err != nil {
			return nil, errProxy
		}
		return u, nil
	}
}

// dialer opens the connections that a transport uses.
type dialer struct {
	dial func(ctx context.Context, network, addr string) (net.Conn, error)
	tls  *tls.Config
}

func (d dialer) dialPlain(ctx context.Context, network, addr string) (net.Conn, error) {
	conn, err := d.dial(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	return &countedConn{Conn: conn}, nil
}

// dialTLS opens a secured connection. The transport could do it too; done here, the count is of the request's own
// bytes and not of the records around them, of which a mere good-bye is one.
func (d dialer) dialTLS(ctx context.Context, network, addr string) (net.Conn, error) {
	conn, err := d.dial(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	cfg := d.tls.Clone()
	cfg.ServerName = host
	secured := tls.Client(conn, cfg)
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	if err := secured.HandshakeContext(ctx); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return &countedConn{Conn: secured}, nil
}

// countedConn counts the bytes that were written to it.
type countedConn struct {
	net.Conn
	written atomic.Int64
}

func (c *countedConn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	c.written.Add(int64(n))
	return n, err
}

// sight sees which connection carried a request, and so whether any of it was written.
//
// The transport hands a connection to one request at a time and announces it before writing. So a count that has not
// moved since then means that not one byte of the request left, and after a failed round trip the count is final, for
// the transport waits until its writer has ended.
type sight struct {
	conn   *countedConn
	before int64
	wrote  bool // on a connection before this one
	blind  bool // a connection of a kind that does not count: assume the worst
}

func (s *sight) gotConn(conn net.Conn) {
	s.wrote = s.sent()
	s.conn = counted(conn)
	if s.conn == nil {
		s.blind = true
		return
	}
	s.before = s.conn.written.Load()
}

// sent reports whether any byte of the request can have left.
func (s *sight) sent() bool {
	return s.wrote || s.blind || s.conn != nil && s.conn.written.Load() != s.before
}

// counted returns the counting connection at the bottom of conn: conn itself, or what the transport has put its own
// TLS around to reach through a proxy.
func counted(conn net.Conn) *countedConn {
	for {
		switch c := conn.(type) {
		case *countedConn:
			return c
		case interface{ NetConn() net.Conn }:
			conn = c.NetConn()
		default:
			return nil
		}
	}
}
