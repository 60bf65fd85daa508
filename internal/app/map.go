package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/urfave/cli/v2"

	"rejoin/chat"
	"rejoin/mapping"
	"rejoin/ratelimit"
	"rejoin/retry"
)

func (a *app) mapCommand() *cli.Command {
	groups := []group{
		{"FROM WHERE, TO WHERE", []cli.Flag{
			stringFlag("from", "", "the `SID`, IS…, of the Service that was backed up"),
			stringFlag("to", "", "the `SID`, IS…, of the Service that is restored into"),
			stringFlag("api-url", "", "base `URL` in place of https://chat.twilio.com; plain http only to loopback"),
		}},
		{"HOW FAST", []cli.Flag{
			stringFlag("rate", "25", "at most `N` requests per second: N, N/s, N/m or auto"),
			stringFlag("timeout", "30s", "one attempt ends after `D`, from the moment it is sent"),
			stringFlag("retries", "8", "`N` attempts after the first, for one page"),
		}},
		{"WHAT IS WRITTEN", []cli.Flag{
			stringFlag("out", "", "the map, in a new `FILE` instead of on standard output"),
			&cli.StringFlag{
				Name: "output", Aliases: []string{"o"}, Value: "text", EnvVars: env("output"),
				Usage: "how the map is written: `WORD` is text (CSV) or json",
			},
			stringFlag("progress", "auto", "how far it is, on standard error: `WORD` is auto, bar, plain, json or none"),
			stringFlag("log-level", "info", "the least that is told on standard error: `WORD` is debug, info, warn or error"),
			stringFlag("log-format", "text", "and how: `WORD` is text or json"),
		}},
	}
	return &cli.Command{
		Name:  "map",
		Usage: "match the channels and roles of two Services, for restore --map",
		Description: `EXAMPLES
   rejoin map --from IS… --to IS… > map.csv     channels and roles of both, matched by name
   rejoin restore --map map.csv members.csv     a backup of the one, restored into the other

   Channels are matched by unique name, and else by friendly name where that is the only one on either side; roles by
   friendly name and type. There is a line for each, matched or not: fill in the empty ones, or leave them empty. Nothing
   is changed in either Service. docs/mapping.md explains the file.

   Credentials come from the environment: TWILIO_API_KEY with TWILIO_API_SECRET,
   or TWILIO_ACCOUNT_SID with TWILIO_AUTH_TOKEN. Both Services must be theirs.

EXIT STATUS
   0 everything is matched   1 the map could not be made   2 wrong usage; nothing was asked
   3 the map is made, but something is not matched   4 the API refuses the credentials, the account or a Service
   5 the service did not answer   129, 130, 131, 143 interrupted`,
		Flags:  flagsOf(groups),
		Action: a.mapServices,
	}
}

// mapSettings is what the flags of a map say.
type mapSettings struct {
	settings // of which a map has those that say whom to ask, how fast, and how to show it
	from, to string
	out      string
}

func (a *app) readMapSettings(c *cli.Context) (*mapSettings, error) {
	if c.Args().Present() {
		return nil, usagef("a map takes no argument, and found %q: the Services are given by --from and --to", c.Args().First())
	}
	set := &mapSettings{out: c.String("out")}
	var err error
	if set.from, err = parse(c, "from", optional(serviceSID)); err != nil {
		return nil, err
	}
	if set.to, err = parse(c, "to", optional(serviceSID)); err != nil {
		return nil, err
	}
	switch {
	case set.from == "" || set.to == "":
		return nil, usagef("which Services? give --from IS… for the one that was backed up and --to IS… for the one that is restored into")
	case set.from == set.to:
		return nil, usagef("--from and --to are one Service, %s: a restore into it needs no map", set.from)
	}
	if set.pace, err = parse(c, "rate", readPace); err != nil {
		return nil, err
	}
	if set.timeout, err = parse(c, "timeout", duration); err != nil {
		return nil, err
	}
	retries, err := parse(c, "retries", wholeNumber(0, 1_000_000))
	if err != nil {
		return nil, err
	}
	set.engine.Retries = int(retries)
	if err := set.readTelling(c); err != nil {
		return nil, err
	}
	a.logs = set.logs
	return set, a.readMapTarget(c, set)
}

func (a *app) readMapTarget(c *cli.Context, set *mapSettings) (err error) {
	if set.baseURL = c.String("api-url"); set.baseURL == "" {
		if set.baseURL, err = chat.BaseURLFromEnv(a.Getenv); err != nil {
			return usageError(err)
		}
	}
	if set.creds, err = credentials(a.Getenv, set.baseURL); err != nil {
		return usageError(err)
	}
	return checkTarget(&set.settings)
}

// mapServices is the command.
func (a *app) mapServices(c *cli.Context) error {
	set, err := a.readMapSettings(c)
	if err != nil {
		return err
	}
	if set.out != "" {
		if err := vacant(set.out); err != nil {
			return err // before anything is asked
		}
	}
	s := newScreen(a.Stderr, set.progress, set.logs, a.Getenv)
	defer s.close()
	sig := catchSignals(a.kill, s.hint, "no map is written; nothing was changed")
	defer sig.close()
	a.tellHalfPair(s)
	from, to, err := set.holdings(sig.ctx, s)
	if who := a.whose(err); who != "" {
		err = &exit{status: statusOf(err), err: errors.New(plainly(err) + who)}
	}
	if err != nil {
		return err
	}
	lines := mapping.Compare(from, to)
	write := mapping.WriteCSV
	if set.json {
		write = mapping.WriteJSON
	}
	var text bytes.Buffer
	if err := write(&text, lines); err != nil {
		return failed(err)
	}
	if set.out != "" {
		err := newFile(set.out, func(w io.Writer) error {
			_, err := w.Write(text.Bytes())
			return err
		})
		if err != nil {
			return failed(fmt.Errorf("the map cannot be made: %w", err))
		}
	} else if _, err := a.out.Write(text.Bytes()); err != nil {
		return &exit{status: statusFailed, err: err, silent: true} // standard output's keeper tells it
	}
	return tellMap(s, set, lines)
}

// unmatchedShown is how many things that are not matched are told; the map has all of them.
const unmatchedShown = 10

// tellMap says how much is matched, and what is not.
func tellMap(s *screen, set *mapSettings, lines []mapping.Match) error {
	var all, matched [3]int64
	shown, unmatched := 0, int64(0)
	for i := range lines {
		l := &lines[i]
		all[l.Kind]++
		if l.To != "" {
			matched[l.Kind]++
			continue
		}
		if unmatched++; shown < unmatchedShown {
			shown++
			s.warn(unmatchedLine(l))
		}
	}
	if more := unmatched - int64(shown); more > 0 {
		s.warn(fmt.Sprintf("and %s more are not matched; the map has them all, with nothing in the column to", count(more)))
	}
	s.hint(fmt.Sprintf("of %s, %s of %s and %s of %s are matched in %s", set.from,
		count(matched[mapping.Channel]), counted(all[mapping.Channel], "channel"), count(matched[mapping.Role]), counted(all[mapping.Role], "role"), set.to))
	if unmatched == 0 {
		return nil
	}
	s.hint("fill in the column to where that matters: a row that names what is not mapped is not restored into another Service")
	return &exit{status: statusNotRestored, err: errors.New("not everything is matched"), silent: true}
}

// unmatchedLine says what is not matched, and what it may be.
func unmatchedLine(l *mapping.Match) string {
	text := fmt.Sprintf("not matched: the %s %s", l.Kind, l.From)
	if l.FromName != "" {
		text += fmt.Sprintf(" %q", shortened(l.FromName))
	}
	if len(l.Candidates) == 0 {
		return text + ", whose name none has there"
	}
	const most = 3
	var may []string
	for _, c := range l.Candidates[:min(len(l.Candidates), most)] {
		candidate := c.SID
		if c.Name != "" {
			candidate += fmt.Sprintf(" %q", shortened(c.Name))
		}
		may = append(may, candidate)
	}
	text += ", which may be " + strings.Join(may, ", ")
	if more := len(l.Candidates) + l.More - most; more > 0 {
		text += " or one of " + count(int64(more)) + " more"
	}
	return text
}

// holdings asks what both Services hold, one beside the other.
func (set *mapSettings) holdings(ctx context.Context, s *screen) (from, to *mapping.Holding, err error) {
	limiter, err := ratelimit.New(ratelimit.Config{Rate: set.pace.rate, Auto: set.pace.auto, Workers: 2})
	if err != nil {
		return nil, nil, usageError(err)
	}
	client, err := chat.NewClient(chat.Config{
		BaseURL: set.baseURL, Credentials: set.creds, Timeout: set.timeout, Connections: 2, UserAgent: chat.UserAgent(version),
	})
	if err != nil {
		return nil, nil, usageError(err)
	}
	defer client.Close()
	l := newLister(ctx, client, retry.Config{Limiter: limiter, Warn: s.warn}, set.engine.Retries)
	defer l.close()
	defer s.counting(l)()
	return l.both(set.from, set.to)
}

// vacant fails where there is a file already: no file is ever overwritten.
func vacant(path string) error {
	if _, err := os.Lstat(path); err == nil {
		return failed(fmt.Errorf("%s is there already, and is not overwritten: name another file, or take it away", path))
	}
	if err := folderFor(path); err != nil {
		return failed(fmt.Errorf("the map cannot be made: %w", err))
	}
	return nil
}

// asked is what a request's end means for a command that only asks.
func asked(what string, err error) error {
	err = fmt.Errorf("%s: %w", what, err)
	switch retry.MeaningOf(errors.Unwrap(err)) {
	case retry.Missing:
		return &exit{status: statusRefused, err: fmt.Errorf("%w; it does not exist, or not in the account of these credentials", err)}
	case retry.RefusedRun:
		return &exit{status: statusRefused, err: err}
	case retry.Done, retry.Exists, retry.ChannelFull, retry.RefusedRow:
		return failed(err)
	case retry.Unsent, retry.Busy, retry.Throttled, retry.ChannelThrottled, retry.Doubtful:
	}
	return &exit{status: statusStopped, err: err} // an outage, or a limit that others use up
}
