package app

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"rejoin/internal/prose"
	"rejoin/reader"
	"rejoin/report"
	"rejoin/restore"
)

// finish writes how the run ended, everywhere it is written, and returns it as the process's end.
func (r *run) finish(sum *restore.Summary, runErr error, books *books, info reader.Info) error {
	rejectsErr := books.closeRejects()
	end := ending{
		Summary: sum, status: withFailure(runStatus(sum, runErr), rejectsErr), rejects: books.rejects.Path(), report: r.report, words: restoreWords(sum.DryRun),
		resume: shellWords(r.resumeByFlag), info: info, total: r.total, unsent: unsent(r.counts),
	}
	if r.json {
		end.writeJSON(r.out)
	} else {
		end.writeText(r.out, r.style())
		r.writeCauses(sum)
	}
	end.status = withFailure(end.status, r.out.err())
	reportErr := books.closeReport(sum, end.status)
	end.status = withFailure(end.status, reportErr)
	r.tellRejects(books)
	if errors.Is(runErr, restore.ErrSink) {
		rejectsErr, reportErr = nil, nil // they say it again
	}
	return r.lastWord(&end, books, errors.Join(runErr, incomplete("the rejects", rejectsErr), incomplete("the report", reportErr)))
}

// withFailure is the status of a run for which something could not be written, too: that it went wrong counts before
// that rows are not restored, and after any reason for which it stopped.
func withFailure(status int, err error) int {
	if err != nil && (status == statusDone || status == statusNotRestored || status == statusDifferences) {
		return statusFailed
	}
	return status
}

func incomplete(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s cannot be written to the end: %w", what, err)
}

// tellRejects says what became of an earlier run's rejects.
func (r *run) tellRejects(books *books) {
	result := books.rejects.Result()
	switch {
	case result.Cut, result.Aside != "" && r.cutShort(): // and no run has made the file again since
		r.screen.hint("the rejects file of the run that was cut short is now " + result.Aside + "; all of its rows are told again")
	case result.Aside != "":
		r.screen.hint("the rejects file was not as a run is known to have left it, so that it is kept: it is now " + result.Aside)
	}
	if result.Kept != "" {
		r.screen.hint("rejects that were not whole are not as a run left them, and are kept: they are now " + result.Kept)
	}
	if result.Partial {
		r.screen.hint("the rejects are not whole yet, since the run ended before all of them were read again: " + result.Path +
			" holds those that were; go on with --resume before you mend them")
	}
	if mended := books.journal.Mended(); mended.Bytes > 0 {
		r.screen.hint(fmt.Sprintf("the last %d bytes of the report had been torn when an earlier run ended, and were cut off", mended.Bytes))
	}
}

// cutShort reports whether a run before this one ended without its summary. The report is read again to see it.
func (r *run) cutShort() bool {
	reports, err := report.Load(r.report)
	if err != nil {
		return false // it is only about a word
	}
	totals, err := reports.Totals()
	if err != nil {
		return false
	}
	runs := totals.Reports[0].Past
	return slices.ContainsFunc(runs[:len(runs)-1], func(run report.RunInfo) bool { return !run.Ended })
}

// lastWord says on standard error what happened, what is safe and what to do next, where the summary alone does not.
func (r *run) lastWord(end *ending, books *books, err error) error {
	r.tellUnknown(end.info.Unknown)
	if err == nil && end.Read == 0 && r.engine.Part.Shards <= 1 { // of few channels, a shard may well have none
		return failed(errors.New("there was nothing to restore: " + r.nothing()))
	}
	if err == nil && end.status == statusDone {
		r.tellNext(end)
		return nil
	}
	if err == nil {
		if books.tooLong > 0 {
			r.screen.warn(counted(books.tooLong, "row") + " too long to be read cannot be among the rejects; the report names the lines; " +
				"--max-row-bytes takes longer ones")
		}
		if end.rejects != "" && !books.rejects.Result().Partial {
			r.tellAgain(end)
		}
		return &exit{status: end.status, err: errors.New(counted(end.NotRestored, "row") + " not restored"), silent: true}
	}
	what := r.unreached(err, r.counts, r.service.url)
	if errors.Is(err, restore.ErrTooManyErrors) {
		what += "\nrejoin: nothing was sent after that, but what was in flight, at most " + counted(int64(r.engine.Workers), "request") +
			", has its outcome; a row that breaks a rule counts when it is read, which is before the rows ahead of it are sent; " +
			"to go on past such rows, give another --max-errors, or none"
	}
	if r.again(end) {
		what += "\nrejoin: every outcome so far is in " + end.report + "; to go on, run: " + end.resume
	}
	return &exit{status: end.status, err: errors.New(what)}
}

// tellAgain says what to do with the rejects. A row that differs is as its backup has it, so that there is nothing to mend:
// what the member holds is to be overwritten, or left.
func (r *run) tellAgain(end *ending) {
	differing := end.Counts[restore.Differs]
	again := slices.Concat(r.againArgs, pathArgs(end.rejects))
	if differing == 0 || r.engine.OnConflict != restore.Verify {
		r.screen.hint("the rows that are not restored are in " + end.rejects + ", each with its reason: mend them, then run:\n  " + shellWords(again))
		return
	}
	for i, arg := range again {
		if arg == "--on-conflict" {
			again[i+1] = "update"
			break
		}
	}
	what := "the rows that are not restored are in " + end.rejects + ", each with its reason: "
	if others := end.NotRestored - differing; others > 0 {
		what += "mend the other " + count(others) + ", or take them out; "
	}
	r.screen.hint(what + "to overwrite what differs in " + counted(differing, "member") + " with the backup's values, run:\n  " + shellWords(again))
}

// tellNext says what a person does next, after a run that went well.
func (r *run) tellNext(end *ending) {
	switch {
	case r.sandbox:
		r.screen.hint("that was a rehearsal; without --sandbox, and with a --report of its own, the same command restores")
	case end.DryRun:
		r.screen.hint("that was a dry run; without it, and with a --report of its own, the same command restores")
	case r.engine.Part.Limit > 0 && end.Read == r.engine.Part.Limit:
		r.screen.hint("the run has ended at its limit; to go on with the rows behind it, run the same command with --resume " +
			"and without --limit")
	case r.path != "-":
		r.screen.hint("to compare the backup with what the Service holds now, run:\n  " + shellWords(r.verifyArgs))
	}
}

// nothing says why no row was read.
func (r *run) nothing() string {
	if channel := r.engine.Part.OnlyChannel; channel != "" {
		return "no row of " + r.backup.name + " names the channel " + strconv.Quote(channel) + " (--only-channel)"
	}
	return r.backup.name + " holds no member"
}

// again reports whether the same command with --resume would go on where this run stopped.
func (r *run) again(end *ending) bool {
	switch end.status {
	case statusStopped, statusHungUp, statusInterrupted, statusQuit, statusTerminated, statusRefused, statusFailed:
		return !r.sandbox
	}
	return false
}

// ending is how a run ended, for people and for machines.
type ending struct {
	*restore.Summary
	status  int
	report  string
	rejects string // "": none was made
	resume  string
	words   []line
	info    reader.Info
	total   int64 // rows that there are to read; 0: not known
	unsent  bool  // not one request has left this machine

	// What is counted, and what was done with each of them; "row" and "read" where they are empty.
	thing, did string
}

// line is an outcome's line in the summary: its word and what it means for a person.
type line struct {
	kind  restore.Kind
	word  string
	means string
}

func restoreWords(dryRun bool) []line {
	words := []line{
		{restore.Created, "", "the member was made"},
		{restore.Updated, "", "was there; has the backup's values now"},
		{restore.Exists, "", "was there before"},
		{restore.Differs, "", "is there with other values"},
		{restore.Duplicate, "", "another row stands for the same member"},
		{restore.Invalid, "", "cannot be read, or breaks a rule"},
		{restore.Rejected, "", "the API refuses the row for good"},
		{restore.Failed, "", "every try failed, and none was applied"},
		{restore.Unknown, "", "may have been applied; not settled"},
		{restore.Pending, "", "the run stopped before the row"},
	}
	if dryRun {
		words[0].means, words[1].means = "is not there, and would be made", "differs, and would get the backup's"
		words[2].means = "is there already"
	}
	for i := range words {
		words[i].word = words[i].kind.Word(dryRun)
	}
	return words
}

// isRead reports whether a row of the report counts in the summary: earlier runs may have come further than this one, which
// was held to fewer rows or has stopped. A report that is read in place of a backup counts as a whole.
func (r *run) isRead(row *report.Row) bool {
	return r.backup == nil || row.Number() <= r.reached.Load()
}

// writeCauses says why rows are not restored, in the words of `rejoin report`. What is written down is read again: also
// the rows of earlier runs have their causes so.
func (r *run) writeCauses(sum *restore.Summary) {
	if sum.NotRestored == sum.Counts[restore.Pending] {
		return
	}
	reports, err := report.Load(r.report)
	if err != nil {
		r.screen.warn("why rows are not restored cannot be told: " + err.Error())
		return
	}
	totals, err := reports.TotalsOf(r.isRead)
	if err != nil {
		r.screen.warn("why rows are not restored cannot be told: " + err.Error())
		return
	}
	if r.redact {
		totals.Redact()
	}
	_ = report.WriteCauses(r.out, totals, r.style()) // standard output keeps its first error
}

func (e *ending) writeText(w io.Writer, style prose.Style) {
	thing, did := cmp.Or(e.thing, "row"), cmp.Or(e.did, "read")
	rows, requests := counted(e.Read, thing), counted(e.Requests, "request")
	if e.Read < e.total {
		rows = count(e.Read) + " of " + counted(e.total, thing)
	}
	if e.unsent {
		requests = tries(e.Requests) + ", nothing was sent"
	}
	fmt.Fprintf(w, "%s %s in %s (%s", rows, did, prose.Elapsed(e.Elapsed), requests)
	if e.Throttled > 0 {
		fmt.Fprintf(w, ", %s answered 429", count(e.Throttled))
	}
	fmt.Fprintln(w, ")")
	for _, word := range e.words {
		if n := e.Counts[word.kind]; n > 0 {
			fmt.Fprintf(w, "  %12s  %s %8s  %s\n", count(n), report.Word(word.kind, e.DryRun, 13, style), prose.Share(n, e.Read), word.means)
		}
	}
	fmt.Fprintf(w, "report   %s\n", e.report)
	if e.rejects != "" {
		fmt.Fprintf(w, "rejects  %s\n", e.rejects)
	}
}

// writeJSON writes the summary as one line, with the keys of the report's summary line.
func (e *ending) writeJSON(w io.Writer) {
	keys := []any{"type", "summary", "read", e.Read}
	for _, word := range e.words {
		keys = append(keys, word.word, e.Counts[word.kind])
	}
	keys = append(keys, "not_restored", e.NotRestored, "requests", e.Requests, "throttled", e.Throttled,
		"elapsed_s", e.Elapsed.Seconds(), "exit_code", e.status, "report", e.report)
	if e.rejects != "" {
		keys = append(keys, "rejects", e.rejects)
	}
	fmt.Fprintln(w, object(keys))
}

// object is a JSON object with its keys in the given order.
func object(keysAndValues []any) string {
	b := new(strings.Builder)
	for i := 0; i < len(keysAndValues); i += 2 {
		if i > 0 {
			b.WriteByte(',')
		}
		for j, v := range keysAndValues[i : i+2] {
			if j > 0 {
				b.WriteByte(':')
			}
			text, err := json.Marshal(v)
			if err != nil {
				text = []byte("null") // numbers and strings alone come here
			}
			b.Write(text)
		}
	}
	return "{" + b.String() + "}"
}

// shellWords is a command line that a POSIX shell reads back as the same words.
func shellWords(args []string) string {
	quoted := make([]string, len(args))
	for i, arg := range args {
		quoted[i] = arg
		if arg == "" || strings.ContainsFunc(arg, special) {
			quoted[i] = "'" + strings.ReplaceAll(arg, "'", `'\''`) + "'"
		}
	}
	return strings.Join(quoted, " ")
}

func special(r rune) bool {
	return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("-_./:=,+@%", r)
}
