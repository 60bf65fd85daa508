package app

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// newFile makes a file, whole or not at all: it is written under another name, and gets its own once it is on the disk.
// A file that is there already is never overwritten. Its mode is 0600.
func newFile(path string, write func(io.Writer) error) (err error) {
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		if failure, ok := errors.AsType[*fs.PathError](err); ok {
			err = failure.Err
		} else {
			err = fs.ErrExist
		}
		return &fs.PathError{Op: "make", Path: path, Err: err}
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*.part")
	if failure, ok := errors.AsType[*fs.PathError](err); ok { // the name that it tried says nothing to anyone
		return &fs.PathError{Op: "make", Path: path, Err: failure.Err}
	}
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	if err := errors.Join(underName(f.Name(), path, write(f)), underName(f.Name(), path, f.Sync()), f.Close()); err != nil {
		return err
	}
	return settle(f.Name(), path)
}

// underName has an error of a file's writing speak of the name that the file was to have, not of its temporary one.
func underName(temporary, path string, err error) error {
	if failure, ok := errors.AsType[*fs.PathError](err); ok && failure.Path == temporary {
		failure.Path = path
	}
	return err
}

// settle gives a file its name, if nothing has that name yet.
func settle(temporary, path string) error {
	err := os.Link(temporary, path)
	if err == nil {
		return os.Remove(temporary)
	}
	if errors.Is(err, fs.ErrExist) {
		return &fs.PathError{Op: "make", Path: path, Err: fs.ErrExist}
	}
	// A file system without links. The name is taken first, so that what it is moved onto is this process's own.
	taken, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if err := errors.Join(taken.Close(), os.Rename(temporary, path)); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}
