package app

import (
	"errors"
	"io/fs"
	"maps"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"rejoin/chat"
	"rejoin/reader"
	"rejoin/restore"
)

// restoreSettings reads and checks all flags. Nothing has been opened when it fails.
func (a *app) restoreSettings(c *cli.Context) (*settings, error) {
	set := &settings{}
	var err error
	if set.path, err = backupArg(c); err != nil {
		return nil, err
	}
	for _, part := range []func(*cli.Context) error{set.readReading, set.readMapping, set.readPart, set.readPreflight, set.readPace, set.readWriting} {
		if err := part(c); err != nil {
			return nil, err
		}
	}
	if err := a.readTarget(c, set); err != nil {
		return nil, err
	}
	a.logs = set.logs
	set.remember(c)
	set.resumeByFlag, set.auditArgs = resumeArgs(a.Args), auditArgs(c, set.path)
	set.againArgs, set.verifyArgs = againArgs(a.Args[0], c), verifyArgs(a.Args[0], c, set.path)
	return set, nil
}

func (set *settings) readReading(c *cli.Context) (err error) {
	if set.reading.Format, err = parse(c, "format", optional(reader.ParseFormat)); err != nil {
		return err
	}
	if set.reading.Delimiter, err = parse(c, "delimiter", optional(delimiter)); err != nil {
		return err
	}
	if set.reading.Columns, err = columns(c.StringSlice("column")); err != nil {
		return err
	}
	if c.IsSet("null") {
		set.reading.Null = c.StringSlice("null")
	}
	longest, err := parse(c, "max-row-bytes", wholeNumber(1, 1<<30))
	if err != nil {
		return err
	}
	set.reading.MaxRowBytes = int(longest)
	set.zone, err = parse(c, "time-zone", optional(timeZone))
	return err
}

func (set *settings) readPart(c *cli.Context) (err error) {
	e := &set.engine
	e.DryRun = c.Bool("dry-run")
	e.OnConflict, err = parse(c, "on-conflict", oneOf([]string{"skip", "verify", "update", "fail"},
		restore.Skip, restore.Verify, restore.Update, restore.Fail))
	if err != nil {
		return err
	}
	return set.readRows(c)
}

// readRows reads the flags that say which rows count.
func (set *settings) readRows(c *cli.Context) (err error) {
	e := &set.engine
	if set.lastWins, err = parse(c, "on-duplicate", oneOf([]string{"first", "last"}, false, true)); err != nil {
		return err
	}
	e.Chosen = c.IsSet("on-duplicate")
	if e.Part.Limit, err = parse(c, "limit", optional(wholeNumber(1, math.MaxInt64))); err != nil {
		return err
	}
	e.Part.OnlyChannel = c.String("only-channel")
	s, err := parse(c, "shard", readShard)
	if err != nil {
		return err
	}
	if s.n > 1 {
		e.Part.Shard, e.Part.Shards = s.k, s.n
	}
	return nil
}

func (set *settings) readPace(c *cli.Context) (err error) {
	if err := set.readRequests(c); err != nil {
		return err
	}
	if set.channelRate, err = parse(c, "channel-rate", channelRate); err != nil {
		return err
	}
	set.engine.MaxErrors, err = parse(c, "max-errors", optional(budget))
	return err
}

// readRequests reads the flags that say how requests are made, whatever they are for.
func (set *settings) readRequests(c *cli.Context) (err error) {
	asked, err := readRequests(c)
	set.pace, set.timeout = asked.pace, asked.timeout
	set.engine.Workers, set.engine.Retries, set.engine.OutageTimeout = asked.workers, asked.retries, asked.outage
	return err
}

func (set *settings) readWriting(c *cli.Context) (err error) {
	if err := set.readTelling(c); err != nil {
		return err
	}
	set.resume = c.Bool("resume")
	set.report, set.rejects = c.String("report"), c.String("rejects")
	if set.report == "" {
		set.report = baseName(set.path) + ".report.ndjson"
	}
	set.redact = c.Bool("redact")
	set.metrics, err = parse(c, "metrics-addr", optional(hostPort))
	return err
}

func (a *app) readTarget(c *cli.Context, set *settings) (err error) {
	if set.service, err = parse(c, "service", optional(serviceSID)); err != nil {
		return err
	}
	set.sandbox = c.Bool("sandbox")
	if set.sandbox {
		if c.IsSet("api-url") {
			return usagef("--sandbox and --api-url are two targets: give one of them")
		}
		return nil
	}
	if set.baseURL = c.String("api-url"); set.baseURL == "" {
		if set.baseURL, err = chat.BaseURLFromEnv(a.Getenv); err != nil {
			return usageError(err)
		}
	}
	if set.creds, err = credentials(a.Getenv, set.baseURL); err != nil && c.Command.Name == "restore" {
		return usagef("%w; or rehearse without an account: --sandbox", err)
	} else if err != nil {
		return usageError(err)
	}
	if err := checkTarget(set); err != nil {
		return err
	}
	return nil
}

// meaningful are the flags that change what becomes of a row: a resumed run must have the same.
func meaningful() []string {
	return []string{
		"format", "delimiter", "max-row-bytes", "time-zone", "dry-run", "on-conflict", "on-duplicate", "only-channel", "shard",
	}
}

func incidental() []string {
	return []string{"rate", "channel-rate", "workers", "timeout", "retries", "outage-timeout", "max-errors", "limit"}
}

// remember keeps the options for the report.
func (set *settings) remember(c *cli.Context) {
	set.meaning, set.other = make(map[string]string), make(map[string]string)
	for _, name := range meaningful() {
		set.meaning[key(name)] = flagText(c, name)
	}
	for _, name := range incidental() {
		set.other[key(name)] = flagText(c, name)
	}
	pairs := slices.Sorted(slices.Values(c.StringSlice("column")))
	set.meaning["column"] = strings.Join(pairs, "\n")
	set.meaning["null"] = strings.Join(set.reading.Null, "\n")
	maps.DeleteFunc(set.other, func(_, v string) bool { return v == "" })
	maps.DeleteFunc(set.meaning, func(_, v string) bool { return v == "" })
}

func flagText(c *cli.Context, name string) string {
	if name == "dry-run" {
		return strconv.FormatBool(c.Bool(name))
	}
	return c.String(name)
}

func key(flag string) string { return strings.ReplaceAll(flag, "-", "_") }

// auditArgs are the arguments that audit a backup with all that says how it is to be read and understood.
func auditArgs(c *cli.Context, path string) []string {
	return append([]string{"rejoin", "audit"}, argsLike(c, path, "service", "on-duplicate")...)
}

// againArgs are the arguments that restore a file of rejects as this run has restored, and verifyArgs those that compare
// the backup with what it has restored: without them the rows would go, or be looked for, somewhere else.
func againArgs(name string, c *cli.Context) []string {
	flags := argsLike(c, "", "service", "api-url", "on-conflict")
	for _, flag := range []string{"sandbox", "dry-run"} {
		if c.Bool(flag) {
			flags = append(flags, "--"+flag)
		}
	}
	return append([]string{name, "restore"}, flags...)
}

func verifyArgs(name string, c *cli.Context, path string) []string {
	return append([]string{name, "verify"}, argsLike(c, path, "service", "api-url", "on-duplicate", "only-channel", "shard", "limit")...)
}

// argsLike are the flags that say how a backup is to be read and understood, and others, as they were given, and behind
// them a path, if there is one.
func argsLike(c *cli.Context, path string, others ...string) []string {
	var args []string
	for _, name := range append(others, "unmapped-roles", "format", "delimiter", "max-row-bytes", "time-zone") {
		if c.IsSet(name) {
			args = append(args, "--"+name, c.String(name))
		}
	}
	if c.Bool("redact") {
		args = append(args, "--redact")
	}
	for _, name := range []string{"map", "column", "null"} {
		for _, value := range c.StringSlice(name) {
			args = append(args, "--"+name, value)
		}
	}
	if path == "" {
		return args
	}
	return append(args, pathArgs(path)...)
}

// pathArgs are a path as an argument that is not taken for a flag.
func pathArgs(path string) []string {
	if strings.HasPrefix(path, "-") && path != "-" {
		return []string{"--", path}
	}
	return []string{path}
}

// resumeArgs are the arguments that resume a run: those that began it, and --resume.
func resumeArgs(args []string) []string {
	if len(args) < 2 {
		return args
	}
	others := slices.DeleteFunc(slices.Clone(args[2:]), func(arg string) bool {
		name, _, _ := strings.Cut(arg, "=")
		return name == "--resume" || name == "-resume"
	})
	return slices.Concat(args[:2], []string{"--resume"}, others)
}

// nextName is the first of several names that is not taken: of what a person may well do again, each has its report.
// What is resumed is the last of those that are there.
func nextName(base, ending string, resume bool) string {
	name, last := base+ending, base+ending
	for n := 2; n < 1000; n++ {
		if _, err := os.Lstat(name); errors.Is(err, fs.ErrNotExist) {
			break
		}
		last, name = name, base+"-"+strconv.Itoa(n)+ending
	}
	if resume {
		return last
	}
	return name
}
