//go:build unix

package app

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
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
		restoring := s.rejoin(fate{}, "restore", "--api-url", url, "--rate", "auto", "--channel-rate", "0", "--report", s.report, backupFile(t))
		require.NoError(t, restoring.cmd.Run(), restoring.stderr.String())
		serving.send(signal)
		got := serving.wait()
		assert.Equal(t, 0, got.status)
		assert.Equal(t, url+"\n", got.stdout, "one line, and the base URL in it")
		assert.Contains(t, got.stderr, "rejoin restore --api-url "+url+" "+backupFile(t))
		assert.Contains(t, got.stderr, "TWILIO_AUTH_TOKEN=…", "the secret of the environment is not shown")
		assert.Len(t, outcomes(readReport(t, s.path(s.report))), 200)
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

// kill -9 while members are made side by side, again and again: every member that was answered for is there.
func TestASandboxesStateSurvivesKill9(t *testing.T) {
	t.Parallel()
	s := newStage(t, sandbox.Config{})
	row := func(channel int) string {
		return fmt.Sprintf(`{"service_sid":"%s","channel_sid":"CH%032x","identity":"jing"}`+"\n", serviceA, channel)
	}
	write(t, s.dir, "m.ndjson", row(0)+row(1)+row(2))
	answered := map[string]bool{}
	for round := range 4 {
		args := []string{"sandbox", "--state", "state", "--limits", "none", "--channel-members", "1000000"}
		if round == 0 {
			args = append(args, "--seed-file", "m.ndjson")
		}
		serving := s.start(fate{}, args...)
		url := serving.awaitURL()
		there := membersOf(t, url, 3)
		for member := range answered {
			require.True(t, there[member], "%s was answered for, and is gone in round %d", member, round)
		}
		makeMembers(t, url, round, answered, func(made int) {
			if made == 100*(round+1) {
				serving.send(syscall.SIGKILL)
			}
		})
		require.Equal(t, -int(syscall.SIGKILL), serving.wait().status)
	}
	assert.GreaterOrEqual(t, len(answered), 1000)
	serving := s.start(fate{}, "sandbox", "--state", "state")
	assert.GreaterOrEqual(t, len(membersOf(t, serving.awaitURL(), 3)), len(answered))
	second := s.rejoin(fate{}, "sandbox", "--state", "state")
	require.Error(t, second.cmd.Run())
	assert.Contains(t, second.stderr.String(), "another sandbox uses this folder")
	serving.send(syscall.SIGTERM)
	assert.Equal(t, 0, serving.wait().status)
}

// makeMembers makes members in three channels, from eight sides, until the connection is lost. It adds those that were
// answered for, and says after each how many there are.
func makeMembers(t *testing.T, url string, round int, answered map[string]bool, after func(int)) {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 8}}
	defer client.CloseIdleConnections()
	var mu sync.Mutex
	var sides sync.WaitGroup
	made := 0
	for side := range 8 {
		sides.Go(func() {
			for i := 0; ; i++ {
				channel, identity := fmt.Sprintf("CH%032x", i%3), fmt.Sprintf("%d-%d-%d", round, side, i)
				status, _, err := ask(t, client, http.MethodPost, url+"/v2/Services/"+serviceA+"/Channels/"+channel+"/Members", "Identity="+identity)
				if err != nil {
					return
				}
				if !assert.Equal(t, http.StatusCreated, status) {
					return
				}
				mu.Lock()
				answered[channel+"/"+identity] = true
				made++
				after(made)
				mu.Unlock()
			}
		})
	}
	sides.Wait()
}

// membersOf lists the members of the first channels.
func membersOf(t *testing.T, url string, channels int) map[string]bool {
	t.Helper()
	there := map[string]bool{}
	for i := range channels {
		channel := fmt.Sprintf("CH%032x", i)
		next := new(url + "/v2/Services/" + serviceA + "/Channels/" + channel + "/Members?PageSize=100")
		for next != nil {
			status, body, err := ask(t, new(http.Client), http.MethodGet, *next, "")
			require.NoError(t, err)
			require.Equal(t, http.StatusOK, status, body)
			var page struct {
				Meta struct {
					Next *string `json:"next_page_url"`
				} `json:"meta"`
				Members []struct {
					Identity string `json:"identity"`
				} `json:"members"`
			}
			require.NoError(t, json.Unmarshal([]byte(body), &page))
			for _, m := range page.Members {
				there[channel+"/"+m.Identity] = true
			}
			next = page.Meta.Next
		}
	}
	return there
}

// ask sends a request with this account's credentials, and reads the answer whole.
func ask(t *testing.T, client *http.Client, method, url, form string) (status int, body string, err error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(form))
	if err != nil {
		return 0, "", err
	}
	req.SetBasicAuth(accountSID, authToken)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := client.Do(req)
	if err != nil {
		return 0, "", err
	}
	text, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(text), errors.Join(err, resp.Body.Close())
}

// A disk that is full ends a sandbox that is to keep its state: with an error, and never with an answer that a restart
// would not know of.
func TestASandboxWhoseStateCannotBeWrittenEnds(t *testing.T) {
	t.Parallel()
	s := newStage(t, sandbox.Config{})
	write(t, s.dir, "m.ndjson", fmt.Sprintf(`{"service_sid":"%s","channel_sid":"CH%032x","identity":"jing"}`+"\n", serviceA, 0))
	serving := s.start(fate{FileSize: 8 << 10}, "sandbox", "--state", "state", "--limits", "none", "--seed-file", "m.ndjson")
	answered := 0
	for i := range 100 {
		status, _, err := ask(t, new(http.Client), http.MethodPost,
			serving.awaitURL()+"/v2/Services/"+serviceA+"/Channels/CH00000000000000000000000000000000/Members", fmt.Sprintf("Identity=%d", i))
		if err != nil || status != http.StatusCreated {
			break
		}
		answered++
	}
	got := serving.wait()
	assert.Equal(t, statusFailed, got.status)
	assert.Contains(t, got.stderr, "state cannot be written")
	again := s.start(fate{}, "sandbox", "--state", "state")
	assert.Len(t, membersOf(t, again.awaitURL(), 1), answered)
	assert.Positive(t, answered)
	again.kill()
}
