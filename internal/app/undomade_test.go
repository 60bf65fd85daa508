package app

import (
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/sandbox"
)

// change gives a member other attributes, as somebody else would.
func (s *service) change(t *testing.T, o reportLine) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost,
		fmt.Sprintf("%s/v2/Services/%s/Channels/%s/Members/%s", s.url, serviceA, o.ChannelSID, o.MemberSID),
		strings.NewReader(url.Values{"Attributes": {`{"changed":true}`}}.Encode()))
	require.NoError(t, err)
	req.SetBasicAuth(accountSID, authToken)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := http.DefaultTransport.RoundTrip(req)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Equal(t, http.StatusOK, resp.StatusCode)
}

// Somebody who undoes is told of members that are deleted or not, and not of rows that are restored or not: before it,
// while it goes on, at its end, and in its report.
func TestAnUndoSpeaksOfWhatIsUndone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := newService(t, sandbox.Config{})
	s.hold(t, serviceA, "general")
	write(t, dir, "b", many(4))
	require.Equal(t, 0, rejoin(t, dir, "", "restore", "--api-url", s.url, "--report", "./r", "./b").status)
	s.change(t, outcomes(readReport(t, filepath.Join(dir, "r")))[2])
	undo := func(flags ...string) result {
		return rejoin(t, dir, "", append([]string{"undo", "--api-url", s.url, "./r"}, flags...)...)
	}
	dry := undo("-n", "--report", "./n")
	require.Equal(t, 3, dry.status, dry.stderr)
	assert.Contains(t, dry.stderr, "rejoin: deletes  nothing: each is read back, to say which would be deleted\n")
	assert.Contains(t, dry.stderr, "rejoin: 4 members looked at of 4, ")
	assert.Contains(t, dry.stderr, "/s, 1 would stay\n")
	done := undo("--report", "./u")
	require.Equal(t, 3, done.status, done.stderr)
	plan, _, _ := strings.Cut(done.stderr, "rejoin: 4 members")
	assert.Regexp(t, `^rejoin: undo     /.*/r: the run created 4 members in 1 channel of `+serviceA+`
rejoin: deletes  each of them that is still as the run made it; one that has been changed since is kept
rejoin: target   the Service `+serviceA+`, at `+s.url+`
rejoin: pace     at most 25 requests a second, 25 writes a second in one channel, 32 in flight
rejoin: report   /.*/u
$`, plan)
	assert.Contains(t, done.stderr, "rejoin: 4 members done of 4, ")
	assert.Contains(t, done.stderr, "/s, 1 not deleted\n")
	assert.Contains(t, done.stdout, "4 members looked at in ")
	again := undo("--report", "./u", "--resume")
	require.Equal(t, 3, again.status, again.stderr)
	assert.Contains(t, again.stderr, "each that earlier runs of this undo have not done, that is still as the run made it")
	forced := undo("--report", "./f", "--force")
	require.Equal(t, 0, forced.status, forced.stderr)
	assert.Contains(t, forced.stderr, "each of them that is still there, also where it has been changed since\n")
	told := rejoin(t, dir, "", "report", "./u")
	require.Equal(t, 0, told.status, told.stderr)
	assert.Contains(t, told.stdout, "undoes    ")
	assert.Contains(t, told.stdout, "        members  outcome          share\n")
	assert.Contains(t, told.stdout, "members that the run made and that are left: 1\n")
	assert.Contains(t, told.stdout, " members/s")
	assert.Contains(t, told.stdout, "a member took ")
	for _, got := range []result{dry, done, again, forced, told} {
		for _, word := range []string{"row", "restored", "backup"} {
			assert.NotContains(t, got.stdout+got.stderr, word)
		}
	}
}
