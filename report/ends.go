package report

import (
	"fmt"
	"strconv"
	"strings"

	"rejoin/internal/prose"
	"rejoin/restore"
)

// whysShown is how many reports are told by their names of which the runs did not come to their end.
const whysShown = 5

// statusError is the exit status of a run that went wrong: its backup may hold more than it has read.
const statusError = 1

// Finished reports whether the last run came to its end, however its rows fared. A run that was killed, was interrupted,
// gave up or ended with an error did not, and neither did one that left rows pending.
func (i *Info) Finished() bool {
	n := len(i.Past)
	return i.ended() && (n == 0 || i.Past[n-1].Pending == 0)
}

// ended reports whether the last run's exit status is that of a run that has gone through its rows.
func (i *Info) ended() bool {
	return !i.Killed && throughRows(i.ExitCode)
}

// throughRows reports whether a run that ended with the status has gone through its rows.
func throughRows(status int) bool { return status == 0 || status == 3 || status == 7 }

// Errored reports whether the last run ended with an error, such as a backup that is cut off.
func (i *Info) Errored() bool { return !i.Killed && i.ExitCode == statusError }

// why says why the last run did not come to its end, as far as the report knows; nothing where it did.
func (i *Info) why() string {
	switch {
	case i.ended():
		return ""
	case i.Killed:
		return "There is no summary: the run was killed, or is still going on."
	}
	switch i.ExitCode {
	case statusError:
		if n := len(i.Past); n > 0 && i.Past[n-1].BackupChanged {
			return "The backup was changed while its rows were sent."
		}
		return "What went wrong the run has said on its standard error: its input could not be read to its end, or a file could not be written."
	case 4:
		return "The API refused the credentials, the account or the Service."
	case 5:
		return "It met too many errors, or a service that did not answer."
	case 6:
		return "The backup was no longer the one that the report speaks of."
	case 129:
		return "It was interrupted (SIGHUP): its terminal or connection was closed."
	case 130:
		return "It was interrupted (SIGINT)."
	case 131:
		return "It was interrupted (SIGQUIT)."
	case 143:
		return "It was interrupted (SIGTERM)."
	}
	return "It ended with the status " + strconv.Itoa(i.ExitCode) + "."
}

// Finished reports whether all runs came to their end, so that every row has an outcome.
func (t *Totals) Finished() bool { return t.Pending == 0 && t.unfinished() == 0 }

// Errored reports whether some report's last run ended with an error.
func (t *Totals) Errored() bool {
	for i := range t.Reports {
		if t.Reports[i].Errored() {
			return true
		}
	}
	return false
}

// unfinished is how many reports' last runs did not come to their end.
func (t *Totals) unfinished() (n int) {
	for i := range t.Reports {
		if !t.Reports[i].Finished() {
			n++
		}
	}
	return n
}

// counted reports whether the summaries tell how many rows there are: of a run that was killed or ended with an error none
// does.
func (t *Totals) counted() bool { return t.Killed == 0 && !t.Errored() }

// Unfinished says of runs of which not all came to their end just that, and in some sentences why, how far they came and
// what to do. Both are empty where all did.
func (t *Totals) Unfinished() (headline, detail string) {
	if t.Finished() {
		return "", ""
	}
	const lost = "the %ss behind the last may be missing"
	n, of := t.unfinished(), len(t.Reports)
	switch {
	case of > 1 && n > 0:
		headline = fmt.Sprintf("Of %d reports %d are of runs that did not come to their end", of, n)
		if n == 1 {
			headline = fmt.Sprintf("Of %d reports 1 is of a run that did not come to its end", of)
		}
		if t.Errored() {
			headline += ", with an error: " + fmt.Sprintf(lost, t.thing())
		}
		headline += "."
	case t.Errored():
		headline = "The run ended with an error: " + fmt.Sprintf(lost, t.thing()) + "."
	default:
		headline = "The run is not finished."
	}
	parts := t.whys()
	if t.Pending > 0 {
		parts = append(parts, "It stopped before "+things(t.Pending, t.thing())+".")
	}
	if t.Rows > 0 {
		parts = append(parts, fmt.Sprintf("%ss that %s so far: %s of %s with an outcome.", strings.ToUpper(t.thing()[:1])+t.thing()[1:],
			t.done(), prose.Number(t.Restored), prose.Number(t.Rows)))
	}
	return headline, strings.Join(append(parts, t.goOn()), " ")
}

// whys says of each run that did not come to its end why.
func (t *Totals) whys() (all []string) {
	more := 0
	for i := range t.Reports {
		why := t.Reports[i].why()
		switch {
		case why == "":
		case len(t.Reports) == 1:
			all = append(all, why)
		case len(all) < whysShown:
			all = append(all, prose.Visible(t.Reports[i].Path)+": "+why)
		default:
			more++
		}
	}
	if more > 0 {
		all = append(all, "And "+strconv.Itoa(more)+" more.")
	}
	return all
}

// done is what is said of things that are well.
func (t *Totals) done() string {
	are, done := "are ", "restored"
	if t.DryRun() {
		are = "would be "
	}
	switch t.command() {
	case "verify":
		are, done = "are ", "as in the backup"
	case "undo":
		done = "undone"
	}
	return are + done
}

// goOn says what to do about runs that did not come to their end.
func (t *Totals) goOn() string {
	const resume = "the same command with --resume goes on where it stopped."
	changed := false
	for i := range t.Reports {
		if t.Reports[i].Runs == 0 {
			return "Put back an undamaged copy of the report; then " + resume
		}
		changed = changed || !t.Reports[i].Killed && t.Reports[i].ExitCode == 6
	}
	switch {
	case t.Errored() && t.command() == "undo":
		return "Mend what went wrong; then " + resume
	case t.Errored():
		return "Where the backup is cut off or damaged, put the whole one in its place and run the command again with another --report: " +
			"what is done already is not done twice. Where it was something else, mend that; then " + resume
	case changed:
		return "Put back the backup that the report speaks of; then " + resume
	}
	return "Nothing is lost: " + resume
}

// command is what was run, of the first report.
func (t *Totals) command() string {
	if len(t.Reports) == 0 {
		return ""
	}
	return t.Reports[0].Run.Command
}

func things(n int64, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return prose.Number(n) + " " + thing + "s"
}

// withPending are the outcomes, pending rows among them.
func (t *Totals) withPending() [restore.NumKinds]int64 {
	counts := t.Outcomes
	counts[restore.Pending] = t.Pending
	return counts
}
