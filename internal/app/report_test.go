package app

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/report"
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
	assert.Regexp(t, `b\.ndjson\.rejects\.ndjson(&#39;)?</code>`, string(page), "the next command names the rejects")
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

// Of a report that is damaged is told which lines are, and what to do, on standard error: whatever is asked for goes to
// standard output as it is.
func TestADamagedReportIsToldOnStandardError(t *testing.T) {
	t.Parallel()
	dir := restored(t)
	for _, args := range [][]string{{"./r.ndjson"}, {"--csv", "-", "./r.ndjson"}} {
		got := rejoin(t, dir, "", append([]string{"report"}, args...)...)
		require.Equal(t, 0, got.status, got.stderr)
		assert.Empty(t, got.stderr)
	}
	text, err := os.ReadFile(filepath.Join(dir, "r.ndjson"))
	require.NoError(t, err)
	lines := bytes.SplitAfter(text, []byte("\n"))
	var at []int // the numbers of the outcomes' lines
	for i, text := range lines {
		if bytes.HasPrefix(text, []byte(`{"type":"outcome"`)) {
			at = append(at, i+1)
		}
	}
	require.Len(t, at, 3)
	damage := func(number int) {
		damaged := bytes.Replace(lines[number-1], []byte(`"type"`), []byte(`"tYpe"`), 1)
		require.NotEqual(t, lines[number-1], damaged)
		lines[number-1] = damaged
		write(t, dir, "r.ndjson", string(bytes.Join(lines, nil)))
	}
	damage(at[0])
	for _, args := range [][]string{{"./r.ndjson"}, {"--csv", "-", "./r.ndjson"}, {"--html", "-", "./r.ndjson"}, {"-o", "json", "./r.ndjson"}} {
		got := rejoin(t, dir, "", append([]string{"report"}, args...)...)
		require.Equal(t, 0, got.status, got.stderr)
		assert.Equal(t, "rejoin: warning: "+filepath.Join(dir, "r.ndjson")+": line "+strconv.Itoa(at[0])+" is not as rejoin wrote it, and what became of its row does not count here; "+
			"put back an undamaged copy, or take the line out, and go on with --resume: it looks at such rows again, and does nothing twice\n", got.stderr, args)
	}
	damage(at[1])
	got := rejoin(t, dir, "", "report", "./r.ndjson")
	assert.Contains(t, got.stderr, fmt.Sprintf(": lines %d, %d are not as rejoin wrote them, and what became of their rows does not count here; put back an undamaged copy, or take the lines out,", at[0], at[1]))
	// What it says to do works.
	lines[at[0]-1], lines[at[1]-1] = nil, nil
	write(t, dir, "r.ndjson", string(bytes.Join(lines, nil)))
	assert.Contains(t, rejoin(t, dir, "", "report", "./r.ndjson").stderr, "the summary counts 2 rows more than have a line")
	head, err := report.First(filepath.Join(dir, "r.ndjson"))
	require.NoError(t, err)
	got = rejoin(t, dir, "", "restore", "--api-url", head.Target.APIURL, "--report", "./r.ndjson", "--no-preflight", "--resume", "./b.ndjson")
	require.Equal(t, statusNotRestored, got.status, got.stderr)
	assert.Empty(t, rejoin(t, dir, "", "report", "./r.ndjson").stderr)
}
