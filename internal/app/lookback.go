package app

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"path/filepath"
	"time"

	"rejoin/report"
)

// lookBack reads the report that is to be gone on with, and finds out which of the backup's first rows need no second
// look, if it is the backup of which the report speaks.
func (r *run) lookBack() (err error) {
	if r.earlier, err = report.Reopen(r.report, r.engine.Chosen); err != nil {
		return failed(err)
	}
	if err := r.earlier.Of(r.intended()); err != nil { // before the backup's contents are known
		return notGoneOn(err, nothingSent)
	}
	if err := r.undone(); err != nil {
		return err
	}
	part := r.engine.Part
	ledger := r.earlier.Ledger()
	// A run under which the backup is changed sends other rows than those of which its report speaks, and one that is
	// killed then cannot tell. Of each row is asked whether it still speaks of the member that was sent.
	if ledger.BackupChanged() || r.backup.writtenSince(ledger.First().StartedAt) {
		return nil
	}
	if !r.earlier.Fingerprinted() || r.preflight.skip || part.OnlyChannel != "" || part.Shards > 1 {
		return nil // rows of other channels have no outcome, so that hardly any stand together
	}
	most := int64(math.MaxInt64)
	if part.Limit > 0 {
		most = part.Limit - 1 // the last is read, and found to be done
	}
	r.settled = ledger.Settled(most)
	return nil
}

// rehearsed is the error of a report that is there already, where it is one that this run cannot go on with: that of a
// rehearsal, whose sandbox has ended with it, or of a dry run.
func (r *run) rehearsed(err error) error {
	if r.resume || !errors.Is(err, fs.ErrExist) {
		return err
	}
	head, headErr := report.First(r.report)
	if headErr != nil {
		return err
	}
	var what string
	switch {
	case head.Command != r.command:
		return err
	case head.Target.APIURL == sandboxURL:
		what = "a rehearsal (--sandbox)"
	case head.DryRun && !r.engine.DryRun:
		what = "a dry run (--dry-run)"
	default:
		return err
	}
	return failed(fmt.Errorf("%s is there already: it is the report of %s, begun %s on %s, with which a restore cannot go on; "+
		"name another file with --report, or take this one away", r.report, what, head.StartedAt.Format(time.RFC3339), head.Backup.Path))
}

// undone refuses to go on with a run whose members an undo has deleted since: what the report tells as it stands is not
// so any more. It looks where an undo puts its own report by itself.
func (r *run) undone() error {
	name := undoReportName(r.report)
	for _, path := range []string{name, filepath.Join(filepath.Dir(r.report), name)} {
		head, err := report.First(path)
		if err != nil || head.Command != "undo" || head.DryRun {
			continue // there is none
		}
		now, err := report.Fingerprint(r.report)
		if err != nil {
			return failed(fmt.Errorf("%s cannot be read: %w", r.report, err))
		}
		if head.Backup.SHA256 == now.SHA256 {
			return mismatched(fmt.Errorf("the run of %s was undone since (%s): members that it calls created are there no more; "+
				"to restore them again, begin anew with another --report", r.report, path))
		}
	}
	return nil
}

// sameRun fails where the report is known to be of another backup, or of a run that has others of the options that change
// what becomes of a row, so that nothing is told of what it has done.
func (r *run) sameRun(f *fingerprinting) error {
	if err := f.end(); err != nil {
		return err
	}
	if err := r.earlier.Of(r.intended()); err != nil {
		return notGoneOn(err, nothingSent)
	}
	return r.comesAgain(r.earlier.Ledger())
}
