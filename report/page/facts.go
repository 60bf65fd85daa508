package page

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"rejoin/internal/prose"
	"rejoin/report"
)

// reportsShown is how many reports, and how many runs, the page lists.
const reportsShown = 100

type fact struct{ Label, Value string }

// reportRow is one report of several.
type reportRow struct{ Report, Backup, Target, Begun, Rows, State string }

// runRow is one run of several.
type runRow struct{ Report, Begun, Took, Requests, Throttled, End string }

func (p *content) facts(t *report.Totals) {
	add := func(label, value string) {
		if value != "" {
			p.Facts = append(p.Facts, fact{label, value})
		}
	}
	add("Backup", each(t, func(i *report.Info) string {
		b := &i.Run.Backup
		text := b.Path
		if b.Bytes > 0 {
			text += ", " + prose.Size(b.Bytes)
		}
		return text
	}))
	add("Target", each(t, func(i *report.Info) string {
		if i.Run.Target.APIURL == report.SandboxURL {
			return "the embedded Chat service (--sandbox)"
		}
		return strings.TrimSpace(i.Run.Target.APIURL + " " + i.Run.Target.ServiceSID)
	}))
	add("Report", each(t, func(i *report.Info) string { return i.Path }))
	add("Begun", when(begun(t)))
	least, most := "", ""
	if t.AtLeast { // what came behind a killed run's last line is not known
		least, most = "at least ", "at most "
	}
	if t.Elapsed > 0 {
		took := least + prose.Elapsed(t.Elapsed)
		if pace := t.RowsPerSecond(); pace > 0 {
			took += ", " + most + strconv.FormatFloat(pace, 'f', 1, 64) + " rows a second"
		}
		add("Took", took)
	}
	if t.Requests > 0 {
		add("Requests", least+prose.Number(t.Requests)+", of these answered 429: "+prose.Number(t.Throttled))
	}
	if t.Latency.Rows > 0 {
		l := &t.Latency
		add("A row took", milliseconds(float64(l.Percentile(50)))+" at the median, "+milliseconds(float64(l.Percentile(99)))+
			" at the 99th percentile, "+milliseconds(float64(l.Max))+" at most")
	}
	add("rejoin", each(t, func(i *report.Info) string { return i.Run.Version }))
	if !t.Damaged() {
		add("Damage", "none was found: every line is whole")
	}
	for i := range t.Reports {
		p.report(&t.Reports[i], len(t.Reports) > 1)
	}
}

// each is what is said of each report, once where it is the same of several.
func each(t *report.Totals, text func(*report.Info) string) string {
	var all []string
	for i := range t.Reports {
		if s := prose.Visible(text(&t.Reports[i])); s != "" && !slices.Contains(all, s) {
			all = append(all, s)
		}
	}
	if n := len(all); n > 3 {
		all = append(all[:3], "and "+strconv.Itoa(n-3)+" more")
	}
	return strings.Join(all, "; ")
}

func begun(t *report.Totals) (first time.Time) {
	for i := range t.Reports {
		if at := t.Reports[i].Run.StartedAt; !at.IsZero() && (first.IsZero() || at.Before(first)) {
			first = at
		}
	}
	return first
}

func (p *content) report(info *report.Info, several bool) {
	if several && len(p.Reports) < reportsShown {
		p.Reports = append(p.Reports, reportRow{
			Report: prose.Visible(info.Path), Backup: prose.Visible(info.Run.Backup.Path),
			Target: prose.Visible(strings.TrimSpace(info.Run.Target.APIURL + " " + info.Run.Target.ServiceSID)),
			Begun:  when(info.Run.StartedAt), Rows: prose.Number(info.Lines), State: state(info),
		})
	}
	if !several && len(info.Past) < 2 {
		return
	}
	for i := range info.Past {
		if len(p.Runs) >= reportsShown {
			return
		}
		r := &info.Past[i]
		row := runRow{Begun: when(r.StartedAt), Took: prose.Elapsed(r.Elapsed), End: end(r)}
		if several {
			row.Report = prose.Visible(base(info.Path))
		}
		row.Requests, row.Throttled = prose.Number(r.Requests), prose.Number(r.Throttled)
		if !r.Ended {
			row.Took, row.Requests = "at least "+row.Took, "at least "+row.Requests
		}
		p.Runs = append(p.Runs, row)
	}
}

func state(info *report.Info) string {
	if info.Killed {
		return "no summary: killed, or still going on"
	}
	return endText(info.ExitCode)
}

func end(r *report.RunInfo) string {
	if !r.Ended {
		return "killed, or still going on"
	}
	text := endText(r.ExitCode)
	if r.Pending > 0 {
		text += "; " + rows(r.Pending) + " pending"
	}
	return text
}

// endText says what an exit status means.
func endText(status int) string {
	switch status {
	case 0:
		return "every row is restored"
	case 1:
		return "ended with an error"
	case 3:
		return "done, some rows are not restored"
	case 4:
		return "the API refused the credentials, the account or the Service"
	case 5:
		return "stopped early: errors or an outage"
	case 6:
		return "the backup or the target was another one"
	case 7:
		return "done, differences were found"
	case 129:
		return "interrupted (SIGHUP)"
	case 130:
		return "interrupted (SIGINT)"
	case 131:
		return "interrupted (SIGQUIT)"
	case 143:
		return "interrupted (SIGTERM)"
	}
	return "status " + strconv.Itoa(status)
}
