package app

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/urfave/cli/v2"

	"rejoin/audit"
	"rejoin/chat"
	"rejoin/ratelimit"
	"rejoin/reader"
	"rejoin/report"
	"rejoin/restore"
	"rejoin/retry"
	"rejoin/rules"
)

func (a *app) restoreCommand() *cli.Command {
	groups := []group{
		{"WHERE TO", targetFlags()},
		{"INTO ANOTHER SERVICE", mappingFlags()},
		{"WHAT TO RESTORE", partFlags()},
		{"WHAT IS LOOKED AT FIRST", preflightFlags()},
		{"HOW FAST", paceFlags()},
		{"HOW TO READ THE BACKUP", readingFlags()},
		{"WHAT IS WRITTEN", writingFlags()},
	}
	return &cli.Command{
		Name:      "restore",
		Usage:     "recreate a backup's members, with one outcome per row",
		ArgsUsage: "BACKUP",
		Description: `EXAMPLES
   rejoin restore --sandbox --report try.ndjson members.csv    rehearse here
   rejoin restore -n --report dry.ndjson members.csv    write nothing, but ask
   rejoin restore members.csv              restore
   rejoin restore --resume members.csv     go on where a run stopped
   zcat b.gz | rejoin restore -            from standard input

   Each run has a report of its own, and none is ever overwritten.

   Credentials come from the environment: TWILIO_API_KEY with TWILIO_API_SECRET,
   or TWILIO_ACCOUNT_SID with TWILIO_AUTH_TOKEN.

EXIT STATUS
   0  every row is restored
   1  the run could not be done, or went wrong
   2  wrong usage; nothing was opened or sent
   3  done, but some rows are not restored
   4  the API refuses the credentials, the account or the Service
   5  stopped early, by errors or an outage; resume it
   6  the report belongs to another backup or target; nothing was sent
   129, 130, 131, 143  interrupted by SIGHUP, SIGINT, SIGQUIT, SIGTERM; resume it`,
		Flags:  flagsOf(groups),
		Action: a.restore,
	}
}

// settings is what the flags of a restore say.
type settings struct {
	path    string
	reading reader.Config
	service string
	zone    *time.Location
	sandbox bool
	baseURL string
	creds   chat.Credentials

	pace        pace
	channelRate float64
	timeout     time.Duration
	engine      restore.Config // what of it the flags say

	mapped       mapped
	preflight    preflight
	lastWins     bool
	report       string
	rejects      string
	resume       bool
	progress     string
	json         bool
	logs         logs
	redact       bool
	metrics      string            // where they are served; "": nowhere
	meaning      map[string]string // options that change what a row means, as they were given
	other        map[string]string // the others
	resumeByFlag []string          // the arguments that resume this run
	auditArgs    []string          // the arguments that audit the backup as this run reads it
	againArgs    []string          // those that restore another file as this run does, but for its path
	verifyArgs   []string          // those that compare the backup with what this run has restored
}

// restore is the command. Its parts are in the order of what can be known when: nothing is opened before the usage is
// right, nothing is written before the backup is known to be one, and nothing is sent before the report is there.
func (a *app) restore(c *cli.Context) error {
	set, err := a.restoreSettings(c)
	if err != nil {
		return err
	}
	run, err := a.prepare("restore", set)
	if err != nil {
		return err
	}
	defer run.close()
	return run.do()
}

// run is a restore that is about to happen.
type run struct {
	*app
	*settings
	command string
	screen  *screen
	backup  *backup
	service target
	rules   *rules.Rules
	signals *signals
	total   int64         // rows to restore; 0: not known
	twins   *audit.Twins  // nil: the run finds out by itself
	found   *audit.Result // by the look before; nil: there was none
	grouped bool          // the rows of each channel are known to stand together in the backup

	earlier *report.Reopened // the report of the runs to resume; nil: there are none
	settled restore.Settled  // the backup's first rows, which these have settled: they are passed over
	counts  *retry.Counters  // of the requests that are made; nil: there are none yet

	reached atomic.Int64 // the last row that was read to be sent, or compared

	toldUnknown bool // the columns that are not known have been told
}

func (a *app) prepare(command string, set *settings) (*run, error) {
	judge, err := set.judge(false)
	if err != nil {
		return nil, err
	}
	b, err := openBackup(set.path, a.Stdin, set.reading)
	if err != nil {
		return nil, err
	}
	s := newScreen(a.Stderr, set.progress, set.logs, a.Getenv)
	return &run{
		app: a, settings: set, command: command, backup: b, rules: judge, screen: s, signals: catchSignals(a.kill, s.hint, runStops()),
	}, nil
}

func (r *run) close() {
	r.signals.close()
	r.backup.close()
	r.screen.close()
	r.service.close()
	r.twins.Close()
	_ = r.earlier.Close() // nothing was written to it
}

// do restores, from the first look at the backup to the last word about it.
func (r *run) do() error {
	ctx := r.signals.ctx
	total, err := r.survey(ctx)
	if err != nil {
		return r.explain(err)
	}
	r.total = total
	passCtx, endPass := context.WithCancel(ctx)
	defer endPass()
	if !r.settledRejects() { // or they are read again
		r.backup.rest, _ = r.backup.index.Before(r.settled.Rows)
	}
	pass, err := r.backup.open(passCtx)
	if err != nil {
		return r.explain(err)
	}
	defer func() { _ = pass.Close() }() // its errors came with the records
	if r.service, err = r.connect(); err != nil {
		return err
	}
	limiter, err := ratelimit.New(ratelimit.Config{
		Rate: r.pace.rate, Auto: r.pace.auto, ChannelRate: r.channelRate, Workers: r.engine.Workers,
	})
	if err != nil {
		return usageError(err)
	}
	progress := new(restore.Progress)
	shown, err := r.showMetrics(ctx, r.total, progress, limiter)
	if err != nil {
		return err
	}
	defer shown.Close()
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	books, err := r.agree(ctx, pass, stop)
	if err != nil {
		return err
	}
	r.farewell.Store(new("every outcome so far is in " + r.report + "; to go on, run: " + shellWords(r.resumeByFlag)))
	cfg := r.engine
	cfg.Client, cfg.Limiter, cfg.Rules = r.hooks.between(r.service.client), limiter, r.rules
	if r.twins != nil { // a nil pointer is no nil interface
		cfg.Twins = r.twins
	}
	cfg.Sink, cfg.Announce = books, books.journal.Announce
	if books.ledger != nil {
		cfg.Ledger, cfg.SameMember = books.ledger, books.sameMember
	}
	cfg.Progress, cfg.Warn = progress, r.warn
	cfg.Settled = r.settled
	r.counts = &cfg.Progress.Counters
	books.journal.Watch(cfg.Progress)
	r.reached.Store(r.settled.Rows)
	source := r.byChannel(r.service.seeding(r.unsettled(pass, endPass, books), r.rules), &cfg)

	r.screen.begin(r.total, restoreGauge{cfg.Progress, limiter, r.total})
	sum, err := restore.Run(ctx, reaching(source, &r.reached), cfg)
	r.screen.end()
	if err == nil {
		err = r.backup.asLookedAt(r.engine.Part.Limit == 0)
	}
	books.changed = errors.Is(err, errChanged) || err != nil && r.backup.untouched() != nil
	return r.finish(&sum, err, books, pass.Info())
}

// agree tells the plan, asks the person at the terminal, and opens the books. A run that goes on asks nobody, so that its
// report is opened first: what it refuses is told before the plan.
func (r *run) agree(ctx context.Context, pass *reader.Reader, stop context.CancelCauseFunc) (*books, error) {
	if !r.resume {
		r.tellPlan(pass.Info())
		if err := r.ask(ctx); err != nil {
			return nil, r.explain(err)
		}
	}
	if err := r.backup.untouched(); err != nil {
		return nil, err
	}
	books, err := r.openBooks(pass, stop)
	if err == nil && r.resume {
		r.tellPlan(pass.Info())
	}
	return books, err
}

// settledRejects reports whether some of the settled rows are rejects, whose bytes are needed.
func (r *run) settledRejects() bool { return r.settled.NotRestored > 0 }

// unsettled are the rows that earlier runs have not settled. The rejects are shown all others, too.
func (r *run) unsettled(pass *reader.Reader, endPass context.CancelFunc, books *books) restore.Source {
	source := books.keeping(records(pass, endPass))
	if r.settled.Rows == 0 {
		return r.backup.behind(source, 0)
	}
	keep := func(int64, []byte) error { return nil }
	if r.settledRejects() {
		keep = books.keepRow
	}
	return r.backup.behind(passing(source, pass, r.settled.Rows, keep), r.settled.Rows)
}

// explain turns the end of the context that a signal caused into what it means for the process.
func (r *run) explain(err error) error {
	if signal, ok := errors.AsType[*interrupted](context.Cause(r.signals.ctx)); ok {
		return &exit{status: signal.status(), err: fmt.Errorf("%w before anything was sent; to go on, run: %s", signal, shellWords(r.sameAgain()))}
	}
	return err
}

// sameAgain are the arguments that go on where nothing was sent: those of a run that is resumed already, or of one that
// has yet to begin.
func (r *run) sameAgain() []string {
	if r.resume {
		return r.resumeByFlag
	}
	return r.Args
}
