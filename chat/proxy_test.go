package chat_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/chat"
)

func discardLog() *log.Logger { return log.New(io.Discard, "", 0) }

func rootsOf(server *httptest.Server) *x509.CertPool {
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	return roots
}

// connectProxy is a proxy that joins connections to to, and says how many it has joined.
func connectProxy(t *testing.T, to string) (*url.URL, *atomic.Int64) {
	t.Helper()
	var joined atomic.Int64
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if !assert.Equal(t, http.MethodConnect, req.Method) {
			return
		}
		joined.Add(1)
		far, err := net.Dial("tcp", to) //nolint:noctx // loopback
		if !assert.NoError(t, err) {
			return
		}
		w.WriteHeader(http.StatusOK)
		near, come, err := http.NewResponseController(w).Hijack()
		if !assert.NoError(t, err) {
			return
		}
		go func() {
			_, _ = io.Copy(far, come) // what came with the request stands in the server's buffer
			_ = far.Close()
		}()
		_, _ = io.Copy(near, far)
		_ = near.Close()
	}))
	t.Cleanup(proxy.Close)
	u, err := url.Parse(proxy.URL)
	require.NoError(t, err)
	return u, &joined
}

// TestThroughAProxy holds that bytes are counted below the TLS that the transport adds by itself.
func TestThroughAProxy(t *testing.T) {
	t.Parallel()
	var hangUp atomic.Bool
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		assert.Equal(t, 1, req.ProtoMajor, "HTTP/1.1 alone is spoken")
		if hangUp.Load() {
			panic(http.ErrAbortHandler)
		}
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, memberBody)
	}))
	server.Config.ErrorLog = discardLog()
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	proxy, joined := connectProxy(t, server.Listener.Addr().String())

	cfg := config()
	cfg.BaseURL, cfg.RootCAs = server.URL, rootsOf(server)
	c := newClient(t, cfg)
	c.UseProxy(proxy)
	_, err := c.CreateMember(t.Context(), jing())
	require.NoError(t, err)
	assert.EqualValues(t, 1, joined.Load())

	hangUp.Store(true)
	_, err = c.CreateMember(t.Context(), jing())
	assert.True(t, asError(t, err).Sent)

	cfg.RootCAs = x509.NewCertPool()
	c = newClient(t, cfg)
	c.UseProxy(proxy)
	_, err = c.CreateMember(t.Context(), jing())
	assert.False(t, asError(t, err).Sent, "the proxy was asked, the service was not")
}

// TestCountedBelow holds that the count is found on every kind of connection that a request may travel on.
func TestCountedBelow(t *testing.T) {
	t.Parallel()
	near, far := net.Pipe()
	t.Cleanup(func() { _, _ = near.Close(), far.Close() })
	assert.True(t, chat.CountedBelow(chat.Counted(near)))
	assert.True(t, chat.CountedBelow(tls.Client(chat.Counted(near), nil)))
	assert.True(t, chat.CountedBelow(tls.Client(tls.Client(chat.Counted(near), nil), nil)))
	assert.False(t, chat.CountedBelow(near))
}

func TestProxiesAreForTheNetworkAlone(t *testing.T) {
	t.Parallel()
	assert.True(t, newClient(t, config()).UsesProxies())
	c, _ := piped(t, nil)
	assert.False(t, c.UsesProxies())
}

// TestProxyThatCannotBeUsed holds that a proxy's password is no more shown than the API's.
func TestProxyThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	c := newClient(t, config())
	c.BreakProxy(errors.New("invalid proxy address \"http://me:" + secret + "@:no\""))
	_, err := c.CreateMember(t.Context(), jing())
	assert.False(t, asError(t, err).Sent)
	assert.ErrorContains(t, err, "HTTPS_PROXY")
}
