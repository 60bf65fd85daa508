package metrics

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/ratelimit"
	"rejoin/restore"
	"rejoin/retry"
)

type status ratelimit.Status

func (s status) Status() ratelimit.Status { return ratelimit.Status(s) }

func sampleRun() Run {
	p := new(restore.Progress)
	p.Read.Store(10)
	p.Done[restore.Created].Store(7)
	p.Done[restore.Invalid].Store(1)
	p.Window.Store(2)
	p.InFlight.Store(1)
	p.Requests.Store(12)
	p.Heard(retry.Done, 30*time.Millisecond)
	p.Heard(retry.Throttled, time.Millisecond)
	p.Outage.Store(true)
	return Run{
		Command: "restore", Version: "1.2.3", Total: 100, Progress: p,
		Limiter: status{Rate: 12.5, Ceiling: 25, HeldDown: true, Cuts: 3},
	}
}

func TestMetricsAreTheCounters(t *testing.T) {
	t.Parallel()
	c := newCollector(sampleRun())
	problems, err := testutil.CollectAndLint(c)
	require.NoError(t, err)
	assert.Empty(t, problems)
	require.NoError(t, testutil.CollectAndCompare(c, strings.NewReader(`
# HELP rejoin_rows_total Rows that have an outcome, earlier runs of a resumed one included.
# TYPE rejoin_rows_total counter
rejoin_rows_total{outcome="created"} 7
rejoin_rows_total{outcome="differs"} 0
rejoin_rows_total{outcome="duplicate"} 0
rejoin_rows_total{outcome="exists"} 0
rejoin_rows_total{outcome="failed"} 0
rejoin_rows_total{outcome="invalid"} 1
rejoin_rows_total{outcome="rejected"} 0
rejoin_rows_total{outcome="unknown"} 0
rejoin_rows_total{outcome="updated"} 0
# HELP rejoin_rate_requests_per_second Requests per second that are let through now.
# TYPE rejoin_rate_requests_per_second gauge
rejoin_rate_requests_per_second 12.5
# HELP rejoin_service_unavailable 1 while the service does not answer and the run waits for it.
# TYPE rejoin_service_unavailable gauge
rejoin_service_unavailable 1
# HELP rejoin_window_rows Rows that are read and not done.
# TYPE rejoin_window_rows gauge
rejoin_window_rows 2
`), "rejoin_rows_total", "rejoin_rate_requests_per_second", "rejoin_service_unavailable", "rejoin_window_rows"))
}

func TestServe(t *testing.T) {
	t.Parallel()
	s, err := Serve(t.Context(), "127.0.0.1:0", sampleRun())
	require.NoError(t, err)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL(), http.NoBody)
	require.NoError(t, err)
	resp, err := http.DefaultTransport.RoundTrip(req)
	require.NoError(t, err)
	defer func() { assert.NoError(t, resp.Body.Close()) }()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	for _, line := range []string{
		`rejoin_run_info{command="restore",dry_run="false",version="1.2.3"} 1`, `rejoin_answers_total{meaning="throttled"} 1`,
		`rejoin_request_duration_seconds_bucket{le="0.05"} 2`, `rejoin_request_duration_seconds_count 2`,
		`rejoin_rate_held_down 1`, `rejoin_rate_cuts_total 3`, "process_cpu_seconds_total", "go_goroutines",
	} {
		assert.Contains(t, string(body), line)
	}
	_, err = Serve(t.Context(), strings.TrimSuffix(strings.TrimPrefix(s.URL(), "http://"), "/metrics"), sampleRun())
	require.Error(t, err, "the address is taken")
	s.Close()
	_, err = http.DefaultTransport.RoundTrip(req) //nolint:bodyclose // there is none
	require.Error(t, err)
	(*Server)(nil).Close()
}
