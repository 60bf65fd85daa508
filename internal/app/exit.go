package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"

	"rejoin/restore"
	"rejoin/retry"
)

// The exit statuses that scripts rely on.
const (
	statusDone        = 0   // every row is restored
	statusFailed      = 1   // the run could not be done or went wrong
	statusUsage       = 2   // wrong usage; nothing was opened or sent
	statusNotRestored = 3   // done, but some rows are not restored
	statusRefused     = 4   // the API refuses the credentials, the account or the Service
	statusStopped     = 5   // stopped early, worth resuming
	statusMismatch    = 6   // the report belongs to another backup or target
	statusDifferences = 7   // a verification found differences
	statusHungUp      = 129 // by SIGHUP
	statusInterrupted = 130 // by SIGINT
	statusQuit        = 131 // by SIGQUIT
	statusTerminated  = 143 // by SIGTERM
)

// statusMeanings are what the statuses say, for the help. A new status gets a line here.
var statusMeanings = []struct {
	status int
	means  string
}{
	{statusDone, "every row is restored; of an audit: there are no errors; of a verification: the Service holds what the backup says; of a backup: it is whole"},
	{statusFailed, "the run could not be done or went wrong: input that cannot be read to its end, a report that cannot be written"},
	{statusUsage, "wrong usage; nothing was opened or sent"},
	{statusNotRestored, "done, but some rows are not restored; of an audit: there are errors; of an undo: members are left, or may be"},
	{statusRefused, "the API refuses the credentials, the account or the Service; the rest is pending"},
	{statusStopped, "stopped early, worth resuming: too many errors, an outage"},
	{statusMismatch, "the report belongs to another backup or target: not resumed, nothing sent"},
	{statusDifferences, "a verification found differences"},
	{statusHungUp, "interrupted by SIGHUP, as where a terminal closes or its connection drops; the same as 130"},
	{statusInterrupted, "interrupted by SIGINT; resumable, and the command that resumes is printed"},
	{statusQuit, "interrupted by SIGQUIT; the same"},
	{statusTerminated, "interrupted by SIGTERM; the same"},
}

// exit is an error with the status that it ends the process with.
type exit struct {
	status int
	err    error
	silent bool // it has been told already
}

func (e *exit) Error() string { return e.err.Error() }
func (e *exit) Unwrap() error { return e.err }

func usagef(format string, args ...any) error {
	return &exit{status: statusUsage, err: fmt.Errorf(format, args...)}
}

func usageError(err error) error {
	if _, ok := errors.AsType[*exit](err); ok {
		return err
	}
	return &exit{status: statusUsage, err: err}
}

// asExit gives an error that has no status the one of a run that went wrong.
func asExit(err error) error {
	if _, ok := errors.AsType[*exit](err); ok {
		return err
	}
	return failed(err)
}

func failed(err error) error { return &exit{status: statusFailed, err: err} }

func statusOf(err error) int {
	if err == nil {
		return statusDone
	}
	if e, ok := errors.AsType[*exit](err); ok {
		return e.status
	}
	return statusFailed
}

// interrupted is the cause of a context that a signal ended.
type interrupted struct{ signal os.Signal }

func (i *interrupted) Error() string { return "interrupted by " + signalName(i.signal) }

func (i *interrupted) status() int {
	switch i.signal {
	case syscall.SIGTERM:
		return statusTerminated
	case syscall.SIGHUP:
		return statusHungUp
	case syscall.SIGQUIT:
		return statusQuit
	}
	return statusInterrupted
}

func signalName(s os.Signal) string {
	switch s {
	case syscall.SIGTERM:
		return "SIGTERM"
	case syscall.SIGHUP:
		return "SIGHUP"
	case syscall.SIGQUIT:
		return "SIGQUIT"
	case os.Interrupt:
		return "SIGINT"
	}
	return s.String()
}

// runStatus is the status of a run that ended so. What went wrong with the run counts before what went wrong with rows.
func runStatus(s *restore.Summary, err error) int {
	var signal *interrupted
	switch {
	case err == nil && s.NotRestored == 0:
		return statusDone
	case err == nil:
		return statusNotRestored
	case errors.As(err, &signal):
		return signal.status()
	case errors.Is(err, restore.ErrSink), errors.Is(err, restore.ErrInput):
		return statusFailed
	case errors.Is(err, retry.ErrRefused):
		return statusRefused
	case errors.Is(err, restore.ErrTooManyErrors), errors.Is(err, retry.ErrOutage):
		return statusStopped
	case errors.Is(err, restore.ErrChanged):
		return statusMismatch
	case errors.Is(err, context.Canceled):
		return statusInterrupted
	}
	return statusFailed
}
