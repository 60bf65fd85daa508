package app

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	backups "rejoin/backup"
)

// A full disk: what happened, what is kept and how to go on is told, and nothing that was read and could not be written is
// called a part of the backup.
func TestABackupOnAFullDisk(t *testing.T) {
	t.Parallel()
	for kept, wants := range map[int][]string{
		0: {"rejoin: nothing is kept, and the same command begins anew, once there is room; a file whose name ends in .zst or .gz needs less\n"},
		2: {
			"rejoin: 2 channels so far, each whole, in ", ".state beside it: leave both as they are and make room, or move both to another disk",
			"; to go on, run: rejoin backup --resume --out ",
		},
	} {
		path := filepath.Join(t.TempDir(), "m.ndjson")
		file, err := backups.Create(path, backups.Head{Service: serviceA, StartedAt: time.Now()})
		require.NoError(t, err)
		file.BlockBytes = 1
		require.NoError(t, file.Begin(nil))
		for n := range kept {
			require.NoError(t, file.Write(backups.Channel{SID: fmt.Sprint("CH", n), Rows: 1, Text: []byte("{}\n")}))
		}
		var stderr bytes.Buffer
		a := &app{World: World{Args: []string{"rejoin", "backup", "--out", path}, Stderr: &stderr}, out: &sticky{w: &bytes.Buffer{}}}
		b := &backingUp{app: a, backupSettings: &backupSettings{path: path}, file: file}
		b.screen = newScreen(&stderr, "none", logs{}, func(string) string { return "" })
		err = b.finish(&backups.Summary{Channels: 9, Done: 5, Members: 50},
			fmt.Errorf("%w: %w", backups.ErrSink, &fs.PathError{Op: "write", Path: path + ".partial", Err: syscall.ENOSPC}))
		require.Error(t, err)
		assert.Equal(t, statusFailed, statusOf(err))
		a.complain(err)
		said := stderr.String()
		assert.Contains(t, said, "rejoin: the disk is full: ")
		assert.Contains(t, said, "there is no room for "+path+".partial (no space left on device)")
		assert.Contains(t, said, "50 members of 5 channels read, after ")
		assert.NotContains(t, said, "in the backup")
		for _, want := range wants {
			assert.Contains(t, said, want)
		}
		_, err = os.Stat(path + ".partial")
		assert.Equal(t, kept > 0, err == nil)
		if kept == 0 {
			continue
		}
		// What it says can be done can be: both files are moved, and gone on with.
		there := filepath.Join(t.TempDir(), "other.ndjson")
		require.NoError(t, os.Rename(path+".partial", there+".partial"))
		require.NoError(t, os.Rename(path+".state", there+".state"))
		file, err = backups.Resume(there, backups.Head{Service: serviceA, StartedAt: time.Now()})
		require.NoError(t, err)
		assert.Equal(t, kept, file.Kept())
		require.NoError(t, file.Finish())
		text, err := os.ReadFile(there)
		require.NoError(t, err)
		assert.Equal(t, strings.Repeat("{}\n", kept), string(text))
	}
}
