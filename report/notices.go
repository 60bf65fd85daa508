package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"rejoin/internal/prose"
)

// Notices are what a reader must know of the totals before trusting them, one sentence each, beside what
// [Totals.Unfinished] says.
func (t *Totals) Notices() (notes []string) {
	note := func(text string) { notes = append(notes, text) }
	for i := range t.Reports {
		notes = append(notes, t.Reports[i].damageNotes()...)
		notes = append(notes, t.Reports[i].changeNotes()...)
	}
	notes = append(notes, t.Parts()...)
	if t.Recovered > 0 {
		done := "made"
		if t.command() == "undo" {
			done = "deleted"
		}
		note("members that were " + done + " by a try whose answer was lost: " + prose.Number(t.Recovered))
	}
	if t.Doubled > 0 {
		note("rows that stand in several reports: " + prose.Number(t.Doubled) + "; the latest outcome of each counts")
	}
	if t.Backups > 1 {
		note(fmt.Sprintf("the reports are of %d different backups or targets; they are put together by Service, channel and identity", t.Backups))
	}
	if t.Superseded > 0 {
		note("rows that do not count, because another report has a later outcome for their member: " + prose.Number(t.Superseded))
	}
	return notes
}

func (i *Info) changeNotes() []string {
	if !slices.ContainsFunc(i.Past, func(r RunInfo) bool { return r.BackupChanged }) {
		return nil
	}
	return []string{prose.Visible(i.Path) + ": the backup was changed while its rows were sent, so that an outcome may be that of " +
		"another row than stands there now; audit the backup, and verify what was restored"}
}

func (i *Info) damageNotes() (notes []string) {
	d, name := &i.Damage, prose.Visible(i.Path)
	note := func(text string) { notes = append(notes, name+": "+text) }
	if d.NoBeginning {
		note("the report's beginning is missing, so that what was run, on which backup and against what is not known")
	}
	if d.Missing > 0 {
		note(d.missing() + "; the report is damaged")
	}
	if d.Lines > 0 {
		var where []string
		for _, n := range d.Where {
			where = append(where, strconv.FormatInt(n, 10))
		}
		more := ""
		if d.Lines > int64(len(d.Where)) {
			more = ", …"
		}
		note(fmt.Sprintf("damaged lines that were passed over: %s (line %s%s)", prose.Number(d.Lines), strings.Join(where, ", "), more))
	}
	if d.Torn {
		note("the last line has no end; the run was killed while it wrote it, or is still going on")
	}
	if d.Cut != "" {
		note(d.Cut)
	}
	if d.Unknown > 0 {
		note("lines without a check value, which something else than rejoin wrote or changed: " + prose.Number(d.Unknown))
	}
	return notes
}
