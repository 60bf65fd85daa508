package audit

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode"

	"rejoin/chat"
	"rejoin/rules"
)

// Style is how a result is shown to a person.
type Style struct {
	Color bool // with ANSI colours; what they say is said in words, too
	Width int  // columns; 0: 80
}

// The colours that are used, as ANSI sequences.
const (
	bold   = "\x1b[1m"
	red    = "\x1b[31m"
	yellow = "\x1b[33m"
	green  = "\x1b[32m"
	plain  = "\x1b[0m"
)

// WriteText writes a result for a person: what is wrong, by rule, with the first few places, and what the backup holds.
// title names the backup in one line. What comes from the backup is shown without control characters, so that nothing
// in it can command a terminal.
func WriteText(w io.Writer, title string, res *Result, style Style) error {
	if style.Width <= 0 {
		style.Width = 80
	}
	p := &printer{style: style}
	p.wrapped("", "  ", visible(title))
	p.verdict(res)
	for i := range res.Findings {
		p.finding(&res.Findings[i])
	}
	p.contents(&res.Contents)
	p.histogram(res.Contents.PerChannel)
	p.estimate(&res.Estimate)
	_, err := w.Write(p.Bytes())
	return err
}

// printer lays out text.
type printer struct {
	bytes.Buffer
	style Style
}

func (p *printer) paint(color, s string) string {
	if !p.style.Color {
		return s
	}
	return color + s + plain
}

func (p *printer) printf(format string, args ...any) {
	_, _ = fmt.Fprintf(p, format, args...) // into memory
}

// wrapped writes words in lines that fit, the first behind lead, the others behind indent. A word that does not fit any
// line is cut.
func (p *printer) wrapped(lead, indent, text string) {
	line, at, empty := lead, width(lead), true
	for word := range strings.FieldsSeq(text) {
		letters := []rune(word)
		wide := width(word)
		if !empty && at+1+wide > p.style.Width {
			p.printf("%s\n", line)
			line, at, empty = indent, width(indent), true
		}
		for empty && wide > p.style.Width-at { // colours are on short words alone
			n := max(p.style.Width-at, 1)
			p.printf("%s%s\n", line, string(letters[:n]))
			line, at, letters = indent, width(indent), letters[n:]
			wide = len(letters)
		}
		if !empty {
			line, at = line+" ", at+1
		}
		line, at, empty = line+string(letters), at+wide, false
	}
	p.printf("%s\n", strings.TrimRight(line, " "))
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

// visible is s without control characters, and on one line.
func visible(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return unicode.ReplacementChar
		}
		return r
	}, s)
}

// verdict answers the first question.
func (p *printer) verdict(res *Result) {
	c := &res.Contents
	left := c.Rows - c.Members
	text := p.paint(bold+green, "No errors.")
	if res.Errors > 0 {
		text = p.paint(bold+red, counted(res.Errors, "error")+".")
	}
	if res.Warnings > 0 {
		text += " " + p.paint(yellow, counted(res.Warnings, "warning")+".")
	}
	text += " " + number(c.Members) + " of " + counted(c.Rows, "row") + " would be restored"
	if left > 0 {
		var why []string
		for _, of := range []struct {
			n    int64
			what string
		}{{c.Unreadable, "cannot be read"}, {c.Invalid, "invalid"}, {c.Duplicates, "duplicate"}} {
			if of.n > 0 {
				why = append(why, number(of.n)+" "+of.what)
			}
		}
		text += "; of the others: " + strings.Join(why, ", ")
	}
	p.printf("\n")
	p.wrapped("", "", text+".")
}

// margin is what problems are set in by.
const margin = "    "

func (p *printer) finding(f *Finding) {
	color := red
	if f.Severity == rules.Warning {
		color = yellow
	}
	p.printf("\n%s %s  %s\n", p.paint(color, f.Severity.String()), p.paint(bold, f.Name), number(f.Count))
	p.wrapped(margin, margin, strings.ReplaceAll(f.Broken, "`", ""))
	fix := f.Fix
	for i := range f.First {
		problem := &f.First[i]
		p.problem(problem)
		if problem.Fix == "" || problem.Fix != f.Fix {
			fix = "" // each has its own
		}
	}
	if more := f.Count - int64(len(f.First)); more > 0 {
		p.printf("%s  … and %s more\n", margin, number(more))
	}
	switch {
	case fix != "":
		p.wrapped(margin+"To mend it: ", margin, fix+".")
	case f.Fix != "":
		for i := range f.First {
			if own := f.First[i].Fix; own != "" && own != f.Fix {
				p.wrapped(margin+"To mend line "+number(f.First[i].Line)+": ", margin, own+".")
			}
		}
	}
}

func (p *printer) problem(problem *Problem) {
	lead := margin + "  "
	if problem.Line > 0 {
		where := "line " + number(problem.Line)
		if problem.Byte > 0 {
			where += ", byte " + number(int64(problem.Byte))
		}
		lead += fmt.Sprintf("%-11s ", where)
	}
	text := visible(problem.Message)
	if problem.Column != "" && problem.Rule != rules.UnknownColumn {
		text = visible(problem.Column) + ": " + text
	}
	if of := problem.of(); of != "" {
		text += " (" + of + ")"
	}
	p.wrapped(lead, margin+"    ", text)
}

// of says of whom a problem is that only shows across rows: its message does not.
func (q *Problem) of() string {
	switch {
	case q.Channel == "" || q.Rule != rules.Duplicate && q.Rule != rules.CaseVariants && q.Rule != rules.TooManyMembers:
		return ""
	case q.Identity == "":
		return shown([]byte(q.Channel))
	}
	return shown([]byte(q.Identity)) + " in " + shown([]byte(q.Channel))
}

func (p *printer) contents(c *Contents) {
	p.printf("\n%s\n", p.paint(bold, "What it holds"))
	p.fact("rows", number(c.Rows), "")
	p.fact("members", number(c.Members), "that would be restored")
	largest := ""
	if c.Channels > 0 {
		largest = "the largest with " + counted(c.Largest, "member")
	}
	p.fact("channels", number(c.Channels), largest)
	p.fact("identities", number(c.Identities), "")
	p.groups("Services", c.Services, 0)
	p.groups("roles", c.Roles, c.NoRole)
	p.fact("read positions", number(c.WithIndex), "set, "+number(c.WithoutIndex)+" not set")
	p.span("created", c.Created)
	p.span("updated", c.Updated)
	p.span("last read", c.Consumed)
}

func (p *printer) fact(name, n, remark string) {
	p.printf("%s\n", strings.TrimRight(fmt.Sprintf("  %-16s %10s  %s", name, n, remark), " "))
}

// groups shows the largest few of what the rows have in common.
func (p *printer) groups(name string, all []Group, without int64) {
	remark := ""
	if without > 0 {
		remark = counted(without, "row") + " without"
	}
	p.fact(name, number(int64(len(all))), remark)
	const most = 3
	for i, g := range all {
		if i == most {
			p.printf("  %-16s %10s  … and %s more\n", "", "", number(int64(len(all)-most)))
			return
		}
		if g.SID != "" {
			p.printf("  %-16s %10s  %s  %s\n", "", "", g.SID, counted(g.Rows, "row"))
		}
	}
}

func (p *printer) span(name string, s Span) {
	remark := ""
	if s.Rows > 0 {
		remark = second(s.First) + " to " + second(s.Last)
	}
	p.fact(name, number(s.Rows), remark)
}

func second(t time.Time) string { return chat.FormatTime(t.Truncate(time.Second)) }

// histogram shows the bins from the first to the last that holds a channel.
func (p *printer) histogram(all []Bin) {
	for len(all) > 0 && all[len(all)-1].Channels == 0 {
		all = all[:len(all)-1]
	}
	for len(all) > 0 && all[0].Channels == 0 {
		all = all[1:]
	}
	if len(all) == 0 {
		return
	}
	p.printf("\n%s\n", p.paint(bold, "Members per channel"))
	var most int64
	for _, b := range all {
		most = max(most, b.Channels)
	}
	const room = 40
	for _, b := range all {
		name := strconv.FormatInt(b.From, 10)
		switch {
		case b.To == 0:
			name = "over " + number(b.From-1)
		case b.To > b.From:
			name += " to " + number(b.To)
		}
		bar := int((b.Channels*room + most - 1) / most) // one that holds any shows
		p.fact(name, number(b.Channels), strings.Repeat("#", bar))
	}
}

// estimate says how long a restore takes.
func (p *printer) estimate(e *Estimate) {
	if e.Members == 0 || e.Time == 0 {
		return
	}
	why := counted(e.Members, "request") + " at " + rate(e.Rate)
	if e.ChannelRateIsTheOne {
		why = "the largest channel's " + counted(e.LargestChannel, "request") + " at " + rate(e.ChannelRate)
	}
	p.printf("\n")
	p.wrapped("", "", "A restore takes at least "+lasting(e.Time)+": "+why+".")
}

func rate(perSecond float64) string {
	if perSecond < 1 {
		return strconv.FormatFloat(perSecond*60, 'g', 3, 64) + " a minute"
	}
	return strconv.FormatFloat(perSecond, 'g', 4, 64) + " a second"
}

// lasting is a length of time as people say it.
func lasting(d time.Duration) string {
	switch {
	case d < time.Second:
		return "a second"
	case d < 2*time.Minute:
		return strconv.FormatFloat(d.Seconds(), 'f', 0, 64) + " s"
	case d < 2*time.Hour:
		return strconv.FormatFloat(d.Minutes(), 'f', 0, 64) + " min"
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h %d min", int(d.Hours()), int(d.Minutes())%60)
	}
	return fmt.Sprintf("%d days %d h", int(d.Hours())/24, int(d.Hours())%24)
}

func counted(n int64, thing string) string {
	if n != 1 {
		thing += "s"
	}
	return number(n) + " " + thing
}

// number writes a number in groups of three.
func number(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
