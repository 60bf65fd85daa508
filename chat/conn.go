package chat

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"
)

const (
	// readSize is the room for what has come and was not read yet. The answer to a create mostly fits.
	readSize = 8 << 10

	// maxHeaderBytes bounds an answer's headers, those of interim answers before it included.
	maxHeaderBytes = 64 << 10

	// maxKept keeps the rare long request from staying in memory as long as its connection.
	maxKept = 64 << 10
)

// conn is a connection to the service. One request at a time has it, and its goroutine does all the writing and
// reading; only a request that may not fit into the buffers on the way is written by another (sendAside).
type conn struct {
	net  net.Conn
	wire *wire // at the bottom of net
	in   *bufio.Reader
	out  []byte // the request
	one  [1]byte

	left   int64 // of maxHeaderBytes; below 0: it is not counted
	before int64 // what was written when the request got the connection

	kept  bool      // it was in the pool before its request got it
	since time.Time // when it came there
	watch chan bool // sends whether it was open and silent; nil: nobody watches

	writing chan error // sends how the writing of a long request went; nil: nobody writes but its own goroutine

	leash
}

// leash ends the waiting on a connection when the context of its request ends. It stays with the context from request
// to request, for a run's requests mostly have the same.
type leash struct {
	mu      sync.Mutex
	done    <-chan struct{} // of the context
	stop    func() bool
	busy    bool
	aborted bool // the request's context has ended
}

func newConn(c net.Conn) *conn {
	cn := &conn{net: c, wire: bottom(c), left: -1}
	cn.in = bufio.NewReaderSize((*counted)(cn), readSize)
	return cn
}

// longAgo is a deadline that has passed.
func longAgo() time.Time { return time.Unix(1, 0) }

// begin gives the connection to a request of ctx that has to end by until; false: ctx has ended.
func (c *conn) begin(ctx context.Context, until time.Time) bool {
	done := ctx.Done()
	if done != c.done {
		c.unleash()
		c.mu.Lock()
		c.done = done
		c.mu.Unlock()
		if done != nil {
			c.stop = context.AfterFunc(ctx, func() { c.abort(done) })
		}
	}
	c.before = c.wire.written.Load()
	c.mu.Lock()
	c.busy, c.aborted = true, false
	_ = c.net.SetDeadline(until) // of a connection that is closed: then writing fails
	c.mu.Unlock()
	return ctx.Err() == nil
}

// end takes the connection away from its request.
func (c *conn) end() {
	c.mu.Lock()
	c.busy = false
	c.mu.Unlock()
}

// abort ends the waiting of the request whose context has ended.
func (c *conn) abort(done <-chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.busy && c.done == done {
		c.aborted = true
		_ = c.net.SetDeadline(longAgo())
	}
}

// wasAborted reports whether the request's context ended its waiting.
func (c *conn) wasAborted() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.aborted
}

func (c *conn) unleash() {
	if c.stop != nil {
		c.stop()
		c.stop = nil
	}
}

// sent reports whether any byte of the request, or of what secures it, can have left.
func (c *conn) sent() bool { return c.wire.written.Load() != c.before }

// drop closes the connection at once, without a good-bye, for which it might have to wait.
func (c *conn) drop() {
	c.end()
	c.unleash()
	_ = c.wire.Close() // it is given up
}

// close closes a connection that no request has.
func (c *conn) close() {
	c.unleash()
	_ = c.net.Close() // all that mattered was read
}

// rest prepares the connection for the time without a request.
func (c *conn) rest(now time.Time) {
	c.since = now
	if cap(c.out) > maxKept {
		c.out = nil
	}
	if c.wire.socket == nil {
		c.startWatch()
	}
}

// fresh reports, at the end of that time, whether the connection can be used: it is still open as far as can be seen
// without writing, has been silent, and is not too old. An answer nobody asked for would be taken for the next one's.
func (c *conn) fresh(now time.Time) bool {
	var silent bool
	if c.watch != nil {
		silent = c.endWatch()
	} else {
		silent = c.askWire()
	}
	// Round takes the monotonic clock away, which stands still while a machine sleeps.
	return silent && now.Round(0).Sub(c.since.Round(0)) < idleTimeout
}

// askWire asks the socket. With TLS the question goes through it, for what comes may be TLS's own.
func (c *conn) askWire() bool {
	c.wire.asking = true
	n, err := c.net.Read(c.one[:])
	c.wire.asking = false
	return n == 0 && errors.Is(err, nothingYet{})
}

// startWatch has a goroutine read, where the connection cannot be asked.
func (c *conn) startWatch() {
	_ = c.net.SetDeadline(time.Time{})
	watch := make(chan bool, 1)
	c.watch = watch
	go func() {
		var b [1]byte
		n, err := c.net.Read(b[:])
		timeout, ok := err.(net.Error) //nolint:errorlint // package net's own, or a reason to close
		watch <- n == 0 && ok && timeout.Timeout()
	}()
}

// endWatch ends that goroutine, and returns what it saw.
func (c *conn) endWatch() bool {
	_ = c.net.SetReadDeadline(longAgo())
	silent := <-c.watch
	c.watch = nil
	return silent
}

// counted is a conn as its buffer reads from it: no more than there may be of headers.
type counted conn

func (c *counted) Read(p []byte) (int, error) {
	if c.left < 0 {
		return c.net.Read(p)
	}
	if c.left == 0 {
		return 0, errHeadersTooLong
	}
	n, err := c.net.Read(p[:min(int64(len(p)), c.left)])
	c.left -= int64(n)
	return n, err
}

var errHeadersTooLong = fmt.Errorf("the answer's headers are longer than %d bytes", maxHeaderBytes)
