//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd || windows

package filelock

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestOneHasTheFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "f")
	open := func() *os.File {
		f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
		require.NoError(t, err)
		return f
	}
	first, second := open(), open()
	require.NoError(t, Lock(first))
	require.ErrorIs(t, Lock(second), ErrLocked)
	_, err := second.WriteString("a lock keeps nobody from writing")
	require.NoError(t, err)
	require.NoError(t, Unlock(first))
	require.NoError(t, first.Close())
	require.NoError(t, Lock(second))
	require.NoError(t, second.Close())
	third := open()
	require.NoError(t, Lock(third), "a file that is closed is given back")
	require.NoError(t, third.Close())
}

func TestSyncFolder(t *testing.T) {
	t.Parallel()
	require.NoError(t, SyncFolder(t.TempDir()))
}
