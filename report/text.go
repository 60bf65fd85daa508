package report

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"rejoin/internal/prose"
	"rejoin/restore"
)

// WriteText writes the totals for a person: what was read, what became of the rows, and why some are not restored, with
// what each cause means and how to mend it. Texts from the report are shown without control characters, so that none
// can command a terminal.
func WriteText(w io.Writer, t *Totals, style prose.Style) error {
	p := printer{prose.NewPage(style), style.Width <= 0}
	if note := t.nothingReal(); note != "" {
		p.painted(prose.Bold+prose.Yellow, note)
		p.Line("")
	}
	p.reports(t)
	p.unfinished(t)
	p.outcomes(t)
	p.pace(t)
	for _, note := range t.Notices() {
		p.Wrapped(p.Paint(prose.Yellow, "note")+"  ", "      ", note)
	}
	p.causes(t)
	_, err := w.Write(p.Bytes())
	return err
}

// WriteCauses writes why rows are not restored, with what each cause means and how to mend it, and nothing where there
// is no cause.
func WriteCauses(w io.Writer, t *Totals, style prose.Style) error {
	p := printer{prose.NewPage(style), style.Width <= 0}
	p.causes(t)
	_, err := w.Write(p.Bytes())
	return err
}

// Word is an outcome's word, as a table of outcomes shows it: in a colour that says how good or bad it is, if there are
// colours, and so many columns wide.
func Word(kind restore.Kind, dryRun bool, columns int, style prose.Style) string {
	return style.Paint(outcomeColor(kind), fmt.Sprintf("%-*s", columns, kind.Word(dryRun)))
}

// printer lays out totals.
type printer struct {
	*prose.Page

	whole bool // what does not fit a line is not cut: nobody says how wide it is, as where a program reads it
}

// painted writes a text in lines that fit, each in the colour: where they end must not hang on whether there are colours.
func (p printer) painted(color prose.Color, text string) {
	for _, line := range (prose.Wrapping{Columns: p.Width}).Lines(text) {
		p.Line(p.Paint(color, line))
	}
}

func (p printer) reports(t *Totals) {
	for i := range t.Reports {
		info := &t.Reports[i]
		p.Wrapped(p.Paint(prose.Bold, "report")+"    ", "          ", prose.Visible(info.Path))
		if info.Runs == 0 {
			p.Wrapped("command   ", "          ", "not known: the report's beginning is missing")
			p.Line("")
			continue
		}
		what := prose.Visible(info.Run.Command)
		if info.Run.DryRun {
			what += " (dry run: nothing was written to the Service)"
		}
		if info.Runs > 1 {
			what += ", in " + strconv.Itoa(info.Runs) + " runs"
		}
		if !info.Run.StartedAt.IsZero() {
			what += ", begun " + info.Run.StartedAt.UTC().Format("2006-01-02 15:04:05 MST")
		}
		p.Wrapped("command   ", "          ", what)
		source := "backup    "
		if info.Run.Command == "undo" { // what it reads is a report
			source = "undoes    "
		}
		p.Wrapped(source, "          ", prose.Visible(info.Run.Backup.Path))
		p.Wrapped("target    ", "          ", prose.Visible(info.Run.Target.APIURL+" "+info.Run.Target.ServiceSID))
		p.Line("")
	}
}

// outcomeColor says how good or bad an outcome is.
func outcomeColor(kind restore.Kind) prose.Color {
	switch kind {
	case restore.Created, restore.Updated, restore.Exists, restore.Same, restore.Deleted, restore.Gone:
		return prose.Green
	case restore.Duplicate, restore.Pending, restore.Kept:
		return prose.Yellow
	case restore.Differs, restore.Invalid, restore.Rejected, restore.Failed, restore.Unknown, restore.Missing, restore.Extra:
	}
	return prose.Red
}

// unfinished says, before any number, that a run did not come to its end, why, and what to do.
func (p printer) unfinished(t *Totals) {
	headline, detail := t.Unfinished()
	if headline == "" {
		return
	}
	color := prose.Yellow
	if t.Errored() {
		color = prose.Red
	}
	p.painted(prose.Bold+color, headline)
	p.Wrapped("", "", detail)
	p.Line("")
}

func (p printer) outcomes(t *Totals) {
	p.Line(p.Paint(prose.Bold, fmt.Sprintf("%15s  %-13s  %7s", t.thing()+"s", "outcome", "share")))
	counts, all := t.withPending(), t.Rows+t.Pending
	for _, kind := range t.told() {
		n := counts[kind]
		if n == 0 {
			continue
		}
		word := fmt.Sprintf("%-13s", kind.Word(t.DryRun()))
		p.Line(fmt.Sprintf("%15s  %s  %7s", prose.Number(n), p.Paint(outcomeColor(kind), word), prose.Share(n, all)))
	}
	known := "in all"
	if !t.counted() {
		known = "known; there may be more"
	}
	p.Line(fmt.Sprintf("%15s  %s", prose.Number(all), known))
	p.Line("")
	say, dry := verdictsOf(t), 0
	if t.DryRun() {
		dry = 1
	}
	verdict, color := say.all[dry], prose.Green
	switch {
	case t.Rows == 0:
		verdict, color = "no "+t.thing()+" has an outcome", prose.Yellow
	case t.NotRestored > 0:
		verdict, color = say.not[dry]+": "+prose.Number(t.NotRestored), prose.Red
	case !t.Finished():
		verdict, color = say.all[dry]+", of those with an outcome; the run is not finished", prose.Yellow
	case t.Damaged():
		verdict, color = say.all[dry]+", of those that can be read; the report is damaged", prose.Yellow
	case len(t.Parts()) > 0:
		verdict, color = "of the "+t.thing()+"s with an outcome, "+verdict, prose.Yellow
	}
	if t.Rehearsal() {
		verdict = "in the rehearsal: " + verdict
		if color == prose.Green {
			color = prose.Yellow
		}
	}
	p.painted(color, verdict)
}

// thing is what has an outcome: a backup's row, or a member that is to be deleted.
func (t *Totals) thing() string {
	if t.command() == "undo" {
		return "member"
	}
	return "row"
}

// verdicts are what is said of all rows, and of those of which it cannot be said; the second of each of a dry run.
type verdicts struct{ all, not [2]string }

func verdictsOf(t *Totals) verdicts {
	switch t.command() {
	case "verify":
		const all, not = "every row is there as the backup has it", "rows that are not there as the backup has them"
		return verdicts{[2]string{all, all}, [2]string{not, not}}
	case "undo":
		return verdicts{
			[2]string{"every member that the run made is gone", "every member that the run made would be deleted"},
			[2]string{"members that the run made and that are left", "members that the run made and that would be left"},
		}
	}
	return verdicts{
		[2]string{"every row is restored", "every row would be restored"},
		[2]string{"rows that are not restored", "rows that would not be restored"},
	}
}

func (p printer) pace(t *Totals) {
	var parts []string
	least, most := "", ""
	if t.AtLeast { // what came behind a killed run's last line is not known
		least, most = "at least ", "at most "
	}
	if t.Elapsed > 0 {
		parts = append(parts, "took "+least+prose.Elapsed(t.Elapsed))
	}
	if pace := t.RowsPerSecond(); pace > 0 {
		parts = append(parts, most+fmt.Sprintf("%.1f %ss/s", pace, t.thing()))
	}
	if t.Requests > 0 {
		parts = append(parts, least+prose.Number(t.Requests)+" requests")
	}
	if t.Throttled > 0 {
		parts = append(parts, least+prose.Number(t.Throttled)+" of them answered 429")
	}
	if len(parts) > 0 {
		p.Wrapped("", "", strings.Join(parts, ", "))
	}
	if l := &t.Latency; l.Rows > 0 {
		p.Wrapped("", "", fmt.Sprintf("a %s took %d ms at the median, %d ms at the 99th percentile, %d ms at most",
			t.thing(), l.Percentile(50), l.Percentile(99), l.Max))
	}
}

func (p printer) causes(t *Totals) {
	for i := range t.Causes {
		c := &t.Causes[i]
		p.Line("")
		title := prose.Visible(c.Title)
		if c.Class == ByCode || c.Class == ByRule {
			title = prose.Visible(c.Key) + ": " + title
		}
		color := prose.Red
		if c.Class == ByNotApplied {
			color = prose.Yellow
		}
		p.Wrapped(fmt.Sprintf("%9s  ", prose.Number(c.Rows)), "           ", p.Paint(prose.Bold+color, title))
		const indent = "           "
		p.Wrapped(indent, indent, c.Means)
		p.Wrapped(indent+"→ ", indent+"  ", c.Mend)
		if c.Link != "" {
			p.Line(indent + p.Paint(prose.Faint, c.Link))
		}
		last := ""
		for j := range c.Examples {
			e := &c.Examples[j]
			p.example(e, len(t.Reports) > 1)
			text := c.details(e.Error)
			if text != "" && text != last {
				p.detail(indent+"    ", text)
			}
			last = text
		}
		if more := c.Rows - int64(len(c.Examples)); more > 0 {
			p.Line(indent + "… and " + prose.Number(more) + " more")
		}
	}
}

// example names a row in one line.
func (p printer) example(e *Example, named bool) {
	parts := make([]string, 0, 4)
	if named {
		parts = append(parts, e.Report)
	}
	if e.Line > 0 { // a member that is in no row has none
		parts = append(parts, "line "+strconv.FormatInt(e.Line, 10))
	}
	for _, s := range [...]string{e.Channel, e.Identity} {
		if s != "" {
			parts = append(parts, s)
		}
	}
	text := "             " + strings.Join(parts, "  ")
	if p.whole {
		p.Line(strings.TrimRight(prose.Visible(text), " "))
		return
	}
	p.Cut(text)
}

// detail tells in one line what an example's error says.
func (p printer) detail(indent, text string) {
	if !p.whole {
		text = CutDifference(text, p.Width-len(indent))
	}
	p.Line(indent + text)
}
