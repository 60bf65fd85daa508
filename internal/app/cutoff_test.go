package app

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"rejoin/sandbox"
)

// What there is of a backup that is cut off can be restored, and the one who is refused it is told how.
func TestABackupThatIsCutOff(t *testing.T) {
	t.Parallel()
	const hint = "to restore the rows that stand before that place, run: rejoin restore --no-preflight --api-url "
	s := newService(t, sandbox.Config{})
	s.hold(t, serviceA, "general")
	dir := t.TempDir()
	write(t, dir, "cut.ndjson", many(3)+`{"identity":"a`)
	write(t, dir, "garbage", "garbage")
	got := rejoin(t, dir, "", "restore", "--api-url", s.url, "--report", "./r", "./cut.ndjson")
	assert.Equal(t, statusFailed, got.status)
	assert.Contains(t, got.stderr, "cut.ndjson:4: found the end of the input inside a row, expected its end: the backup is cut off; nothing was sent\n")
	_, command, found := strings.Cut(got.stderr, hint+s.url)
	assert.True(t, found, got.stderr)
	got = rejoin(t, dir, "", append([]string{"restore", "--no-preflight", "--api-url", s.url}, wordsOf(command)...)...)
	assert.Equal(t, statusFailed, got.status, "it cannot be read to its end")
	assert.Contains(t, got.stdout, "3  created")

	for _, args := range [][]string{
		{"restore", "./garbage"},                              // no row stands before the place
		{"restore", "--on-duplicate", "last", "./cut.ndjson"}, // it cannot be restored without the look
		{"audit", "./cut.ndjson"},
		{"verify", "--report", "./v", "./cut.ndjson"},
	} {
		if args[0] != "audit" {
			args = append(args, "--api-url", s.url)
		}
		got = rejoin(t, dir, "", args...)
		assert.Equal(t, statusFailed, got.status, args)
		assert.NotContains(t, got.stderr, "--no-preflight", args)
	}
}
