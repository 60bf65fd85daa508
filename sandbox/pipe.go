package sandbox

import (
	"context"
	"net"
	"sync"
)

// PipeListener is a [net.Listener] whose connections are in this process's memory: an [net/http.Transport] is given
// its DialContext. Whoever waits for a pipe waits on a channel, so that a testing/synctest bubble which holds both
// ends sees them durably blocked and lets its time pass.
type PipeListener struct {
	waiting chan net.Conn
	closed  chan struct{}
	once    sync.Once
}

// Pipe returns a listener in memory.
func Pipe() *PipeListener {
	return &PipeListener{waiting: make(chan net.Conn), closed: make(chan struct{})}
}

// DialContext connects to the listener, whatever the network and the address. It returns when the connection was
// accepted, with an error when the context ends or the listener is closed first.
func (l *PipeListener) DialContext(ctx context.Context, _, _ string) (net.Conn, error) {
	near, far := newPipe()
	select {
	case l.waiting <- far:
		return near, nil
	case <-l.closed:
		return nil, &net.OpError{Op: "dial", Net: pipeNetwork, Addr: pipeAddr{}, Err: net.ErrClosed}
	case <-ctx.Done():
		return nil, &net.OpError{Op: "dial", Net: pipeNetwork, Addr: pipeAddr{}, Err: ctx.Err()}
	}
}

// Accept waits for the next connection.
func (l *PipeListener) Accept() (net.Conn, error) {
	select {
	case <-l.closed: // a closed listener takes none, even where one is waiting
		return nil, net.ErrClosed
	default:
	}
	select {
	case c := <-l.waiting:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

// Close ends Accept and DialContext. Connections that were made go on.
func (l *PipeListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

// Addr is the same for every pipe.
func (l *PipeListener) Addr() net.Addr { return pipeAddr{} }

const pipeNetwork = "pipe"

type pipeAddr struct{}

func (pipeAddr) Network() string { return pipeNetwork }
func (pipeAddr) String() string  { return pipeNetwork }
