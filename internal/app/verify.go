package app

import (
	"context"
	"fmt"
	"strconv"

	"github.com/urfave/cli/v2"

	"rejoin/audit"
	"rejoin/ratelimit"
	"rejoin/reader"
	"rejoin/report"
	"rejoin/restore"
	"rejoin/verify"
)

func (a *app) verifyCommand() *cli.Command {
	groups := []group{
		{"WHERE", []cli.Flag{
			stringFlag("service", "", "compare with this Service: its `SID`, IS… (default each row's own)"),
			stringFlag("api-url", "", "base `URL` in place of https://chat.twilio.com; plain http only to loopback"),
			boolFlag("sandbox", "is refused: the embedded Chat API begins empty, so that there is nothing to compare with"),
		}},
		{"WITH ANOTHER SERVICE", mappingFlags()},
		{"WHAT TO COMPARE", []cli.Flag{
			boolFlag("extra", "tell members of the backup's channels that are in no row, too"),
			stringFlag("on-duplicate", "first", "which of several rows for one member counts: `WORD` is first or last"),
			stringFlag("limit", "", "the first `N` rows only"),
			stringFlag("only-channel", "", "rows of this `CHANNEL` only, as the backup names it"),
			stringFlag("shard", "1/1", "the `K/N`-th of N disjoint parts, by channel"),
			boolFlag("no-preflight", "compare from the first row on, without reading the file to its end before"),
		}},
		{"HOW FAST", []cli.Flag{
			stringFlag("rate", "25", "at most `N` requests per second over the whole run: N, N/s, N/m or auto"),
			stringFlag("workers", "32", "at most `N` requests in flight, each in a channel of its own"),
			stringFlag("timeout", "30s", "one attempt ends after `D`, from the moment it is sent"),
			stringFlag("retries", "8", "`N` attempts after the first, for one page of a channel's members"),
			stringFlag("outage-timeout", "5m", "give up after `D` without an answer from the service"),
		}},
		{"HOW TO READ THE BACKUP", readingFlags()},
		{"WHAT IS WRITTEN", []cli.Flag{
			stringFlag("report", "", "one outcome a row, NDJSON, in `FILE` (default the backup's name and .verify.report.ndjson, here; .verify-2 where there is one)"),
			boolFlag("resume", "continue the verification that the report holds"),
			stringFlag("progress", "auto", "how far it is, on standard error: `WORD` is auto, bar, plain, json or none"),
			outputFlag(),
			stringFlag("log-level", "info", "what is told on standard error: from `LEVEL` debug, info, warn or error on"),
			stringFlag("log-format", "text", "and how: `WORD` is text or json"),
			redactFlag(),
			metricsFlag(),
		}},
	}
	return &cli.Command{
		Name:      "verify",
		Usage:     "compare a backup, field by field, with what the Service holds",
		ArgsUsage: "BACKUP",
		Description: `EXAMPLES
   rejoin verify members.csv             after a restore: is every member as it was?
   rejoin verify --extra members.csv     and who is there that the backup has not?
   rejoin verify --map map.csv --service IS… members.csv   after a migration
   rejoin report members.csv.verify.report.ndjson    all that differs, by field

   It only reads: each channel's list pages once, a hundred members a page. What
   a row does not hold is not compared; attributes are compared as JSON, and
   times as moments.

EXIT STATUS
   0  the Service holds what the backup says
   1  it could not be done, or went wrong
   2  wrong usage; nothing was opened or sent
   3  no difference was found, but some rows could not be compared, or have a
      row with other values beside them
   4  the API refuses the credentials, the account or the Service
   5  stopped early by an outage; resume it
   6  the report belongs to another backup or target; nothing was sent
   7  there are differences: members missing, with other values, or extra ones
   129, 130, 131, 143  interrupted by SIGHUP, SIGINT, SIGQUIT, SIGTERM; resume it`,
		Flags:  flagsOf(groups),
		Action: a.verify,
	}
}

// verifySettings reads and checks all flags. Nothing has been opened when it fails.
func (a *app) verifySettings(c *cli.Context) (*verifySettings, error) {
	set := &verifySettings{settings: &settings{}, extra: c.Bool("extra")}
	var err error
	if set.path, err = backupArg(c); err != nil {
		return nil, err
	}
	if c.Bool("sandbox") {
		return nil, usagef("--sandbox begins empty and ends with its run, so that there is nothing in it to compare with; " +
			"`rejoin sandbox` serves one that stays, for --api-url")
	}
	for _, part := range []func(*cli.Context) error{set.readReading, set.readMapping, set.readRows, set.readPreflight, set.readRequests, set.readWriting} {
		if err := part(c); err != nil {
			return nil, err
		}
	}
	if set.extra && set.engine.Part.Limit > 0 {
		return nil, usagef("--extra and --limit do not go together: members whose rows are behind the limit would be told as extra")
	}
	if c.String("report") == "" {
		set.report = nextName(baseName(set.path)+".verify", ".report.ndjson", set.resume)
	}
	if err := a.readTarget(c, set.settings); err != nil {
		return nil, err
	}
	a.logs = set.logs
	set.remember(c)
	set.meaning["extra"] = strconv.FormatBool(set.extra)
	set.resumeByFlag = resumeArgs(a.Args)
	return set, nil
}

// verifySettings is what the flags of a verification say.
type verifySettings struct {
	*settings
	extra bool
}

// verify is the command.
func (a *app) verify(c *cli.Context) error {
	set, err := a.verifySettings(c)
	if err != nil {
		return err
	}
	r, err := a.prepare("verify", set.settings)
	if err != nil {
		return err
	}
	defer r.close()
	v := &verification{run: r, extra: set.extra}
	return v.do()
}

// verification is a verification that is about to happen.
type verification struct {
	*run
	extra bool
}

// do compares, from the first look at the backup to the last word about it.
func (v *verification) do() error {
	ctx := v.signals.ctx
	if err := v.survey(ctx); err != nil {
		return v.explain(err)
	}
	passCtx, endPass := context.WithCancel(ctx)
	defer endPass()
	pass, err := v.backup.open(passCtx)
	if err != nil {
		return v.explain(err)
	}
	defer func() { _ = pass.Close() }() // its errors came with the records
	if v.service, err = v.connect(); err != nil {
		return err
	}
	limiter, err := ratelimit.New(ratelimit.Config{Rate: v.pace.rate, Auto: v.pace.auto, Workers: v.engine.Workers})
	if err != nil {
		return usageError(err)
	}
	if err := v.backup.untouched(); err != nil {
		return err
	}
	progress := new(restore.Progress)
	shown, err := v.showMetrics(ctx, v.total, progress, limiter)
	if err != nil {
		return err
	}
	defer shown.Close()
	books, err := v.openBooks(pass)
	if err != nil {
		return err
	}
	v.farewell.Store(new("every outcome so far is in " + v.report + "; to go on, run: " + shellWords(v.resumeByFlag)))
	cfg := v.config(books, limiter, progress)
	v.counts = &cfg.Progress.Counters
	books.journal.Watch(cfg.Progress)
	v.tellPlan(pass.Info())
	v.screen.begin(v.total, verifyGauge{restoreGauge{cfg.Progress, limiter, v.total}})
	sum, err := verify.Run(ctx, reaching(v.backup.behind(records(pass, endPass), 0), &v.reached), cfg)
	v.screen.end()
	if err == nil {
		err = v.backup.asLookedAt(v.engine.Part.Limit == 0)
	}
	return v.finish(&sum, err, books, pass.Info())
}

func (v *verification) config(books *books, limiter *ratelimit.Limiter, progress *restore.Progress) verify.Config {
	e := &v.engine
	cfg := verify.Config{
		Client: v.hooks.between(v.service.client), Limiter: limiter, Sink: books, Rules: v.rules,
		LastWins: v.lastWins, Chosen: e.Chosen, Part: e.Part, Extra: v.extra, Grouped: v.grouped,
		Workers: e.Workers, Retries: e.Retries, OutageTimeout: e.OutageTimeout,
		Progress: progress, Warn: v.warn,
	}
	if books.ledger != nil {
		cfg.Ledger, cfg.SameMember = books.ledger, books.sameMember
	}
	return cfg
}

// survey reads a file to its end before anything is sent: to see that it can be, to count its rows, to take its
// fingerprint, and to learn whether the rows of each channel stand together.
func (v *verification) survey(ctx context.Context) error {
	if err := v.makeable(); err != nil {
		return err
	}
	v.screen.phase("reading " + v.backup.name)
	if v.resume {
		if err := v.backup.spool(ctx); err != nil {
			return err
		}
		if err := v.reopen(); err != nil {
			return err
		}
	}
	if v.backup.file == nil || v.preflight.skip && !v.resume {
		return nil
	}
	if v.preflight.skip { // that it is the same backup is asked in any case
		if err := v.backup.fingerprint(ctx); err != nil {
			return err
		}
		return v.sameBackup()
	}
	part := v.engine.Part
	res, info, err := examine(ctx, v.backup, v.screen, look{fingerprint: true, toSend: true}, audit.Config{Rules: v.rules, Part: part.Has, Limit: part.Limit})
	if err != nil {
		return fmt.Errorf("%w; nothing was sent", err)
	}
	if err := v.sameBackup(); err != nil {
		return err
	}
	v.tellUnknown(info.Unknown)
	v.found, v.total, v.grouped = res, res.Contents.Rows, res.Contents.Grouped
	return nil
}

// openBooks makes the report, or goes on with it. It is the last thing before anything is sent.
func (v *verification) openBooks(pass *reader.Reader) (*books, error) {
	b := &books{backup: v.backup, hooks: &v.hooks, kinds: restore.KindsOf("verify")}
	head := v.head(pass)
	var err error
	if !v.resume {
		b.journal, err = report.Create(v.report, head)
		if err != nil {
			err = failed(err)
		}
		return b, err
	}
	b.ledger = v.earlier.Ledger()
	if b.journal, err = v.earlier.Continue(head); err != nil {
		return nil, notGoneOn(err, nothingSent)
	}
	return b, nil
}

// reopen reads the report back that is to be gone on with, and refuses one of another verification.
func (v *verification) reopen() (err error) {
	if v.earlier, err = report.Reopen(v.report, v.engine.Chosen); err != nil {
		return failed(err)
	}
	return notGoneOn(v.earlier.Of(v.intended()), nothingSent) // before the backup's contents are known
}

// sameBackup fails where the report that is gone on with is of other contents.
func (v *verification) sameBackup() error {
	if !v.resume {
		return nil
	}
	if err := v.earlier.Of(v.intended()); err != nil {
		return notGoneOn(err, nothingSent)
	}
	return v.comesAgain(v.earlier.Ledger())
}

// differences are the outcomes that say that the Service does not hold what the backup says.
func differences(sum *restore.Summary) int64 {
	return sum.Counts[restore.Missing] + sum.Counts[restore.Differs] + sum.Counts[restore.Extra]
}
