package app

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What a system says of a file is a clause with the path, the reason and what to do, wherever in a message it stands.
func TestWhatTheSystemSaysOfAFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, "file", "")
	in := func(names ...string) string { return filepath.Join(append([]string{dir}, names...)...) }
	trouble := func(path string, cause error) error { return &fs.PathError{Op: "open", Path: path, Err: cause} }
	for _, c := range []struct {
		err  error
		want string
	}{
		{trouble(in("x"), syscall.ENOENT), in("x") + " is not there (" + syscall.ENOENT.Error() + "): check the path"},
		{trouble(in("no", "x"), syscall.ENOENT), "the folder " + in("no") + " is not there (" + syscall.ENOENT.Error() + "): check the path, or make the folder"},
		{trouble(in("file"), fs.ErrPermission), "the permissions of " + in("file") + " do not allow it (permission denied): change them, or run rejoin as a user who may"},
		{trouble(in("x"), fs.ErrPermission), "the permissions of the folder " + dir + " do not allow it (permission denied): change them, or name a file elsewhere"},
		{trouble(dir, syscall.EISDIR), dir + " is a folder (is a directory): give the path of a file"},
		{trouble(in("file"), syscall.ENOTDIR), in("file") + " is no folder (not a directory): give the path of a folder"},
		{trouble(in("file", "x"), syscall.ENOTDIR), "the path " + in("file", "x") + " leads through a file as if it were a folder (not a directory): check the path"},
		{trouble(in("file"), fs.ErrExist), in("file") + " is there already (file already exists): name another file; nothing is ever overwritten"},
		{trouble(in("x"), syscall.EROFS), in("x") + " is in a file system that cannot be written to (read-only file system): name a file elsewhere"},
		{trouble(in("x"), syscall.ENOSPC), "there is no room for " + in("x") + " (no space left on device): make room on the disk"},
		{trouble(in("x"), syscall.EIO), "open " + in("x") + ": input/output error"},
		{&os.LinkError{Op: "rename", Old: in("y"), New: in("file"), Err: fs.ErrExist}, in("file") + " is there already (file already exists): name another file; nothing is ever overwritten"},
		{errors.New("no file at all"), "no file at all"},
	} {
		if runtime.GOOS == "windows" && !errors.Is(c.err, fs.ErrNotExist) {
			continue // whose own words are others
		}
		assert.Equal(t, c.want, plainly(c.err))
		assert.Equal(t, "the book: "+c.want+"; nothing was sent", plainly(fmt.Errorf("the book: %w; nothing was sent", c.err)))
	}
	gone, full := trouble(in("x"), syscall.ENOENT), trouble(in("file"), syscall.ENOSPC)
	assert.Equal(t, "no report: "+in("x")+" is not there ("+syscall.ENOENT.Error()+"); begin anew", plainly(fmt.Errorf("no report: %w; begin anew", gone)),
		"what to do is said already")
	assert.Equal(t, "a: "+in("x")+" is not there ("+syscall.ENOENT.Error()+"): check the path\nb: there is no room for "+in("file")+" ("+
		syscall.ENOSPC.Error()+"): make room on the disk", plainly(errors.Join(fmt.Errorf("a: %w", gone), fmt.Errorf("b: %w", full))))
}

// No command leaves a person alone with the system's words, and each names the file as it was given.
func TestFilesThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, "b.ndjson", many(1))
	write(t, dir, "file", "x")
	require.NoError(t, os.Mkdir(filepath.Join(dir, "dir"), 0o700))
	done := rejoin(t, dir, "", "restore", "--sandbox", "--report", "./done.ndjson", "./b.ndjson")
	require.Equal(t, 0, done.status, done.stderr)
	sandboxed := func(flags ...string) []string {
		return append(append([]string{"restore", "--sandbox"}, flags...), "./b.ndjson")
	}
	asked := func(command string, flags ...string) []string {
		return append([]string{command, "--api-url", "http://127.0.0.1:1", "--service", serviceA}, flags...)
	}
	const noFile, noFolder, through = "is not there (", "the folder ", "leads through a file as if it were a folder ("
	for _, c := range []struct {
		args       []string
		says, name string
	}{
		{[]string{"audit", "./no.ndjson"}, noFile, "no.ndjson"},
		{[]string{"audit", "./file/x"}, through, "file/x"},
		{[]string{"audit", "./dir"}, "is a directory: expected a file", "dir"},
		{[]string{"audit", "--problems", "./no/p", "./b.ndjson"}, noFolder, "no"},
		{[]string{"audit", "--problems", "./file", "./b.ndjson"}, "is there already (", "file"},
		{[]string{"audit", "--map", "./no.csv", "./b.ndjson"}, noFile, "no.csv"},
		{[]string{"audit", "--map", "./dir", "./b.ndjson"}, "is a folder (", "dir"},
		{[]string{"restore", "--sandbox", "./no.ndjson"}, noFile, "no.ndjson"},
		{sandboxed("--report", "./no/r"), noFolder, "no"},
		{sandboxed("--report", "./file/r"), "the report cannot be made: ", "file/r"},
		{sandboxed("--report", "./dir"), "is there already (", "dir"},
		{sandboxed("--report", "./r", "--rejects", "./no/j"), noFolder, "no"},
		{sandboxed("--report", "./r", "--rejects", "./file/j"), through, "file/j"},
		{sandboxed("--report", "./r", "--rejects", "./file"), "is there already (", "file"},
		{asked("restore", "--resume", "--report", "./no.r", "./b.ndjson"), noFile, "no.r"},
		{asked("verify", "./no.ndjson"), noFile, "no.ndjson"},
		{asked("verify", "--report", "./no/v", "./b.ndjson"), noFolder, "no"},
		{[]string{"report", "./no"}, noFile, "no"},
		{[]string{"report", "./dir"}, "is a folder (", "dir"},
		{[]string{"report", "--csv", "./no/c", "./done.ndjson"}, noFolder, "no"},
		{[]string{"report", "--csv", "./file", "./done.ndjson"}, "is there already (", "file"},
		{[]string{"report", "--html", "./no/h", "./done.ndjson"}, noFolder, "no"},
		{[]string{"report", "--html", "./file", "./done.ndjson"}, "is there already (", "file"},
		{asked("backup", "--out", "./no/b"), noFolder, "no"},
		{asked("backup", "--out", "./file/b"), through, "file/b"},
		{asked("backup", "--out", "./file"), "is there already (", "file"},
		{asked("backup", "--resume", "--out", "./new"), noFile, "new.state"},
		{[]string{"undo", "./no"}, noFile, "no"},
		{[]string{"undo", "./dir"}, "is a folder (", "dir"},
	} {
		got := rejoin(t, dir, "", c.args...)
		assert.Equal(t, statusFailed, got.status, "%q: %s", c.args, got.stderr)
		last := got.stderr[strings.LastIndex(got.stderr, "rejoin: "):]
		assert.Contains(t, last, c.says, "%q", c.args)
		assert.Contains(t, last, filepath.Join(dir, c.name), "%q", c.args)
		assert.NotRegexp(t, `(open|stat|lstat|mkdir) \S+: `, last, "%q", c.args)
	}
	assert.NoFileExists(t, filepath.Join(dir, "r"), "no report is made in vain")
}
