package app

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/sandbox"
)

// A rejects file that a run could not write to its end was changed by nobody, also where another run has failed to begin
// since.
func TestRejectsThatAFullDiskHasTorn(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := newService(t, sandbox.Config{})
	s.hold(t, serviceA, "general")
	write(t, dir, "b", many(2)+"nonsense\nno sense\n"+many(1))
	args := []string{"restore", "--api-url", s.url, "--report", "./r", "--rejects", "./j", "./b"}
	require.Equal(t, 3, rejoin(t, dir, "", args...).status)
	path := filepath.Join(dir, "r")
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	lines := strings.SplitAfter(strings.TrimSuffix(string(text), "\n"), "\n")
	write(t, dir, "r", strings.Join(lines[:len(lines)-1], "")) // there was no room for the summary
	write(t, dir, "j", "nonsen")

	rejects := filepath.Join(dir, "j")
	require.NoError(t, os.Rename(rejects, rejects+"-away"))
	require.NoError(t, os.Mkdir(rejects, 0o700))
	require.Equal(t, 1, rejoin(t, dir, "", append(args, "--resume")...).status)
	require.NoError(t, os.Remove(rejects))
	require.NoError(t, os.Rename(rejects+"-away", rejects))

	got := rejoin(t, dir, "", append(args, "--resume")...)
	require.Equal(t, 3, got.status, got.stderr)
	assert.Contains(t, got.stderr, "the rejects file of the run that was cut short is now "+rejects+".old-1")
	assert.NotContains(t, got.stderr, "changed")
}
