package page

import (
	"html/template"
	"maps"
	"slices"
	"strings"
	"time"

	"rejoin/internal/prose"
	"rejoin/report"
)

// content is all that stands in the page.
type content struct {
	Policy string
	Style  template.CSS
	Script template.JS

	Title    string
	Verdict  verdict
	Say      speech
	Redacted bool
	Steps    []step
	Tiles    []tile
	Bar      []piece
	BarTitle string
	Sum      sum
	Outcomes []outcomeRow
	Facts    []fact
	Reports  []reportRow
	Runs     []runRow
	Notices  []string

	Charts   []chart
	Numbers  []momentRow
	StepText string

	Causes     []causeCard // of rows that are not restored
	MoreCauses int
	Asides     []causeCard // of rows that are, but not quite

	Strugglers     []channelRow
	StrugglersNote string
	Slow           []channelRow
	SlowNote       string

	Table     tableData
	TableAll  int64
	TableNote string
	CSV       string // the command that gives all rows

	Version, Made string
}

// newContent makes the page's content from what the rows sum up to.
func newContent(t *report.Totals, c *collector, cfg Config) (*content, error) {
	names := newAliases("channel")
	if cfg.Redact {
		t = redacted(t, names)
	}
	p := &content{
		Verdict: verdictOf(t), Say: speechOf(t), Redacted: cfg.Redact, Steps: nextSteps(t, &c.unrestored), Notices: t.Notices(),
		Version: cfg.Version, Made: when(cfg.Made),
	}
	p.Title = strings.TrimSpace(p.Verdict.Headline + " " + backups(t))
	if err := p.embed(); err != nil {
		return nil, err
	}
	p.outcomes(t, &c.unrestored)
	p.facts(t)
	p.overTime(t, c.time)
	p.causes(t)
	p.channels(c, names)
	p.rows(t, c, names)
	return p, nil
}

// embed puts the style and the script into the page, and allows them and nothing else.
func (p *content) embed() error {
	style, styleHash, err := source("page.css")
	if err != nil {
		return err
	}
	script, scriptHash, err := source("page.js")
	if err != nil {
		return err
	}
	p.Style, p.Script = template.CSS(style), template.JS(script) //nolint:gosec // they are this package's own files
	p.Policy = "default-src 'none'; base-uri 'none'; form-action 'none'; style-src " + styleHash + "; script-src " + scriptHash
	return nil
}

// redacted is a copy of totals without what a backup says.
func redacted(t *report.Totals, names *aliases) *report.Totals {
	out := *t
	out.Reports = slices.Clone(t.Reports)
	for i := range out.Reports {
		run := &out.Reports[i].Run
		channel := run.Meaning["only_channel"]
		if channel == "" {
			continue
		}
		run.Meaning = maps.Clone(run.Meaning)
		run.Meaning["only_channel"] = names.of(channel)
		run.Args = slices.Clone(run.Args)
		for j, arg := range run.Args {
			run.Args[j] = strings.ReplaceAll(arg, channel, "…")
		}
	}
	out.Causes = slices.Clone(t.Causes)
	for i := range out.Causes {
		cause := &out.Causes[i]
		cause.Examples = slices.Clone(cause.Examples)
		for j := range cause.Examples {
			e := &cause.Examples[j]
			e.Channel, e.Identity, e.Error = names.of(e.Channel), "", ""
		}
	}
	return &out
}

// backups names what was restored.
func backups(t *report.Totals) string {
	var names []string
	for i := range t.Reports {
		if t.Reports[i].Runs == 0 {
			continue // it does not say
		}
		if name := prose.Visible(base(t.Reports[i].Run.Backup.Path)); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if len(names) > 3 {
		names = append(names[:3], "…")
	}
	return strings.Join(names, ", ")
}

// when is a time as the page shows it; nothing for none.
func when(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2 Jan 2006, 15:04:05") + " UTC"
}
