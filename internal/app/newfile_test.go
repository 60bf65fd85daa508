package app

import (
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A file that there is no room for is told by its own name, and nothing of it stays.
func TestAFileThatThereIsNoRoomFor(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "rows.csv")
	err := newFile(path, func(w io.Writer) error {
		file, ok := w.(*os.File)
		require.True(t, ok)
		_, err := file.WriteString("half of it")
		require.NoError(t, err)
		return &fs.PathError{Op: "write", Path: file.Name(), Err: syscall.ENOSPC}
	})
	require.ErrorIs(t, err, syscall.ENOSPC)
	assert.Equal(t, "there is no room for "+path+" (no space left on device): make room on the disk", plainly(err))
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Empty(t, left)
}

// The CSV is whole or not there at all, and never in another file's place.
func TestTheCSVOfAReport(t *testing.T) {
	t.Parallel()
	dir := restored(t)
	got := rejoin(t, dir, "", "report", "--csv", "./rows.csv", "./r.ndjson")
	require.Equal(t, 0, got.status, got.stderr)
	text, err := os.ReadFile(filepath.Join(dir, "rows.csv"))
	require.NoError(t, err)
	assert.Equal(t, rejoin(t, dir, "", "report", "--csv", "-", "./r.ndjson").stdout, string(text))
	got = rejoin(t, dir, "", "report", "--csv", "./rows.csv", "./r.ndjson")
	assert.Equal(t, 1, got.status)
	assert.Contains(t, got.stderr, "the CSV file cannot be made: "+filepath.Join(dir, "rows.csv")+" is there already")
	got = rejoin(t, dir, "", "report", "--csv", filepath.Join(dir, "none", "rows.csv"), "./r.ndjson")
	assert.Equal(t, 1, got.status)
	assert.Contains(t, got.stderr, "the CSV file cannot be made: the folder")
}
