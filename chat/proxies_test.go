package chat_test

import (
	"bufio"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/chat"
)

// proxyPassword is the password in the tests' proxy URLs.
const proxyPassword = "open sesame"

// secureService is a service of TLS, and a configuration for it.
func secureService(t *testing.T) (*httptest.Server, chat.Config) {
	t.Helper()
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, memberBody)
	}))
	t.Cleanup(server.Close)
	cfg := config()
	cfg.BaseURL, cfg.RootCAs = server.URL, rootsOf(server)
	return server, cfg
}

// proxyOn serves each connection to a port with serve, and returns its address.
func proxyOn(t *testing.T, serve func(conn net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // a test's own port
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close() //nolint:errcheck // a test's own
				serve(conn)
			}()
		}
	}()
	return l.Addr().String()
}

// join copies both ways until either ends.
func join(near net.Conn, in io.Reader, to string) {
	far, err := net.Dial("tcp", to) //nolint:noctx // loopback
	if err != nil {
		return
	}
	defer far.Close() //nolint:errcheck // a test's own
	go func() {
		_, _ = io.Copy(far, in)
		_ = far.Close()
	}()
	_, _ = io.Copy(near, far)
}

func TestProxyIsGivenItsPassword(t *testing.T) {
	t.Parallel()
	server, cfg := secureService(t)
	service := server.Listener.Addr().String()
	for _, scheme := range []string{"http", "https"} {
		asked := make(chan *http.Request, 1)
		handler := http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
			asked <- req
			w.WriteHeader(http.StatusOK)
			near, buffered, err := http.NewResponseController(w).Hijack()
			if assert.NoError(t, err) {
				join(near, buffered, service)
				_ = near.Close()
			}
		})
		proxy := httptest.NewUnstartedServer(handler)
		if scheme == "https" {
			proxy.StartTLS() // with the same certificate as the service's
		} else {
			proxy.Start()
		}
		t.Cleanup(proxy.Close)
		u, err := url.Parse(proxy.URL)
		require.NoError(t, err)
		u.User = url.UserPassword("me", proxyPassword)
		c := newClient(t, cfg)
		c.UseProxy(u)
		for range 3 {
			_, err = c.CreateMember(t.Context(), jing())
			require.NoError(t, err, scheme)
		}
		req := <-asked
		assert.Equal(t, http.MethodConnect, req.Method)
		assert.Equal(t, service, req.Host)
		assert.Equal(t, service, req.RequestURI)
		assert.Equal(t, "Basic "+base64.StdEncoding.EncodeToString([]byte("me:"+proxyPassword)), req.Header.Get("Proxy-Authorization"))
		assert.Empty(t, req.Header.Get("Authorization"), "the service's credentials are not the proxy's")
		assert.Empty(t, asked, "one connection serves all requests")
	}
}

// TestProxyThatRefuses holds that it is the proxy that is said to refuse, that nothing was sent, and that its password
// is not shown, whatever it says.
func TestProxyThatRefuses(t *testing.T) {
	t.Parallel()
	_, cfg := secureService(t)
	token := base64.StdEncoding.EncodeToString([]byte("me:" + proxyPassword))
	for answer, want := range map[string]string{
		"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n": "the proxy answered 407 Proxy Authentication Required",
		"HTTP/1.1 502 no way for " + proxyPassword + " " + token + "\x1b[31m\r\n\r\n":                          "the proxy answered 502 no way for [hidden] [hidden]",
		"HTTP/1.1 101 Switching Protocols\r\n\r\n":                                                             "the proxy answered 101",
		"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 403 Forbidden\r\n\r\n":                                          "the proxy answered 403 Forbidden",
		"HTTP/1.1 200 OK\r\n\r\nand more":                                                                      "the proxy sent more than an answer",
		"SSH-2.0-OpenSSH\r\n\r\n":                                                                              "malformed HTTP",
		"":                                                                                                     "EOF",
	} {
		u := &url.URL{Scheme: "http", User: url.UserPassword("me", proxyPassword), Host: proxyOn(t, func(conn net.Conn) {
			_, err := http.ReadRequest(bufio.NewReader(conn))
			assert.NoError(t, err)
			_, _ = io.WriteString(conn, answer)
		})}
		c := newClient(t, cfg)
		c.UseProxy(u)
		_, err := c.CreateMember(t.Context(), jing())
		e := asError(t, err)
		require.ErrorContains(t, err, want)
		assert.ErrorContains(t, err, "create member: not sent: ask the proxy for the way to 127.0.0.1")
		assert.False(t, e.Sent)
		assert.Zero(t, e.Status, "it is not the service's answer")
		assert.NotContains(t, err.Error(), proxyPassword)
		assert.NotContains(t, err.Error(), token)
		assert.NotContains(t, err.Error(), "\x1b")
	}
}

func TestProxyThatCannotBeReached(t *testing.T) {
	t.Parallel()
	_, cfg := secureService(t)
	address := refusing(t)
	for _, u := range []*url.URL{
		{Scheme: "http", Host: address},
		{Scheme: "https", Host: proxyOn(t, func(net.Conn) {})},
		{Scheme: "gopher", Host: address},
	} {
		c := newClient(t, cfg)
		c.UseProxy(u)
		_, err := c.CreateMember(t.Context(), jing())
		assert.False(t, asError(t, err).Sent)
		assert.ErrorContains(t, err, "proxy")
	}
}

// TestProxyThatHangs holds that the attempt's time goes on while a proxy is asked.
func TestProxyThatHangs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for _, scheme := range []string{"http", "https", "socks5"} {
			p := &pipes{serve: func(_ int64, conn net.Conn) { _, _ = io.Copy(io.Discard, conn) }}
			cfg := config()
			cfg.Timeout, cfg.DialContext = 5*time.Second, p.dial
			c := newClient(t, cfg)
			c.UseProxy(&url.URL{Scheme: scheme, Host: "proxy.example:1"})
			start := time.Now()
			_, err := c.CreateMember(t.Context(), jing())
			e := asError(t, err)
			assert.True(t, e.Timeout)
			assert.False(t, e.Sent)
			assert.Equal(t, 5*time.Second, time.Since(start))
			time.Sleep(time.Hour)
			synctest.Wait()
			assert.Zero(t, c.IdleConnections())
		}
	})
}

// TestPlainHTTPAsksNoProxy holds that credentials which are not encrypted stay on the machine.
func TestPlainHTTPAsksNoProxy(t *testing.T) {
	t.Parallel()
	c, network := piped(t, func(_ int64, conn net.Conn) {
		for take(conn) {
			give(conn, http.StatusCreated, memberBody)
		}
	})
	c.UseProxy(&url.URL{Scheme: "gopher", Host: "proxy.example"})
	_, err := c.CreateMember(t.Context(), jing())
	require.NoError(t, err)
	assert.EqualValues(t, 1, network.made.Load())
}

// socksProxy answers one SOCKS 5 conversation, as RFC 1928 has it, and joins the connection with to where it agrees.
func socksProxy(t *testing.T, to string, user *url.Userinfo, refusal byte, seen chan<- string) func(conn net.Conn) {
	t.Helper()
	return func(conn net.Conn) {
		in := bufio.NewReader(conn)
		read := func(n int) []byte {
			b := make([]byte, n)
			_, err := io.ReadFull(in, b)
			assert.NoError(t, err)
			return b
		}
		head := read(2)
		methods := read(int(head[1]))
		if user == nil {
			assert.Equal(t, []byte{0}, methods)
			_, _ = conn.Write([]byte{5, 0})
		} else {
			assert.Equal(t, []byte{0, 2}, methods)
			_, _ = conn.Write([]byte{5, 2})
			assert.Equal(t, byte(1), read(1)[0])
			name := string(read(int(read(1)[0])))
			password := string(read(int(read(1)[0])))
			if name+":"+password != "me:"+proxyPassword {
				_, _ = conn.Write([]byte{1, 1})
				return
			}
			_, _ = conn.Write([]byte{1, 0})
		}
		request := read(4)
		assert.Equal(t, []byte{5, 1, 0}, request[:3])
		var host string
		switch request[3] {
		case 1:
			host = net.IP(read(4)).String()
		case 3:
			host = string(read(int(read(1)[0])))
		case 4:
			host = net.IP(read(16)).String()
		}
		port := read(2)
		seen <- fmt.Sprintf("%s %d", host, int(port[0])<<8|int(port[1]))
		if refusal != 0 {
			_, _ = conn.Write([]byte{5, refusal, 0, 1, 0, 0, 0, 0, 0, 0})
			return
		}
		_, _ = conn.Write(append(append([]byte{5, 0, 0, 3, 4}, "here"...), 1, 2))
		join(conn, in, to)
	}
}

func TestThroughSOCKS(t *testing.T) {
	t.Parallel()
	server, cfg := secureService(t)
	service := server.Listener.Addr().String()
	_, port, err := net.SplitHostPort(service)
	require.NoError(t, err)
	me := url.UserPassword("me", proxyPassword)
	for name, c := range map[string]struct {
		base    string
		user    *url.Userinfo
		refusal byte
		seen    string
		fails   string
	}{
		"by address":      {"https://127.0.0.1:" + port, nil, 0, "127.0.0.1 " + port, ""},
		"by name":         {"https://example.com:" + port, nil, 0, "example.com " + port, ""}, // the certificate's other name
		"another port":    {"https://example.com", nil, 0, "example.com 443", ""},
		"by IPv6":         {"https://[::1]:" + port, nil, 0, "::1 " + port, ""},
		"with a password": {"https://127.0.0.1:" + port, me, 0, "127.0.0.1 " + port, ""},
		"a wrong one":     {"https://127.0.0.1:" + port, url.UserPassword("me", "wrong"), 0, "", "the proxy refuses the user name and password"},
		"not allowed":     {"https://127.0.0.1:" + port, nil, 2, "127.0.0.1 " + port, "the proxy answered 2 (not allowed by its rules)"},
	} {
		seen := make(chan string, 1)
		cfg := cfg
		cfg.BaseURL = c.base
		client := newClient(t, cfg)
		client.UseProxy(&url.URL{Scheme: "socks5", User: c.user, Host: proxyOn(t, socksProxy(t, service, c.user, c.refusal, seen))})
		_, err := client.CreateMember(t.Context(), jing())
		if c.fails != "" {
			require.ErrorContains(t, err, c.fails, name)
			assert.False(t, asError(t, err).Sent, name)
			assert.NotContains(t, err.Error(), proxyPassword)
		} else {
			require.NoError(t, err, name)
		}
		if c.seen != "" {
			assert.Equal(t, c.seen, <-seen, name)
		}
	}
}

// TestNoSOCKS holds that whatever else answers is no way through.
func TestNoSOCKS(t *testing.T) {
	t.Parallel()
	_, cfg := secureService(t)
	for answer, want := range map[string]string{
		"HTTP/1.1 400 Bad Request\r\n": "no SOCKS 5 proxy",
		"\x05\xff":                     "credentials of another kind",
		"\x05\x02":                     "credentials of another kind",
		"\x05\x00\x04\x00\x00\x01":     "no SOCKS 5 proxy",
		"\x05\x00\x05\x00\x00\x09":     "no SOCKS 5 proxy",
		"\x05\x00\x05\x00\x00\x01\x01": "EOF",
		"\x05":                         "EOF",
	} {
		c := newClient(t, cfg)
		c.UseProxy(&url.URL{Scheme: "socks5h", Host: proxyOn(t, func(conn net.Conn) {
			_, _ = io.WriteString(conn, answer)
			_, _ = conn.Read(make([]byte, 100))
			if half, ok := conn.(*net.TCPConn); ok {
				_ = half.CloseWrite() // the client may be gone already
			}
			_, _ = io.Copy(io.Discard, conn)
		})})
		_, err := c.CreateMember(t.Context(), jing())
		require.ErrorContains(t, err, want, "%q", answer)
		assert.False(t, asError(t, err).Sent)
	}
}

// TestHostInOtherLetters holds that a host's name goes out as DNS has it.
func TestHostInOtherLetters(t *testing.T) {
	t.Parallel()
	cfg := config()
	var to string
	cfg.BaseURL, cfg.DialContext = "https://chat.münchen.example/base", dialNowhere(&to)
	_, err := newClient(t, cfg).CreateMember(t.Context(), jing())
	require.Error(t, err)
	assert.Equal(t, "chat.xn--mnchen-3ya.example:443", to)
}
