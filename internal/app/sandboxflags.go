package app

import (
	"errors"
	"fmt"
	"math"
	"net"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"rejoin/sandbox"
)

func sandboxDescription() string {
	return `EXAMPLES
   rejoin sandbox --seed-file members.ndjson              holds what the backup names, without its members
   rejoin sandbox --seed-file members.ndjson --fault lost-after=2%
   rejoin sandbox --addr 127.0.0.1:4010 --state ./chat    what it holds survives a restart

   Standard output gets one line, the base URL, when requests are answered; standard error says how to use it. Open the
   URL in a browser to see what it holds. Credentials are those of TWILIO_ACCOUNT_SID with TWILIO_AUTH_TOKEN, or of
   TWILIO_API_KEY with TWILIO_API_SECRET, where they are set, and any where they are not. SIGINT, SIGTERM, SIGHUP or SIGQUIT
   ends it.

EXIT STATUS
   0 ended by a signal   1 it could not be served, or its state not be written
   2 wrong usage; nothing was opened   129, 130, 131, 143 interrupted before it served anything`
}

// sandboxFaultHelp lists the faults that can be ordered.
func sandboxFaultHelp() string {
	b := new(strings.Builder)
	b.WriteString("\n\nFAULTS\n   KIND[=PROBABILITY][:OPTION=VALUE]..., such as 429=5%:retry-after=2 or 503:since=10s:until=40s\n\n")
	for _, kind := range sandbox.FaultKinds() {
		fmt.Fprintf(b, "   %-16s  %s\n", kind[0], kind[1])
	}
	b.WriteString("\n   Options: every, from, to, first, times (whole numbers); since, until, over (lengths of time);\n" +
		"   on (" + strings.Join(sandbox.FaultScopes(), ", ") + "); retry-after; code.")
	return b.String()
}

func sandboxServingFlags() []cli.Flag {
	return []cli.Flag{
		stringFlag("addr", "127.0.0.1:0", "`HOST:PORT` to listen on, on loopback; port 0: a free one"),
		stringFlag("state", "", "keep what it holds in the folder `DIR`, so that it is there again after a restart"),
	}
}

func sandboxHoldingFlags() []cli.Flag {
	return append([]cli.Flag{
		stringFlag("seed-file", "", "make the Services, channels and roles that `BACKUP` names, without its members"),
		stringFlag("service", "", "the Service's `SID`, IS…, that all rows of the seed file go to (default each row's own)"),
	}, mappingFlags()...)
}

func sandboxLimitFlags() []cli.Flag {
	return []cli.Flag{
		stringFlag("limits", "documented", "`WORD` is documented (30 writes per second in a channel) or none"),
		stringFlag("member-rate", "0", "at most `N` member writes per second in one Service; 0: no ceiling"),
		stringFlag("concurrency", "0", "at most `N` requests in flight; 0: no ceiling"),
		stringFlag("channel-members", "1000", "at most `N` members in a channel"),
		stringFlag("user-channels", "1000", "a user is in at most `N` channels"),
		stringFlag("retry-after", "", "the Retry-After of an answer 429: `TEXT` as it is, or date+5s"),
	}
}

func sandboxFaultFlags() []cli.Flag {
	return []cli.Flag{
		listFlag("fault", "a fault, `SPEC` as above; may be repeated: the first that strikes a request counts"),
		stringFlag("latency", "0s", "how long an answer takes: `D` like 50ms or 50ms±20ms"),
		stringFlag("seed", "0", "of the SIDs and of what chance decides: the same `N` gives the same faults"),
	}
}

// sandboxSettings reads and checks all flags, and then the maps. Nothing else has been opened when it fails.
func (a *app) sandboxSettings(c *cli.Context) (*serving, error) {
	if c.Args().Present() {
		return nil, usagef("the sandbox takes no argument, and found %q: what it is to hold is given by --seed-file", c.Args().First())
	}
	set := &serving{seed: c.String("seed-file"), state: c.String("state")}
	reading := &settings{}
	for _, part := range []func(*cli.Context) error{set.readServing, set.readLimits, set.readFaults, reading.readReading, reading.readMapping} {
		if err := part(c); err != nil {
			return nil, err
		}
	}
	set.reading = reading.reading
	var err error
	if reading.service, err = parse(c, "service", optional(serviceSID)); err != nil {
		return nil, err
	}
	if err := a.readSandboxCredentials(&set.server); err != nil {
		return nil, err
	}
	set.rules, err = reading.judge(false)
	return set, err
}

func (s *serving) readServing(c *cli.Context) (err error) {
	s.addr, err = parse(c, "addr", loopbackAddr)
	s.server.Keep, s.server.Page = shownRequests, true
	return err
}

func (s *serving) readLimits(c *cli.Context) (err error) {
	s.server.Limits, err = parse(c, "limits", oneOf([]string{"documented", "none"}, sandbox.DocumentedLimits(), sandbox.Limits{}))
	if err != nil {
		return err
	}
	l := &s.server.Limits
	if l.MemberWrites, err = parse(c, "member-rate", channelRate); err != nil {
		return err
	}
	for _, n := range []struct {
		name string
		low  int64
		to   *int
	}{{"concurrency", 0, &l.Concurrency}, {"channel-members", 1, &l.ChannelMembers}, {"user-channels", 1, &l.UserChannels}} {
		v, err := parse(c, n.name, wholeNumber(n.low, math.MaxInt64))
		if err != nil {
			return err
		}
		*n.to = int(v)
	}
	l.RetryAfter = c.String("retry-after")
	return nil
}

func (s *serving) readFaults(c *cli.Context) (err error) {
	if s.server.Faults, err = sandbox.ParseFaults(c.StringSlice("fault")); err != nil {
		return usagef("--fault: %w", err)
	}
	if s.server.Faults.Latency, err = parse(c, "latency", sandbox.ParseLatency); err != nil {
		return err
	}
	s.server.Seed, err = parse(c, "seed", seedNumber)
	return err
}

func seedNumber(s string) (uint64, error) {
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil {
		return 0, errors.New("expected a whole number from 0")
	}
	return n, nil
}

// loopbackAddr reads an address that other machines cannot reach.
func loopbackAddr(s string) (string, error) {
	host, port, err := net.SplitHostPort(s)
	if err != nil {
		return "", errors.New("expected HOST:PORT, like 127.0.0.1:4010")
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil {
		return "", fmt.Errorf("the port %q: expected a number from 0 to 65535", port)
	} else if host == "localhost" {
		return net.JoinHostPort(host, strconv.FormatUint(n, 10)), nil
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		return "", errors.New("other machines could reach it, and the sandbox holds copies of people's data behind no " +
			"more than rehearsal credentials: expected a loopback address, like 127.0.0.1:4010 or [::1]:4010")
	}
	return s, nil
}

// readSandboxCredentials takes what the environment has as the credentials that are accepted.
func (a *app) readSandboxCredentials(cfg *sandbox.Config) error {
	cfg.AccountSID, cfg.AuthToken = a.Getenv("TWILIO_ACCOUNT_SID"), a.Getenv("TWILIO_AUTH_TOKEN")
	cfg.APIKey, cfg.APISecret = a.Getenv("TWILIO_API_KEY"), a.Getenv("TWILIO_API_SECRET")
	if cfg.APISecret == "" {
		cfg.APISecret = a.Getenv("TWILIO_API_KEY_SECRET")
	}
	switch {
	case (cfg.APIKey == "") != (cfg.APISecret == ""):
		return usagef("of TWILIO_API_KEY and TWILIO_API_SECRET only one is set: set both, or neither and any are accepted")
	case cfg.AccountSID == "" && cfg.AuthToken != "":
		return usagef("TWILIO_AUTH_TOKEN is set and TWILIO_ACCOUNT_SID is not: set both, or neither and any are accepted")
	}
	return nil
}
