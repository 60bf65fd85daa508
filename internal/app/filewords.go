package app

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// plainly is an error's text, in which what the system says of a file, as in "open x: permission denied", is a clause
// that needs no knowledge of systems. The path and the system's own reason stay in it. Where nothing but the reason
// follows, what to do stands behind it.
func plainly(err error) string {
	text := err.Error()
	eachFileError(err, func(said, path string, cause error) {
		before, after, found := strings.Cut(text, said)
		if !found {
			return // it has been told in other words
		}
		what, do := fileTrouble(path, cause)
		if what == "" {
			return
		}
		if after == "" || after[0] == '\n' || strings.HasPrefix(after, "; nothing was") {
			what += ": " + do
		}
		text = before + what + after
	})
	return text
}

// eachFileError gives the errors of files that an error is made of: what each says, and of what.
func eachFileError(err error, use func(said, path string, cause error)) {
	switch e := err.(type) { //nolint:errorlint // it goes through the whole tree itself
	case *fs.PathError:
		use(e.Error(), e.Path, e.Err)
	case *os.LinkError:
		use(e.Error(), e.New, e.Err)
	case interface{ Unwrap() []error }:
		for _, one := range e.Unwrap() {
			eachFileError(one, use)
		}
	default:
		if inner := errors.Unwrap(err); inner != nil {
			eachFileError(inner, use)
		}
	}
}

// fileTrouble says what is wrong with a file, and what to do about it. It looks at the file's folder, because the system
// says the same of a file and of the folder that it is to be made in. Of what it does not know it says nothing.
func fileTrouble(path string, cause error) (what, do string) {
	reason, folder := " ("+cause.Error()+")", filepath.Dir(path)
	_, itself := os.Lstat(path)
	at, above := os.Stat(folder)
	switch {
	case errors.Is(cause, fs.ErrNotExist) && above != nil:
		return "the folder " + folder + " is not there" + reason, "check the path, or make the folder"
	case errors.Is(cause, fs.ErrNotExist):
		return path + " is not there" + reason, "check the path"
	case errors.Is(cause, syscall.ENOTDIR) && above == nil && at.IsDir():
		return path + " is no folder" + reason, "give the path of a folder"
	case errors.Is(cause, syscall.ENOTDIR):
		return "the path " + path + " leads through a file as if it were a folder" + reason, "check the path"
	case errors.Is(cause, syscall.EISDIR):
		return path + " is a folder" + reason, "give the path of a file"
	case errors.Is(cause, fs.ErrExist):
		return path + " is there already" + reason, "name another file; nothing is ever overwritten"
	case errors.Is(cause, fs.ErrPermission) && itself != nil:
		return "the permissions of the folder " + folder + " do not allow it" + reason, "change them, or name a file elsewhere"
	case errors.Is(cause, fs.ErrPermission):
		return "the permissions of " + path + " do not allow it" + reason, "change them, or run rejoin as a user who may"
	case errors.Is(cause, syscall.EROFS):
		return path + " is in a file system that cannot be written to" + reason, "name a file elsewhere"
	case errors.Is(cause, syscall.ENOSPC), errors.Is(cause, syscall.EDQUOT):
		return "there is no room for " + path + reason, "make room on the disk"
	}
	return "", ""
}

// canMake fails where a file could not be made, as far as that can be seen without making it: in its folder another is
// made, and taken away again.
func canMake(path string) error {
	if err := folderFor(path); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".rejoin-*")
	if failure, ok := errors.AsType[*fs.PathError](err); ok { // the name that it tried says nothing to anyone
		return &fs.PathError{Op: "make", Path: path, Err: failure.Err}
	}
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// folderFor fails where the folder that a file is to be made in is none, before anything is done in vain.
func folderFor(path string) error {
	info, err := os.Stat(filepath.Dir(path))
	if err == nil && info.IsDir() {
		return nil
	}
	cause := error(syscall.ENOTDIR)
	if failure, ok := errors.AsType[*fs.PathError](err); ok {
		cause = failure.Err
	}
	return &fs.PathError{Op: "make", Path: path, Err: cause}
}
