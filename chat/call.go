package chat

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
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
	path   string // escaped, the base path included
	query  string // encoded
	carry  purpose
	body   []byte
	want   int // the status that the documents promise
	limit  int64
}

// errAttemptTimeout is the cause with which an attempt's own clock ends it.
var errAttemptTimeout = errors.New("the attempt's timeout passed")

// bufferPool holds buffers for bodies, those that are sent and those that are answered.
var bufferPool = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// maxPooled keeps the rare long answer from staying in memory for ever.
const maxPooled = 64 << 10

func putBuffer(b *bytes.Buffer) {
	if b.Cap() <= maxPooled {
		bufferPool.Put(b)
	}
}

// do makes the call and gives the promised answer's body to decode, which must not keep it. It returns the request's
// id. An error is an *Error.
func (c *Client) do(ctx context.Context, r *call, decode func(body []byte) error) (string, error) {
	if ctx.Err() != nil {
		return "", r.fail(ended(ctx))
	}
	attempt, cancel := context.WithTimeoutCause(ctx, c.timeout, errAttemptTimeout)
	defer cancel()
	var seen sight
	attempt = httptrace.WithClientTrace(attempt, &httptrace.ClientTrace{
		GotConn: func(info httptrace.GotConnInfo) { seen.gotConn(info.Conn) },
	})

	resp, err := c.transport.RoundTrip(c.request(r).WithContext(attempt))
	if err != nil {
		e := r.fail(c.cause(ctx, attempt, err))
		e.Sent, e.Timeout = seen.sent(), timedOut(attempt)
		return "", e
	}
	defer resp.Body.Close() //nolint:errcheck // read to its end, or given up

	buf, _ := bufferPool.Get().(*bytes.Buffer)
	buf.Reset()
	defer putBuffer(buf)
	err = readBody(buf, resp, r.limit)
	if resp.StatusCode != r.want {
		e := c.refusal(r, resp, buf.Bytes())
		e.Timeout = err != nil && timedOut(attempt)
		return "", e
	}
	if err == nil {
		err = decode(buf.Bytes())
	}
	if err != nil {
		e := r.fail(c.cause(ctx, attempt, err))
		e.Status, e.Sent, e.RequestID = resp.StatusCode, true, c.requestID(resp)
		e.Timeout = timedOut(attempt)
		return "", e
	}
	return c.requestID(resp), nil
}

// request builds r's request. The URL is opaque, so that net/http sends the path as it was encoded here.
func (c *Client) request(r *call) *http.Request {
	req := &http.Request{
		Method:     r.method,
		URL:        &url.URL{Scheme: c.scheme, Host: c.host, Opaque: r.path, RawQuery: r.query},
		Host:       c.host,
		Header:     c.header(r.carry),
		Proto:      "HTTP/1.1",
		ProtoMajor: 1,
		ProtoMinor: 1,
	}
	switch {
	case r.body != nil:
		req.Body = io.NopCloser(bytes.NewReader(r.body))
		req.ContentLength = int64(len(r.body))
	case r.method == http.MethodGet:
		// A GET without a body is one that the transport repeats by itself after a lost answer. One with a body that
		// turns out to be empty goes out just the same and is not.
		req.Body = emptyBody{}
	}
	return req
}

// emptyBody is a body of no bytes that net/http does not know to be empty.
type emptyBody struct{}

func (emptyBody) Read([]byte) (int, error) { return 0, io.EOF }
func (emptyBody) Close() error             { return nil }

// readBody reads the answer's body into buf, to its end, so that the connection can be used again.
func readBody(buf *bytes.Buffer, resp *http.Response, limit int64) error {
	if resp.StatusCode == http.StatusSwitchingProtocols {
		return errors.New("the service switched protocols, which was not asked for")
	}
	var src io.Reader = resp.Body
	if strings.EqualFold(resp.Header.Get("Content-Encoding"), "gzip") {
		packed, err := gzip.NewReader(io.LimitReader(resp.Body, limit))
		if err != nil {
			return fmt.Errorf("unpack the answer: %w", err)
		}
		src = packed
	}
	n, err := buf.ReadFrom(io.LimitReader(src, limit+1))
	if err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	if n > limit {
		return fmt.Errorf("the answer is longer than %d bytes", limit)
	}
	return nil
}

// fail returns the error of a call that had no answer.
func (r *call) fail(err error) *Error {
	return &Error{Op: r.op, Method: r.method, Path: r.path, Err: err}
}

// cause returns what made a round trip fail: the end of the call's context or of the attempt's time before whatever
// the transport made of it.
func (c *Client) cause(ctx, attempt context.Context, err error) error {
	switch {
	case timedOut(attempt):
		return timeoutError{after: c.timeout}
	case ctx.Err() != nil:
		return ended(ctx)
	}
	if text := err.Error(); c.withoutPassword(text) != text {
		return errors.New(c.withoutPassword(text)) // the chain under it would still hold what the text held
	}
	return err
}

func timedOut(attempt context.Context) bool { return context.Cause(attempt) == errAttemptTimeout } //nolint:errorlint // identity

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
