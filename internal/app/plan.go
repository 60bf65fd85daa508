package app

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"rejoin/internal/prose"
	"rejoin/reader"
	"rejoin/rules"
)

// manyRows is how many rows a person is asked about before they are restored into a real Service.
const manyRows = 1000

// tellPlan says what the run is about to do.
func (r *run) tellPlan(info reader.Info) {
	plan := [][2]string{{"backup", r.backupText(info)}, {"rows", r.rowsToDo()}, {"target", r.targetText()}, {"pace", r.paceText()}}
	if r.found != nil && r.found.Estimate.Time >= time.Second && !r.engine.DryRun && !r.resume {
		plan = append(plan, [2]string{"takes", prose.Lasting(r.found.Estimate.Time) + " at least"})
	}
	r.screen.plan(append(plan, [2]string{"report", r.report}))
}

// backupText is which backup it is, and what was found out about it.
func (r *run) backupText(info reader.Info) string {
	info.Unknown = nil // they have been told
	text := r.backup.name + ": " + info.String()
	if r.backup.size > 0 {
		text += ", " + prose.Size(r.backup.size)
	}
	return text
}

// rowsToDo is which rows there are to do, and what is to be done with them.
func (r *run) rowsToDo() string {
	doing := "to restore"
	if r.engine.DryRun {
		doing = "to look for; nothing is written to the Service"
	}
	left, done := r.total-r.settled.Rows, r.doneBehind()
	switch {
	case !r.resume:
		return r.rowsToSend() + " " + doing
	case r.settled.Rows == 0:
		return r.rowsToSend() + " " + doing + ", less those that earlier runs have done"
	case left == done:
		return "none is left: earlier runs have done all " + counted(r.total, "row")
	case done > 0:
		return fmt.Sprintf("%s left %s; earlier runs have done %s of %s",
			counted(left-done, "row"), doing, count(r.settled.Rows+done), counted(r.total, "row"))
	default:
		return fmt.Sprintf("%s %s; earlier runs have done the first %s of %s", r.rowsToSend(), doing, count(r.settled.Rows), counted(r.total, "row"))
	}
}

// doneBehind is how many rows behind the settled ones earlier runs have done, too. What is passed over are a backup's
// first rows only where no row of the others is left out, so that a row's number is its place among those that count.
func (r *run) doneBehind() (n int64) {
	if r.settled.Rows == 0 {
		return 0
	}
	ledger := r.earlier.Ledger()
	for row := r.settled.Rows + 1; row <= r.total; row++ {
		if kind, _, ok := ledger.Outcome(row); ok && !kind.Again() {
			n++
		}
	}
	return n
}

// rowsToSend is which rows there are, behind those that are done, as far as it is known.
func (r *run) rowsToSend() string {
	if r.found == nil {
		return "all that come"
	}
	c := &r.found.Contents
	send := c.Members
	if !r.engine.DryRun { // which looks for all of them
		send -= c.NoRoom
	}
	if send == c.Rows {
		return fmt.Sprintf("%s for %s", counted(c.Rows, "row"), counted(c.Channels, "channel"))
	}
	return fmt.Sprintf("%s of %s, for %s,", count(send), counted(c.Rows, "row"), counted(c.Channels, "channel"))
}

func (r *run) targetText() string {
	service := "each row's own Service"
	if len(r.mapped.files) > 0 {
		service += ", or the one that the map names for it"
	}
	if r.settings.service != "" {
		service = "the Service " + r.settings.service
	} else if r.found != nil && len(r.found.Contents.Services) == 1 && len(r.mapped.files) == 0 {
		service = "the Service " + r.found.Contents.Services[0].SID
	}
	if r.sandbox {
		return service + ", in the embedded sandbox"
	}
	return service + ", at " + r.service.url
}

func (r *run) paceText() string {
	text := "as many requests a second as the service accepts"
	if !r.pace.auto {
		text = "at most " + prose.PerSecond(r.pace.rate, "request")
	}
	if r.channelRate > 0 {
		text += ", " + prose.PerSecond(r.channelRate, "write") + " in one channel"
	}
	return text + ", " + strconv.Itoa(r.engine.Workers) + " in flight"
}

// ask asks the person at the terminal, if there is one, whether to go on: where some rows will not be restored, and
// before many, or nobody knows how many, are restored into a real Service.
func (r *run) ask(ctx context.Context) error {
	if r.preflight.yes || r.resume || r.engine.DryRun || !r.attended() {
		return nil
	}
	question, no := r.question()
	if question == "" {
		return nil
	}
	yes, err := r.confirmed(ctx, question+" [y/N] ")
	if err != nil || yes {
		return err
	}
	return failed(errors.New("nothing was sent; " + no))
}

// question is what there is to ask, and what to do where the answer is no; nothing where there is nothing to ask.
func (r *run) question() (question, no string) {
	const noFault = "to restore without being asked, give --yes"
	limit := r.engine.Part.Limit
	if r.found == nil {
		switch {
		case r.sandbox, 0 < limit && limit <= manyRows, 0 < r.total && r.total <= manyRows:
			return "", ""
		case r.total > 0:
			return fmt.Sprintf("Restore %s?", counted(r.total, "row")), noFault
		}
		return "How many rows there are is not known, because of --no-preflight. Restore them?", noFault
	}
	c := &r.found.Contents
	switch {
	case r.withheld(c) > 0 || r.overfull():
		return fmt.Sprintf("Restore the other %s?", counted(c.Members-c.NoRoom, "member")), "mend the backup, or give --yes to restore what can be"
	case c.Members > manyRows && !r.sandbox:
		return fmt.Sprintf("Restore %s?", counted(c.Members, "member")), noFault
	}
	return "", ""
}

// overfull reports whether the audit has found more members than a channel can hold.
func (r *run) overfull() bool {
	for i := range r.found.Findings {
		if r.found.Findings[i].Name == rules.TooManyMembers {
			return true
		}
	}
	return false
}
