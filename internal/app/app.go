package app

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"

	"github.com/urfave/cli/v2"

	"rejoin/internal/prose"
	"rejoin/report"
)

// World is all that a command touches outside itself.
type World struct {
	Args   []string // the program's name first
	Stdin  io.Reader
	Stdout io.Writer
	Stderr io.Writer
	Getenv func(string) string

	hooks hooks // set by tests alone
}

// System is the world of a process.
func System() World {
	return World{Args: os.Args, Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Getenv: os.Getenv}
}

// Main runs the command that the arguments name, and returns the process's exit status. It returns before the command
// has ended where a second signal asks for that; the process must end then. Every line of a report is whole when it is
// written, so that it may end between any two.
func Main(w World) int {
	// A closed standard output or error is then an error of writing, which is told with its status, and no death without
	// a word.
	signal.Ignore(syscall.SIGPIPE)
	a := &app{World: w, out: &sticky{w: w.Stdout}, kill: make(chan int, 1)}
	ended := make(chan int, 1)
	go func() { ended <- a.main() }()
	select {
	case status := <-ended:
		return status
	case status := <-a.kill:
		if words := a.farewell.Load(); words != nil {
			fmt.Fprintf(a.Stderr, "\nrejoin: ended at once; %s\n", *words)
		}
		return status
	}
}

func (a *app) main() int {
	err := a.run()
	if outErr := a.out.err(); err == nil {
		err = outErr
	} else if outErr != nil {
		a.complain(outErr)
	}
	status := statusOf(err)
	var told *exit
	if err != nil && (!errors.As(err, &told) || !told.silent) {
		a.complain(err)
	}
	return status
}

// complain says on standard error what went wrong, in the form in which diagnostics were asked for.
func (a *app) complain(err error) {
	text := once(plainly(err))
	if !a.logs.json {
		fmt.Fprint(a.Stderr, a.laidOut("rejoin: "+report.Brief(text)))
		return
	}
	logger := a.logs.jsonLogger(a.Stderr)
	for line := range strings.SplitSeq(text, "\nrejoin: ") {
		logger.Error(line)
	}
}

// once is a text without the lines that it says again: what cannot be written to cannot be closed either, for the same
// reason.
func once(text string) string {
	var lines []string
	for line := range strings.SplitSeq(text, "\n") {
		if !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}

// laidOut is a message as standard error shows it where there is no screen.
func (a *app) laidOut(message string) string {
	at := &screen{terminal: isTerminal(a.Stderr, a.Getenv), line: newDrawn(a.Stderr)}
	return at.laidOut(prose.VisibleLines(message))
}

// app is one run of the program.
type app struct {
	World
	out  *sticky  // standard output, whose errors must not be lost
	kill chan int // the status with which a second signal ends the process

	farewell atomic.Pointer[string] // what is to be said then
	logs     logs                   // how diagnostics were asked for, once the flags have been read
}

func (a *app) run() error {
	c := &cli.App{
		Name:                      programName,
		Writer:                    a.out,
		ErrWriter:                 a.Stderr,
		HideVersion:               true,
		HideHelp:                  true,
		DisableSliceFlagSeparator: true,                         // a column's name may hold a comma
		ExitErrHandler:            func(*cli.Context, error) {}, // the status is decided once, in statusOf
		OnUsageError:              func(c *cli.Context, err error, _ bool) error { return flagError(c, err) },
		Action:                    a.noCommand,
		Commands:                  a.commands(),
	}
	for _, command := range c.Commands {
		command.OnUsageError = func(c *cli.Context, err error, _ bool) error { return flagError(c, err) }
		command.HideHelp = true
	}
	err := c.Run(flagsFirst(a.Args, c.Commands))
	if _, ok := errors.AsType[*exit](err); err != nil && !ok {
		return usageError(fromEnvironment(err)) // what the flag package says of a value, say
	}
	return err
}

// commands are all there are, in the order in which help lists them. Help pages, man pages and completion are made of
// them.
func (a *app) commands() []*cli.Command {
	return []*cli.Command{
		a.auditCommand(), a.restoreCommand(), a.verifyCommand(), a.backupCommand(), a.mapCommand(), a.undoCommand(), a.reportCommand(),
		a.sandboxCommand(), a.completionCommand(), a.versionCommand(), a.helpCommand(),
	}
}

// noCommand is what runs where no command was named.
func (a *app) noCommand(c *cli.Context) error {
	if c.Args().Present() {
		return noSuchCommand(c.Args().First(), program(c.App.Commands))
	}
	fmt.Fprint(a.Stderr, program(c.App.Commands).Help())
	return usagef("which command?")
}

// sticky remembers that writing went wrong: standard output may be a closed pipe or a full disk, and what was asked for
// would be missing without a word.
type sticky struct {
	w     io.Writer
	first error
}

func (s *sticky) Write(p []byte) (int, error) {
	if s.first != nil {
		return 0, s.first
	}
	n, err := s.w.Write(p)
	s.first = err
	return n, err
}

func (s *sticky) err() error {
	if s.first == nil {
		return nil
	}
	return &exit{status: statusFailed, err: fmt.Errorf("standard output cannot be written: %w", s.first)}
}
