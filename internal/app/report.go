package app

import (
	"errors"
	"fmt"
	"os"

	"github.com/urfave/cli/v2"
	"golang.org/x/term"

	"rejoin/report"
)

func (a *app) reportCommand() *cli.Command {
	groups := []group{{"WHAT IS WRITTEN", []cli.Flag{
		outputFlag(),
		stringFlag("csv", "", "one line a row, for spreadsheets, in `FILE`; - is standard output"),
	}}}
	return &cli.Command{
		Name:      "report",
		Usage:     "sum up reports: what became of the rows, why, and how to mend it",
		ArgsUsage: "REPORT...",
		Description: `EXAMPLES
   rejoin report members.ndjson.report.ndjson          one run
   rejoin report shard1.report.ndjson shard2.report.ndjson
   rejoin report --csv rows.csv members.ndjson.report.ndjson

   Several reports are put together: of shards, and of a run of a rejects file.
   Of a row, or a member, that stands in several the latest outcome counts, and
   the summary says how many there were. rejoin help report tells what the lines of
   a report hold.

EXIT STATUS
   0 summed up   1 a report cannot be read   2 wrong usage`,
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
	reports, err := report.Load(c.Args().Slice()...)
	if err != nil {
		return failed(err)
	}
	if path := c.String("csv"); path != "" {
		if err := a.writeCSV(path, reports); err != nil || path == "-" {
			return err
		}
	}
	totals, err := reports.Totals()
	if err != nil {
		return failed(err)
	}
	if output == "json" {
		return a.printed(report.WriteJSON(a.out, totals))
	}
	return a.printed(report.WriteText(a.out, totals, a.style()))
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
func (a *app) style() report.Style {
	f, ok := a.Stdout.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return report.Style{}
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		width = 0
	}
	return report.Style{Color: a.Getenv("NO_COLOR") == "" && a.Getenv("TERM") != "dumb", Width: min(width, 120)}
}

// writeCSV writes every row's outcome to a new file, or to standard output.
func (a *app) writeCSV(path string, reports *report.Reports) error {
	if path == "-" {
		return a.printed(report.WriteCSV(a.out, reports))
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return failed(fmt.Errorf("the CSV file cannot be made: %w", err))
	}
	if err := errors.Join(report.WriteCSV(file, reports), file.Close()); err != nil {
		return failed(fmt.Errorf("%s is not complete: %w", path, err))
	}
	return nil
}
