package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"rejoin/internal/prose"
	"rejoin/reader"
	"rejoin/rules"
	"rejoin/sandbox"
)

// shownRequests is how many of the last requests the sandbox's page can show.
const shownRequests = 100

func (a *app) sandboxCommand() *cli.Command {
	groups := []group{
		{"WHERE", sandboxServingFlags()},
		{"WHAT IT HOLDS", sandboxHoldingFlags()},
		{"HOW MUCH IT TAKES", sandboxLimitFlags()},
		{"HOW IT MISBEHAVES", sandboxFaultFlags()},
		{"HOW TO READ THE SEED FILE", readingFlags()},
	}
	return &cli.Command{
		Name:        "sandbox",
		Usage:       "serve the embedded Chat API on loopback, for rehearsals",
		Description: sandboxDescription() + sandboxFaultHelp(),
		Flags:       flagsOf(groups),
		Action:      a.serveSandbox,
	}
}

// serving is what the flags of a sandbox say.
type serving struct {
	addr    string
	server  sandbox.Config
	state   string // a folder; empty: nothing is kept
	seed    string // a backup; empty: none
	reading reader.Config
	rules   *rules.Rules
}

// serveSandbox is the command. Its first and last word on standard output is the address: what reads it may connect.
// A server that a signal ends has done what it was started for, and ends with status 0; a second signal does not wait.
func (a *app) serveSandbox(c *cli.Context) error {
	set, err := a.sandboxSettings(c)
	if err != nil {
		return err
	}
	s := &host{app: a, serving: set}
	s.signals = catchSignals(a.kill, s.say, "stopping; a second signal ends at once")
	defer s.signals.close()
	return s.do(s.signals.ctx)
}

// host is a sandbox that is being served.
type host struct {
	*app
	*serving
	signals *signals
	chat    *sandbox.Server
}

func (s *host) say(text string) { fmt.Fprint(s.Stderr, s.laidOut("rejoin: "+text)) }

func (s *host) do(ctx context.Context) (err error) {
	if s.chat, err = s.open(); err != nil {
		return err
	}
	defer func() {
		if closed := s.chat.Close(); closed != nil {
			err = failed(errors.Join(err, closed))
		}
	}()
	l, err := listen(ctx, s.addr)
	if err != nil {
		return err
	}
	if err := s.sow(ctx); err != nil {
		_ = l.Close() // nobody was told of it
		return err
	}
	return s.serve(ctx, l)
}

// open returns the server, with what its folder keeps.
func (s *host) open() (*sandbox.Server, error) {
	if s.state == "" {
		server, err := sandbox.New(s.server)
		if err != nil {
			return nil, usageError(err)
		}
		return server, nil
	}
	if _, err := sandbox.New(s.server); err != nil { // what is wrong with the flags is told before the folder is made
		return nil, usageError(err)
	}
	server, err := sandbox.Open(s.server, s.state)
	if err != nil {
		return nil, failed(err)
	}
	return server, nil
}

// serve answers until a signal comes, or the state cannot be written any more.
func (s *host) serve(ctx context.Context, l net.Listener) error {
	began := time.Now()
	stop := s.chat.Serve(l)
	s.introduce("http://" + l.Addr().String())
	select {
	case <-ctx.Done():
	case <-s.chat.Failed():
	}
	if err := stop(); err != nil {
		return failed(err)
	}
	s.say(fmt.Sprintf("served %s in %s", counted(int64(s.chat.Stats().Requests), "request"), prose.Elapsed(time.Since(began))))
	return nil
}

// sow makes what the seed file names. A signal in the middle of it ends the command as any other.
func (s *host) sow(ctx context.Context) error {
	if s.seed == "" {
		return nil
	}
	b, err := openBackup(s.seed, s.Stdin, s.reading)
	if err != nil {
		return err
	}
	defer b.close()
	n, err := seedFile(ctx, s.chat, b, s.rules)
	if signal, ok := errors.AsType[*interrupted](context.Cause(ctx)); ok {
		return &exit{status: signal.status(), err: fmt.Errorf("%w before anything was served", signal)}
	}
	if err != nil {
		return err
	}
	if err := s.chat.Sync(); err != nil {
		return failed(err)
	}
	if n.rows == 0 {
		s.say(b.name + ": warning: no row names a channel of a Service: the sandbox holds nothing")
	}
	if n.skipped > 0 {
		s.say(fmt.Sprintf("%s: %s cannot be read or break a rule, and make nothing", b.name, counted(int64(n.skipped), "row")))
	}
	return nil
}

// introduce says where the sandbox is: to a program on standard output, to a person on standard error.
func (s *host) introduce(url string) {
	fmt.Fprintln(s.out, url)
	backup := "BACKUP"
	if s.seed != "" && s.seed != "-" {
		backup = shellWords([]string{s.seed})
	}
	s.say("SANDBOX: the embedded Chat API; nothing leaves this machine, and nothing is restored")
	who, exports := s.credentials()
	commands := slices.Concat(exports, []string{"rejoin restore --api-url " + url + " " + backup})
	s.explain("in another terminal, " + who + ":")
	fmt.Fprintf(s.Stderr, "\n    %s\n", strings.Join(commands, "\n    "))
	s.explain(url + "/ in a browser shows what it holds and what it was asked")
	if s.seed == "" && s.state == "" {
		s.explain("it holds nothing: --seed-file BACKUP makes the Services, channels and roles of a backup")
	}
	fmt.Fprintln(s.Stderr)
}

// explain says something in lines that fit, set in, below an empty one.
func (s *host) explain(text string) {
	lines := prose.Wrapping{Columns: columnsOf(s.Stderr), First: "  ", Other: "  "}.Lines(text)
	fmt.Fprintf(s.Stderr, "\n%s\n", strings.Join(lines, "\n"))
}

// credentials are the commands that give another terminal credentials which the sandbox takes, and which those are. A
// secret is not shown.
func (s *host) credentials() (who string, exports []string) {
	const same = "with the credentials of this one"
	switch {
	case s.server.APIKey != "":
		return same, []string{"export TWILIO_API_KEY=" + s.server.APIKey, "export TWILIO_API_SECRET=…"}
	case s.server.AuthToken != "":
		return same, []string{"export TWILIO_ACCOUNT_SID=" + s.server.AccountSID, "export TWILIO_AUTH_TOKEN=…"}
	}
	return "with these credentials or any others", []string{"export TWILIO_ACCOUNT_SID=" + s.chat.AccountSID(), "export TWILIO_AUTH_TOKEN=sandbox"}
}

// listen opens the address, which must be this machine's alone: what the sandbox holds is a copy of people's data, and
// it takes any credentials.
func listen(ctx context.Context, addr string) (net.Listener, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, failed(fmt.Errorf("--addr %q: it cannot be listened on: %w", addr, err))
	}
	if at, ok := l.Addr().(*net.TCPAddr); !ok || !at.IP.IsLoopback() { // localhost can be made to mean anything
		_ = l.Close() // nobody was told of it
		return nil, failed(fmt.Errorf("--addr %q is %s on this machine, which is not loopback: give 127.0.0.1", addr, l.Addr()))
	}
	return l, nil
}
