package audit

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"rejoin/chat"
	"rejoin/internal/prose"
	"rejoin/rules"
)

// WriteText writes a result for a person: what is wrong, by rule, with the first few places, and what the backup holds.
// title names the backup in one line. What comes from the backup is shown without control characters, so that nothing
// in it can command a terminal.
func WriteText(w io.Writer, title string, res *Result, style prose.Style) error {
	p := printer{prose.NewPage(style)}
	p.CutWords = true
	p.Wrapped("", "  ", prose.Visible(title))
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

// printer lays out a result.
type printer struct{ *prose.Page }

// verdict answers the first question.
func (p printer) verdict(res *Result) {
	c := &res.Contents
	restored := c.Members - c.NoRoom
	text := p.Paint(prose.Bold+prose.Green, "No errors.")
	if res.Errors > 0 {
		text = p.Paint(prose.Bold+prose.Red, prose.Counted(res.Errors, "error")+".")
	}
	if res.Warnings > 0 {
		text += " " + p.Paint(prose.Yellow, prose.Counted(res.Warnings, "warning")+".")
	}
	text += " " + prose.Number(restored) + " of " + prose.Counted(c.Rows, "row") + " would be restored"
	if restored < c.Rows {
		var why []string
		for _, of := range []struct {
			n    int64
			what string
		}{{c.Unreadable, "cannot be read"}, {c.Invalid, "invalid"}, {c.Duplicates, "duplicate"}, {c.NoRoom, "for which their channels have no room"}} {
			if of.n > 0 {
				why = append(why, prose.Number(of.n)+" "+of.what)
			}
		}
		text += "; of the others: " + strings.Join(why, ", ")
	}
	p.Line("")
	p.Wrapped("", "", text+".")
}

// margin is what problems are set in by.
const margin = "    "

func (p printer) finding(f *Finding) {
	color := prose.Red
	if f.Severity == rules.Warning {
		color = prose.Yellow
	}
	p.Printf("\n%s %s  %s\n", p.Paint(color, f.Severity.String()), p.Paint(prose.Bold, f.Name), prose.Number(f.Count))
	p.Wrapped(margin, margin, strings.ReplaceAll(f.Broken, "`", ""))
	fix := f.Fix
	for i := range f.First {
		problem := &f.First[i]
		p.problem(problem)
		if problem.Fix == "" || problem.Fix != f.Fix {
			fix = "" // each has its own
		}
	}
	if more := f.Count - int64(len(f.First)); more > 0 {
		p.Printf("%s  … and %s more\n", margin, prose.Number(more))
	}
	switch {
	case fix != "":
		p.Wrapped(margin+"To mend it: ", margin, fix+".")
	case f.Fix != "":
		for i := range f.First {
			if own := f.First[i].Fix; own != "" && own != f.Fix {
				p.Wrapped(margin+"To mend line "+prose.Number(f.First[i].Line)+": ", margin, own+".")
			}
		}
	}
}

func (p printer) problem(problem *Problem) {
	lead := margin + "  "
	if problem.Line > 0 {
		where := "line " + prose.Number(problem.Line)
		if problem.Byte > 0 {
			where += ", byte " + prose.Number(int64(problem.Byte))
		}
		lead += fmt.Sprintf("%-11s ", where)
	}
	text := prose.Visible(problem.Message)
	if problem.Column != "" && problem.Rule != rules.UnknownColumn {
		text = prose.Visible(problem.Column) + ": " + text
	}
	if of := problem.of(); of != "" {
		text += " (" + of + ")"
	}
	p.Wrapped(lead, margin+"    ", text)
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

func (p printer) contents(c *Contents) {
	p.Printf("\n%s\n", p.Paint(prose.Bold, "What it holds"))
	p.fact("rows", prose.Number(c.Rows), "")
	p.fact("members", prose.Number(c.Members), membersText(c))
	largest := ""
	if c.Channels > 0 {
		largest = "the largest with " + prose.Counted(c.Largest, "member")
	}
	p.fact("channels", prose.Number(c.Channels), largest)
	p.fact("identities", prose.Number(c.Identities), "")
	p.groups("Services", c.Services, 0)
	p.groups("roles", c.Roles, c.NoRole)
	p.fact("read positions", prose.Number(c.WithIndex), positionsText(c))
	p.span("created", c.Created)
	p.span("updated", c.Updated)
	p.span("last read", c.Consumed)
}

func membersText(c *Contents) string {
	if c.NoRoom == 0 {
		return "that would be restored"
	}
	return "to restore, of which the API would refuse " + prose.Number(c.NoRoom)
}

// positionsText parts all rows by what they say of a read position.
func positionsText(c *Contents) string {
	text := "set, " + prose.Number(c.WithoutIndex) + " not set"
	if c.BadIndex > 0 {
		text += ", " + prose.Number(c.BadIndex) + " bad"
	}
	if c.Unreadable > 0 {
		text += ", " + prose.Number(c.Unreadable) + " in unreadable rows"
	}
	return text
}

func (p printer) fact(name, n, remark string) {
	p.Printf("%s\n", strings.TrimRight(fmt.Sprintf("  %-16s %10s  %s", name, n, remark), " "))
}

// groups shows the largest few of what the rows have in common.
func (p printer) groups(name string, all []Group, without int64) {
	remark := ""
	if without > 0 {
		remark = prose.Counted(without, "row") + " without"
	}
	p.fact(name, prose.Number(int64(len(all))), remark)
	const most = 3
	for i, g := range all {
		if i == most {
			p.Printf("  %-16s %10s  … and %s more\n", "", "", prose.Number(int64(len(all)-most)))
			return
		}
		if g.SID != "" {
			p.Printf("  %-16s %10s  %s  %s\n", "", "", g.SID, prose.Counted(g.Rows, "row"))
		}
	}
}

func (p printer) span(name string, s Span) {
	remark := ""
	if s.Rows > 0 {
		remark = second(s.First) + " to " + second(s.Last)
	}
	p.fact(name, prose.Number(s.Rows), remark)
}

func second(t time.Time) string { return chat.FormatTime(t.Truncate(time.Second)) }

// histogram shows the bins from the first to the last that holds a channel.
func (p printer) histogram(all []Bin) {
	for len(all) > 0 && all[len(all)-1].Channels == 0 {
		all = all[:len(all)-1]
	}
	for len(all) > 0 && all[0].Channels == 0 {
		all = all[1:]
	}
	if len(all) == 0 {
		return
	}
	p.Printf("\n%s\n", p.Paint(prose.Bold, "Members per channel"))
	var most int64
	for _, b := range all {
		most = max(most, b.Channels)
	}
	const room = 40
	for _, b := range all {
		name := strconv.FormatInt(b.From, 10)
		switch {
		case b.To == 0:
			name = "over " + prose.Number(b.From-1)
		case b.To > b.From:
			name += " to " + prose.Number(b.To)
		}
		bar := int((b.Channels*room + most - 1) / most) // one that holds any shows
		p.fact(name, prose.Number(b.Channels), strings.Repeat("#", bar))
	}
}

// estimate says how long a restore takes.
func (p printer) estimate(e *Estimate) {
	if e.Requests == 0 || e.Time == 0 {
		return
	}
	why := prose.Counted(e.Requests, "request") + " at " + prose.PerSecond(e.Rate, "")
	if e.ChannelRateIsTheOne {
		why = "the largest channel's " + prose.Counted(e.LargestChannel, "request") + " at " + prose.PerSecond(e.ChannelRate, "")
	}
	p.Line("")
	p.Wrapped("", "", "A restore takes at least "+prose.Lasting(e.Time)+": "+why+".")
}
