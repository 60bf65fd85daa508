package report

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"rejoin/internal/filelock"
	"rejoin/restore"
)

// RejectsFormat is a backup's own format, for the rows that were not restored.
type RejectsFormat interface {
	// RejectsHeader is what stands before the first row.
	RejectsHeader() []byte
	// AppendReject appends a row, given as it stands in the backup, with the reason.
	AppendReject(dst, raw []byte, reason string) []byte
	// RejectsTrailer is what stands behind the last row.
	RejectsTrailer() []byte
}

// Rejects is the file of the rows that were not restored, in the backup's own format, each with the reason. It is made
// at the first such row, with mode 0600. It takes outcomes as a sink does; put it behind the journal, so that a row is
// in the journal first. It is not safe for concurrent use.
type Rejects struct {
	path   string
	format RejectsFormat
	chosen bool

	file file
	open func(path string) (file, error)
	buf  []byte
	sum  hash.Hash
	size int64
	rows int64
	err  error

	earlier *earlier // nil in a run that is not resumed
	aside   string
	kept    string
	partial bool
	left    bool // the earlier run's file stands as it was
}

var _ restore.Sink = (*Rejects)(nil)

// Rejects returns the rejects of the journal's run. What the summary's line tells of them is written by
// [Journal.Finish], for a later run to know the file by, so they are to be closed before that.
//
// In the end the file holds exactly the rows whose last outcome is "not restored", whichever run that outcome is of,
// and however the earlier runs ended. To that end a resumed run makes it again: it reads the backup from its start, and
// gives each row that it reads to [Rejects.Keep], before the engine has it; the reason of a row that an earlier run has
// settled comes from the journal, and rows that are sent again come in through [Rejects.Write] as always. Meanwhile the
// new file is called like the old one with ".partial" behind it. Close puts it in the old one's place. Where the old one
// is not as the last run left it, someone has worked on it, or the run was killed: it is moved aside, to a name with
// ".old-1" and so on behind it, and never lost.
//
// A run that ends before it has read all those rows again, because it was interrupted or is held to a part of the
// backup, leaves the old file as it is and the new one beside it ([RejectsResult.Partial]); the next resumed run makes
// it whole.
func (j *Journal) Rejects(path string, format RejectsFormat) *Rejects {
	j.rejects = NewRejects(path, format)
	j.rejects.chosen, j.rejects.earlier = j.chosen, j.earlier
	return j.rejects
}

// NewRejects returns rejects that stand alone: of a run that is not resumed, and in which every duplicate with other
// values counts as not restored. No file is made yet; an existing one is never overwritten (see [Rejects.Ready]).
func NewRejects(path string, format RejectsFormat) *Rejects {
	return &Rejects{path: path, format: format, open: makeFile, sum: sha256.New()}
}

func makeFile(path string) (file, error) {
	return os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
}

// Ready returns an error if the file could not be made: before the first row is sent is the time to learn that. The
// error of a file that is there is [fs.ErrExist]. A resumed run's file may be there; what is no regular file is never replaced.
func (r *Rejects) Ready() error {
	info, err := os.Stat(filepath.Dir(r.path))
	if err == nil && !info.IsDir() {
		err = syscall.ENOTDIR
	}
	if failure, ok := errors.AsType[*fs.PathError](err); ok {
		err = failure.Err
	}
	if err != nil {
		return fmt.Errorf("the rejects cannot be written: %w", &fs.PathError{Op: "make", Path: r.path, Err: err})
	}
	switch info, err := os.Lstat(r.path); {
	case err == nil && !info.Mode().IsRegular():
		return fmt.Errorf("the rejects cannot be written: %s is there already (%w), and is no regular file; name another file with --rejects", r.path, fs.ErrExist)
	case r.earlier != nil && (err == nil || errors.Is(err, fs.ErrNotExist)):
		return nil
	case err == nil:
		return fmt.Errorf("the rejects cannot be written: %s is there already (%w); move it away, or name another file with --rejects", r.path, fs.ErrExist)
	case errors.Is(err, fs.ErrNotExist):
		return nil
	default:
		return fmt.Errorf("the rejects cannot be written: %w", err)
	}
}

// Write appends those of the outcomes' rows that are not restored, in one write.
func (r *Rejects) Write(outcomes []*restore.Outcome) error {
	for _, o := range outcomes {
		r.earlier.saw(o.Row)
		if o.Kind == restore.Pending || o.Restored(r.chosen) {
			continue
		}
		if err := r.add(o.Raw, o); err != nil {
			return err
		}
	}
	return r.flush()
}

// add puts a row into the buffer.
func (r *Rejects) add(raw []byte, o *restore.Outcome) error {
	if r.err == nil && r.file == nil {
		if err := r.begin(); err != nil {
			return r.fail(err)
		}
	}
	if r.err == nil {
		r.buf = r.format.AppendReject(r.buf, raw, Reason(o))
		r.rows++
	}
	return r.err
}

// flush writes what is in the buffer.
func (r *Rejects) flush() error {
	if r.err != nil || len(r.buf) == 0 {
		return r.err
	}
	if err := r.put(r.buf); err != nil {
		return r.fail(err)
	}
	if r.buf = r.buf[:0]; cap(r.buf) > keepBuffer {
		r.buf = nil
	}
	return nil
}

// begin makes the file, and puts what it begins with into the buffer. A format may count its rows from there.
func (r *Rejects) begin() error {
	path := r.path
	if r.earlier != nil {
		path = r.partialPath()
		if err := r.clean(); err != nil { // this run makes it anew from the journal and the backup
			return err
		}
	}
	f, err := r.open(path)
	if err != nil {
		return err
	}
	r.file = f
	r.buf = append(r.buf[:0], r.format.RejectsHeader()...)
	return nil
}

func (r *Rejects) put(p []byte) error {
	n, err := r.file.Write(p)
	r.sum.Write(p[:max(n, 0)])
	r.size += int64(n)
	if err == nil && n != len(p) {
		err = fmt.Errorf("%d of %d bytes were written", n, len(p))
	}
	return err
}

func (r *Rejects) fail(err error) error {
	r.err = fmt.Errorf("write the rejects %s: %w", r.path, err)
	return r.err
}

// Close finishes the file and puts it on the disk; see [Journal.Rejects] for what a resumed run does with the file
// of the earlier one. It returns the first failure there was. Closing it again does nothing.
func (r *Rejects) Close() error {
	if errors.Is(r.err, errRejectsClosed) {
		return nil
	}
	err := r.err
	if r.file != nil {
		if err == nil {
			err = r.put(r.format.RejectsTrailer())
		}
		err = errors.Join(err, r.file.Sync(), r.file.Close())
	}
	if err == nil && r.earlier != nil {
		err = r.replace()
	}
	if err == nil && (r.file != nil || r.earlier != nil) {
		err = filelock.SyncFolder(filepath.Dir(r.path))
	}
	already := r.err != nil
	r.err = errRejectsClosed
	if err != nil && !already {
		return fmt.Errorf("write the rejects %s: %w", r.path, err)
	}
	return err
}

var errRejectsClosed = errors.New("the rejects are closed")

// RejectsResult is what became of the rejects once they are closed.
type RejectsResult struct {
	Path string // the file that was written; "" where there was no row for it
	Rows int64  // the rows in it
	// Aside is where the file of the earlier run was moved; "" if it was not. Cut says that this was because that run
	// was killed, so that nothing tells whether the file is as it left it.
	Aside string
	Cut   bool
	// Partial says that the resumed run ended before it had read all rows again that earlier runs had not restored, so
	// that the file holds some of the rows alone, and stands beside the earlier run's file.
	Partial bool
	// Kept is where a file of such a run was moved, because it is not as that left it: someone has worked on it, or a run
	// that was killed has begun another. "" if none was.
	Kept string
}

// Result is what became of the rejects. It is known once they are closed.
func (r *Rejects) Result() RejectsResult {
	res := RejectsResult{Rows: r.rows, Aside: r.aside, Partial: r.partial, Kept: r.kept}
	res.Cut = r.aside != "" && !r.earlier.ledger.ended
	switch {
	case r.file == nil:
	case r.partial:
		res.Path = r.partialPath()
	default:
		res.Path = r.path
	}
	return res
}

// Path is the file that was written; "" where there was no row for it.
func (r *Rejects) Path() string { return r.Result().Path }

// notes are what the summary's line tells of the rejects.
func (r *Rejects) notes() []Note {
	if r == nil || r.file == nil && !r.left {
		return nil
	}
	whole, partial := "", ""
	if r.left { // and so does what an earlier run may have left beside it
		whole, partial = r.earlier.ledger.rejects, r.earlier.ledger.partial
	}
	if r.file != nil {
		sum := hex.EncodeToString(r.sum.Sum(nil))
		if r.partial {
			partial = sum
		} else {
			whole = sum
		}
	}
	var notes []Note
	if whole != "" {
		notes = append(notes, Note{Key: "rejects", Value: r.path}, Note{Key: "rejects_sha256", Value: whole})
	}
	if partial != "" {
		notes = append(notes, Note{Key: "rejects_partial_sha256", Value: partial})
	}
	return notes
}
