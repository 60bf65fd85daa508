package chat_test

import (
	"bufio"
	"context"
	"encoding/base64"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"rejoin/chat"
)

const (
	serviceSID = "ISaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	channelSID = "CHaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	roleSID    = "RLaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	memberSID  = "MBaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	requestID  = "RQaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

	user   = "SKaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	secret = "hunter2hunter2hunter2"
)

// basicToken is what basic authentication makes of user and secret.
var basicToken = base64.StdEncoding.EncodeToString([]byte(user + ":" + secret))

// memberBody is the 201 of the reference page.
const memberBody = `{
  "sid": "MBaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
  "url": "https://chat.twilio.com/v2/Services/ISaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/Channels/CHaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/Members/MBaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
  "identity": "jing",
  "role_sid": "RLaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
  "attributes": "{}",
  "account_sid": "ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
  "channel_sid": "CHaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
  "service_sid": "ISaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
  "date_created": "2016-03-24T21:05:50Z",
  "date_updated": "2016-03-24T21:05:50Z",
  "last_consumption_timestamp": null,
  "last_consumed_message_index": null
}`

// jing is a member with nothing but what is required.
func jing() *chat.Member {
	return &chat.Member{ServiceSID: serviceSID, Channel: channelSID, Identity: "jing"}
}

// config is a configuration with the tests' credentials.
func config() chat.Config {
	return chat.Config{Credentials: chat.Credentials{User: user, Password: secret}}
}

// setup returns a client of a server on loopback. The server answers under a path of its own, so that a request that
// forgets the base URL's path is not found.
func setup(t *testing.T, handler http.HandlerFunc) *chat.Client {
	t.Helper()
	mux := http.NewServeMux()
	mux.Handle("/base/", http.StripPrefix("/base", handler))
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	cfg := config()
	cfg.BaseURL = server.URL + "/base"
	return newClient(t, cfg)
}

// answer returns a client of a service that gives every request the same answer.
func answer(t *testing.T, status int, body string, header ...string) *chat.Client {
	t.Helper()
	return setup(t, func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	})
}

func newClient(t *testing.T, cfg chat.Config) *chat.Client {
	t.Helper()
	c, err := chat.NewClient(cfg)
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c
}

// pipes is a network in memory: each connection that is opened is given to serve, with its number from 1.
type pipes struct {
	serve func(n int64, conn net.Conn)
	made  atomic.Int64
}

func (p *pipes) dial(context.Context, string, string) (net.Conn, error) {
	near, far := net.Pipe()
	n := p.made.Add(1)
	go func() {
		defer far.Close() //nolint:errcheck // in memory
		p.serve(n, far)
	}()
	return near, nil
}

// piped returns a client over pipes that serve serves, and the pipes.
func piped(t *testing.T, serve func(n int64, conn net.Conn)) (*chat.Client, *pipes) {
	t.Helper()
	p := &pipes{serve: serve}
	cfg := config()
	cfg.BaseURL = "http://localhost"
	cfg.DialContext = p.dial
	return newClient(t, cfg), p
}

// take reads one request off conn; false: the connection has ended.
func take(conn net.Conn) bool {
	req, err := http.ReadRequest(bufio.NewReader(conn))
	if err != nil {
		return false
	}
	_, err = io.Copy(io.Discard, req.Body)
	return err == nil
}

// give writes an answer to conn, as a service that keeps the connection does.
func give(conn net.Conn, status int, body string) {
	_, _ = io.WriteString(conn, "HTTP/1.1 "+strconv.Itoa(status)+" "+http.StatusText(status)+
		"\r\nContent-Type: application/json\r\nContent-Length: "+strconv.Itoa(len(body))+"\r\n\r\n"+body)
}

// asError returns err as the error that every failed call gives.
func asError(t *testing.T, err error) *chat.Error {
	t.Helper()
	var e *chat.Error
	require.ErrorAs(t, err, &e)
	requireNoSecret(t, err)
	return e
}

// requireNoSecret looks for the password in an error's text, as it stands and as basic authentication encodes it.
func requireNoSecret(t *testing.T, err error) {
	t.Helper()
	for _, hiddenText := range []string{secret, basicToken} {
		require.NotContains(t, err.Error(), hiddenText)
		require.NotContains(t, strings.ToLower(err.Error()), strings.ToLower(hiddenText))
	}
}

// dialNowhere notes the address that it is asked for, and fails.
func dialNowhere(to *string) func(context.Context, string, string) (net.Conn, error) {
	return func(_ context.Context, _, addr string) (net.Conn, error) {
		*to = addr
		return nil, errors.New("no network here")
	}
}

func itoa(n int) string { return strconv.Itoa(n) }

func hex(n int) string { return strconv.FormatInt(int64(n), 16) }
