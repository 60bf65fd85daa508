//go:build unix

package app

import (
	"net"
	"net/http"
	"sync"

	"github.com/stretchr/testify/require"
)

// connections are those that a stage's Chat API has open, by the address of the other end.
type connections struct {
	mu      sync.Mutex
	changed *sync.Cond
	open    map[string]bool
}

func newConnections() *connections {
	c := &connections{open: make(map[string]bool)}
	c.changed = sync.NewCond(&c.mu)
	return c
}

// note is told of each change by the server: of a new connection before the next is accepted, and of the end of one when
// nothing that came on it is being answered any more.
func (c *connections) note(conn net.Conn, state http.ConnState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch state {
	case http.StateNew:
		c.open[conn.RemoteAddr().String()] = true
	case http.StateClosed, http.StateHijacked:
		delete(c.open, conn.RemoteAddr().String())
	case http.StateActive, http.StateIdle:
		return
	}
	c.changed.Broadcast()
}

// await waits until ok says that the connections are as they should be.
func (c *connections) await(ok func(open map[string]bool) bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for !ok(c.open) {
		c.changed.Wait()
	}
}

// quiet ends what the processes that have ended have left behind: on return no request of theirs is being answered, and
// none will be. A process that was killed may have sent one on a connection that nobody has accepted yet. Connections are
// accepted in their order, so that all of its are known when one that is made now is.
func (s *stage) quiet() {
	s.t.Helper()
	last, err := new(net.Dialer).DialContext(s.t.Context(), "tcp", s.http.Listener.Addr().String())
	require.NoError(s.t, err)
	defer func() { _ = last.Close() }() // nothing was written to it
	s.conns.await(func(open map[string]bool) bool { return open[last.LocalAddr().String()] })
	s.http.CloseClientConnections()
	s.conns.await(func(open map[string]bool) bool { return len(open) == 0 })
}
