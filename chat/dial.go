package chat

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/url"
	"time"
)

// dialer opens connections to the API's host.
type dialer struct {
	dial   func(ctx context.Context, network, addr string) (net.Conn, error)
	tls    *tls.Config
	base   *url.URL
	host   string                                // without a port, in the letters of DNS
	port   string                                // a number
	secure bool                                  // https
	agent  string                                // what a proxy is told that asks
	proxy  func(*http.Request) (*url.URL, error) // nil: none is asked for
}

// newDialer returns a dialer of base's host, which a request names as host.
func newDialer(cfg *Config, base *url.URL, host string) dialer {
	d := dialer{
		dial: cfg.DialContext,
		tls: &tls.Config{
			MinVersion: tls.VersionTLS12,
			RootCAs:    cfg.RootCAs,
			NextProtos: []string{"http/1.1"},
		},
		base: base, host: base.Hostname(), port: portOf(base), secure: base.Scheme == "https",
		agent: cfg.UserAgent,
	}
	if !isASCII(d.host) {
		d.host = (&url.URL{Host: host}).Hostname()
	}
	if d.dial == nil {
		d.dial = (&net.Dialer{Timeout: connectTimeout, KeepAlive: 30 * time.Second}).DialContext
		d.proxy = discreet(http.ProxyFromEnvironment)
	}
	return d
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// open opens a connection, and secures it. The certificate has to be one for the host's name, and is checked against
// RootCAs.
func (d *dialer) open(ctx context.Context) (*conn, error) {
	conn, err := d.connect(ctx)
	if err != nil {
		return nil, err
	}
	if d.secure {
		if conn, err = d.handshake(ctx, conn, d.host); err != nil {
			return nil, err
		}
	}
	return newConn(conn), nil
}

// connect opens a way to the host, its own or through a proxy. Plain http is for loopback, to which no proxy leads.
func (d *dialer) connect(ctx context.Context) (net.Conn, error) {
	if d.proxy != nil && d.secure {
		proxy, err := d.proxy(&http.Request{URL: d.base})
		if err != nil {
			return nil, err
		}
		if proxy != nil {
			return d.throughProxy(ctx, proxy)
		}
	}
	return d.reach(ctx, net.JoinHostPort(d.host, d.port))
}

// reach opens a connection to addr, with a count of what is written to it.
func (d *dialer) reach(ctx context.Context, addr string) (net.Conn, error) {
	conn, err := d.dial(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	return newWire(conn), nil
}

// handshake secures conn, or closes it.
func (d *dialer) handshake(ctx context.Context, conn net.Conn, host string) (net.Conn, error) {
	cfg := d.tls.Clone()
	cfg.ServerName = host
	secured := tls.Client(conn, cfg)
	if err := secured.HandshakeContext(ctx); err != nil {
		_ = conn.Close() // the handshake's error says more
		return nil, err
	}
	return secured, nil
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
