package page

import (
	"rejoin/internal/prose"
	"rejoin/report"
	"rejoin/restore"
)

// causesShown is how many causes the page explains.
const causesShown = 40

// causeCard is a cause, what it means and how to mend it.
type causeCard struct {
	Key, Title, Means, Mend, Link string
	Count, Share                  string
	Width                         float64 // of a bar that is 100 long
	ID                            string  // what the table calls it
	Examples                      []exampleRow
	More                          string
}

type exampleRow struct {
	Line                             int64
	Channel, Identity, Error, Report string
}

func (p *content) causes(t *report.Totals) {
	for i := range t.Causes {
		c := &t.Causes[i]
		aside := c.Class == report.ByNotApplied
		switch {
		case aside && len(p.Asides) < causesShown:
			p.Asides = append(p.Asides, card(t, c))
		case !aside && len(p.Causes) < causesShown:
			p.Causes = append(p.Causes, card(t, c))
		case !aside:
			p.MoreCauses++
		}
	}
}

func card(t *report.Totals, c *report.Cause) causeCard {
	all := max(t.NotRestored+t.Outcomes[restore.Extra], 1)
	out := causeCard{
		Title: prose.Visible(c.Title), Means: c.Means, Mend: c.Mend, Link: c.Link,
		Count: prose.Number(c.Rows), Share: prose.Share(min(c.Rows, all), all),
		Width: percent(min(c.Rows, all), all),
	}
	if c.Class == report.ByCode || c.Class == report.ByRule {
		out.Key = prose.Visible(c.Key)
	}
	out.ID = causeID(report.CauseKey{Class: c.Class, Key: c.Key})
	for i := range c.Examples {
		e := &c.Examples[i]
		row := exampleRow{Line: e.Line, Channel: cut(e.Channel), Identity: cut(e.Identity), Error: cut(e.Error)}
		if len(t.Reports) > 1 {
			row.Report = prose.Visible(base(e.Report))
		}
		if i > 0 && e.Error == c.Examples[i-1].Error {
			row.Error = "" // it is said above
		}
		out.Examples = append(out.Examples, row)
	}
	if more := c.Rows - int64(len(c.Examples)); more > 0 {
		out.More = prose.Number(more)
	}
	return out
}

// percent is the length of a bar that is 100 long where it is full; a short one is long enough to be seen.
func percent(n, all int64) float64 { return max(tenth(100*float64(n)/float64(max(all, 1))), 0.5) }

// causeID is what the page's script calls a cause.
func causeID(k report.CauseKey) string { return string(k.Class) + ":" + prose.Visible(k.Key) }

// channelRow is a channel in one of the two lists.
type channelRow struct {
	Channel, Count, Share, Mean, Worst string
	Width                              float64
}

func (p *content) channels(c *collector, names *aliases) {
	shown := func(name string) string {
		if p.Redacted {
			return names.of(name)
		}
		return cut(name)
	}
	var missing int64
	for _, n := range c.unrestored {
		missing += n
	}
	for _, ch := range c.strugglers.top(channelsShown) {
		name := shown(ch.name)
		p.Strugglers = append(p.Strugglers, channelRow{
			Channel: name, Count: prose.Number(ch.count), Share: prose.Share(ch.count, missing),
			Width: percent(ch.count, missing),
		})
	}
	if taken := c.strugglers.taken; taken > 0 {
		p.StrugglersNote = "There are more such channels than are counted one by one: each count may be too low by " +
			prose.Number(taken) + " at most."
	}
	slowest := c.slow.top(channelsShown)
	for _, ch := range slowest {
		p.Slow = append(p.Slow, channelRow{
			Channel: shown(ch.name), Count: prose.Number(ch.rows), Mean: milliseconds(float64(ch.mean().Milliseconds())),
			Worst: milliseconds(float64(ch.worst.Milliseconds())),
			Width: percent(int64(ch.mean()), int64(slowest[0].mean())),
		})
	}
	if c.slow.shed {
		p.SlowNote = "There are more than " + prose.Number(slowKept) + " channels. Those that had been faster were let go of on the " +
			"way, so that of a channel whose rows lie far apart some may not be counted."
	}
}

// tableData is what the page's script makes the table of.
type tableData struct {
	Rows    []tableRow   `json:"rows"`
	Causes  []tableCause `json:"causes"`
	Reports []string     `json:"reports"`
}

type tableCause struct {
	ID    string `json:"id"`
	Title string `json:"title"`
}

func (p *content) rows(t *report.Totals, c *collector, names *aliases) {
	if p.Redacted {
		c.table.redact(names)
	}
	titles := make(map[report.CauseKey]string, len(t.Causes))
	for i := range t.Causes {
		titles[report.CauseKey{Class: t.Causes[i].Class, Key: t.Causes[i].Key}] = t.Causes[i].Title
	}
	p.Table.Rows = append([]tableRow{}, c.table.rows...)
	p.Table.Causes, p.Table.Reports = []tableCause{}, []string{}
	for _, key := range c.table.causes.list {
		title := titles[key]
		if title == "" {
			title = key.Key
		}
		if key.Class == report.ByCode || key.Class == report.ByRule {
			title = key.Key + ": " + title
		}
		p.Table.Causes = append(p.Table.Causes, tableCause{causeID(key), cut(title)})
	}
	for _, path := range c.table.reports.list {
		p.Table.Reports = append(p.Table.Reports, cut(path))
	}
	p.TableAll = c.table.all
	args := []string{"report", "--csv", "rows.csv"}
	for i := range t.Reports {
		args = append(args, t.Reports[i].Path)
	}
	if p.CSV = command(args); len(t.Reports) > commandsShown {
		p.CSV = command(args[:3+commandsShown]) + " …"
	}
	switch shown := int64(len(p.Table.Rows)); {
	case shown < p.TableAll:
		p.TableNote = "The first " + prose.Number(shown) + " of " + prose.Number(p.TableAll) +
			" in the order of the report. All of them, for a spreadsheet:"
	case p.TableAll > 0:
		p.TableNote = "All of them, for a spreadsheet:"
	}
}
