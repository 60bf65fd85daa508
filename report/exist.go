package report

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
)

// Free fails as [Create] would where there is a file of this name already, so that it can be told before anything is done
// in vain.
func Free(path string) error {
	if _, err := os.Lstat(path); err != nil {
		return nil //nolint:nilerr // whatever else is wrong is Create's to tell
	}
	return existing(path, &fs.PathError{Op: "open", Path: path, Err: syscall.EEXIST})
}

// existing is the error of a report that is already there: what it is, and how to go on.
func existing(path string, err error) error {
	what, resumable := describe(path)
	if !resumable {
		return fmt.Errorf("%w: it is %s, and nothing is ever overwritten; name another file with --report", err, what)
	}
	return fmt.Errorf("%w: it is %s; go on with it by --resume, or name another file with --report", err, what)
}

// describe says what a file is, as far as it can be seen from its first line, and whether it is a report.
func describe(path string) (what string, resumable bool) {
	f, err := os.Open(path)
	if err != nil {
		return "not readable", false
	}
	defer f.Close() //nolint:errcheck // it was only read
	info, err := f.Stat()
	switch {
	case err != nil:
		return "not readable", false
	case !info.Mode().IsRegular():
		return "no regular file", false
	case info.Size() == 0:
		return "empty", false
	}
	text, _ := bufio.NewReader(io.LimitReader(f, 1<<20)).ReadBytes('\n') // a line that is cut off is no run's
	var line runLine
	if json.Unmarshal(text, &line) != nil || line.Type != "run" {
		return "no report of rejoin", false
	}
	return fmt.Sprintf("the report of %q, begun %s on %s", line.Command, line.StartedAt, line.Backup.Path), true
}
