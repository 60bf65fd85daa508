package app

import (
	"time"

	"github.com/urfave/cli/v2"

	backups "rejoin/backup"
	"rejoin/chat"
)

func backupSourceFlags() []cli.Flag {
	return []cli.Flag{
		stringFlag("service", "", "the Service's `SID`, IS… (required)"),
		listFlag("only-channel", "this `CHANNEL` only, by SID or unique name; may be repeated"),
		stringFlag("api-url", "", "base `URL` in place of https://chat.twilio.com; plain http only to loopback"),
	}
}

func backupTargetFlags() []cli.Flag {
	return []cli.Flag{
		stringFlag("out", "", "the backup's `FILE`; .gz and .zst are compressed (default standard output)"),
		stringFlag("format", "", "the backup's format: `WORD` is ndjson or csv (default by the file's ending, else ndjson)"),
		boolFlag("resume", "go on with a backup to the same file that was not finished"),
	}
}

func backupPaceFlags() []cli.Flag {
	return []cli.Flag{
		stringFlag("rate", "25", "at most `N` requests per second over the whole run: N, N/s, N/m or auto"),
		stringFlag("workers", "32", "at most `N` requests in flight"),
		stringFlag("timeout", "30s", "one attempt ends after `D`, from the moment it is sent"),
		stringFlag("retries", "8", "`N` attempts after the first, for one request"),
		stringFlag("outage-timeout", "5m", "give up after `D` without an answer from the service"),
	}
}

func backupTellingFlags() []cli.Flag {
	output := outputFlag()
	output.Usage = "how the summary is told: `WORD` is text or json; text goes to standard error, json to standard output where --out is given"
	return []cli.Flag{
		stringFlag("progress", "auto", "how far the run is, on standard error: `WORD` is auto, bar, plain, json or none"),
		output,
		stringFlag("log-level", "info", "what is told on standard error: from `LEVEL` debug, info, warn or error on"),
		stringFlag("log-format", "text", "and how: `WORD` is text or json"),
	}
}

// backupSettings is what the flags of a backup say.
type backupSettings struct {
	baseURL  string
	creds    chat.Credentials
	timeout  time.Duration
	pace     pace
	engine   backups.Config // what of it the flags say
	path     string         // "": standard output
	resume   bool
	progress string
	json     bool
	logs     logs
}

// backupSettings reads and checks all flags. Nothing has been opened when it fails.
func (a *app) backupSettings(c *cli.Context) (*backupSettings, error) {
	set := new(backupSettings)
	if c.Args().Present() {
		return nil, usagef("backup takes no argument, found %q: the file is named with --out", c.Args().First())
	}
	for _, part := range []func(*cli.Context) error{set.readSource, set.readTarget, set.readPace, set.readTelling} {
		if err := part(c); err != nil {
			return nil, err
		}
	}
	if err := a.readAccount(c, set); err != nil {
		return nil, err
	}
	a.logs = set.logs
	return set, nil
}

func (set *backupSettings) readSource(c *cli.Context) (err error) {
	if c.String("service") == "" {
		return usagef("which Service? give its SID: rejoin backup --service IS…")
	}
	if set.engine.Service, err = parse(c, "service", serviceSID); err != nil {
		return err
	}
	for _, channel := range c.StringSlice("only-channel") {
		if channel == "" || chat.CheckPathSegment(channel) != nil {
			return usagef("--only-channel %q: expected a channel's SID or unique name", channel)
		}
		set.engine.Only = append(set.engine.Only, channel)
	}
	return nil
}

func (set *backupSettings) readTarget(c *cli.Context) (err error) {
	if set.path = c.String("out"); set.path == "-" {
		set.path = ""
	}
	set.resume = c.Bool("resume")
	if set.resume && set.path == "" {
		return usagef("--resume needs --out FILE: what went to standard output cannot be gone on with")
	}
	_, byEnding, err := backups.ByEnding(set.path)
	if err != nil {
		return usagef("--out %q: %w", set.path, err)
	}
	set.engine.Format = byEnding
	if c.String("format") != "" {
		set.engine.Format, err = parse(c, "format", oneOf([]string{"ndjson", "csv"}, backups.NDJSON, backups.CSV))
	}
	return err
}

func (set *backupSettings) readPace(c *cli.Context) (err error) {
	asked, err := readRequests(c)
	set.pace, set.timeout = asked.pace, asked.timeout
	set.engine.Workers, set.engine.Retries, set.engine.OutageTimeout = asked.workers, asked.retries, asked.outage
	return err
}

func (set *backupSettings) readTelling(c *cli.Context) (err error) {
	told, err := readTelling(c)
	set.progress, set.json, set.logs = told.progress, told.json, told.logs
	return err
}

// readAccount finds out where the API is and whose credentials it is asked with.
func (a *app) readAccount(c *cli.Context, set *backupSettings) (err error) {
	if set.baseURL = c.String("api-url"); set.baseURL == "" {
		if set.baseURL, err = chat.BaseURLFromEnv(a.Getenv); err != nil {
			return usageError(err)
		}
	}
	if set.creds, err = credentials(a.Getenv, set.baseURL); err != nil {
		return usageError(err)
	}
	return nil
}
