package app

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	backups "rejoin/backup"
	"rejoin/chat"
	"rejoin/ratelimit"
	"rejoin/retry"
)

func (a *app) backupCommand() *cli.Command {
	groups := []group{
		{"WHAT TO BACK UP", backupSourceFlags()},
		{"WHERE TO", backupTargetFlags()},
		{"HOW FAST", backupPaceFlags()},
		{"WHAT IS TOLD", backupTellingFlags()},
	}
	return &cli.Command{
		Name:  "backup",
		Usage: "write a Service's members as NDJSON or CSV, ready for restore",
		Description: `EXAMPLES
   rejoin backup --service IS… --out members.ndjson.gz    into a file
   rejoin backup --service IS… --out members.ndjson.gz --resume
                                                          go on where one stopped
   rejoin backup --service IS… --only-channel general --format csv
                                                          one channel, on standard
                                                          output

   Credentials come from the environment: TWILIO_API_KEY with TWILIO_API_SECRET,
   or TWILIO_ACCOUNT_SID with TWILIO_AUTH_TOKEN.

   A file is whole when it is there: until then it is FILE.partial, with
   FILE.state beside it. Channels are in the order of their SIDs. It is no
   snapshot: a channel that changes while it is read is read again, and a
   warning says where its list and its count of members still do not agree.

EXIT STATUS
   0  the backup is whole
   1  it could not be done, or not be written
   2  wrong usage; nothing was opened or sent
   4  the API refuses the credentials, the account or the Service
   5  stopped early, by an outage; resume it
   6  what is to be resumed is another backup; nothing was sent
   129, 130, 131, 143  interrupted by SIGHUP, SIGINT, SIGQUIT, SIGTERM; resume it`,
		Flags:  flagsOf(groups),
		Action: a.backUp,
	}
}

// backUp is the command. The file is made before anything is sent, so that nothing is fetched in vain.
func (a *app) backUp(c *cli.Context) error {
	set, err := a.backupSettings(c)
	if err != nil {
		return err
	}
	client, err := chat.NewClient(chat.Config{
		BaseURL: set.baseURL, Credentials: set.creds, Timeout: set.timeout, Connections: set.engine.Workers,
		UserAgent: chat.UserAgent(version),
	})
	if err != nil {
		return usageError(err)
	}
	defer client.Close()
	s := newScreen(a.Stderr, set.progress, set.logs, a.Getenv)
	defer s.close()
	a.tellHalfPair(s)
	job := &backingUp{app: a, backupSettings: set, screen: s, client: client}
	return job.do()
}

// backingUp is a backup that is about to happen.
type backingUp struct {
	*app
	*backupSettings
	screen  *screen
	client  *chat.Client
	file    *backups.File // nil: standard output
	limiter *ratelimit.Limiter
	counts  *retry.Counters // of the requests that are made
}

func (b *backingUp) do() error {
	var err error
	if b.limiter, err = ratelimit.New(ratelimit.Config{Rate: b.pace.rate, Auto: b.pace.auto, Workers: b.engine.Workers}); err != nil {
		return usageError(err)
	}
	sink, err := b.open()
	if err != nil {
		return err
	}
	if b.file != nil && b.file.Whole() {
		b.screen.hint("the backup was whole already; it is in " + b.path)
		return nil
	}
	signals := catchSignals(b.kill, b.screen.hint, b.signalMeans())
	defer signals.close()
	if b.file != nil {
		b.farewell.Store(new("what is in " + b.path + ".partial is kept; to go on, run: " + shellWords(resumeArgs(b.Args))))
	}

	cfg := b.engine
	cfg.Client, cfg.Limiter, cfg.Progress, cfg.Warn = b.client, b.limiter, new(backups.Progress), b.screen.warn
	b.counts = &cfg.Progress.Counters
	cfg.Begin = func(channels, earlier int) {
		b.screen.hint(backupBegins(channels, earlier))
		b.screen.begin(int64(channels), backupGauge{cfg.Progress, b.limiter, int64(channels)})
	}
	sum, err := backups.Run(signals.ctx, sink, cfg)
	b.screen.end()
	return b.finish(&sum, err)
}

// open makes, or opens again, what the backup is written into.
func (b *backingUp) open() (backups.Sink, error) {
	if b.path == "" {
		return backups.Stream{W: b.out}, nil
	}
	if err := folderFor(b.path); err != nil {
		return nil, failed(fmt.Errorf("the backup cannot be made: %w", err))
	}
	head := backups.Head{
		Version: version, StartedAt: time.Now(), APIURL: strings.TrimSuffix(b.baseURL, "/"), Service: b.engine.Service,
		Only: b.engine.Only, Format: b.engine.Format,
	}
	open := backups.Create
	if b.resume {
		open = backups.Resume
	}
	var err error
	b.file, err = open(b.path, head)
	if _, mismatch := errors.AsType[*backups.MismatchError](err); mismatch {
		return nil, mismatched(err)
	}
	if err != nil {
		return nil, failed(err)
	}
	b.hooks.watch(b.file)
	return b.file, nil
}

// signalMeans is what the first signal means.
func (b *backingUp) signalMeans() string {
	meaning := "nothing more is sent; what is in flight may finish, within " + retry.DefaultGrace.String() + "; a second signal ends at once"
	if b.file != nil {
		meaning += ", and the backup can be resumed all the same"
	}
	return meaning
}

// backupStatus is the status of a backup that ended so.
func backupStatus(err error) int {
	var signal *interrupted
	switch {
	case err == nil:
		return statusDone
	case errors.As(err, &signal):
		return signal.status()
	case errors.Is(err, retry.ErrRefused):
		return statusRefused
	case errors.Is(err, retry.ErrOutage), errors.Is(err, backups.ErrUnread):
		return statusStopped
	case errors.Is(err, context.Canceled):
		return statusInterrupted
	}
	return statusFailed
}
