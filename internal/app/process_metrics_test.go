//go:build unix

package app

import (
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// While a run goes on its metrics can be read, and hold nothing of a row and no secret.
func TestMetricsOfARun(t *testing.T) {
	t.Parallel()
	s, h, _ := heldStage(t)
	p := s.start(fate{}, s.restores("--metrics-addr", "127.0.0.1:0", "b.ndjson")...)
	h.await(p, 4)
	p.await("/metrics\n") // what it has said before may come after what it has sent
	_, rest, ok := strings.Cut(p.stderr.String(), "metrics are at ")
	require.True(t, ok, p.stderr.String())
	url, _, _ := strings.Cut(rest, "\n")
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	require.NoError(t, err)
	resp, err := http.DefaultTransport.RoundTrip(req)
	require.NoError(t, err)
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	h.release()
	requireStatus(t, statusDone, p.wait())

	text := string(body)
	assert.Contains(t, text, "rejoin_requests_in_flight 4")
	assert.Contains(t, text, "rejoin_backup_rows 40")
	assert.Contains(t, text, `rejoin_rows_total{outcome="created"} 0`)
	for _, secret := range []string{authToken, accountSID, "member-", channelSIDs(1)[0], serviceA} {
		assert.NotContains(t, text, secret)
	}
	_, err = http.DefaultTransport.RoundTrip(req) //nolint:bodyclose // there is none
	require.Error(t, err, "it ends with the run")

	for arg, status := range map[string]int{"9464": statusUsage, strings.TrimPrefix(s.http.URL, "http://"): statusFailed, "[::1]:99999": statusFailed} {
		s.report = strconv.Itoa(status) + arg[:3] + ".ndjson"
		got := s.run(fate{}, s.restores("--metrics-addr", arg, "b.ndjson")...)
		assert.Equal(t, status, got.status, got.stderr)
		assert.Contains(t, got.stderr, arg)
	}
}
