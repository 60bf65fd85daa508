package app

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"rejoin/chat"
	"rejoin/report"
	"rejoin/restore"
)

// madeMembers is what a report says of the members that its run made.
type madeMembers struct {
	run       report.Run
	created   int64
	recovered int64 // of these, made by a try whose answer was lost
	others    int64 // rows with another outcome
	unsure    int64 // of these, those that may have been made
	services  map[string]int64
	channels  int
	killed    bool
	damaged   int64
	updated   int64 // members that were there before, and got the backup's values
	gaps      gaps
}

// look sums up what the report says, and refuses what cannot be undone.
func (u *undoing) look() error {
	totals, err := u.source.Totals()
	if err != nil {
		return failed(err)
	}
	info := &totals.Reports[0]
	m := &u.made
	m.run, m.killed, m.damaged = info.Run, info.Killed, info.Damage.Lines
	m.created, m.recovered = totals.Outcomes[restore.Created], totals.Recovered
	m.others = totals.Rows - m.created
	m.unsure = totals.Outcomes[restore.Unknown]
	m.updated = totals.Outcomes[restore.Updated]
	m.gaps = gapsOf(info, totals.Rows)
	m.gaps.unsure = m.unsure
	switch {
	case m.run.Command != "restore":
		return failed(fmt.Errorf("%s is the report of a %q, expected one of a restore: that is what can be undone", u.path, m.run.Command))
	case m.run.DryRun:
		return failed(fmt.Errorf("%s is the report of a dry run, which made nothing: there is nothing to undo", u.path))
	case m.run.Target.APIURL == sandboxURL:
		return failed(fmt.Errorf("%s is the report of a rehearsal in the embedded sandbox, which has ended with it: there is nothing to undo", u.path))
	}
	channels := make(map[string]bool)
	m.services = make(map[string]int64)
	err = u.source.Each(func(row *report.Row) error {
		if row.Kind != restore.Created {
			return nil
		}
		o, err := row.Outcome()
		if err != nil {
			return fmt.Errorf("%s, row %d: %w", u.path, row.Number(), err)
		}
		if !chat.IsMemberSID(o.MemberSID) {
			return fmt.Errorf("%s, row %d: the member that was made has the SID %q, expected MB and 32 hexadecimal digits; nothing was deleted",
				u.path, o.Row, o.MemberSID)
		}
		m.services[o.ServiceSID]++
		channels[o.ServiceSID+"/"+o.ChannelSID] = true
		return nil
	})
	m.channels = len(channels)
	if err != nil {
		return failed(err)
	}
	u.warnOfGaps()
	return nil
}

// warnOfGaps says where the report does not tell of all that the run may have made.
func (u *undoing) warnOfGaps() {
	m := &u.made
	if m.killed {
		u.screen.warn("the run was killed, or is still going on: it may have made members of which the report does not tell; " +
			"go on with the restore by --resume first, and undo it then")
	}
	if m.unsure > 0 {
		u.screen.warn("of " + counted(m.unsure, "row") + " it is not known whether the member was made; they are left alone: go on with the restore by " +
			"--resume first, and undo it then")
	}
	if m.damaged > 0 {
		u.screen.warn(counted(m.damaged, "line") + " of the report cannot be read; the members that they tell of are left alone")
	}
	if m.updated > 0 {
		u.screen.warn("the run has overwritten " + counted(m.updated, "member") + " that had been there before (--on-conflict update); " +
			"an undo cannot put back what these held")
	}
}

// belongs refuses a report of another target than the one that requests would go to. The report's own address is not
// followed: credentials go where the user says, and not where a file does.
func (u *undoing) belongs() error {
	m := &u.made
	if m.run.Target.APIURL != u.service.url {
		return mismatch(fmt.Errorf("%s is the report of a run against %s, and this undo would go to %s: give --api-url, or set TWILIO_EDGE and TWILIO_REGION, as for that run",
			u.path, m.run.Target.APIURL, u.service.url), nothingDeleted)
	}
	if u.settings.service == "" {
		return nil
	}
	for sid := range m.services {
		if sid != u.settings.service {
			return mismatch(fmt.Errorf("%s is the report of a run that made members in the Service %s, and --service says %s", u.path, sid, u.settings.service), nothingDeleted)
		}
	}
	return nil
}

// service is the one Service of all members; empty where there are several.
func (m *madeMembers) service() string {
	if len(m.services) != 1 {
		return ""
	}
	for sid := range m.services {
		return sid
	}
	return ""
}

// tellPlan says what is to be undone, and how.
func (u *undoing) tellPlan() {
	m := &u.made
	plan := [][2]string{{"undo", m.text(u.path)}}
	if m.created > 0 {
		target := "the Service " + m.service()
		if len(m.services) > 1 {
			target = "each member's own Service"
		}
		plan = append(plan, [2]string{"deletes", u.deletes()}, [2]string{"target", target + ", at " + u.service.url},
			[2]string{"pace", u.paceText()}, [2]string{"report", u.report})
	}
	u.screen.plan(plan)
}

// deletes says which of the members are to be deleted.
func (u *undoing) deletes() string {
	which := "each of them"
	if u.resume {
		which = "each that earlier runs of this undo have not done,"
	}
	switch {
	case u.engine.DryRun:
		return "nothing: each is read back, to say which would be deleted"
	case u.plan.force:
		return which + " that is still there, also where it has been changed since"
	}
	return which + " that is still as the run made it; one that has been changed since is kept"
}

// text says what is to be undone.
func (m *madeMembers) text(path string) string {
	if m.created == 0 {
		text := path + ": the run created no member"
		if m.gaps.why() != "" {
			text = path + " tells of no member that the run created"
		}
		return text + m.overwritten()
	}
	text := fmt.Sprintf("%s: the run created %s in %s of %s", path, counted(m.created, "member"), counted(int64(m.channels), "channel"),
		strings.Join(slices.Sorted(maps.Keys(m.services)), ", "))
	if m.recovered > 0 {
		text += fmt.Sprintf("; %s of them by a try whose answer was lost", count(m.recovered))
	}
	if m.others > 0 {
		text += fmt.Sprintf("; %s with other outcomes are not touched", counted(m.others, "row"))
	}
	return text + m.overwritten()
}

// overwritten says how many members are as the run left them, and not as they were before it.
func (m *madeMembers) overwritten() string {
	if m.updated == 0 {
		return ""
	}
	return "; it overwrote " + counted(m.updated, "member") + ", not to be put back by an undo"
}
