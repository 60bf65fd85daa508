package app

import (
	"fmt"
	"strings"

	"rejoin/chat"
	"rejoin/report"
	"rejoin/restore"
)

// gaps are what keeps a report from telling of every member that its run made.
type gaps struct {
	damaged int64 // lines that cannot be read
	lacking int64 // rows that a summary counts, and of which no line tells
	unsure  int64 // rows of which it is not known whether the member was made
	killed  bool  // a run was, and none after it came to its end
	cut     bool  // it does not begin at its beginning, or cannot be read to its end
}

// gapsOf finds what a report does not tell, beside the rows that are unsure.
func gapsOf(info *report.Info, rows int64) gaps {
	g := gaps{damaged: info.Damage.Lines, killed: info.Killed, cut: info.Damage.NoBeginning || info.Damage.Cut != ""}
	for i := range info.Past {
		run := &info.Past[i]
		switch {
		case !run.Ended:
			g.killed = true
		case run.Pending == 0:
			g.killed = false // it has settled what the killed one may have sent
		}
		if run.Ended {
			g.lacking = max(g.lacking, run.Read-run.Pending-rows)
		}
	}
	g.lacking = max(g.lacking-g.damaged, 0) // most likely the same
	return g
}

// why says in a clause each why members may be left; nothing where the report tells of all.
func (g *gaps) why() string {
	var why []string
	if g.cut {
		why = append(why, "the report lacks its beginning or its end")
	}
	if g.damaged > 0 {
		why = append(why, counted(g.damaged, "line")+" of the report cannot be read")
	}
	if g.lacking > 0 {
		why = append(why, "the report has no line of "+counted(g.lacking, "row")+" that its summary counts")
	}
	if g.unsure > 0 {
		why = append(why, "of "+counted(g.unsure, "row")+" it is not known whether the member was made")
	}
	if g.killed {
		why = append(why, "the run was killed, and the report tells of no member whose line was not written")
	}
	return strings.Join(why, "; ")
}

// undoStatus is the status of an undo that ended so: done is only one after which no member can be left.
func (u *undoing) undoStatus(sum *restore.Summary, err error) int {
	status := runStatus(sum, err)
	if status == statusDone && u.made.gaps.why() != "" {
		return statusNotRestored
	}
	return status
}

// writeGaps says behind the summary what an undo does not undo: which members it cannot put back, that members may be
// left, and how to see which.
func (u *undoing) writeGaps() {
	if n := u.made.updated; n > 0 {
		fmt.Fprintf(u.out, "overwritten by the run, and not put back: %s that had been there before\n", counted(n, "member"))
	}
	why := u.made.gaps.why()
	if why == "" {
		return
	}
	fmt.Fprintf(u.out, "members that the run made may be left: %s\n", why)
	fmt.Fprintf(u.out, "to see which of the backup's members are there: %s\n", shellWords(u.verifies()))
}

// verifies are the arguments that compare the backup of the run with what the Service holds.
func (u *undoing) verifies() []string {
	args, run := []string{u.Args[0], "verify"}, &u.made.run
	if run.Target.APIURL != chat.DefaultBaseURL {
		args = append(args, "--api-url", run.Target.APIURL)
	}
	if run.Target.ServiceSID != "" {
		args = append(args, "--service", run.Target.ServiceSID)
	}
	for _, path := range lines(run.Options["map"]) {
		args = append(args, "--map", path)
	}
	if u.redact {
		args = append(args, "--redact")
	}
	return append(args, pathArgs(run.Backup.Path)...)
}

// tellGaps says the same where standard output is for machines.
func (u *undoing) tellGaps() {
	if why := u.made.gaps.why(); why != "" {
		u.screen.warn("members that the run made may be left: " + why + "; to see which of the backup's members are there, run:\n  " +
			shellWords(u.verifies()))
	}
}
