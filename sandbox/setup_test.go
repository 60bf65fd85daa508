package sandbox_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"rejoin/sandbox"
)

const (
	serviceSID = "IS00000000000000000000000000000001"
	channelSID = "CH00000000000000000000000000000001"
	roleSID    = "RL00000000000000000000000000000001"

	services = "/v2/Services"
	service  = services + "/" + serviceSID
	channels = service + "/Channels"
	members  = channels + "/" + channelSID + "/Members"
	users    = service + "/Users"
	roles    = service + "/Roles"
)

// newServer returns a server that holds one Service, one channel and one channel role.
func newServer(t *testing.T, cfg sandbox.Config) *sandbox.Server {
	t.Helper()
	s, err := sandbox.New(cfg)
	require.NoError(t, err)
	require.NoError(t, s.AddService(serviceSID))
	require.NoError(t, s.AddChannel(serviceSID, channelSID))
	require.NoError(t, s.AddRole(serviceSID, roleSID))
	return s
}

// answer is what a request got.
type answer struct {
	status int
	header http.Header
	body   string
}

// object decodes the body.
func (a answer) object(t *testing.T) map[string]any {
	t.Helper()
	var v map[string]any
	require.NoError(t, json.Unmarshal([]byte(a.body), &v), "%s", a.body)
	return v
}

func (a answer) text(t *testing.T, name string) string {
	t.Helper()
	text, ok := a.object(t)[name].(string)
	require.True(t, ok, "%s in %s", name, a.body)
	return text
}

// send asks the handler, without any connection. A body is a form; pairs of a header's name and value may follow.
func send(h http.Handler, method, target, body string, header ...string) answer {
	req := httptest.NewRequestWithContext(context.Background(), method, target, strings.NewReader(body))
	req.SetBasicAuth("user", "password")
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, req)
	return answer{w.Code, w.Result().Header, w.Body.String()}
}

func get(h http.Handler, target string) answer { return send(h, http.MethodGet, target, "") }

// post sends the pairs of a parameter's name and value as a form.
func post(h http.Handler, target string, pairs ...string) answer {
	return send(h, http.MethodPost, target, encode(pairs...))
}

func del(h http.Handler, target string) answer { return send(h, http.MethodDelete, target, "") }

func encode(pairs ...string) string {
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	return form.Encode()
}

// over serves s on a pipe and returns a client of it.
func over(t *testing.T, s *sandbox.Server) *http.Client {
	t.Helper()
	pipe := sandbox.Pipe()
	stop := s.Serve(pipe)
	transport := &http.Transport{DialContext: pipe.DialContext, MaxIdleConnsPerHost: 64}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		require.NoError(t, stop())
	})
	return &http.Client{Transport: transport}
}

// create sends one create over the client and returns the status, and the error of a connection that was lost.
func create(client *http.Client) (int, error) {
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, "http://chat.test"+members,
		strings.NewReader(encode("Identity", "jing")))
	if err != nil {
		return 0, err
	}
	req.SetBasicAuth("user", "password")
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := client.Do(req)
	if err != nil {
		return 0, err
	}
	_, err = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode, errors.Join(err, resp.Body.Close())
}

func loopback(tb testing.TB) net.Listener {
	tb.Helper()
	l, err := new(net.ListenConfig).Listen(tb.Context(), "tcp", "127.0.0.1:0")
	require.NoError(tb, err)
	return l
}

// clientOf returns a client that dials the address, whatever host its requests name.
func clientOf(addr net.Addr) *http.Client {
	return &http.Client{Transport: &http.Transport{
		MaxIdleConnsPerHost: 64,
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, addr.String())
		},
	}}
}
