package sandbox

import (
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// pipeBuffer is how many bytes a direction of a pipe holds that were written and not read yet. A request or an answer
// mostly fits, so that its writer does not wait for its reader, as it would with net.Pipe.
const pipeBuffer = 16 << 10

// newPipe returns the two ends of a connection.
func newPipe() (near, far *pipeConn) {
	there, back := newStream(), newStream()
	return newPipeConn(back, there), newPipeConn(there, back)
}

// stream is one direction of a pipe.
type stream struct {
	mu       sync.Mutex
	pending  []byte
	buffer   []byte // pending's memory
	readable chan struct{}
	writable chan struct{}
	ended    chan struct{} // the writer, or the reader, closed
	once     sync.Once
}

func newStream() *stream {
	return &stream{readable: make(chan struct{}, 1), writable: make(chan struct{}, 1), ended: make(chan struct{})}
}

func (s *stream) end() { s.once.Do(func() { close(s.ended) }) }

// take moves pending bytes into b.
func (s *stream) take(b []byte) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := copy(b, s.pending)
	s.pending = s.pending[n:]
	if n > 0 {
		wake(s.writable)
	}
	if len(s.pending) > 0 {
		wake(s.readable) // for another reader: the token of this one is gone
	}
	return n
}

// put takes as much of b as there is room for.
func (s *stream) put(b []byte) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := min(len(b), pipeBuffer-len(s.pending))
	if n > 0 {
		if len(s.pending) == 0 {
			s.pending = s.buffer[:0]
		}
		s.pending = append(s.pending, b[:n]...)
		if cap(s.pending) > cap(s.buffer) {
			s.buffer = s.pending[:0]
		}
		wake(s.readable)
	}
	if len(s.pending) < pipeBuffer {
		wake(s.writable)
	}
	return n
}

// wake leaves a token for whoever waits, or will.
func wake(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// pipeConn is one end of a pipe.
type pipeConn struct {
	in, out    *stream
	closed     chan struct{}
	once       sync.Once
	readUntil  deadline
	writeUntil deadline
}

func newPipeConn(in, out *stream) *pipeConn {
	return &pipeConn{
		in: in, out: out, closed: make(chan struct{}),
		readUntil: deadline{passed: make(chan struct{})}, writeUntil: deadline{passed: make(chan struct{})},
	}
}

// Read returns what the other end wrote, and io.EOF when it closed and all was read.
func (c *pipeConn) Read(b []byte) (int, error) {
	for {
		passed := c.readUntil.wait()
		switch {
		case isOver(c.closed):
			return 0, c.failed("read", net.ErrClosed)
		case isOver(passed):
			return 0, c.failed("read", os.ErrDeadlineExceeded)
		case len(b) == 0:
			return 0, nil
		}
		ended := isOver(c.in.ended) // asked before the bytes, so that none which came before the end is left behind
		if n := c.in.take(b); n > 0 {
			return n, nil
		}
		if ended {
			return 0, io.EOF
		}
		select {
		case <-c.in.readable:
		case <-c.in.ended:
		case <-c.closed:
		case <-passed:
		}
	}
}

// Write returns when the other end has b, or the pipe's buffer does.
func (c *pipeConn) Write(b []byte) (n int, err error) {
	for {
		passed := c.writeUntil.wait()
		switch {
		case isOver(c.closed):
			return n, c.failed("write", net.ErrClosed)
		case isOver(c.out.ended):
			return n, c.failed("write", io.ErrClosedPipe)
		case isOver(passed):
			return n, c.failed("write", os.ErrDeadlineExceeded)
		}
		n += c.out.put(b[n:])
		if n == len(b) {
			return n, nil
		}
		select {
		case <-c.out.writable:
		case <-c.out.ended:
		case <-c.closed:
		case <-passed:
		}
	}
}

// Close ends both directions. What was written can still be read at the other end.
func (c *pipeConn) Close() error {
	c.once.Do(func() { close(c.closed) })
	c.in.end()
	c.out.end()
	c.readUntil.stop()
	c.writeUntil.stop()
	return nil
}

func (c *pipeConn) failed(op string, err error) error {
	return &net.OpError{Op: op, Net: pipeNetwork, Addr: pipeAddr{}, Err: err}
}

func (c *pipeConn) LocalAddr() net.Addr  { return pipeAddr{} }
func (c *pipeConn) RemoteAddr() net.Addr { return pipeAddr{} }

func (c *pipeConn) SetDeadline(t time.Time) error {
	c.readUntil.set(t)
	c.writeUntil.set(t)
	return nil
}

func (c *pipeConn) SetReadDeadline(t time.Time) error {
	c.readUntil.set(t)
	return nil
}

func (c *pipeConn) SetWriteDeadline(t time.Time) error {
	c.writeUntil.set(t)
	return nil
}

// deadline is a moment that can be moved, also while somebody waits for it.
type deadline struct {
	mu     sync.Mutex
	timer  *time.Timer
	passed chan struct{}
}

func (d *deadline) wait() <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.passed
}

// set moves the deadline; the zero time takes it away.
func (d *deadline) set(t time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.halt()
	if isOver(d.passed) {
		d.passed = make(chan struct{})
	}
	if t.IsZero() {
		return
	}
	passed := d.passed
	if left := time.Until(t); left > 0 {
		d.timer = time.AfterFunc(left, func() { close(passed) })
		return
	}
	close(passed)
}

func (d *deadline) stop() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.halt()
}

// halt stops the timer. One that fires just then has its channel to itself: it is replaced.
func (d *deadline) halt() {
	if d.timer != nil && !d.timer.Stop() {
		d.passed = make(chan struct{})
	}
	d.timer = nil
}

func isOver(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
