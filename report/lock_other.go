//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd || windows)

package report

import "os"

// lock does nothing: on this system nothing keeps two processes from writing one report.
func lock(*os.File) error { return nil }

// unlock does nothing, either.
func unlock(*os.File) error { return nil }

// syncFolder does nothing: this system has no sync of folders that is known to work.
func syncFolder(string) error { return nil }
