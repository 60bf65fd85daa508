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
	for _, note := range t.Notices() {
		p.wrapped(p.paint(yellow, "note")+"  ", "      ", note)
	}
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
		p.wrapped(p.paint(bold, "report")+"    ", "          ", Visible(info.Path))
		what := Visible(info.Run.Command)
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
		p.wrapped("backup    ", "          ", Visible(info.Run.Backup.Path))
		p.wrapped("target    ", "          ", Visible(info.Run.Target.APIURL+" "+info.Run.Target.ServiceSID))
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
		p.line(fmt.Sprintf("%15s  %s  %7s", Number(n), p.paint(outcomeColor(kind), word), Share(n, t.Rows)))
	}
	p.line(fmt.Sprintf("%15s  in all", Number(t.Rows)))
	p.line("")
	say, dry := verdictsOf(t), 0
	if t.DryRun() {
		dry = 1
	}
	verdict, color := say.all[dry], green
	switch {
	case t.Rows == 0:
		verdict, color = "no row has an outcome", yellow
	case t.NotRestored > 0:
		verdict, color = say.not[dry]+": "+Number(t.NotRestored), red
	case dry == 0 && (t.Pending > 0 || t.Killed > 0 || len(t.Parts()) > 0):
		verdict, color = "of the rows with an outcome, "+verdict, yellow
	}
	p.line(p.paint(color, verdict))
}

// verdicts are what is said of all rows, and of those of which it cannot be said; the second of each of a dry run.
type verdicts struct{ all, not [2]string }

func verdictsOf(t *Totals) verdicts {
	command := ""
	if len(t.Reports) > 0 {
		command = t.Reports[0].Run.Command
	}
	switch command {
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

func (p *printer) pace(t *Totals) {
	var parts []string
	if t.Elapsed > 0 {
		parts = append(parts, "took "+Duration(t.Elapsed), fmt.Sprintf("%.1f rows/s", t.RowsPerSecond()))
	}
	if t.Requests > 0 {
		parts = append(parts, Number(t.Requests)+" requests")
	}
	if t.Throttled > 0 {
		parts = append(parts, Number(t.Throttled)+" of them answered 429")
	}
	if len(parts) > 0 {
		p.wrapped("", "", strings.Join(parts, ", "))
	}
	if l := &t.Latency; l.Rows > 0 {
		p.wrapped("", "", fmt.Sprintf("a row took %d ms at the median, %d ms at the 99th percentile, %d ms at most",
			l.Percentile(50), l.Percentile(99), l.Max))
	}
}

func (p *printer) causes(t *Totals) {
	for i := range t.Causes {
		c := &t.Causes[i]
		p.line("")
		title := Visible(c.Title)
		if c.Class == ByCode || c.Class == ByRule {
			title = Visible(c.Key) + ": " + title
		}
		color := red
		if c.Class == ByNotApplied {
			color = yellow
		}
		p.wrapped(fmt.Sprintf("%9s  ", Number(c.Rows)), "           ", p.paint(bold+color, title))
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
			if e.Error != "" && e.Error != last {
				p.cut(indent + "    " + e.Error)
			}
			last = e.Error
		}
		if more := c.Rows - int64(len(c.Examples)); more > 0 {
			p.line(indent + "… and " + Number(more) + " more")
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
	text := []rune(Visible(s))
	if len(text) > p.style.Width {
		text = append(text[:p.style.Width-1], '…')
	}
	p.line(string(text))
}

// Number is n with commas between its thousands.
func Number(n int64) string {
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

// Duration is d as a person reads it: to a hundredth of a second, and from a minute on to a second.
func Duration(d time.Duration) string {
	if d < time.Minute {
		return d.Round(10 * time.Millisecond).String()
	}
	return d.Round(time.Second).String()
}

// Visible is s with nothing in it that a terminal would obey, or that would turn the text after it around.
func Visible(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Bidi_Control, r) {
			return -1
		}
		return r
	}, oneLine(s))
}
