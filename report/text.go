package report

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode"

	"rejoin/restore"
)

// Style is how totals are shown to a person.
type Style struct {
	Color bool // with ANSI colours; what they say is said in words, too
	Width int  // columns; 0: 80
}

// WriteText writes the totals for a person: what was read, what became of the rows, and why some are not restored, with
// what each cause means and how to mend it. Texts from the report are shown without control characters, so that none
// can command a terminal.
func WriteText(w io.Writer, t *Totals, style Style) error {
	if style.Width <= 0 {
		style.Width = 80
	}
	p := &printer{style: style}
	p.reports(t)
	p.outcomes(t)
	p.pace(t)
	p.notices(t)
	p.causes(t)
	_, err := w.Write(p.Bytes())
	return err
}

// WriteCauses writes why rows are not restored, with what each cause means and how to mend it, and nothing where there
// is no cause.
func WriteCauses(w io.Writer, t *Totals, style Style) error {
	if style.Width <= 0 {
		style.Width = 80
	}
	p := &printer{style: style}
	p.causes(t)
	_, err := w.Write(p.Bytes())
	return err
}

// Word is an outcome's word, as a table of outcomes shows it: in a colour that says how good or bad it is, if there are
// colours, and so many columns wide.
func Word(kind restore.Kind, dryRun bool, columns int, style Style) string {
	p := &printer{style: style}
	return p.paint(outcomeColor(kind), fmt.Sprintf("%-*s", columns, kind.Word(dryRun)))
}

// printer lays out text.
type printer struct {
	bytes.Buffer
	style Style
}

// The colours that are used, as ANSI sequences.
const (
	bold   = "\x1b[1m"
	green  = "\x1b[32m"
	yellow = "\x1b[33m"
	red    = "\x1b[31m"
	faint  = "\x1b[2m"
	plainC = "\x1b[0m"
)

func (p *printer) paint(color, s string) string {
	if !p.style.Color || color == "" {
		return s
	}
	return color + s + plainC
}

func (p *printer) line(s string) {
	_, _ = p.WriteString(s + "\n") // into memory
}

// wrapped writes words in lines that fit, each with the indent before it; the first begins with lead.
func (p *printer) wrapped(lead, indent, text string) {
	line, at := lead, width(lead)
	start := true
	for word := range strings.FieldsSeq(text) {
		n := width(word)
		switch {
		case start:
		case at+1+n > p.style.Width:
			p.line(line)
			line, at = indent, width(indent)
		default:
			line, at = line+" ", at+1
		}
		line, at, start = line+word, at+n, false
	}
	p.line(strings.TrimRight(line, " "))
}

// width is how many columns s takes, its colours not counted.
func width(s string) int {
	n := 0
	for {
		before, rest, found := strings.Cut(s, "\x1b[")
		n += len([]rune(before))
		if !found {
			return n
		}
		_, s, _ = strings.Cut(rest, "m")
	}
}

func (p *printer) reports(t *Totals) {
	for i := range t.Reports {
		info := &t.Reports[i]
		p.wrapped(p.paint(bold, "report")+"    ", "          ", visible(info.Path))
		what := visible(info.Run.Command)
		if info.Run.DryRun {
			what += " (dry run: nothing was written to the Service)"
		}
		if info.Runs > 1 {
			what += ", in " + strconv.Itoa(info.Runs) + " runs"
		}
		if !info.Run.StartedAt.IsZero() {
			what += ", begun " + info.Run.StartedAt.UTC().Format("2006-01-02 15:04:05 MST")
		}
		p.wrapped("command   ", "          ", what)
		p.wrapped("backup    ", "          ", visible(info.Run.Backup.Path))
		p.wrapped("target    ", "          ", visible(info.Run.Target.APIURL+" "+info.Run.Target.ServiceSID))
		p.line("")
	}
}

// outcomeColor says how good or bad an outcome is.
func outcomeColor(kind restore.Kind) string {
	switch kind {
	case restore.Created, restore.Updated, restore.Exists, restore.Same, restore.Deleted, restore.Gone:
		return green
	case restore.Duplicate, restore.Pending, restore.Kept:
		return yellow
	case restore.Differs, restore.Invalid, restore.Rejected, restore.Failed, restore.Unknown, restore.Missing, restore.Extra:
	}
	return red
}

func (p *printer) outcomes(t *Totals) {
	p.line(p.paint(bold, fmt.Sprintf("%15s  %-13s  %7s", "rows", "outcome", "share")))
	for _, kind := range t.told() {
		n := t.Outcomes[kind]
		if n == 0 {
			continue
		}
		word := fmt.Sprintf("%-13s", kind.Word(t.DryRun()))
		p.line(fmt.Sprintf("%15s  %s  %7s", number(n), p.paint(outcomeColor(kind), word), Share(n, t.Rows)))
	}
	p.line(fmt.Sprintf("%15s  in all", number(t.Rows)))
	p.line("")
	verdict, color := "every row is restored", green
	switch {
	case t.Rows == 0:
		verdict, color = "no row has an outcome", yellow
	case t.NotRestored > 0 && t.DryRun():
		verdict, color = "rows that would not be restored: "+number(t.NotRestored), red
	case t.NotRestored > 0:
		verdict, color = "rows that are not restored: "+number(t.NotRestored), red
	case t.DryRun():
		verdict = "every row would be restored"
	case t.Pending > 0 || t.Killed > 0 || len(t.parts()) > 0:
		verdict, color = "every row with an outcome is restored", yellow
	}
	p.line(p.paint(color, verdict))
}

func (p *printer) pace(t *Totals) {
	var parts []string
	if t.Elapsed > 0 {
		parts = append(parts, "took "+duration(t.Elapsed), fmt.Sprintf("%.1f rows/s", t.RowsPerSecond()))
	}
	if t.Requests > 0 {
		parts = append(parts, number(t.Requests)+" requests")
	}
	if t.Throttled > 0 {
		parts = append(parts, number(t.Throttled)+" of them answered 429")
	}
	if len(parts) > 0 {
		p.wrapped("", "", strings.Join(parts, ", "))
	}
	if l := &t.Latency; l.Rows > 0 {
		p.wrapped("", "", fmt.Sprintf("a row took %d ms at the median, %d ms at the 99th percentile, %d ms at most",
			l.Percentile(50), l.Percentile(99), l.Max))
	}
}

// notices says what a reader must know of the totals before trusting them.
func (p *printer) notices(t *Totals) {
	for i := range t.Reports {
		p.damage(&t.Reports[i])
	}
	for _, part := range t.parts() {
		p.notice(part)
	}
	if t.Pending > 0 {
		p.notice("rows pending, because the run stopped before them: " + number(t.Pending) + "; go on with --resume")
	}
	if t.Killed > 0 {
		p.notice("a run has no summary: it was killed or is still going on, and there may be rows without an outcome")
	}
	if t.Recovered > 0 {
		p.notice("members that were made by a try whose answer was lost: " + number(t.Recovered))
	}
	if t.Doubled > 0 {
		p.notice("rows that stand in several reports: " + number(t.Doubled) + "; the latest outcome of each counts")
	}
	if t.Backups > 1 {
		p.notice(fmt.Sprintf("the reports are of %d different backups or targets; they are put together by Service, channel and identity", t.Backups))
	}
	if t.Superseded > 0 {
		p.notice("rows that do not count, because another report has a later outcome for their member: " + number(t.Superseded))
	}
}

func (p *printer) damage(info *Info) {
	d, name := &info.Damage, visible(info.Path)
	if d.Lines > 0 {
		var where []string
		for _, n := range d.Where {
			where = append(where, strconv.FormatInt(n, 10))
		}
		more := ""
		if d.Lines > int64(len(d.Where)) {
			more = ", …"
		}
		p.notice(fmt.Sprintf("%s: damaged lines that were passed over: %s (line %s%s)", name, number(d.Lines), strings.Join(where, ", "), more))
	}
	if d.Torn {
		p.notice(name + ": the last line has no end; the run was killed while it wrote it, or is still going on")
	}
	if d.Cut != "" {
		p.notice(name + ": " + d.Cut)
	}
	if d.Unknown > 0 {
		p.notice(fmt.Sprintf("%s: lines without a check value, which something else than rejoin wrote or changed: %s", name, number(d.Unknown)))
	}
}

func (p *printer) notice(text string) { p.wrapped(p.paint(yellow, "note")+"  ", "      ", text) }

func (p *printer) causes(t *Totals) {
	for i := range t.Causes {
		c := &t.Causes[i]
		p.line("")
		title := visible(c.Title)
		if c.Class == ByCode || c.Class == ByRule {
			title = visible(c.Key) + ": " + title
		}
		color := red
		if c.Class == ByNotApplied {
			color = yellow
		}
		p.wrapped(fmt.Sprintf("%9s  ", number(c.Rows)), "           ", p.paint(bold+color, title))
		const indent = "           "
		p.wrapped(indent, indent, c.Means)
		p.wrapped(indent+"→ ", indent+"  ", c.Mend)
		if c.Link != "" {
			p.line(indent + p.paint(faint, c.Link))
		}
		last := ""
		for j := range c.Examples {
			e := &c.Examples[j]
			p.example(e, len(t.Reports) > 1)
			if e.Error != last {
				p.cut(indent + "    " + e.Error)
			}
			last = e.Error
		}
		if more := c.Rows - int64(len(c.Examples)); more > 0 {
			p.line(indent + "… and " + number(more) + " more")
		}
	}
}

// example names a row in one line.
func (p *printer) example(e *Example, named bool) {
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
	p.cut("             " + strings.Join(parts, "  "))
}

// cut writes a line, cut to fit.
func (p *printer) cut(s string) {
	text := []rune(visible(s))
	if len(text) > p.style.Width {
		text = append(text[:p.style.Width-1], '…')
	}
	p.line(string(text))
}

// number is n with commas between its thousands.
func number(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// Share is n of all in per cent. A share that is not all never reads 100 %, and one that is not nothing never 0 %.
func Share(n, all int64) string {
	percent := 100 * float64(n) / float64(max(all, 1))
	switch {
	case n > 0 && percent < 0.01:
		return "<0.01 %"
	case n < all && percent > 99.99:
		return ">99.9 %"
	}
	return strconv.FormatFloat(percent, 'f', 2, 64) + " %"
}

func duration(d time.Duration) string {
	if d < time.Minute {
		return d.Round(10 * time.Millisecond).String()
	}
	return d.Round(time.Second).String()
}

// visible is s with nothing in it that a terminal would obey, or that would turn the text after it around.
func visible(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Bidi_Control, r) {
			return -1
		}
		return r
	}, oneLine(s))
}
