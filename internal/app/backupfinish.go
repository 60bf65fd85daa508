package app

import (
	"errors"
	"fmt"
	"io"
	"syscall"

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
	full := errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
	if err != nil {
		words = b.keptWords(full)
	}
	b.tell(sum, status, size, errors.Is(err, backups.ErrSink))
	if err != nil {
		what := b.unreached(err, b.counts, b.baseURL)
		if full {
			what = "the disk is full: " + what
		}
		return &exit{status: status, err: errors.New(what + words)}
	}
	b.screen.hint("the backup is in " + b.path)
	return nil
}

// keptWords says what there is of a backup that is not whole, and how to go on; full says that it is for want of room. One
// of which nothing is there leaves nothing behind.
func (b *backingUp) keptWords(full bool) string {
	kept := b.file.Kept()
	if kept == 0 {
		if err := b.file.Discard(); err != nil {
			return "\nrejoin: " + err.Error()
		}
		if full {
			return "\nrejoin: nothing is kept, and the same command begins anew, once there is room; a file whose name ends in .zst or .gz needs less"
		}
		return "\nrejoin: nothing is kept, and the same command begins anew"
	}
	if full {
		return fmt.Sprintf("\nrejoin: %s so far, each whole, in %s.partial, with %s.state beside it: leave both as they are and make room, or move both to "+
			"another disk and name the file there with --out; to go on, run: %s", counted(int64(kept), "channel"), b.path, b.path, shellWords(resumeArgs(b.Args)))
	}
	return fmt.Sprintf("\nrejoin: %s so far in %s.partial, which is no whole backup; to go on, run: %s",
		counted(int64(kept), "channel"), b.path, shellWords(resumeArgs(b.Args)))
}

func (b *backingUp) finishStream(sum *backups.Summary, runErr error) error {
	status := withFailure(backupStatus(runErr), b.out.err())
	b.tell(sum, status, 0, false)
	if runErr == nil {
		return nil // an error of standard output is told by who owns it
	}
	if b.out.err() != nil && errors.Is(runErr, backups.ErrSink) {
		return &exit{status: status, err: runErr, silent: true} // who owns standard output tells it
	}
	return &exit{status: status, err: errors.New(b.unreached(runErr, b.counts, b.baseURL) + "\nrejoin: what went to standard output is no whole backup")}
}

// tell tells the summary: for machines on standard output, unless that carries the backup. lost says that not all that
// was read could be written.
func (b *backingUp) tell(sum *backups.Summary, status int, size int64, lost bool) {
	if b.json {
		to := io.Writer(b.out)
		if b.file == nil {
			to = lockedWriter{b.screen}
		}
		fmt.Fprintln(to, b.summaryJSON(sum, status, size))
		return
	}
	for _, line := range backupSummary(sum, lost) {
		b.screen.hint(line)
	}
}

func backupSummary(sum *backups.Summary, lost bool) []string {
	where := "in the backup"
	if lost { // how many are in it is told with what is kept
		where = "read"
	}
	text := fmt.Sprintf("%s of %s %s, after %s (%s", counted(sum.Members, "member"), counted(sum.Done, "channel"), where,
		prose.Elapsed(sum.Elapsed), counted(sum.Requests, "request"))
	if sum.Throttled > 0 {
		text += fmt.Sprintf(", %s answered 429", count(sum.Throttled))
	}
	text += "), " + counted(sum.Bytes, "byte")
	lines := []string{text}
	if left := sum.Channels - sum.Done; left > 0 && !lost {
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
