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
	"strconv"

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
	partial bool
}

var _ restore.Sink = (*Rejects)(nil)

// NewRejects returns the rejects of a new run. chosen says that duplicates with other values count as restored (see
// [Run.Chosen]). No file is made yet; an existing one is never overwritten (see [Rejects.Ready]).
func NewRejects(path string, format RejectsFormat, chosen bool) *Rejects {
	return &Rejects{path: path, format: format, chosen: chosen, open: makeFile, sum: sha256.New()}
}

func makeFile(path string) (file, error) {
	return os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
}

// Ready returns an error if the file could not be made: before the first row is sent is the time to learn that. The
// error of a file that is there is [fs.ErrExist]. A resumed run's file may be there.
func (r *Rejects) Ready() error {
	info, err := os.Stat(filepath.Dir(r.path))
	if err == nil && !info.IsDir() {
		err = fmt.Errorf("%s is no folder", filepath.Dir(r.path))
	}
	if err != nil {
		return fmt.Errorf("the rejects %s cannot be written: %w", r.path, err)
	}
	if r.earlier != nil {
		return nil
	}
	switch _, err := os.Lstat(r.path); {
	case err == nil:
		return fmt.Errorf("the rejects %s: %w; move it away, or name another file with --rejects", r.path, fs.ErrExist)
	case errors.Is(err, fs.ErrNotExist):
		return nil
	default:
		return fmt.Errorf("the rejects %s cannot be written: %w", r.path, err)
	}
}

// Write appends those of the outcomes' rows that are not restored, in one write.
func (r *Rejects) Write(outcomes []*restore.Outcome) error {
	if r.err != nil {
		return r.err
	}
	r.buf = r.buf[:0]
	var rows int64
	for _, o := range outcomes {
		r.earlier.saw(o.Row)
		if o.Kind == restore.Pending || o.Restored(r.chosen) {
			continue
		}
		r.buf = r.format.AppendReject(r.buf, o.Raw, Reason(o))
		rows++
	}
	return r.flush(rows)
}

// flush writes what is in the buffer, which holds so many rows.
func (r *Rejects) flush(rows int64) error {
	if rows == 0 {
		return nil
	}
	if r.file == nil {
		if err := r.begin(); err != nil {
			return r.fail(err)
		}
	}
	if err := r.put(r.buf); err != nil {
		return r.fail(err)
	}
	r.rows += rows
	if cap(r.buf) > keepBuffer {
		r.buf = nil
	}
	return nil
}

func (r *Rejects) begin() error {
	path := r.path
	if r.earlier != nil {
		path = r.partialPath()
		// Left by a run that was killed; this run makes it anew from the journal and the backup.
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	f, err := r.open(path)
	if err != nil {
		return err
	}
	r.file = f
	return r.put(r.format.RejectsHeader())
}

func (r *Rejects) put(p []byte) error {
	if len(p) == 0 {
		return nil
	}
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

// Close finishes the file and puts it on the disk; see [ResumeRejects] for what a resumed run does with the file of
// the earlier one. It returns the first failure there was. Closing it again does nothing.
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
		err = syncFolder(filepath.Dir(r.path))
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
	// Aside is where the file of the earlier run was moved; "" if it was not.
	Aside string
	// Partial says that the resumed run ended before it had read all rows again that earlier runs had not restored, so
	// that the file holds some of the rows alone, and stands beside the earlier run's file.
	Partial bool
}

// Result is what became of the rejects. It is known once they are closed.
func (r *Rejects) Result() RejectsResult {
	res := RejectsResult{Rows: r.rows, Aside: r.aside, Partial: r.partial}
	switch {
	case r.file == nil:
	case r.partial:
		res.Path = r.partialPath()
	default:
		res.Path = r.path
	}
	return res
}

// Notes are what the summary's line should tell of the rejects, for a later run to know the file by; give them to
// [Journal.Finish] once the rejects are closed.
func (r *Rejects) Notes() []Note {
	if r.file == nil || r.partial {
		return nil
	}
	return []Note{
		{Key: "rejects", Value: r.path},
		{Key: "rejects_bytes", Value: strconv.FormatInt(r.size, 10)},
		{Key: "rejects_sha256", Value: hex.EncodeToString(r.sum.Sum(nil))},
	}
}
