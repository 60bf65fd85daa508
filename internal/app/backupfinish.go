package app

import (
	"errors"
	"fmt"
	"io"

	backups "rejoin/backup"
	"rejoin/internal/prose"
)

// backupBegins says what there is to do.
func backupBegins(channels, earlier int) string {
	text := counted(int64(channels), "channel") + " to back up"
	if earlier > 0 {
		text += ", of which an earlier run has written " + count(int64(earlier))
	}
	return text
}

// finish gives the file its name, or keeps what there is of it, and says how the backup ended.
func (b *backingUp) finish(sum *backups.Summary, runErr error) error {
	if b.file == nil {
		return b.finishStream(sum, runErr)
	}
	err := runErr
	if err == nil {
		if err = b.file.Finish(); err != nil {
			err = fmt.Errorf("%w: %w", backups.ErrSink, err)
		}
	} else if closed := b.file.Close(); closed != nil && !errors.Is(err, backups.ErrSink) {
		err = errors.Join(err, closed)
	}
	status := backupStatus(err)
	size := b.file.Size()
	words := ""
	if err != nil {
		words = b.keptWords()
	}
	b.tell(sum, status, size)
	if err != nil {
		return &exit{status: status, err: errors.New(unreached(err, b.counts, b.baseURL) + words)}
	}
	b.screen.hint("the backup is in " + b.path)
	return nil
}

// keptWords says what there is of a backup that is not whole, and how to go on. One of which nothing is there leaves
// nothing behind.
func (b *backingUp) keptWords() string {
	kept := b.file.Kept()
	if kept == 0 {
		if err := b.file.Discard(); err != nil {
			return "\nrejoin: " + err.Error()
		}
		return "\nrejoin: nothing is kept, and the same command begins anew"
	}
	return fmt.Sprintf("\nrejoin: %s so far in %s.partial, which is no whole backup; to go on, run: %s",
		counted(int64(kept), "channel"), b.path, shellWords(resumeArgs(b.Args)))
}

func (b *backingUp) finishStream(sum *backups.Summary, runErr error) error {
	status := withFailure(backupStatus(runErr), b.out.err())
	b.tell(sum, status, 0)
	if runErr == nil {
		return nil // an error of standard output is told by who owns it
	}
	if b.out.err() != nil && errors.Is(runErr, backups.ErrSink) {
		return &exit{status: status, err: runErr, silent: true} // who owns standard output tells it
	}
	return &exit{status: status, err: errors.New(unreached(runErr, b.counts, b.baseURL) + "\nrejoin: what went to standard output is no whole backup")}
}

// tell tells the summary: for machines on standard output, unless that carries the backup.
func (b *backingUp) tell(sum *backups.Summary, status int, size int64) {
	if b.json {
		to := io.Writer(b.out)
		if b.file == nil {
			to = lockedWriter{b.screen}
		}
		fmt.Fprintln(to, b.summaryJSON(sum, status, size))
		return
	}
	for _, line := range backupSummary(sum) {
		b.screen.hint(line)
	}
}

func backupSummary(sum *backups.Summary) []string {
	text := fmt.Sprintf("%s of %s in the backup, after %s (%s", counted(sum.Members, "member"), counted(sum.Done, "channel"),
		prose.Elapsed(sum.Elapsed), counted(sum.Requests, "request"))
	if sum.Throttled > 0 {
		text += fmt.Sprintf(", %s answered 429", count(sum.Throttled))
	}
	text += "), " + counted(sum.Bytes, "byte")
	lines := []string{text}
	if left := sum.Channels - sum.Done; left > 0 {
		lines = append(lines, counted(left, "channel")+" not in the backup")
	}
	if sum.Warned > 0 {
		lines = append(lines, counted(sum.Warned, "warning")+" above")
	}
	return lines
}

func (b *backingUp) summaryJSON(sum *backups.Summary, status int, size int64) string {
	warnings := sum.Warnings
	if warnings == nil {
		warnings = []string{}
	}
	keys := []any{
		"type", "summary", "command", "backup", "channels", sum.Channels, "channels_done", sum.Done, "channels_earlier", sum.Earlier,
		"channels_gone", sum.Gone, "members", sum.Members, "doubles", sum.Doubles, "reread", sum.Reread, "bytes", sum.Bytes,
		"requests", sum.Requests, "throttled", sum.Throttled, "elapsed_s", sum.Elapsed.Seconds(),
		"warned", sum.Warned, "warnings", warnings, "exit_code", status,
	}
	if b.file != nil {
		keys = append(keys, "out", b.path, "file_bytes", size)
	}
	return object(keys)
}
