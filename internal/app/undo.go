package app

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"rejoin/ratelimit"
	"rejoin/report"
	"rejoin/restore"
)

func (a *app) undoCommand() *cli.Command {
	groups := []group{
		{"WHERE", []cli.Flag{
			stringFlag("service", "", "refuse unless the report is of this Service: its `SID`, IS…"),
			stringFlag("api-url", "", "base `URL` in place of https://chat.twilio.com; plain http only to loopback"),
		}},
		{"WHAT TO UNDO", []cli.Flag{
			boolFlag("dry-run", "read every member back, and delete none", "n"),
			boolFlag("force", "delete members that have been changed since they were made, too"),
			boolFlag("yes", "do not ask; where nobody is at a terminal it never asks"),
		}},
		{"HOW FAST", undoPaceFlags()},
		{"WHAT IS WRITTEN", []cli.Flag{
			stringFlag("report", "", "the undo's own report, NDJSON, in `FILE` (default the report's name and .undo, here)"),
			boolFlag("resume", "continue the undo that its report holds"),
			stringFlag("progress", "auto", "how far it is, on standard error: `WORD` is auto, bar, plain, json or none"),
			outputFlag(),
			stringFlag("log-level", "info", "the least that is told on standard error: `WORD` is debug, info, warn or error"),
			stringFlag("log-format", "text", "and how: `WORD` is text or json"),
			redactFlag(),
			metricsFlag(),
		}},
	}
	return &cli.Command{
		Name:      "undo",
		Usage:     "delete exactly the members that a run created",
		ArgsUsage: "REPORT",
		Description: `EXAMPLES
   rejoin undo -n members.csv.report.ndjson         what would be deleted, and what has changed
   rejoin undo members.csv.report.ndjson            delete them
   rejoin undo --resume members.csv.report.ndjson   go on where an undo stopped

   The report says which members the run created. Each is read back before it is
   deleted, and kept if it has been changed since (--force deletes it all the
   same). Members that were there before are never touched; what those held that
   the run has updated (--on-conflict update) cannot be put back. Webhooks stay
   silent.

EXIT STATUS
   0  every member that the run created is gone
   1  the undo could not be done, or went wrong
   2  wrong usage; nothing was opened or sent
   3  done, but some members are kept or could not be deleted; or some may be
      left because the report does not tell of all: it says so, and how to see
      which
   4  the API refuses the credentials, the account or the Service
   5  stopped early by an outage; resume it
   6  the report is of another Service, or the undo's report of another report
   129, 130, 131, 143  interrupted by SIGHUP, SIGINT, SIGQUIT, SIGTERM; resume it`,
		Flags:  flagsOf(groups),
		Action: a.undo,
	}
}

// undoPaceFlags are those of a restore's that speak of requests alone.
func undoPaceFlags() []cli.Flag {
	var flags []cli.Flag
	for _, flag := range paceFlags() {
		if flag.Names()[0] != "max-errors" {
			flags = append(flags, flag)
		}
	}
	return flags
}

// undoSettings reads and checks all flags. Nothing has been opened when it fails.
func (a *app) undoSettings(c *cli.Context) (*undoSettings, error) {
	set := &undoSettings{settings: &settings{}, force: c.Bool("force"), yes: c.Bool("yes")}
	switch args := c.Args().Slice(); {
	case len(args) == 0 || args[0] == "":
		return nil, usagef("which run? give the path of its report: rejoin undo REPORT")
	case len(args) > 1:
		return nil, usagef("one report at a time: found %q and %q", args[0], args[1])
	case args[0] == "-":
		return nil, usagef("the report is read twice, so that it cannot come through standard input: give its path")
	default:
		set.path = args[0]
	}
	set.engine.DryRun = c.Bool("dry-run")
	for _, part := range []func(*cli.Context) error{set.readPace, set.readWriting} {
		if err := part(c); err != nil {
			return nil, err
		}
	}
	if !c.IsSet("report") {
		set.report = undoReportName(set.path)
		if set.engine.DryRun { // it is no undo, so that the undo after it has its own
			set.report = nextName(strings.TrimSuffix(set.report, ".report.ndjson")+".dry-run", ".report.ndjson", set.resume)
		}
	}
	if err := a.readTarget(c, set.settings); err != nil {
		return nil, err
	}
	a.logs = set.logs
	set.meaning = map[string]string{"dry_run": strconv.FormatBool(set.engine.DryRun), "force": strconv.FormatBool(set.force)}
	set.other = map[string]string{"rate": c.String("rate"), "channel_rate": c.String("channel-rate"), "workers": c.String("workers")}
	set.resumeByFlag = resumeArgs(a.Args)
	return set, nil
}

// undoReportName is what an undo's report is called by itself: members.csv.undo.report.ndjson for that of
// members.csv.report.ndjson.
func undoReportName(path string) string {
	name := strings.TrimSuffix(filepath.Base(path), ".gz")
	return strings.TrimSuffix(strings.TrimSuffix(name, ".ndjson"), ".report") + ".undo.report.ndjson"
}

// undoSettings is what the flags of an undo say.
type undoSettings struct {
	*settings
	force bool
	yes   bool
}

// undo is the command.
func (a *app) undo(c *cli.Context) error {
	set, err := a.undoSettings(c)
	if err != nil {
		return err
	}
	s := newScreen(a.Stderr, set.progress, set.logs, a.Getenv)
	u := &undoing{
		run:  &run{app: a, settings: set.settings, command: "undo", screen: s, signals: catchSignals(a.kill, s.hint, runStops())},
		plan: set,
	}
	defer u.close()
	return u.do()
}

// undoing is an undo that is about to happen.
type undoing struct {
	*run
	plan   *undoSettings
	source *report.Reports
	made   madeMembers
}

func (u *undoing) close() {
	u.signals.close()
	u.screen.close()
	u.service.close()
}

func (u *undoing) do() (err error) {
	held, err := report.Hold(u.path)
	if err != nil {
		return failed(fmt.Errorf("%w; nothing was deleted", err))
	}
	defer held.Close() //nolint:errcheck // it was only read
	if err := u.makeable(); err != nil {
		return err
	}
	if u.source, err = report.Load(u.path); err != nil {
		return failed(err)
	}
	if err := u.look(); err != nil {
		return err
	}
	if u.service, err = u.connect(); err != nil {
		return err
	}
	if err := u.belongs(); err != nil {
		return err
	}
	limiter, err := ratelimit.New(ratelimit.Config{
		Rate: u.pace.rate, Auto: u.pace.auto, ChannelRate: u.channelRate, Workers: u.engine.Workers,
	})
	if err != nil {
		return usageError(err)
	}
	progress := new(restore.Progress)
	shown, err := u.showMetrics(u.signals.ctx, u.made.created, progress, limiter)
	if err != nil {
		return err
	}
	defer shown.Close()
	journal, ledger, err := u.agree()
	if err != nil {
		return err
	}
	u.farewell.Store(new("every outcome so far is in " + u.report + "; to go on, run: " + shellWords(u.resumeByFlag)))
	cfg := restore.UndoConfig{Config: u.engine, Force: u.plan.force}
	cfg.Client, cfg.Limiter, cfg.Sink = u.hooks.between(u.service.client), limiter, journal
	cfg.Announce, cfg.Progress, cfg.Warn = journal.Announce, progress, u.warn
	u.counts = &cfg.Progress.Counters
	if ledger != nil {
		cfg.Ledger = ledger
	}
	u.screen.begin(u.made.created, undoGauge{restoreGauge{cfg.Progress, limiter, u.made.created}, u.engine.DryRun})
	journal.Watch(cfg.Progress)
	sum, err := restore.Undo(u.signals.ctx, u.source.MadeBy, cfg)
	u.screen.end()
	return u.finish(&sum, err, journal)
}

// agree tells what is to be undone, asks the person at the terminal, and opens the undo's own report. An undo that goes on
// asks nobody, so that what its report refuses is told first.
func (u *undoing) agree() (*report.Journal, *report.Ledger, error) {
	if !u.resume {
		if err := u.askFirst(u.signals.ctx); err != nil {
			return nil, nil, u.explain(err)
		}
	}
	journal, ledger, err := u.openJournal()
	if err == nil && u.resume {
		err = u.askFirst(u.signals.ctx)
	}
	return journal, ledger, err
}

// openJournal makes the undo's report, or goes on with it.
func (u *undoing) openJournal() (*report.Journal, *report.Ledger, error) {
	head, err := u.head()
	if err != nil {
		return nil, nil, failed(err)
	}
	if !u.resume {
		journal, err := report.Create(u.report, head)
		if err != nil {
			return nil, nil, failed(err)
		}
		return journal, nil, nil
	}
	journal, ledger, err := report.Resume(u.report, head)
	return journal, ledger, notGoneOn(err, nothingDeleted)
}

// makeable fails where the undo's own report could not be made.
func (u *undoing) makeable() error {
	switch {
	case sameFile(u.path, u.report) || filepath.Clean(u.path) == filepath.Clean(u.report):
		return usagef("--report is the report to undo, %s: name another", u.report)
	case u.resume:
		return nil // what is there is opened, which tells
	}
	if err := report.Free(u.report); err != nil {
		return failed(err)
	}
	if err := canMake(u.report); err != nil {
		return failed(fmt.Errorf("the report cannot be made: %w", err))
	}
	return nil
}

// head is the undo's own run: what it reads is the report, which is its backup.
func (u *undoing) head() (report.Run, error) {
	read, err := report.Fingerprint(u.path)
	if err != nil {
		return report.Run{}, fmt.Errorf("%s cannot be read: %w", u.path, err)
	}
	read.Format = "report"
	return report.Run{
		Version: version, Command: "undo", StartedAt: time.Now(), DryRun: u.engine.DryRun,
		Backup:  read,
		Target:  report.Target{APIURL: u.service.url, ServiceSID: u.made.service()},
		Meaning: u.meaning, Options: u.other, Args: u.Args[1:],
	}, nil
}

// finish writes how the undo ended, everywhere it is written, and returns it as the process's end.
func (u *undoing) finish(sum *restore.Summary, runErr error, journal *report.Journal) error {
	end := ending{
		Summary: sum, status: u.undoStatus(sum, runErr), report: u.report, words: undoWords(sum.DryRun), resume: shellWords(u.resumeByFlag),
		total: u.made.created, unsent: unsent(u.counts), thing: "member", did: "looked at",
	}
	if u.json {
		end.writeJSON(u.out)
	} else {
		end.writeText(u.out, u.style())
		u.writeCauses(sum)
		u.writeGaps()
	}
	end.status = withFailure(end.status, u.out.err())
	reportErr := errors.Join(journal.Finish(*sum, end.status), journal.Close())
	end.status = withFailure(end.status, reportErr)
	if errors.Is(runErr, restore.ErrSink) {
		reportErr = nil // it says it again
	}
	err := errors.Join(runErr, incomplete("the report", reportErr))
	switch {
	case err == nil && end.status == statusDone:
		return nil
	case err == nil:
		u.tellKept(sum)
		if u.json {
			u.tellGaps()
		}
		return &exit{status: end.status, err: errors.New(counted(sum.NotRestored, "member") + " left"), silent: true}
	}
	what := u.unreached(err, u.counts, u.service.url)
	if u.again(&end) {
		what += "\nrejoin: every outcome so far is in " + end.report + "; to go on, run: " + end.resume
	}
	return &exit{status: end.status, err: errors.New(what)}
}

func (u *undoing) tellKept(sum *restore.Summary) {
	if n := sum.Counts[restore.Kept]; n > 0 {
		u.screen.hint(fmt.Sprintf("%s left alone, changed since the run made them or perhaps there before: look at them in %s; --force, with a --report of its own, deletes them all the same",
			counted(n, "member"), u.report))
	}
}

func undoWords(dryRun bool) []line {
	words := []line{
		{restore.Deleted, "", "the run had made it; it is gone"},
		{restore.Gone, "", "was not there any more"},
		{restore.Kept, "", "has changed since, and was left alone"},
		{restore.Rejected, "", "the API refuses the deletion for good"},
		{restore.Failed, "", "every try failed; it is still there"},
		{restore.Unknown, "", "may have been deleted; not settled"},
		{restore.Pending, "", "the undo stopped before it"},
	}
	if dryRun {
		words[0].means, words[2].means = "as it was made, and would be deleted", "has changed since, and would be left"
	}
	for i := range words {
		words[i].word = words[i].kind.Word(dryRun)
	}
	return words
}

// askFirst asks the person at the terminal, if there is one.
func (u *undoing) askFirst(ctx context.Context) error {
	u.tellPlan()
	if u.made.created == 0 {
		return nil
	}
	if u.plan.yes || u.resume || u.engine.DryRun || !u.attended() {
		return nil
	}
	question := fmt.Sprintf("Delete %s? [y/N] ", counted(u.made.created, "member"))
	yes, err := u.confirmed(ctx, question)
	if err != nil || yes {
		return err
	}
	return failed(errors.New("nothing was deleted"))
}
