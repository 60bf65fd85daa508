//go:build unix

package chat

import (
	"io"
	"syscall"
)

// canAsk says that a socket can be read without waiting, once it is known.
const canAsk = true

// readSocket reads what has come on the socket fd, which does not wait (package net opens none that do).
func (w *wire) readSocket(fd uintptr) {
	for {
		w.n, w.err = syscall.Read(int(fd), w.buf)
		if w.err != syscall.EINTR { //nolint:errorlint // a number, never wrapped
			break
		}
	}
	switch {
	case w.err == syscall.EAGAIN: //nolint:errorlint // a number, never wrapped
		w.n, w.err = 0, nothingYet{}
	case w.err != nil:
		w.n = 0
	case w.n == 0:
		w.err = io.EOF
	}
}
