package app

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/sandbox"
)

// restored is a folder with the report of a run of three rows, of which one is not restored.
func restored(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	s := newService(t, sandbox.Config{})
	channel := channelSIDs(1)[0]
	s.hold(t, serviceA, channel)
	row := `{"service_sid":"` + serviceA + `","channel_sid":"` + channel + `","identity":`
	write(t, dir, "b.ndjson", row+`"jing"}`+"\n"+row+`"<script>alert(1)</script>"}`+"\n"+row+`""}`+"\n")
	got := rejoin(t, dir, "", "restore", "--api-url", s.url, "--report", "./r.ndjson", "--no-preflight", "./b.ndjson")
	require.Equal(t, statusNotRestored, got.status, got.stderr)
	return dir
}

func TestThePageOfAReport(t *testing.T) {
	t.Parallel()
	dir := restored(t)
	got := rejoin(t, dir, "", "report", "--html", "./r.html", "./r.ndjson")
	require.Equal(t, 0, got.status, got.stderr)
	assert.Contains(t, got.stdout, "rows that are not restored: 1", "the summary is printed, too")
	page, err := os.ReadFile(filepath.Join(dir, "r.html"))
	require.NoError(t, err)
	assert.Contains(t, string(page), "1 of 3 rows is not restored.")
	assert.Contains(t, string(page), "b.ndjson.rejects.ndjson</code>", "the next command names the rejects")
	assert.Contains(t, string(page), "rejoin restore --api-url http://127.0.0.1:", "and goes where the run went")
	info, err := os.Stat(filepath.Join(dir, "r.html"))
	require.NoError(t, err)
	if runtime.GOOS != "windows" {
		assert.Equal(t, os.FileMode(0o600), info.Mode())
	}

	again := rejoin(t, dir, "", "report", "--html", "./r.html", "./r.ndjson")
	assert.Equal(t, 1, again.status)
	assert.Contains(t, again.stderr, "nothing is ever overwritten")
	after, err := os.ReadFile(filepath.Join(dir, "r.html"))
	require.NoError(t, err)
	assert.Equal(t, page, after)

	out := rejoin(t, dir, "", "report", "--html", "-", "--redact", "./r.ndjson")
	require.Equal(t, 0, out.status, out.stderr)
	assert.Regexp(t, `(?s)^<!doctype html>.*</html>\n$`, out.stdout, "there is the page, and nothing else")
	assert.NotContains(t, out.stdout, "jing")

	names, err := os.ReadDir(dir)
	require.NoError(t, err)
	var left []string
	for _, name := range names {
		left = append(left, name.Name())
	}
	assert.Equal(t, []string{"b.ndjson", "b.ndjson.rejects.ndjson", "r.html", "r.ndjson"}, left, "nothing else is left behind")
}

func TestAPageThatCannotBeMade(t *testing.T) {
	t.Parallel()
	dir := restored(t)
	for want, args := range map[string][]string{
		"cannot both be standard output": {"report", "--html", "-", "--csv", "-", "./r.ndjson"},
		"--redact and --csv":             {"report", "--redact", "--csv", "-", "./r.ndjson"},
	} {
		got := rejoin(t, dir, "", args...)
		assert.Equal(t, statusUsage, got.status, got.stderr)
		assert.Contains(t, got.stderr, want)
	}
	got := rejoin(t, dir, "", "report", "--html", filepath.Join(dir, "not there", "r.html"), "./r.ndjson")
	assert.Equal(t, 1, got.status)
	assert.Contains(t, got.stderr, "the page cannot be made")
	got = rejoin(t, dir, "", "report", "--html", "./x.html", "./b.ndjson")
	assert.Equal(t, 1, got.status)
	_, err := os.Stat(filepath.Join(dir, "x.html"))
	assert.ErrorIs(t, err, os.ErrNotExist)
}
