package sandbox

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"
)

// readHeaderTimeout ends connections that never say what they want.
const readHeaderTimeout = time.Minute

// Serve answers on the listener's connections until stop is called. Stop closes the listener and every connection,
// gives up what is being answered, and returns when nothing of it runs any more; it may be called more than once. Its
// error is why serving ended before that.
func (s *Server) Serve(l net.Listener) (stop func() error) {
	var connections sync.WaitGroup
	server := &http.Server{
		Handler: s, ReadHeaderTimeout: readHeaderTimeout,
		ConnState: func(_ net.Conn, state http.ConnState) {
			switch state {
			case http.StateNew: // always before Serve returns
				connections.Add(1)
			case http.StateClosed, http.StateHijacked:
				connections.Done()
			case http.StateActive, http.StateIdle:
			}
		},
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	return sync.OnceValue(func() error {
		closed := server.Close()
		err := <-served
		connections.Wait()
		if err = errors.Join(ignore(err, http.ErrServerClosed), ignore(closed, net.ErrClosed)); err != nil {
			return fmt.Errorf("sandbox: serving on %s: %w", l.Addr(), err)
		}
		return nil
	})
}

func ignore(err, expected error) error {
	if errors.Is(err, expected) {
		return nil
	}
	return err
}
