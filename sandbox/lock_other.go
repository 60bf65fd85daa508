//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd || windows)

package sandbox

import "os"

// lock does nothing: on this system nothing keeps two servers from using one folder.
func lock(*os.File) error { return nil }

// unlock does nothing, either.
func unlock(*os.File) error { return nil }

// syncFolder does nothing: this system has no sync of folders that is known to work.
func syncFolder(string) error { return nil }
