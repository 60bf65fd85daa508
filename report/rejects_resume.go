package report

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
)

// earlier is what a resumed run's rejects know of the earlier runs.
type earlier struct {
	ledger  *Ledger
	missing int64 // rows that are not restored and have not been seen again
}

// saw notes that a row that was to be sent again has a new outcome.
func (e *earlier) saw(row int64) {
	if e == nil {
		return
	}
	if kind, restored, ok := e.ledger.Outcome(row); ok && !restored && kind.Again() {
		e.missing--
	}
}

// Keep takes in a row that is read again, as it stands in the backup: if an earlier run has settled it and it is not
// restored, it is a reject of this run, too. Of a run that is not resumed it takes nothing.
func (r *Rejects) Keep(row int64, raw []byte) error {
	if r.err != nil || r.earlier == nil {
		return r.err
	}
	kind, restored, ok := r.earlier.ledger.Outcome(row)
	if !ok || restored || kind.Again() {
		return nil
	}
	o, err := r.earlier.ledger.Earlier(row)
	if err != nil {
		return r.fail(err)
	}
	r.earlier.missing--
	if err := r.add(raw, o); err != nil {
		return err
	}
	return r.flush()
}

func (r *Rejects) partialPath() string { return r.path + ".partial" }

// replace puts the new file into the old one's place, or leaves it beside.
func (r *Rejects) replace() error {
	_, err := os.Lstat(r.path)
	there := err == nil
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if there && r.earlier.missing > 0 {
		r.left, r.partial = true, r.file != nil
		return nil
	}
	if there {
		if err := r.retire(); err != nil {
			return err
		}
	}
	if r.file == nil {
		return r.clean()
	}
	return os.Rename(r.partialPath(), r.path)
}

// clean removes what an earlier run has left beside the file: it holds nothing that is not made anew. A file that
// someone has worked on since is moved aside. What a run that was killed has left, nobody was told to work on.
func (r *Rejects) clean() error {
	path := r.partialPath()
	if left := r.earlier.ledger.partial; left != "" {
		now, err := Fingerprint(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		if now.SHA256 != left {
			return r.keepAside(path)
		}
	}
	if err := os.Remove(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

func (r *Rejects) keepAside(path string) (err error) {
	if r.kept, err = freeName(r.path); err != nil {
		return err
	}
	return os.Rename(path, r.kept)
}

// retire makes room for the new file. A file that is as a run left it holds nothing that the new one does not; any other
// is moved aside.
func (r *Rejects) retire() error {
	known, err := r.known()
	if err != nil {
		return err
	}
	if known && r.file == nil {
		return os.Remove(r.path)
	}
	if known {
		return nil // the rename replaces it in one step
	}
	aside, err := freeName(r.path)
	if err != nil {
		return err
	}
	r.aside = aside
	return os.Rename(r.path, aside)
}

// known reports whether the file is as the last run left it.
func (r *Rejects) known() (bool, error) {
	if r.earlier.ledger.rejects == "" {
		return false, nil
	}
	now, err := Fingerprint(r.path)
	return now.SHA256 == r.earlier.ledger.rejects, err
}

// freeName returns a name behind path that no file has.
func freeName(path string) (string, error) {
	for n := 1; n < 10_000; n++ {
		name := path + ".old-" + strconv.Itoa(n)
		if _, err := os.Lstat(name); errors.Is(err, fs.ErrNotExist) {
			return name, nil
		}
	}
	return "", fmt.Errorf("there are too many files called %s.old-…", path)
}
