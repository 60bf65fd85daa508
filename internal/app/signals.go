package app

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// signals turns the first SIGINT or SIGTERM into the end of a context, with the signal as its cause, and the second
// into the end of the process.
type signals struct {
	ctx    context.Context //nolint:containedctx // it is what this is for
	caught chan os.Signal
	done   chan struct{}
}

// catchSignals begins to listen; the second signal's status goes to kill. SIGPIPE is ignored, so that a closed standard
// output is an error of writing, which is told with its status, rather than a death without a word.
func catchSignals(kill chan<- int) *signals {
	s := &signals{caught: make(chan os.Signal, 2), done: make(chan struct{})}
	ctx, cancel := context.WithCancelCause(context.Background())
	s.ctx = ctx
	signal.Notify(s.caught, os.Interrupt, syscall.SIGTERM)
	signal.Ignore(syscall.SIGPIPE)
	go s.listen(cancel, kill)
	return s
}

func (s *signals) listen(cancel context.CancelCauseFunc, kill chan<- int) {
	select {
	case first := <-s.caught:
		cancel(&interrupted{signal: first})
	case <-s.done:
		cancel(nil)
		return
	}
	select {
	case second := <-s.caught:
		kill <- (&interrupted{signal: second}).status()
	case <-s.done:
	}
}

func (s *signals) close() {
	signal.Stop(s.caught)
	close(s.done)
}
