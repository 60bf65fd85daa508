package app

import (
	"errors"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // the zones of --time-zone, where the system has none: on Windows, in a container

	"github.com/urfave/cli/v2"

	"rejoin/chat"
	"rejoin/ratelimit"
	"rejoin/reader"
	"rejoin/restore"
)

// env is the environment variable that stands for a flag.
func env(name string) []string {
	return []string{"REJOIN_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))}
}

func stringFlag(name, value, usage string) *cli.StringFlag {
	return &cli.StringFlag{Name: name, Value: value, Usage: usage, EnvVars: env(name)}
}

func boolFlag(name, usage string, aliases ...string) *cli.BoolFlag {
	return &cli.BoolFlag{Name: name, Usage: usage, EnvVars: env(name), Aliases: aliases}
}

func listFlag(name, usage string) *cli.StringSliceFlag {
	return &cli.StringSliceFlag{Name: name, Usage: usage, EnvVars: env(name)}
}

func outputFlag() *cli.StringFlag {
	return &cli.StringFlag{
		Name: "output", Aliases: []string{"o"}, Value: "text", EnvVars: env("output"),
		Usage: "what is printed on standard output: `WORD` is text or json",
	}
}

func readingFlags() []cli.Flag {
	return []cli.Flag{
		stringFlag("format", "", "the backup's format, where it is not found out: `WORD` is csv, ndjson, json, singer or airbyte"),
		stringFlag("delimiter", "", "the `CHARACTER` between CSV cells: , ; | or tab"),
		listFlag("column", "read `NAME=FIELD`: a column or key that is not known by its own name; may be repeated"),
		listFlag("null", "a CSV cell with `TEXT` means null; may be repeated (default null, NULL and \\N, but not as a name)"),
		stringFlag("max-row-bytes", "1048576", "a row longer than `N` bytes is an error of that row"),
		stringFlag("time-zone", "", "what times without a zone mean: UTC, +02:00 or a `ZONE` like Europe/Berlin"),
	}
}

func targetFlags() []cli.Flag {
	return []cli.Flag{
		stringFlag("service", "", "the target Service's `SID`, IS… (default each row's own)"),
		stringFlag("api-url", "", "base `URL` in place of https://chat.twilio.com; plain http only to loopback"),
		boolFlag("sandbox", "run against the embedded Chat API: nothing leaves the machine"),
	}
}

func paceFlags() []cli.Flag {
	return []cli.Flag{
		stringFlag("rate", "25", "at most `N` requests per second over the whole run: N, N/s, N/m or auto"),
		stringFlag("channel-rate", "25", "at most `N` writes per second in one channel; 0: no ceiling"),
		stringFlag("workers", "32", "at most `N` requests in flight"),
		stringFlag("timeout", "30s", "one attempt ends after `D`, from the moment it is sent"),
		stringFlag("retries", "8", "`N` attempts after the first, for one row"),
		stringFlag("outage-timeout", "5m", "give up after `D` without an answer from the service"),
		stringFlag("max-errors", "", "stop past `N` rows not restored, or N% of them; a row that breaks a rule counts when it is read, which is before the rows ahead of it are sent; the requests in flight then, at most --workers, still end"),
	}
}

func partFlags() []cli.Flag {
	return []cli.Flag{
		boolFlag("dry-run", "everything but the writes", "n"),
		stringFlag("on-conflict", "skip", "what to do about a member that is already there: `WORD` is skip, verify, update or fail"),
		stringFlag("on-duplicate", "first", "which of several rows for one member is sent: `WORD` is first or last"),
		stringFlag("limit", "", "the first `N` rows only"),
		stringFlag("only-channel", "", "rows of this `CHANNEL` only, as the backup names it"),
		stringFlag("shard", "1/1", "the `K/N`-th of N disjoint parts, by channel"),
	}
}

func writingFlags() []cli.Flag {
	return []cli.Flag{
		stringFlag("report", "", "the run's report, NDJSON, in `FILE` (default the backup's name and .report.ndjson, here)"),
		stringFlag("rejects", "", "rows that are not restored, in the backup's own format, in `FILE` (default beside the report)"),
		boolFlag("resume", "continue the run that the report holds"),
		stringFlag("progress", "auto", "how far the run is, on standard error: `WORD` is auto, bar, plain, json or none"),
		outputFlag(),
		stringFlag("log-level", "info", "the least that is told on standard error: `WORD` is debug, info, warn or error"),
		stringFlag("log-format", "text", "and how: `WORD` is text or json"),
		redactFlag(),
		metricsFlag(),
	}
}

// redactFlag hides on standard output, and on standard error, whom rows are about. A report must know.
func redactFlag() *cli.BoolFlag {
	return boolFlag("redact", "leave identities, channels' names and values out of what is printed, and of the page; reports hold them")
}

func metricsFlag() *cli.StringFlag {
	return stringFlag("metrics-addr", "", "serve Prometheus metrics of the run at http://`HOST:PORT`/metrics while it goes on")
}

// parse reads one flag's value, so that a bad one is told with the flag, what was found and what was expected.
func parse[T any](c *cli.Context, name string, read func(string) (T, error)) (T, error) {
	v, err := read(c.String(name))
	if err != nil {
		var zero T
		return zero, usagef("--%s %q%s: %w", name, c.String(name), origin(name, c.String(name)), err)
	}
	return v, nil
}

// origin says where a value comes from, if that is not the command line.
func origin(name, value string) string {
	if variable := env(name)[0]; value != "" && os.Getenv(variable) == value {
		return " (in " + variable + ")"
	}
	return ""
}

// wholeNumber reads a whole number within bounds.
func wholeNumber(low, high int64) func(string) (int64, error) {
	return func(s string) (int64, error) {
		n, err := strconv.ParseInt(s, 10, 64)
		switch {
		case err != nil || n < low:
			return 0, fmt.Errorf("expected a whole number from %d", low)
		case n > high:
			return 0, fmt.Errorf("expected at most %d", high)
		}
		return n, nil
	}
}

// optional reads a value that may be left empty.
func optional[T any](read func(string) (T, error)) func(string) (T, error) {
	return func(s string) (T, error) {
		if s == "" {
			var zero T
			return zero, nil
		}
		return read(s)
	}
}

func duration(s string) (time.Duration, error) {
	d, err := time.ParseDuration(s)
	if err != nil || d <= 0 {
		return 0, errors.New("expected a length of time, like 30s or 5m")
	}
	return d, nil
}

// oneOf reads one of several words.
func oneOf[T any](words []string, values ...T) func(string) (T, error) {
	return func(s string) (T, error) {
		for i, word := range words {
			if s == word {
				return values[i], nil
			}
		}
		var zero T
		return zero, fmt.Errorf("expected one of %s%s", strings.Join(words, ", "), didYouMean(s, words))
	}
}

func word(words ...string) func(string) (string, error) { return oneOf(words, words...) }

// pace is a rate, or a rate to be found.
type pace struct {
	rate float64
	auto bool
}

func readPace(s string) (p pace, err error) {
	if p.rate, p.auto, err = ratelimit.ParseRate(s); err != nil {
		err = errors.New("expected requests per second, like 25 or 0.5 or 90/m, or auto")
	}
	return p, err
}

func channelRate(s string) (float64, error) {
	if s == "0" {
		return 0, nil
	}
	rate, auto, err := ratelimit.ParseRate(s)
	if err != nil {
		err = errors.New("expected writes per second, like 25 or 0.5 or 90/m, or 0 for no ceiling")
	}
	if err == nil && auto {
		err = errors.New("a channel's ceiling is a number; below it a channel's rate adapts by itself")
	}
	return rate, err
}

func serviceSID(s string) (string, error) {
	if !chat.IsServiceSID(s) {
		return "", errors.New("expected a Service's SID: IS and 32 hexadecimal digits")
	}
	return s, nil
}

func budget(s string) (restore.Budget, error) {
	if number, ok := strings.CutSuffix(s, "%"); ok {
		p, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
		if err != nil || math.IsNaN(p) || p <= 0 || p > 100 {
			return restore.Budget{}, errors.New("expected more than 0% and at most 100%")
		}
		return restore.Budget{Percent: p}, nil
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 {
		return restore.Budget{}, errors.New("expected a number of rows, or a share of them like 5%")
	}
	return restore.Budget{Rows: n, None: n == 0}, nil
}

// shard is the K-th of N parts.
type shard struct{ k, n int }

func readShard(s string) (shard, error) {
	first, second, _ := strings.Cut(s, "/")
	k, err1 := strconv.Atoi(first)
	n, err2 := strconv.Atoi(second)
	if err1 != nil || err2 != nil || k < 1 || n < k {
		return shard{}, errors.New("expected K/N, like 2/4 for the second of four parts")
	}
	return shard{k, n}, nil
}

func delimiter(s string) (byte, error) {
	switch s {
	case ",", ";", "|", "\t":
		return s[0], nil
	case "tab", `\t`:
		return '\t', nil
	}
	return 0, errors.New("expected , ; | or tab")
}

// columns reads NAME=FIELD pairs. The name may hold an equals sign; a field's name does not.
func columns(pairs []string) (map[string]reader.Field, error) {
	fields := make(map[string]reader.Field, len(pairs))
	for _, pair := range pairs {
		i := strings.LastIndexByte(pair, '=')
		if i <= 0 {
			return nil, usagef("--column %q: expected NAME=FIELD, like user=identity", pair)
		}
		field, ok := reader.ParseField(pair[i+1:])
		if !ok {
			return nil, usagef("--column %q: there is no field %q%s", pair, pair[i+1:], didYouMean(pair[i+1:], fieldNames()))
		}
		if _, twice := fields[pair[:i]]; twice {
			return nil, usagef("--column %q: the column %q is given twice", pair, pair[:i])
		}
		fields[pair[:i]] = field
	}
	return fields, nil
}

func fieldNames() []string {
	names := make([]string, reader.NumFields)
	for f := range names {
		names[f] = reader.Field(f).String()
	}
	return names
}

// timeZone reads what times without a zone mean.
func timeZone(s string) (*time.Location, error) {
	if s == "Z" || s == "UTC" || s == "GMT" {
		return time.UTC, nil
	}
	if t, err := time.Parse("-07:00", s); err == nil {
		_, seconds := t.Zone()
		return time.FixedZone(s, seconds), nil
	}
	if s == "Local" {
		return nil, errors.New("a machine's own zone makes two machines read one backup differently: name the zone")
	}
	zone, err := time.LoadLocation(s)
	if err != nil {
		return nil, errors.New("expected UTC, an offset like +02:00, or a zone like Europe/Berlin")
	}
	return zone, nil
}
