//go:build unix

package app

import (
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/sandbox"
)

// awaitURL waits for the one line that a sandbox says on standard output.
func (p *process) awaitURL() string {
	p.t.Helper()
	for {
		text, grew := p.stdout.look()
		if line, _, whole := strings.Cut(text, "\n"); whole {
			require.True(p.t, strings.HasPrefix(line, "http://127.0.0.1:"), line)
			return line
		}
		select {
		case <-grew:
		case <-p.ended:
			require.Fail(p.t, "it ended without an address", p.stderr.String())
		}
	}
}

func backupFile(t *testing.T) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("..", "..", "testdata", "members.ndjson"))
	require.NoError(t, err)
	return path
}

// One terminal serves, another restores; the first is told to stop, and has done what it was started for.
func TestASandboxIsServedRestoredIntoAndStopped(t *testing.T) {
	t.Parallel()
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		s := newStage(t, sandbox.Config{})
		serving := s.start(fate{}, "sandbox", "--limits", "none", "--seed-file", backupFile(t))
		url := serving.awaitURL()
		restoring := s.rejoin(fate{}, "restore", "--api-url", url, "--rate", "auto", "--channel-rate", "0", "--report", "r.ndjson", backupFile(t))
		require.NoError(t, restoring.cmd.Run(), restoring.stderr.String())
		serving.send(signal)
		got := serving.wait()
		assert.Equal(t, 0, got.status)
		assert.Equal(t, url+"\n", got.stdout, "one line, and the base URL in it")
		assert.Contains(t, got.stderr, "rejoin restore --api-url "+url+" "+backupFile(t))
		assert.Contains(t, got.stderr, "TWILIO_AUTH_TOKEN=…", "the secret of the environment is not shown")
		assert.Len(t, outcomes(readReport(t, s.path("r.ndjson"))), 200)
	}
}

// What is being answered holds no server back that is told to stop.
func TestAnAnswerInPiecesDoesNotKeepASandboxFromStopping(t *testing.T) {
	t.Parallel()
	s := newStage(t, sandbox.Config{})
	serving := s.start(fate{}, "sandbox", "--seed-file", backupFile(t), "--fault", "slow:over=1h:on=any")
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, serving.awaitURL()+"/v2/Services", http.NoBody)
	require.NoError(t, err)
	req.SetBasicAuth(accountSID, authToken)
	resp, err := new(http.Transport).RoundTrip(req)
	require.NoError(t, err)
	assert.Equal(t, http.StatusOK, resp.StatusCode)
	serving.send(syscall.SIGTERM)
	assert.Equal(t, 0, serving.wait().status)
	_, err = io.Copy(io.Discard, resp.Body)
	assert.Error(t, err, "the answer ends in the middle")
	require.NoError(t, resp.Body.Close())
}
