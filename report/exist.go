package report

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
)

// existing is the error of a report that is already there: what it is, and how to go on.
func existing(path string, err error) error {
	return fmt.Errorf("%w: it is %s; go on with it by --resume, or name another file with --report", err, describe(path))
}

// describe says what a file is, as far as it can be seen from its first line.
func describe(path string) string {
	f, err := os.Open(path)
	if err != nil {
		return "not readable"
	}
	defer f.Close() //nolint:errcheck // it was only read
	info, err := f.Stat()
	switch {
	case err != nil:
		return "not readable"
	case !info.Mode().IsRegular():
		return "no regular file"
	case info.Size() == 0:
		return "empty"
	}
	text, _ := bufio.NewReader(io.LimitReader(f, 1<<20)).ReadBytes('\n') // a line that is cut off is no run's
	var line runLine
	if json.Unmarshal(text, &line) != nil || line.Type != "run" {
		return "no report of rejoin"
	}
	return fmt.Sprintf("the report of %q, begun %s on %s", line.Command, line.StartedAt, line.Backup.Path)
}
