package report

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"rejoin/internal/filelock"
)

// Reopened is the report of earlier runs, read back and locked. Nothing of it has been changed, and nothing is unless a
// run goes on with it.
type Reopened struct {
	path string
	file *os.File
	read *recovery
}

// Reopen reads the report of earlier runs back and locks it: no other process can go on with it meanwhile. chosen is the
// [Run.Chosen] of the run that is to go on. A report that is damaged before its last intact line is a [*DamagedError].
func Reopen(path string, chosen bool) (*Reopened, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_APPEND, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no report to resume from: %w; begin the run without --resume", err)
	}
	if err != nil {
		return nil, fmt.Errorf("the report cannot be opened: %w", err)
	}
	o := &Reopened{path: path, file: f}
	if err := o.readBack(chosen); err != nil {
		return nil, errors.Join(err, o.Close())
	}
	return o, nil
}

func (o *Reopened) readBack(chosen bool) (err error) {
	if err := filelock.Lock(o.file); err != nil {
		return fmt.Errorf("lock the report %s: %w", o.path, err)
	}
	if info, err := o.file.Stat(); err != nil || !info.Mode().IsRegular() {
		return errors.Join(fmt.Errorf("%s is no report of rejoin: it is no regular file", o.path), err)
	}
	o.read, err = recoverFrom(o.path, o.file, chosen)
	return err
}

// Ledger is what the earlier runs made of the backup's rows. It reads from the report's file, so that it must not be
// asked for earlier outcomes once that is closed.
func (o *Reopened) Ledger() *Ledger { return o.read.ledger }

// Fingerprinted reports whether the report knows its backup's contents.
func (o *Reopened) Fingerprinted() bool { return o.read.ledger.head.Backup.SHA256 != "" }

// Of fails with a [*MismatchError] where the report is of another run: of a backup with other contents, of another command,
// against another target, or with other options. The backup's format and the target's address, where they are not known
// yet, are for [Reopened.Continue] to compare.
func (o *Reopened) Of(run Run) error {
	head := &o.read.ledger.head
	if run.Backup.Format == "" {
		run.Backup.Format = head.Backup.Format
	}
	if run.Target.APIURL == "" {
		run.Target = head.Target
	}
	return o.read.ledger.mismatch(o.path, &run)
}

// Continue goes on with the report. It changes nothing before it has seen that the run is the same, in all that changes
// what becomes of a row; where it is not, the error is a [*MismatchError]. What is not intact behind the last intact line
// is cut off ([Journal.Mended]): it was being written when the earlier run ended.
//
// On return the new run's line is on the disk. The file belongs to the journal, also where the error says that there is
// none, and is closed with it.
func (o *Reopened) Continue(run Run) (*Journal, error) {
	f := o.file
	o.file = nil
	j := newJournal(o.path, lockedFile{f}, &run)
	if err := j.goOn(f, o.read, &run); err != nil {
		return nil, errors.Join(err, j.file.Close())
	}
	return j, nil
}

// Close leaves the report as it is, unless a run goes on with it. Closing it again does nothing.
func (o *Reopened) Close() error {
	if o == nil || o.file == nil {
		return nil
	}
	f := o.file
	o.file = nil
	return lockedFile{f}.Close()
}

// Resume opens the report of an earlier run, to go on with it: [Reopen] and [Reopened.Continue] in one.
func Resume(path string, run Run) (*Journal, *Ledger, error) {
	o, err := Reopen(path, run.Chosen)
	if err != nil {
		return nil, nil, err
	}
	j, err := o.Continue(run)
	if err != nil {
		return nil, nil, err
	}
	return j, o.Ledger(), nil
}

func (j *Journal) goOn(f *os.File, r *recovery, run *Run) error {
	if err := r.ledger.mismatch(j.path, run); err != nil {
		return err
	}
	j.mended = r.tail
	if err := f.Truncate(r.intact); err != nil {
		return fmt.Errorf("mend the report %s: %w", j.path, err)
	}
	var line []byte
	if r.open {
		line = append(line, '\n')
	}
	line, err := appendRun(line, run, r.ledger.runs > 0, r.tail)
	if err != nil {
		return fmt.Errorf("write the report %s: %w", j.path, err)
	}
	if err := errors.Join(j.append(line), j.Sync()); err != nil {
		return err
	}
	j.earlier = &earlier{ledger: r.ledger, missing: r.ledger.unrestored}
	return nil
}
