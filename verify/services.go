package verify

import (
	"context"

	"rejoin/chat"
	"rejoin/retry"
)

// services are what is known of the Services that rows name: each is asked for once, before its first channel, so that a
// 404 to a list is known to speak of the channel.
type services struct {
	turn  chan struct{} // held while one is asked for: the others wait for the same answer
	known map[string]error
}

func newServices() services {
	s := services{turn: make(chan struct{}, 1), known: make(map[string]error)}
	s.turn <- struct{}{}
	return s
}

// check returns nil where the Service is there, or where nothing speaks against it. Any error has stopped the run.
func (s *services) check(e *engine, sid string) error {
	<-s.turn
	defer func() { s.turn <- struct{}{} }()
	err, known := s.known[sid]
	if !known {
		err = s.ask(e, sid)
		s.known[sid] = err
	}
	return err
}

func (s *services) ask(e *engine, sid string) error {
	err := e.Do(retry.Try{Retries: retry.UntilOutage}, func(ctx context.Context) error {
		_, err := e.Client.FetchService(ctx, sid)
		return err
	})
	switch retry.MeaningOf(err) {
	case retry.Done:
		return nil
	case retry.Missing, retry.RefusedRun:
		e.Stop(retry.ErrRefused, err)
	case retry.RefusedRow, retry.Exists, retry.ChannelFull:
		e.Warn("the Service " + sid + " could not be looked at: " + err.Error())
		return nil
	case retry.Unsent, retry.Busy, retry.Doubtful, retry.Throttled, retry.ChannelThrottled:
		if e.Sending.Err() == nil {
			e.Stop(retry.ErrOutage, err)
		}
	}
	return err
}

var _ Client = (*chat.Client)(nil)
