package app

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/sandbox"
)

// What was undone is not called done by the next run that goes on with its report.
func TestARunThatWasUndoneIsNotGoneOnWith(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := newService(t, sandbox.Config{})
	s.hold(t, serviceA, "general")
	write(t, dir, "b", many(3))
	restore := func(flags ...string) result {
		return rejoin(t, dir, "", append(append([]string{"restore", "--api-url", s.url}, flags...), "./b")...)
	}
	undo := func(flags ...string) {
		got := rejoin(t, dir, "", append(append([]string{"undo", "--api-url", s.url, "--report", "./r.undo.report.ndjson"}, flags...), "./r.report.ndjson")...)
		require.Equal(t, 0, got.status, got.stderr)
	}
	require.Equal(t, 0, restore("--report", "./r.report.ndjson").status)
	undo("--dry-run")
	require.Equal(t, 0, restore("--report", "./r.report.ndjson", "--resume").status, "nothing was undone")
	require.NoError(t, os.Remove(filepath.Join(dir, "r.undo.report.ndjson")))
	undo()
	require.Empty(t, s.Members(serviceA, "general"))
	got := restore("--report", "./r.report.ndjson", "--resume")
	assert.Equal(t, 6, got.status, got.stderr)
	assert.Contains(t, got.stderr, "was undone since")
	assert.Contains(t, got.stderr, "nothing was sent")
	got = restore("--report", "./again")
	require.Equal(t, 0, got.status, got.stderr)
	assert.Len(t, s.Members(serviceA, "general"), 3)
}

// A report that is there is told before the backup is read, and before anybody is asked anything.
func TestAReportThatIsThereIsToldAtOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := newService(t, sandbox.Config{})
	s.hold(t, serviceA, "general")
	write(t, dir, "b", many(3))
	args := []string{"restore", "--api-url", s.url, "--report", "./r", "./b"}
	require.Equal(t, 0, rejoin(t, dir, "", args...).status)
	got := rejoin(t, dir, "", args...)
	assert.Equal(t, 1, got.status)
	assert.Contains(t, got.stderr, "go on with it by --resume")
	assert.NotContains(t, got.stderr, "no problems found")
	assert.Equal(t, 3, s.creates())
}

// The report of a rehearsal or of a dry run cannot be gone on with, so that nobody is told to.
func TestAReportOfARehearsalIsToldAsOne(t *testing.T) {
	t.Parallel()
	s := newService(t, sandbox.Config{})
	s.hold(t, serviceA, "general")
	for what, flags := range map[string][]string{
		"a rehearsal (--sandbox)": {"--sandbox"}, "a dry run (--dry-run)": {"-n", "--api-url", s.url},
	} {
		dir := t.TempDir()
		write(t, dir, "b", many(1))
		require.Equal(t, 0, rejoin(t, dir, "", append([]string{"restore", "--report", "./r", "./b"}, flags...)...).status)
		got := rejoin(t, dir, "", "restore", "--api-url", s.url, "--report", "./r", "./b")
		assert.Equal(t, 1, got.status, got.stderr)
		assert.Contains(t, got.stderr, "it is the report of "+what+", begun ")
		assert.Contains(t, got.stderr, "name another file with --report, or take this one away")
		assert.NotContains(t, got.stderr, "--resume")
	}
	assert.Zero(t, s.creates())
}
