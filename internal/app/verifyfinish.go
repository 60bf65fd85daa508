package app

import (
	"cmp"
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

// tellPlan says what the verification is about to do.
func (v *verification) tellPlan(info reader.Info) {
	rows := "all that come"
	if v.found != nil {
		rows = counted(v.total, "row") + " for " + counted(v.found.Contents.Channels, "channel")
	}
	rows += " to compare; nothing is written to the Service"
	if v.resume {
		rows += "; channels that earlier runs have compared are not asked for again"
	}
	v.screen.plan([][2]string{
		{"backup", v.backupText(info)}, {"rows", rows}, {"target", v.targetText()}, {"pace", v.paceText()}, {"report", v.report},
	})
}

// verifyStatus is the status of a verification that ended so. Differences count before rows that could not be compared.
func verifyStatus(sum *restore.Summary, err error) int {
	if err == nil && differences(sum) > 0 {
		return statusDifferences
	}
	return runStatus(sum, err)
}

// finish writes how the verification ended, everywhere it is written, and returns it as the process's end.
func (v *verification) finish(sum *restore.Summary, runErr error, books *books, info reader.Info) error {
	end := ending{
		Summary: sum, status: verifyStatus(sum, runErr), report: v.report, words: verifyWords(), resume: shellWords(v.resumeByFlag), info: info,
		total: v.total, unsent: unsent(v.counts),
	}
	var readErr error
	if v.json {
		end.writeJSON(v.out)
	} else {
		end.writeText(v.out, v.style())
		readErr = v.firstDifferences(sum)
	}
	end.status = withFailure(end.status, errors.Join(v.out.err(), readErr))
	reportErr := books.closeReport(sum, end.status)
	end.status = withFailure(end.status, reportErr)
	if mended := books.journal.Mended(); mended.Bytes > 0 {
		v.screen.hint(fmt.Sprintf("the last %d bytes of the report had been torn when an earlier run ended, and were cut off", mended.Bytes))
	}
	if errors.Is(runErr, restore.ErrSink) {
		reportErr = nil // it says it again
	}
	return v.lastWord(&end, errors.Join(runErr, readErr, incomplete("the report", reportErr)))
}

// lastWord says on standard error what happened and what to do next, where the summary alone does not.
func (v *verification) lastWord(end *ending, err error) error {
	v.tellUnknown(end.info.Unknown)
	if err == nil && end.Read == 0 && v.engine.Part.Shards <= 1 {
		return failed(errors.New("there was nothing to compare: " + v.nothing()))
	}
	if err != nil {
		what := v.unreached(err, v.counts, v.service.url)
		if v.again(end) {
			what += "\nrejoin: every outcome so far is in " + end.report + "; to go on, run: " + end.resume
		}
		return &exit{status: end.status, err: errors.New(what)}
	}
	if n := end.Counts[restore.Failed]; n > 0 {
		v.screen.hint(counted(n, "row") + " could not be compared, because no page of members came; to ask again, run: " + end.resume)
	}
	if end.status == statusDone {
		return nil
	}
	return &exit{status: end.status, err: errors.New("the Service is not as the backup"), silent: true}
}

func verifyWords() []line {
	words := []line{
		{restore.Same, "", "is there as the backup has it"},
		{restore.Missing, "", "is not there"},
		{restore.Differs, "", "is there with other values"},
		{restore.Extra, "", "is there and in no row of the backup"},
		{restore.Duplicate, "", "another row of the backup stands for the same member"},
		{restore.Invalid, "", "cannot be read or breaks a rule; not compared"},
		{restore.Rejected, "", "the API refuses to tell, for good"},
		{restore.Failed, "", "could not be asked for"},
		{restore.Pending, "", "the run stopped before the row"},
	}
	for i := range words {
		words[i].word = words[i].kind.String()
	}
	return words
}

// firstDifferences prints the first few differences with both values, by field. They are read back from the report: what
// an earlier run of the same verification has found stands there, too.
func (v *verification) firstDifferences(sum *restore.Summary) error {
	if differences(sum) == 0 {
		return nil
	}
	reports, err := report.Load(v.report)
	if err != nil {
		return err
	}
	totals, err := reports.TotalsOf(v.isRead)
	if err != nil {
		return err
	}
	if v.redact {
		totals.Redact()
	}
	for i := range totals.Causes {
		if c := &totals.Causes[i]; c.Outcomes[restore.Differs]+c.Outcomes[restore.Missing]+c.Outcomes[restore.Extra] > 0 {
			writeDifferences(v.out, c, v.style())
		}
	}
	all := []string{"rejoin", "report", "--csv", "-", v.report}
	if v.redact {
		all = []string{"rejoin", "report", "--redact", v.report} // it is not for a line for each row
	}
	fmt.Fprintf(v.out, "\nall of them: %s\n", shellWords(all))
	return nil
}

// longestValue is how many columns two values are shown in side by side.
const longestValue = 300

// exampleLines are the lines of a row's difference. Where there is no terminal it is one, for whoever looks through them.
func exampleLines(text string, style prose.Style) []string {
	if style.Width == 0 {
		return []string{"  " + text}
	}
	return prose.Wrapping{Columns: style.Width, First: "  ", Other: "      ", CutWords: true}.Lines(text)
}

func writeDifferences(w io.Writer, c *report.Cause, style prose.Style) {
	title := c.Title
	if c.Class == report.ByDifference {
		title = c.Key
	}
	things := "row"
	if c.Outcomes[restore.Extra] > 0 {
		things = "member"
	}
	fmt.Fprintf(w, "\n%s: %s\n", prose.Visible(title), counted(c.Rows, things))
	slices.SortStableFunc(c.Examples, func(a, b report.Example) int { return cmp.Compare(a.Line, b.Line) })
	for i := range c.Examples {
		e := &c.Examples[i]
		text := ""
		if e.Row > 0 {
			text += "line " + strconv.FormatInt(e.Line, 10) + "  "
		}
		text += e.Channel + "  " + e.Identity
		if e.Error != "" {
			text += "  " + report.CutDifference(e.Error, longestValue)
		}
		if strings.TrimSpace(text) == "" {
			continue // it is hidden
		}
		fmt.Fprintln(w, strings.Join(exampleLines(prose.Visible(text), style), "\n"))
	}
	if more := c.Rows - int64(len(c.Examples)); more > 0 {
		fmt.Fprintf(w, "  … and %s more\n", count(more))
	}
}
