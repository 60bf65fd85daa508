// Package filelock keeps two processes from writing one file, and sees that a file's name is on the disk.
//
// What it promises: a lock is of one process, is asked for without waiting, and is given back when the file is closed or
// the process ends, however it ends.
//
// What it does not: on a system or a file system without locks nothing is locked, and nothing is an error.
package filelock

import "errors"

// ErrLocked says that another process has the file.
var ErrLocked = errors.New("another run is writing it")
