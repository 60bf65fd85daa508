package chat

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"
)

// How much of an answer is read, unpacked. A page holds up to 100 members, each with its attributes.
const (
	maxAnswer = 1 << 20
	maxPage   = 16 << 20
)

// call is one request to make.
type call struct {
	op     string // what it does, for messages
	method string
	path   []byte // escaped, the base path included
	query  string // encoded
	carry  purpose
	body   []byte // sent where carry is writing
	want   int    // the status that the documents promise
	limit  int64
}

// callPool holds calls that are over, for their memory.
var callPool = sync.Pool{New: func() any { return new(call) }}

// newCall returns a call without a path or body, to be freed when it is over.
func newCall(op, method string, carry purpose, want int, limit int64) *call {
	r, _ := callPool.Get().(*call)
	*r = call{op: op, method: method, carry: carry, want: want, limit: limit, path: r.path[:0], body: r.body[:0]}
	return r
}

func (r *call) free() {
	if cap(r.path)+cap(r.body) <= maxKept {
		callPool.Put(r)
	}
}

// errAttemptTimeout is the cause with which an attempt's own clock ends its wait for a connection.
var errAttemptTimeout = errors.New("the attempt's timeout passed")

// bufferPool holds buffers for answers that have no room in a connection's own.
var bufferPool = sync.Pool{New: func() any { return new(bytes.Buffer) }}

func putBuffer(b *bytes.Buffer) {
	if b.Cap() <= maxKept {
		bufferPool.Put(b)
	}
}

// reply is the promised answer's body, until its release.
type reply struct {
	body []byte
	id   string // the request's
	conn *conn  // nil: it was given back
	buf  *bytes.Buffer
}

// release gives back what the reply stands in.
func (c *Client) release(x *reply) {
	if x.buf != nil {
		putBuffer(x.buf)
	}
	if x.conn != nil {
		c.pool.put(x.conn)
	}
}

// do makes the call, and returns the promised answer, which the caller releases. An error is an *Error.
//
// Nothing is sent twice: another connection is taken only where one that was kept turns out to be closed before a
// single byte of the request was written to it.
func (c *Client) do(ctx context.Context, r *call) (reply, error) {
	if ctx.Err() != nil {
		return reply{}, r.fail(ended(ctx))
	}
	now := time.Now()
	until := now.Add(c.timeout)
	for {
		cn, err := c.pool.get(ctx, now, until)
		if err != nil {
			return reply{}, c.unsent(ctx, r, err)
		}
		if !cn.begin(ctx, until) {
			cn.end()
			c.pool.put(cn)
			return reply{}, r.fail(ended(ctx))
		}
		a, err := cn.roundTrip(r, c.header(r.carry))
		if err == nil {
			return c.receive(ctx, r, cn, &a, until)
		}
		sent, aborted, kept := cn.sent(), cn.wasAborted(), cn.kept
		cn.drop()
		e := c.lost(ctx, r, err, aborted, until)
		if e.Sent = sent; sent || !kept || e.Timeout || ctx.Err() != nil {
			return reply{}, e
		}
	}
}

// receive reads the answer's body and gives the connection back as soon as it is not needed for it.
func (c *Client) receive(ctx context.Context, r *call, cn *conn, a *answer, until time.Time) (reply, error) {
	x := reply{conn: cn}
	if a.needsBuffer(cn) {
		x.buf, _ = bufferPool.Get().(*bytes.Buffer)
		x.buf.Reset()
	}
	var err error
	x.body, err = cn.readBody(a, x.buf, r.limit)
	written, err := cn.settle(err)
	aborted := cn.wasAborted()
	switch {
	case !written || !a.keeps(cn.in):
		cn.drop() // what is in its buffer stays
		x.conn = nil
	default:
		cn.end()
		if x.buf != nil {
			c.pool.put(cn)
			x.conn = nil
		}
	}
	if a.status == r.want && err == nil {
		x.id = c.requestID(a.id)
		return x, nil
	}
	defer c.release(&x)
	e := c.lost(ctx, r, err, aborted, until)
	if a.status != r.want {
		timeout := e.Timeout
		e = c.refusal(r, a, x.body)
		e.Timeout = timeout
		return reply{}, e
	}
	e.Status, e.Sent, e.RequestID = a.status, true, c.requestID(a.id)
	return reply{}, e
}

// misread returns the error of a promised answer that cannot be understood.
func (c *Client) misread(r *call, x *reply, err error) *Error {
	e := r.fail(c.discreet(err))
	e.Status, e.Sent, e.RequestID = r.want, true, x.id
	return e
}

// fail returns the error of a call that had no answer.
func (r *call) fail(err error) *Error {
	return &Error{Op: r.op, Method: r.method, Path: string(r.path), Err: err}
}

// unsent returns the error of a call that got no connection.
func (c *Client) unsent(ctx context.Context, r *call, err error) *Error {
	if errors.Is(err, errAttemptTimeout) {
		e := r.fail(timeoutError{after: c.timeout})
		e.Timeout = true
		return e
	}
	if ctx.Err() != nil {
		return r.fail(ended(ctx))
	}
	return r.fail(c.discreet(err))
}

// lost returns the error of a call whose answer did not come, or not to its end. The end of the call's context, or of
// the attempt's time, goes before whatever the connection made of it.
func (c *Client) lost(ctx context.Context, r *call, err error, aborted bool, until time.Time) *Error {
	switch {
	case err == nil:
		return &Error{}
	case aborted:
		return r.fail(ended(ctx))
	case errors.Is(err, os.ErrDeadlineExceeded), !time.Now().Before(until):
		e := r.fail(timeoutError{after: c.timeout})
		e.Timeout = true
		return e
	case ctx.Err() != nil:
		return r.fail(ended(ctx))
	}
	return r.fail(c.discreet(err))
}

// discreet returns err, or where its text holds the password an error without it: the chain below would still hold
// what the text held.
func (c *Client) discreet(err error) error {
	if text := err.Error(); c.withoutPassword(text) != text {
		return errors.New(c.withoutPassword(text))
	}
	return err
}

// timeoutError says that an attempt's own clock ended it.
type timeoutError struct{ after time.Duration }

func (e timeoutError) Error() string { return fmt.Sprintf("no whole answer within %v", e.after) }

// Timeout implements [net.Error]'s method of that name.
func (e timeoutError) Timeout() bool { return true }

// Is makes the error one of [context.DeadlineExceeded]'s kind.
func (e timeoutError) Is(target error) bool { return target == context.DeadlineExceeded }

// ended returns why ctx ended: its error, and its cause where that says more.
func ended(ctx context.Context) error {
	err, cause := ctx.Err(), context.Cause(ctx)
	if errors.Is(cause, err) {
		return cause
	}
	return fmt.Errorf("%w: %w", err, cause)
}
