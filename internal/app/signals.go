package app

import (
	"context"
	"os"
	"os/signal"
	"runtime"
	"syscall"

	"rejoin/retry"
)

// signals turns the first signal that asks for an end into the end of a context, with the signal as its cause, and the
// second into the end of the process.
type signals struct {
	ctx    context.Context //nolint:containedctx // it is what this is for
	caught chan os.Signal
	done   chan struct{}
}

// runStops is what the first signal means for a run that sends a backup's rows.
func runStops() string {
	return "nothing more is sent; what is in flight may finish, within " + retry.DefaultGrace.String() +
		"; a second signal ends at once, and the run can be resumed all the same"
}

// catchSignals begins to listen; the second signal's status goes to kill. tell is told of the first and of what it
// means, since what is in flight then may take its time.
func catchSignals(kill chan<- int, tell func(string), meaning string) *signals {
	s := &signals{caught: make(chan os.Signal, 8), done: make(chan struct{})} // a hangup's many leave room for another
	ctx, cancel := context.WithCancelCause(context.Background())
	s.ctx = ctx
	signal.Notify(s.caught, endings()...)
	go s.listen(cancel, kill, func(name string) { tell(name + ": " + meaning) })
	return s
}

// endings are the signals that ask for an end. A process that was started with SIGHUP ignored, as nohup does it, is to
// outlive its terminal, and goes on ignoring it.
func endings() []os.Signal {
	all := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if runtime.GOOS == "windows" { // which has no others
		return all
	}
	if !signal.Ignored(syscall.SIGHUP) {
		all = append(all, syscall.SIGHUP)
	}
	return append(all, syscall.SIGQUIT)
}

func (s *signals) listen(cancel context.CancelCauseFunc, kill chan<- int, tell func(string)) {
	select {
	case first := <-s.caught:
		cancel(&interrupted{signal: first})
		// Not here: where standard error is a pipe that nobody empties, the second signal must still be heard.
		go tell(signalName(first))
	case <-s.done:
		cancel(nil)
		return
	}
	for {
		select {
		case second := <-s.caught:
			// A terminal that closes is told more than once, by the shell and by the system, and some supervisors send
			// SIGHUP right behind SIGTERM: nobody has asked for a second time.
			if second == syscall.SIGHUP {
				continue
			}
			kill <- (&interrupted{signal: second}).status()
		case <-s.done:
		}
		return
	}
}

func (s *signals) close() {
	signal.Stop(s.caught)
	close(s.done)
}
