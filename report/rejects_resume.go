package report

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
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
		r.partial = r.file != nil
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

// clean removes what a killed run may have left, where this one has nothing to put in its place.
func (r *Rejects) clean() error {
	if err := os.Remove(r.partialPath()); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
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
	f, err := os.Open(r.path)
	if err != nil {
		return false, err
	}
	defer f.Close() //nolint:errcheck // it was only read
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return false, err
	}
	return hex.EncodeToString(sum.Sum(nil)) == r.earlier.ledger.rejects, nil
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
