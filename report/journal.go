package report

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"rejoin/internal/filelock"
	"rejoin/restore"
)

// syncEvery is how long a line may wait for its sync.
const syncEvery = time.Second

// keepBuffer is the largest buffer that is kept from batch to batch.
const keepBuffer = 4 << 20

var errClosed = errors.New("the report is closed")

// file is what a journal asks of its file.
type file interface {
	Write(p []byte) (int, error)
	Sync() error
	Close() error
}

// lockedFile is a file that this process has locked.
type lockedFile struct{ *os.File }

// Close gives the file back and closes it. That it could not be given back means that it never was locked.
func (f lockedFile) Close() error {
	_ = filelock.Unlock(f.File)
	return f.File.Close()
}

// Journal is a report that is being written. It is safe for concurrent use.
type Journal struct {
	path    string
	dryRun  bool
	chosen  bool
	mended  Mended
	earlier *earlier // of a resumed run
	rejects *Rejects

	// syncing is held while the file is synced, and taken before mu where both are: a write must not wait for a sync.
	syncing sync.Mutex

	mu     sync.Mutex
	file   file
	buf    []byte
	timer  *time.Timer // runs while there is something to sync
	synced bool        // nothing has been written since the last sync began
	err    error       // the first failure; every later call returns it
	closed bool

	counters counters
}

var _ restore.Sink = (*Journal)(nil)

// Create makes the report of a new run and writes its first line. The file is made with mode 0600 and is never
// overwritten: where there is one, the error says what it is and how to go on, and is [fs.ErrExist]. On return the line
// and the file's name are on the disk.
func Create(path string, run Run) (*Journal, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR|os.O_APPEND, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil, existing(path, err)
	}
	if err != nil {
		return nil, fmt.Errorf("the report cannot be made: %w", err)
	}
	j := newJournal(path, lockedFile{f}, &run)
	if err := j.begin(f, &run); err != nil {
		if !errors.Is(err, filelock.ErrLocked) {
			err = errors.Join(err, os.Remove(path)) // nothing was run, so that nothing is lost with it
		}
		return nil, errors.Join(err, j.file.Close())
	}
	return j, nil
}

func newJournal(path string, f file, run *Run) *Journal {
	return &Journal{path: path, file: f, dryRun: run.DryRun, chosen: run.Chosen, synced: true}
}

// begin writes a new report's first line.
func (j *Journal) begin(f *os.File, run *Run) error {
	if err := filelock.Lock(f); err != nil {
		return fmt.Errorf("lock the report %s: %w", j.path, err)
	}
	line, err := appendRun(nil, run, false, Mended{})
	if err != nil {
		return fmt.Errorf("write the report %s: %w", j.path, err)
	}
	if err := j.append(line); err != nil {
		return err
	}
	if err := j.Sync(); err != nil {
		return err
	}
	if err := filelock.SyncFolder(filepath.Dir(j.path)); err != nil {
		return fmt.Errorf("write the report %s: sync its folder: %w", j.path, err)
	}
	return nil
}

// Path is the report's file.
func (j *Journal) Path() string { return j.path }

// Mended is what [Resume] cut off the end; zero where the journal was whole.
func (j *Journal) Mended() Mended { return j.mended }

// Write appends the outcomes' lines, in one write. When it returns nil they are with the operating system, which keeps
// them if the process is killed. Where it fails, some of them may be in the file; the last may be torn, and [Resume]
// mends it.
func (j *Journal) Write(outcomes []*restore.Outcome) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.buf = j.buf[:0]
	for _, o := range outcomes {
		j.buf = appendOutcome(j.buf, o, j.dryRun)
	}
	err := j.appendLocked(j.buf)
	if cap(j.buf) > keepBuffer {
		j.buf = nil
	}
	return err
}

// append writes whole lines.
func (j *Journal) append(lines []byte) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.appendLocked(lines)
}

func (j *Journal) appendLocked(lines []byte) error {
	if j.err != nil || len(lines) == 0 {
		return j.err
	}
	n, err := j.file.Write(lines)
	if err == nil && n != len(lines) {
		err = fmt.Errorf("%d of %d bytes were written", n, len(lines))
	}
	if err != nil {
		return j.failLocked("write", err)
	}
	if j.synced {
		j.synced = false
		j.timer = time.AfterFunc(syncEvery, func() { _ = j.Sync() }) // its error is kept, and stops the next write
	}
	return nil
}

func (j *Journal) failLocked(doing string, err error) error {
	if j.err == nil {
		j.err = fmt.Errorf("%s the report %s: %w", doing, j.path, err)
	}
	return j.err
}

// Sync puts on the disk what has been written. It goes by itself a second after a write, so that there is no need to
// call it.
func (j *Journal) Sync() error {
	j.syncing.Lock()
	defer j.syncing.Unlock()
	if due, err := j.startSync(); !due {
		return err
	}
	err := j.file.Sync()
	j.mu.Lock()
	defer j.mu.Unlock()
	if err != nil {
		return j.failLocked("sync", err)
	}
	return j.err
}

// startSync reports whether there is something to sync. What is written from here on is for the next sync.
func (j *Journal) startSync() (due bool, err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.synced || j.err != nil {
		return false, j.err
	}
	j.timer.Stop()
	j.synced = true
	return true, nil
}

// Close syncs and closes the file. It returns the first failure that the journal met, if any, so that a report that is
// not whole is never taken for one that is. Closing it again does nothing.
func (j *Journal) Close() error {
	err := j.Sync()
	j.syncing.Lock()
	defer j.syncing.Unlock()
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.closed {
		return nil
	}
	j.closed = true
	j.counters.stop()
	if j.timer != nil {
		j.timer.Stop()
	}
	if cerr := j.file.Close(); cerr != nil && err == nil {
		err = fmt.Errorf("close the report %s: %w", j.path, cerr)
	}
	if j.err == nil {
		j.err = errClosed
	}
	return err
}
