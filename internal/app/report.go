package app

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/urfave/cli/v2"
	"golang.org/x/term"

	"rejoin/internal/prose"
	"rejoin/report"
	"rejoin/report/page"
)

func (a *app) reportCommand() *cli.Command {
	groups := []group{{"WHAT IS WRITTEN", []cli.Flag{
		outputFlag(),
		stringFlag("csv", "", "one line a row, for spreadsheets, in `FILE`; - is standard output"),
		stringFlag("html", "", "a page to look at, in `FILE`: one file, without a network; - is standard output"),
		redactFlag(),
	}}}
	return &cli.Command{
		Name:      "report",
		Usage:     "sum up reports: what became of the rows, why, and how to mend it",
		ArgsUsage: "REPORT...",
		Description: `EXAMPLES
   rejoin report members.ndjson.report.ndjson          one run
   rejoin report shard1.report.ndjson shard2.report.ndjson
   rejoin report --csv rows.csv members.ndjson.report.ndjson
   rejoin report --html report.html members.ndjson.report.ndjson

   Several reports are put together: of shards, and of a run of a rejects file.
   Of a row, or a member, that stands in several the latest outcome counts, and
   the summary says how many there were. Reports of dry runs and of rehearsals are
   not put together with those of real runs. rejoin help report tells what the lines of
   a report hold.

EXIT STATUS
   0 summed up   1 a report cannot be read, or reports do not go together
   2 wrong usage`,
		Flags:  flagsOf(groups),
		Action: a.sumUp,
	}
}

func (a *app) sumUp(c *cli.Context) error {
	if !c.Args().Present() {
		return usagef("which report? give its path: rejoin report REPORT...")
	}
	output, err := parse(c, "output", word("text", "json"))
	if err != nil {
		return err
	}
	csv, html := c.String("csv"), c.String("html")
	switch {
	case csv == "-" && html == "-":
		return usagef("--csv and --html cannot both be standard output: name a file for one of them")
	case c.Bool("redact") && csv != "":
		return usagef("--redact and --csv: a line for each row says whom it is about; give one of them")
	}
	reports, err := report.Load(c.Args().Slice()...)
	if err != nil {
		return failed(err)
	}
	defer func() { a.tellDamage(reports) }()
	if csv != "" {
		if err := a.writeCSV(csv, reports); err != nil || csv == "-" && html == "" {
			return err
		}
	}
	var totals *report.Totals
	if html != "" {
		totals, err = a.writePage(html, reports, c.Bool("redact"))
	} else {
		totals, err = reports.Totals()
	}
	if err != nil {
		return failed(err)
	}
	if csv == "-" || html == "-" {
		return a.printed(nil)
	}
	if c.Bool("redact") {
		totals.Redact()
	}
	if output == "json" {
		return a.printed(report.WriteJSON(a.out, totals))
	}
	return a.printed(report.WriteText(a.out, totals, a.style()))
}

// tellDamage warns of what of the reports could not be read. It changes no exit status: what can be read is summed up.
func (a *app) tellDamage(reports *report.Reports) {
	for _, d := range reports.Damaged() {
		fmt.Fprint(a.Stderr, a.laidOut("rejoin: warning: "+d.Lost()))
	}
}

// writePage writes the page of the reports to a new file, or to standard output.
func (a *app) writePage(path string, reports *report.Reports, redact bool) (totals *report.Totals, err error) {
	cfg := page.Config{Redact: redact, Version: version, Made: time.Now()}
	if path == "-" {
		totals, err = page.Write(a.out, reports, cfg)
		if a.out.first != nil {
			err = nil // its own keeper tells it
		}
		return totals, err
	}
	err = newFile(path, func(w io.Writer) error {
		totals, err = page.Write(w, reports, cfg)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("the page cannot be made: %w", err)
	}
	return totals, nil
}

// printed is the end of a command whose last act was to print. What the standard output itself says is told by its own
// keeper.
func (a *app) printed(err error) error {
	if err != nil && a.out.first == nil {
		return failed(err)
	}
	return nil
}

// style is how standard output is to be written: as wide as its terminal, in colour if a person looks at it and has not
// said otherwise (https://no-color.org).
func (a *app) style() prose.Style {
	f, ok := a.Stdout.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return prose.Style{}
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		width = 0
	}
	return prose.Style{Color: a.Getenv("NO_COLOR") == "" && a.Getenv("TERM") != "dumb", Width: min(width, 120)}
}

// writeCSV writes every row's outcome to a new file, whole or not at all, or to standard output.
func (a *app) writeCSV(path string, reports *report.Reports) error {
	if path == "-" {
		return a.printed(report.WriteCSV(a.out, reports))
	}
	err := newFile(path, func(w io.Writer) error { return report.WriteCSV(w, reports) })
	if err != nil {
		return failed(fmt.Errorf("the CSV file cannot be made: %w", err))
	}
	return nil
}
