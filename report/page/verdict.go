package page

import (
	"fmt"
	"strings"

	"rejoin/internal/prose"
	"rejoin/report"
	"rejoin/restore"
)

// The states of a verdict. They are the page's colours, too.
const (
	stateDone    = "done"    // all is well
	stateMissing = "missing" // rows are not restored
	stateWaiting = "waiting" // there is more to do before it can be said
)

// verdict is what a person must know first.
type verdict struct {
	State, Headline, Detail string
	Tag                     string // what kind of run it was, where it was no real one
}

func verdictOf(t *report.Totals) verdict {
	v := verdict{State: stateDone}
	say := speechOf(t)
	are, not, every := "are", say.Not, say.Every
	switch {
	case t.DryRun():
		v.Tag = "Dry run: nothing was written to the Service"
		are, not, every = "would", strings.TrimPrefix(say.not(true), "would "), strings.Replace(every, " is ", " would be ", 1)
	case t.Rehearsal():
		v.Tag = "Rehearsal on the embedded Chat service: nothing left the machine"
	}
	switch {
	case t.Rows == 0:
		v.State, v.Headline = stateWaiting, "No row has an outcome."
		v.Detail = "Nothing was done, and nothing is lost: the backup is as it was."
		if !t.Finished() {
			v.Headline, v.Detail = t.Unfinished()
			v.Headline = "No row has an outcome. " + v.Headline
		}
	case !t.Finished():
		v.State = stateWaiting
		v.Headline, v.Detail = t.Unfinished()
	case t.NotRestored > 0:
		v.State, v.Detail = stateMissing, missingDetail(t)
		if t.NotRestored == 1 && !t.DryRun() {
			are = "is"
		}
		v.Headline = fmt.Sprintf("%s of %s %s %s.", prose.Number(t.NotRestored), rows(t.Rows), are, not)
	case t.Outcomes[restore.Extra] > 0:
		v.State, v.Headline = stateWaiting, every
		v.Detail = "The Service holds more: " + members(t.Outcomes[restore.Extra]) + " in no row of the backup. Nothing was changed."
	case t.Damaged():
		v.State, v.Headline = stateWaiting, strings.Replace(every, " row ", " row that can be read in "+these(t)+" ", 1)
		v.Detail = "The report is damaged. Of the rows whose lines are damaged or missing nothing is known."
	case len(t.Parts()) > 0:
		v.State, v.Headline = stateWaiting, strings.Replace(every, " row ", " row in "+these(t)+" ", 1)+" It is not the whole backup."
		v.Detail = "What is missing is said below."
	default:
		v.Headline = every
		v.Detail = rows(t.Rows) + " read. Every one has its outcome, and none is missing."
	}
	return v
}

func missingDetail(t *report.Totals) string {
	say := speechOf(t)
	lost, are := say.Lost, "are "
	if t.DryRun() {
		lost, are = "Every row that is not is named below, with why.", "would be "
	}
	text := fmt.Sprintf("%s (%s) %s%s. %s", prose.Number(t.Restored), prose.Share(t.Restored, t.Rows), are, say.Done, lost)
	if cause := mainCause(t); cause != nil {
		text += fmt.Sprintf(" The most frequent cause, in %s: %s.", rows(cause.Rows), prose.Visible(cause.Title))
	}
	return text
}

// mainCause is what keeps most rows from being restored.
func mainCause(t *report.Totals) *report.Cause {
	for i := range t.Causes {
		if t.Causes[i].Class != report.ByNotApplied {
			return &t.Causes[i]
		}
	}
	return nil
}

func these(t *report.Totals) string {
	if len(t.Reports) > 1 {
		return "these reports"
	}
	return "this report"
}

// members is a number of members.
func members(n int64) string {
	if n == 1 {
		return "1 member is"
	}
	return prose.Number(n) + " members are"
}

// rows is a number of rows.
func rows(n int64) string {
	if n == 1 {
		return "1 row"
	}
	return prose.Number(n) + " rows"
}
