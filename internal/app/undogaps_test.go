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

// Where the report does not tell of all that its run may have made, an undo does not claim that all is gone: not by its
// status, and not by its words.
func TestAnUndoOfAReportWithGaps(t *testing.T) {
	t.Parallel()
	lineOf := func(lines []string, kind string, nth int) int {
		for i, line := range lines {
			if strings.Contains(line, `"type":"`+kind+`"`) {
				if nth--; nth == 0 {
					return i
				}
			}
		}
		return -1
	}
	for name, test := range map[string]struct {
		change func([]string) []string
		says   string
		left   int
	}{
		"a damaged line": {func(lines []string) []string {
			i := lineOf(lines, "outcome", 2)
			lines[i] = strings.Replace(lines[i], `"row"`, `"r`+"\x00"+`w"`, 1)
			return lines
		}, "1 line of the report cannot be read", 1},
		"a line that is not there": {func(lines []string) []string {
			i := lineOf(lines, "outcome", 2)
			return append(lines[:i], lines[i+1:]...)
		}, "no line of 1 row that its summary counts", 1},
		"a beginning that is not there": {func(lines []string) []string {
			return append([]string{lines[lineOf(lines, "outcome", 2)]}, lines...)
		}, "the report lacks its beginning or its end", 0},
		"a killed run": {func(lines []string) []string { return lines[:lineOf(lines, "summary", 1)] }, "the run was killed", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			s := newService(t, sandbox.Config{})
			s.hold(t, serviceA, "general")
			write(t, dir, "b", many(4))
			require.Equal(t, 0, rejoin(t, dir, "", "restore", "--api-url", s.url, "--report", "./r", "./b").status)
			text, err := os.ReadFile(filepath.Join(dir, "r"))
			require.NoError(t, err)
			changed := test.change(strings.SplitAfter(strings.TrimSuffix(string(text), "\n"), "\n"))
			write(t, dir, "gaps", strings.TrimSuffix(strings.Join(changed, ""), "\n")+"\n")

			got := rejoin(t, dir, "", "undo", "--api-url", s.url, "--report", "./u", "./gaps")
			assert.Equal(t, 3, got.status, got.stderr)
			assert.Contains(t, got.stdout, "members that the run made may be left: ")
			assert.Contains(t, got.stdout, test.says)
			assert.Contains(t, got.stdout, "to see which of the backup's members are there: rejoin verify --api-url "+s.url+" "+filepath.Join(dir, "b")+"\n")
			assert.Len(t, s.Members(serviceA, "general"), test.left)
			lines := readReport(t, filepath.Join(dir, "u"))
			assert.Equal(t, 3, lines[len(lines)-1].ExitCode)

			got = rejoin(t, dir, "", "undo", "-o", "json", "--api-url", s.url, "--report", "./u2", "./gaps")
			assert.Equal(t, 3, got.status, got.stderr)
			assert.Contains(t, got.stdout, `"exit_code":3,`)
			assert.Contains(t, got.stderr, "members that the run made may be left: ")

			got = rejoin(t, dir, "", "undo", "--api-url", s.url, "--report", "./u3", "./r")
			assert.Equal(t, 0, got.status, got.stderr)
			assert.NotContains(t, got.stdout+got.stderr, "may be left")
		})
	}
}

// What a run has overwritten cannot be put back, and an undo says so.
func TestAnUndoSaysWhatItCannotPutBack(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := newService(t, sandbox.Config{})
	s.hold(t, serviceA, "general")
	row := `{"service_sid":"` + serviceA + `","channel_sid":"general","identity":"jing","attributes":{"a":1}}` + "\n"
	write(t, dir, "b", row)
	require.Equal(t, 0, rejoin(t, dir, "", "restore", "--api-url", s.url, "--report", "./first", "./b").status)
	s.change(t, outcomes(readReport(t, filepath.Join(dir, "first")))[1])
	require.Equal(t, 0, rejoin(t, dir, "", "restore", "--api-url", s.url, "--report", "./r", "--on-conflict", "update", "./b").status)
	got := rejoin(t, dir, "", "undo", "--api-url", s.url, "--report", "./u", "./r")
	assert.Equal(t, 0, got.status, got.stderr)
	assert.Contains(t, got.stderr, "the run created no member; it overwrote 1 member, not to be put back by an undo\n")
	assert.Contains(t, got.stderr, "an undo cannot put back what these held")
	assert.Contains(t, got.stdout, "overwritten by the run, and not put back: 1 member that had been there before\n")
	assert.Len(t, s.Members(serviceA, "general"), 1)
}
