//go:build linux

package app

import (
	"bytes"
	"errors"
	"io"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// newTerminal opens a terminal: what is written to tty is what a person sees, and comes out of screen.
func newTerminal(t *testing.T) (screen, tty *os.File) {
	t.Helper()
	screen, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	require.NoError(t, err)
	t.Cleanup(func() { _ = screen.Close() }) // it was only read
	var unlocked, number int32
	ioctl(t, screen, syscall.TIOCSPTLCK, &unlocked)
	ioctl(t, screen, syscall.TIOCGPTN, &number)
	tty, err = os.OpenFile("/dev/pts/"+strconv.Itoa(int(number)), os.O_RDWR|syscall.O_NOCTTY, 0)
	require.NoError(t, err)
	return screen, tty
}

func ioctl(t *testing.T, f *os.File, request uintptr, value *int32) {
	t.Helper()
	_, _, errno := syscall.Syscall(syscall.SYS_IOCTL, f.Fd(), request, uintptr(unsafe.Pointer(value)))
	require.Zero(t, errno)
}

// onTerminal runs a process whose standard error is a terminal, and returns what is seen there.
func (s *stage) onTerminal(args ...string) (got result, seen string) {
	s.t.Helper()
	screen, tty := newTerminal(s.t)
	p := s.rejoin(fate{}, args...)
	p.cmd.Stderr = tty
	s.begin(p)
	require.NoError(s.t, tty.Close())
	var b bytes.Buffer
	if _, err := io.Copy(&b, screen); err != nil && !errors.Is(err, syscall.EIO) { // as which its end is told
		require.NoError(s.t, err)
	}
	return p.wait(), b.String()
}

// A person sees a bar; on a terminal that cannot move its cursor, lines.
func TestATerminal(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		env  []string
		args []string
		bar  bool
	}{
		"a terminal":                   {env: []string{"TERM=xterm-256color"}, bar: true},
		"without colours":              {env: []string{"TERM=xterm-256color", "NO_COLOR=1"}, bar: true},
		"dumb":                         {env: []string{"TERM=dumb"}},
		"lines were asked for":         {env: []string{"TERM=xterm-256color"}, args: []string{"--progress", "plain"}},
		"nothing was asked for":        {env: []string{"TERM=xterm-256color"}, args: []string{"--progress", "none"}},
		"JSON lines were asked for":    {env: []string{"TERM=xterm-256color"}, args: []string{"--progress", "json"}},
		"a bar was asked for, as JSON": {env: []string{"TERM=xterm-256color"}, args: []string{"-o", "json"}, bar: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, _, _ := stopping(t)
			s.env = append(s.env, test.env...)
			got, seen := s.onTerminal(s.restores(append(test.args, "b.ndjson")...)...)
			requireStatus(t, statusDone, got)
			requirePlain(t, got.stdout)
			seen = strings.ReplaceAll(seen, "\r\n", "\n") // as a terminal ends lines
			assert.NotContains(t, seen, "\x1b[3", "there is no colour")
			assert.Equal(t, test.bar, strings.Contains(seen, "[=="), "%q", seen)
			if !test.bar {
				requirePlain(t, seen)
			}
		})
	}
}
