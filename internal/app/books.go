package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"sync"
	"time"

	"rejoin/reader"
	"rejoin/report"
	"rejoin/restore"
)

// books is all that a run writes down: the report, and the rows that were not restored.
type books struct {
	journal *report.Journal
	ledger  *report.Ledger // of earlier runs; nil: there are none
	backup  *backup
	kinds   []restore.Kind // the outcomes that the run tells; nil: a restore's

	mu      sync.Mutex // rows are kept by the one who reads, and written by the one who collects
	rejects *report.Rejects
	// rejectsErr is why a reject could not be written; stop stops the run then.
	rejectsErr error
	stop       context.CancelCauseFunc

	checkpointed time.Time
	tooLong      int64 // rows whose bytes nobody has
	changed      bool  // the backup was, while its rows were sent
	hooks        *hooks
}

var _ restore.Sink = (*books)(nil)

// checkpointEvery is how often a stream's fingerprint goes into the report, for a run that is resumed from a stream to
// know it by.
const checkpointEvery = time.Second

// makeable fails where the report, or rejects that were named, could not be made: before the backup is read.
func (r *run) makeable() error {
	if err := r.distinct(r.rejects); err != nil {
		return err
	}
	if r.resume {
		return nil // what is there is opened, which tells
	}
	if err := report.Free(r.report); err != nil {
		return failed(err)
	}
	if err := canMake(r.report); err != nil {
		return failed(fmt.Errorf("the report cannot be made: %w", err))
	}
	if r.rejects == "" {
		return nil
	}
	if err := report.NewRejects(r.rejects, nil).Ready(); err != nil {
		return failed(err)
	}
	if err := canMake(r.rejects); err != nil {
		return failed(fmt.Errorf("the rejects cannot be written: %w", err))
	}
	return nil
}

// openBooks makes the report, or goes on with the one of the run to resume. It is the last thing before anything is sent.
func (r *run) openBooks(pass *reader.Reader, stop context.CancelCauseFunc) (*books, error) {
	b := &books{backup: r.backup, hooks: &r.hooks, stop: stop}
	if r.resume {
		return b, r.reopen(b, pass)
	}
	rejects := r.rejectsPath(pass)
	if err := r.distinct(rejects); err != nil {
		return nil, err
	}
	if err := report.NewRejects(rejects, pass.Info()).Ready(); err != nil { // so that no report is made in vain
		return nil, failed(err)
	}
	r.other["rejects"] = rejects // where a resumed run goes on
	var err error
	if b.journal, err = report.Create(r.report, r.head(pass)); err != nil {
		return nil, failed(err)
	}
	b.rejects = b.journal.Rejects(rejects, pass.Info())
	return b, nil
}

// reopen goes on with the report, and the rejects, of an earlier run.
func (r *run) reopen(b *books, pass *reader.Reader) (err error) {
	b.ledger = r.earlier.Ledger()
	b.journal, err = r.earlier.Continue(r.head(pass))
	if err != nil {
		return notGoneOn(err, nothingSent)
	}
	rejects := r.rejects
	if rejects == "" {
		rejects = b.ledger.First().Options["rejects"]
	}
	if rejects == "" {
		rejects = r.rejectsPath(pass)
	}
	b.rejects = b.journal.Rejects(rejects, pass.Info())
	for _, check := range []func() error{func() error { return r.distinct(rejects) }, b.rejects.Ready, func() error { return canMake(rejects) }} {
		if err := check(); err != nil {
			return b.abandon(asExit(err))
		}
	}
	return nil
}

// abandon ends a run in the report in which nothing was sent, so that the next does not take it for one that was killed.
func (b *books) abandon(err error) error {
	return errors.Join(err, b.journal.Finish(restore.Summary{Kinds: b.kinds}, statusOf(err)), b.journal.Close())
}

// distinct refuses to write two things into one file, or over the backup.
func (r *run) distinct(rejects string) error {
	for _, pair := range [][3]string{
		{rejects, r.report, "--rejects and --report"}, {rejects, r.path, "--rejects and the backup"}, {r.report, r.path, "--report and the backup"},
	} {
		if pair[0] == "" { // it has a name of its own, beside the report
			continue
		}
		if filepath.Clean(pair[0]) == filepath.Clean(pair[1]) || sameFile(pair[0], pair[1]) {
			return usagef("%s are one file, %s: name another", pair[2], pair[0])
		}
	}
	return nil
}

func sameFile(a, b string) bool {
	infoA, errA := os.Stat(a)
	infoB, errB := os.Stat(b)
	return errA == nil && errB == nil && os.SameFile(infoA, infoB)
}

func (r *run) head(pass *reader.Reader) report.Run {
	run := r.intended()
	run.StartedAt, run.Backup.Format = time.Now(), pass.Info().Format.String()
	return run
}

// intended is what of a run's head is known before its records are read.
func (r *run) intended() report.Run {
	return report.Run{
		Version: version, Command: r.command, DryRun: r.engine.DryRun, Chosen: r.engine.Chosen,
		Backup:  report.Backup{Path: r.path, Bytes: r.backup.size, SHA256: r.backup.sha256},
		Target:  report.Target{APIURL: r.targetURL(), ServiceSID: r.settings.service},
		Meaning: r.meaning, Options: r.other, Args: r.Args[1:],
	}
}

// rejectsPath is where the rejects go: where they were told to, or beside the report, each shard's by themselves. There
// a file of another run is left alone, and the next name is taken.
func (r *run) rejectsPath(pass *reader.Reader) string {
	if r.rejects != "" {
		return r.rejects
	}
	extension := "ndjson" // Singer's and Airbyte's messages stand one a line, too
	switch pass.Info().Format {
	case reader.CSV:
		extension = "csv"
	case reader.JSON:
		extension = "json"
	case reader.Auto, reader.NDJSON, reader.Singer, reader.Airbyte:
	}
	name := filepath.Join(filepath.Dir(r.report), r.backup.base)
	if part := r.engine.Part; part.Shards > 1 {
		name += fmt.Sprintf(".shard-%d-of-%d", part.Shard, part.Shards)
	}
	path := name + ".rejects." + extension
	for n := 2; n < 1000; n++ {
		if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
			break
		}
		path = fmt.Sprintf("%s.rejects-%d.%s", name, n, extension)
	}
	return path
}

// comesAgain refuses to go on from a stream that does not begin with the bytes that the earlier run read. It has been
// spooled into a file by now.
func (r *run) comesAgain(ledger *report.Ledger) error {
	n, sum, ok := ledger.Checkpoint()
	if !ok || r.backup.file == nil {
		return nil
	}
	now, err := r.backup.prefixSum(n)
	switch {
	case err != nil:
		return failed(err)
	case now != sum:
		return mismatched(fmt.Errorf("%s is not the one that the report speaks of: its first %d bytes differ", r.backup.name, n))
	}
	return nil
}

// Write puts outcomes into the report first, and then the rows that are not restored among the rejects.
//
// Where the rejects cannot be written the run is stopped, and no error is returned: the report goes on to take the
// outcomes of what is in flight, so that nothing was sent of which it does not know.
func (b *books) Write(outcomes []*restore.Outcome) error {
	b.hooks.reach(beforeWrite, b)
	if err := b.journal.Write(outcomes); err != nil {
		return err
	}
	b.hooks.reach(afterWrite, b)
	for _, o := range outcomes {
		if o.Kind == restore.Invalid && len(o.Raw) == 0 {
			b.tooLong++
		}
	}
	if time.Since(b.checkpointed) >= checkpointEvery {
		if err := b.checkpoint(); err != nil {
			return err
		}
	}
	if b.rejects == nil { // the run has none
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.rejectsErr == nil {
		if b.rejectsErr = b.rejects.Write(outcomes); b.rejectsErr != nil {
			b.stop(fmt.Errorf("%w: %w", restore.ErrSink, b.rejectsErr))
		}
	}
	return nil
}

func (b *books) rejectsError() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.rejectsErr
}

func (b *books) checkpoint() error {
	b.checkpointed = time.Now()
	n, sum, ok := b.backup.readSoFar()
	if !ok || b.backup.sha256 != "" { // the report's head has a fingerprint of the whole
		return nil
	}
	return b.journal.Checkpoint(n, sum)
}

// keeping shows the rows, as they are read, to the rejects: those that an earlier run did not restore stay among them.
func (b *books) keeping(source restore.Source) restore.Source {
	if b.ledger == nil {
		return source
	}
	return func(ctx context.Context) iter.Seq2[reader.Record, error] {
		return func(yield func(reader.Record, error) bool) {
			for rec, err := range source(ctx) {
				if keepErr := b.keep(&rec, err); keepErr != nil {
					yield(reader.Record{}, keepErr)
					return
				}
				if !yield(rec, err) {
					return
				}
			}
		}
	}
}

func (b *books) keep(rec *reader.Record, err error) error {
	raw, isRow := rowOf(rec, err)
	if !isRow {
		return nil // an error is told by the one who gets it
	}
	return b.keepRow(rec.Row, raw)
}

func (b *books) keepRow(row int64, raw []byte) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.rejects.Keep(row, raw); err != nil {
		return fmt.Errorf("%w: %w", restore.ErrSink, err)
	}
	return nil
}

// closeRejects ends the rejects.
func (b *books) closeRejects() error { return errors.Join(b.rejectsError(), b.rejects.Close()) }

// closeReport ends the report with the summary.
func (b *books) closeReport(sum *restore.Summary, status int) error {
	b.hooks.reach(beforeSummary, b)
	var notes []report.Note
	if b.changed {
		notes = append(notes, report.BackupChanged())
	}
	err := errors.Join(b.checkpoint(), b.journal.Finish(*sum, status, notes...))
	b.hooks.reach(afterSummary, b)
	return errors.Join(err, b.journal.Close())
}

// sameMember reports whether a row speaks of the member that it spoke of when its outcome was written.
func (b *books) sameMember(row int64, service, channel, identity string) bool {
	then, ok := b.ledger.Key(row)
	return !ok || then == report.KeyHash(service, channel, identity)
}
