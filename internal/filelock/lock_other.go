//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd || windows)

package filelock

import "os"

// Lock does nothing: on this system nothing keeps two processes from writing one file.
func Lock(*os.File) error { return nil }

// Unlock does nothing, either.
func Unlock(*os.File) error { return nil }

// SyncFolder does nothing: this system has no sync of folders that is known to work.
func SyncFolder(string) error { return nil }
