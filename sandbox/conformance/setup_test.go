package conformance

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	twilio "github.com/twilio/twilio-go/client"
	chat "github.com/twilio/twilio-go/rest/chat/v2"

	"rejoin/sandbox"
)

const (
	accountSID = "ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	authToken  = "token"
	unknownSID = "00000000000000000000000000000000"
)

// suite is the official client, and the sandbox that it takes for the Chat API.
type suite struct {
	*chat.ApiService
	server *sandbox.Server
}

func newSuite(t *testing.T) *suite {
	t.Helper()
	server, err := sandbox.New(sandbox.Config{AccountSID: accountSID, AuthToken: authToken, Keep: -1})
	require.NoError(t, err)
	return &suite{clientOf(t, server, authToken), server}
}

// clientOf returns the client as a program has it, but for the machine that its requests end on.
func clientOf(t *testing.T, server *sandbox.Server, token string) *chat.ApiService {
	t.Helper()
	listening := httptest.NewServer(server)
	t.Cleanup(listening.Close)
	client := &twilio.Client{
		Credentials: twilio.NewCredentials(accountSID, token),
		HTTPClient:  &http.Client{Transport: &diversion{to: listening.Listener.Addr().String(), transport: &http.Transport{}}},
	}
	client.SetAccountSid(accountSID)
	return chat.NewApiServiceWithClient(client)
}

// diversion sends what is for chat.twilio.com to the sandbox, and lets nothing else pass.
type diversion struct {
	to        string
	transport *http.Transport
}

func (d *diversion) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.URL.Host != "chat.twilio.com" {
		return nil, fmt.Errorf("a request for %s: expected chat.twilio.com", req.URL.Host)
	}
	diverted := req.Clone(req.Context())
	diverted.URL.Scheme, diverted.URL.Host = "http", d.to
	diverted.Host = req.URL.Host // so that the pages' addresses lead to it again
	return d.transport.RoundTrip(diverted)
}

// refused holds that the client understood the error: its status, its code and where to read more.
func refused(t *testing.T, err error, status, code int) {
	t.Helper()
	var refusal *twilio.TwilioRestError
	if !assert.ErrorAs(t, err, &refusal) {
		return
	}
	assert.Equal(t, status, refusal.Status)
	assert.Equal(t, code, refusal.Code)
	assert.NotEmpty(t, refusal.Message)
	assert.Equal(t, fmt.Sprintf("https://www.twilio.com/docs/errors/%d", code), refusal.MoreInfo)
}

// at is a moment of a backup, of which the client sends whole seconds.
func at(second int) time.Time { return time.Date(2016, 3, 24, 21, 5, second, 0, time.UTC) }

func equalTimes(t *testing.T, want time.Time, got *time.Time) {
	t.Helper()
	if assert.NotNil(t, got) {
		assert.True(t, want.Equal(*got), "expected %v, got %v", want, *got)
	}
}

// fields holds that a part of an answer for which the client has no type has these values.
func fields(t *testing.T, part *any, want map[string]any) {
	t.Helper()
	require.NotNil(t, part)
	got, ok := (*part).(map[string]any)
	require.True(t, ok)
	for name, value := range want {
		assert.Equal(t, value, got[name], name)
	}
}

// operations is all that the sandbox serves.
var operations = []string{
	"create member", "fetch member", "list members", "update member", "delete member",
	"create service", "fetch service", "list services", "update service", "delete service",
	"create role", "fetch role", "list roles", "update role", "delete role",
	"create channel", "fetch channel", "list channels", "update channel", "delete channel",
	"create user", "fetch user", "list users", "update user", "delete user",
	"fetch user channel", "list user channels", "update user channel", "delete user channel",
}

// answered holds that every operation was answered with a success at least once, and that nothing else was asked for.
func (s *suite) answered(t *testing.T) {
	t.Helper()
	succeeded := map[string]bool{}
	for _, req := range s.server.Requests() {
		if assert.NotEmpty(t, req.Operation, "%s %s is none of the API's", req.Method, req.Path) && req.Status < http.StatusBadRequest {
			succeeded[req.Operation] = true
		}
	}
	for _, name := range operations {
		assert.True(t, succeeded[name], "no %s succeeded", name)
		delete(succeeded, name)
	}
	assert.Empty(t, succeeded, "operations that this test does not know")
}
