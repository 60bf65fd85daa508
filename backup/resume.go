package backup

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"rejoin/internal/filelock"
)

// Resume opens the files of a backup that was not finished, to go on behind the last channel in it. It changes nothing
// before it has seen that they are of the same backup and undamaged. Where they are of another, the error is a
// [*MismatchError]. Where the process ended after the file was whole, what was left to be done is done: [File.Whole].
func Resume(path string, h Head) (*File, error) {
	how, _, err := ByEnding(path)
	if err != nil {
		return nil, err
	}
	f, err := newFile(path, how)
	if err != nil {
		return nil, err
	}
	f.state, err = os.OpenFile(statePath(path), os.O_RDWR|os.O_APPEND, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nothingToResume(path, err)
	}
	if err != nil {
		return nil, fmt.Errorf("the state of the backup cannot be opened: %w", err)
	}
	if err := f.resume(headLine(&h, how)); err != nil {
		return nil, errors.Join(err, f.close())
	}
	return f, nil
}

func nothingToResume(path string, err error) error {
	if _, there := os.Lstat(path); there == nil {
		return fmt.Errorf("there is nothing to resume: %s is there, and no backup to it was left unfinished", path)
	}
	return fmt.Errorf("there is no backup to resume: %w; begin it without --resume", err)
}

// Whole reports whether the file was whole already when it was resumed, and has its name now.
func (f *File) Whole() bool { return f.whole && f.partial == nil && f.err == nil }

func (f *File) resume(now *stateLine) error {
	name := f.state.Name()
	if err := filelock.Lock(f.state); err != nil {
		return fmt.Errorf("lock %s: %w", name, err)
	}
	s, err := readState(f.state)
	if err != nil {
		return fmt.Errorf("read %s: %w; to begin anew, remove it and %s", name, err, partialPath(f.path))
	}
	if s.head.Type == "" {
		return f.beginAnew(now)
	}
	if d := s.mismatches(now); len(d) > 0 {
		return &MismatchError{Path: partialPath(f.path), Differences: d}
	}
	if err := f.open(s); err != nil {
		return err
	}
	f.offset, f.crc, f.has, f.kept, f.whole = s.offset, s.crc, s.channels, len(s.channels), s.whole
	f.made = true
	if f.partial == nil {
		return f.clean()
	}
	if err := f.state.Truncate(s.size); err != nil {
		return fmt.Errorf("mend %s: %w", name, err)
	}
	if err := f.partial.Truncate(s.offset); err != nil {
		return fmt.Errorf("mend %s: %w", f.partial.Name(), err)
	}
	if s.whole {
		return f.Finish()
	}
	return nil
}

// beginAnew begins a backup whose process was killed before the state said what it was of. Nothing can be in the file
// then.
func (f *File) beginAnew(now *stateLine) (err error) {
	if f.partial, err = os.OpenFile(partialPath(f.path), os.O_CREATE|os.O_RDWR, 0o600); err != nil {
		return fmt.Errorf("the backup cannot be opened: %w", err)
	}
	info, err := f.partial.Stat()
	if err == nil && (!info.Mode().IsRegular() || info.Size() > 0) {
		err = errors.New("it does not say what the backup is of, and there is something in it")
	}
	if err != nil {
		return fmt.Errorf("read %s: %w; to begin anew, remove it and %s", f.state.Name(), err, f.partial.Name())
	}
	if err := f.state.Truncate(0); err != nil {
		return fmt.Errorf("mend %s: %w", f.state.Name(), err)
	}
	f.made = true
	if err := f.tell(now); err != nil {
		return err
	}
	return f.settle()
}

// open opens the file that the state speaks of and sees that it holds what the state says. A file that is whole and has
// its name is left closed.
func (f *File) open(s *state) error {
	named, err := os.Open(f.path)
	switch {
	case err == nil:
		defer func() { _ = named.Close() }() // it was only read
		if info, err := named.Stat(); !s.whole || err != nil || info.Size() != s.offset || f.check(named, s) != nil {
			return fmt.Errorf("%s is there already, and is not the backup that %s speaks of: nothing is ever overwritten; "+
				"move it away", f.path, statePath(f.path))
		}
		return nil
	case !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("the backup cannot be opened: %w", err)
	}
	// A process that ended before there was anything in the file may have ended before there was a file.
	flags := os.O_RDWR
	if s.offset == 0 {
		flags |= os.O_CREATE
	}
	if f.partial, err = os.OpenFile(partialPath(f.path), flags, 0o600); err != nil {
		return fmt.Errorf("the backup cannot be opened: %w", err)
	}
	if err := f.check(f.partial, s); err != nil {
		return fmt.Errorf("%s is not what %s says: %w; to begin anew, remove both", f.partial.Name(), f.state.Name(), err)
	}
	return nil
}

// check sees that a file begins with the bytes that the state speaks of.
func (f *File) check(file *os.File, s *state) error {
	info, err := file.Stat()
	switch {
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return errors.New("it is no regular file")
	case info.Size() < s.offset:
		return fmt.Errorf("it has %d bytes, expected %d at least", info.Size(), s.offset)
	}
	sum, err := checkSum(file, s.offset)
	if err == nil && sum != s.crc {
		err = errors.New("its check value does not fit")
	}
	return err
}
