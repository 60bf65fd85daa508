package filelock

import (
	"errors"
	"os"
	"syscall"
	"unsafe"
)

var lockFileEx = syscall.NewLazyDLL("kernel32.dll").NewProc("LockFileEx")

// Lock takes the file for this process, or fails with ErrLocked if another has it. The system gives it back when the
// file is closed or the process ends, however it ends. Locks are mandatory here, so a byte far behind any end of a file
// is locked, and the file stays readable to others.
func Lock(f *os.File) error {
	const (
		exclusive       = 0x2
		failImmediately = 0x1
		lockViolation   = syscall.Errno(33)
	)
	at := syscall.Overlapped{OffsetHigh: 0x7fffffff}
	ok, _, err := lockFileEx.Call(f.Fd(), exclusive|failImmediately, 0, 1, 0, uintptr(unsafe.Pointer(&at)))
	switch {
	case ok != 0:
		return nil
	case errors.Is(err, lockViolation):
		return ErrLocked
	}
	return err
}

// Unlock does nothing: closing the file gives it back.
func Unlock(*os.File) error { return nil }

// SyncFolder does nothing: the system keeps its folders' entries safe by itself.
func SyncFolder(string) error { return nil }
