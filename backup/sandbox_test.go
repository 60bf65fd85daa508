package backup

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/chat"
	"rejoin/ratelimit"
	"rejoin/sandbox"
)

// populate makes channels, public and private, each with members of its own number.
func populate(t *testing.T, server *sandbox.Server, channels, members int) {
	t.Helper()
	require.NoError(t, server.AddService(serviceA))
	for c := range channels {
		channel := fmt.Sprintf("channel %d", c)
		private := url.Values{"UniqueName": {channel}, "Type": {[]string{"public", "private"}[c%2]}}
		post(t, server, "/v2/Services/"+serviceA+"/Channels", private)
		for m := range members {
			post(t, server, "/v2/Services/"+serviceA+"/Channels/"+url.PathEscape(channel)+"/Members", url.Values{
				"Identity": {fmt.Sprintf("user %d", m)}, "LastConsumedMessageIndex": {strconv.Itoa(m)},
				"Attributes": {fmt.Sprintf(`{"n":%d}`, m)}, "DateCreated": {"2016-03-24T21:05:50Z"},
			})
		}
	}
}

func post(t *testing.T, server http.Handler, path string, form url.Values) {
	t.Helper()
	req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader(form.Encode()))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.SetBasicAuth("AC", "secret")
	w := httptest.NewRecorder()
	server.ServeHTTP(w, req)
	require.Equal(t, http.StatusCreated, w.Code, w.Body)
}

// overTheWire backs up with the real client and the real limiter, over pipes. It is called in a bubble.
func overTheWire(t *testing.T, server *sandbox.Server, pace ratelimit.Config, cfg Config) (*written, Summary, error) {
	t.Helper()
	pipe := sandbox.Pipe()
	stop := server.Serve(pipe)
	client, err := chat.NewClient(chat.Config{
		BaseURL: "http://localhost", Credentials: chat.Credentials{User: "AC", Password: "secret"}, Timeout: 5 * time.Second,
		Connections: pace.Workers, DialContext: pipe.DialContext,
	})
	require.NoError(t, err)
	limiter, err := ratelimit.New(pace)
	require.NoError(t, err)
	w := &written{}
	cfg.Client, cfg.Limiter, cfg.Service, cfg.Workers = client, limiter, serviceA, pace.Workers
	sum, err := Run(context.Background(), w, cfg)
	client.Close()
	require.NoError(t, stop())
	return w, sum, err
}

// Every fault that the sandbox knows, at once: the backup is the one of a service without any.
func TestEveryFaultAtOnce(t *testing.T) {
	t.Parallel()
	const channels, members = 12, 130
	build := func(t *testing.T, specs ...string) *sandbox.Server {
		t.Helper()
		faults, err := sandbox.ParseFaults(specs)
		require.NoError(t, err)
		faults.Latency, err = sandbox.ParseLatency("50ms±20ms")
		require.NoError(t, err)
		server, err := sandbox.New(sandbox.Config{Seed: 7, Faults: faults})
		require.NoError(t, err)
		populate(t, server, channels, members)
		return server
	}
	var want string
	synctest.Test(t, func(t *testing.T) {
		w, sum, err := overTheWire(t, build(t), ratelimit.Config{Rate: 1000, Workers: 4}, Config{})
		require.NoError(t, err)
		require.EqualValues(t, channels*members, sum.Members)
		want = w.all()
	})
	for _, workers := range []int{1, 8} {
		t.Run(fmt.Sprint(workers, " workers"), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				server := build(t, "500,502,503,504=3%:on=read", "429=3%:on=read", "429=2%:retry-after=1:on=read",
					"429=1%:code=50063:on=read", "lost-before=3%:on=read", "html=3%:on=read", "cut=3%:on=read", "hang=1%:on=read")
				w, sum, err := overTheWire(t, server, ratelimit.Config{Rate: 200, Workers: workers}, Config{
					Retries: 30, OutageTimeout: time.Hour,
				})
				require.NoError(t, err)
				assert.Equal(t, want, w.all())
				assert.Positive(t, sum.Throttled)
				assert.Greater(t, sum.Requests, int64(channels*3+2))
				assert.Empty(t, sum.Warnings)
			})
		})
	}
}
