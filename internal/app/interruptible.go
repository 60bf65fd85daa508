package app

import (
	"context"
	"io"
)

// interruptible is a reader whose context ends it, also while a read of the stream below is waiting for data that may
// never come: such a read is left behind.
type interruptible struct {
	ctx    context.Context //nolint:containedctx // io.Reader has no place for it
	src    io.Reader
	direct bool // a read below never waits for long, so that none needs leaving behind

	chunks chan chunk
	rest   []byte
	err    error
}

type chunk struct {
	data []byte
	err  error
}

func (r *interruptible) Read(p []byte) (int, error) {
	if r.ctx.Err() != nil {
		return 0, context.Cause(r.ctx)
	}
	if r.direct {
		return r.src.Read(p)
	}
	if r.chunks == nil {
		r.chunks = make(chan chunk, 1)
		go r.pump()
	}
	for len(r.rest) == 0 {
		if r.err != nil {
			return 0, r.err
		}
		select {
		case c := <-r.chunks:
			r.rest, r.err = c.data, c.err
		case <-r.ctx.Done():
			return 0, context.Cause(r.ctx)
		}
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

// pump reads ahead by one chunk. It ends with the stream, or, left behind in a read, with the process.
func (r *interruptible) pump() {
	const size = 64 << 10
	for {
		data := make([]byte, size)
		n, err := r.src.Read(data)
		select {
		case r.chunks <- chunk{data[:n], err}:
		case <-r.ctx.Done():
			return
		}
		if err != nil {
			return
		}
	}
}
