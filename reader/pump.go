package reader

import (
	"bytes"
	"io"
	"sync"
)

// piece is a part of the input that is parsed at once. It goes round: from the pump, which fills it, to a worker, which
// parses it, to the delivery, which hands its records out, and back to the pump.
type piece struct {
	buf    []byte
	from   state // the pump's guess at where in the container it starts
	final  bool  // the input ends with it
	err    error // what ended the input early, behind it
	batch  batch
	rows   int // in the batch, for the next one
	parsed chan struct{}
}

// pipeline reads ahead. The number of pieces bounds its memory.
type pipeline struct {
	r       *Reader
	cut     func(text []byte) int
	guess   state
	free    chan *piece
	work    chan *piece
	order   chan *piece // the same pieces as in work, in the order of the input
	stop    chan struct{}
	workers sync.WaitGroup

	sample []byte // read before, and what ended the reading of it
	end    error

	size int // of the next piece
}

const (
	// pieceRows bounds the records of a piece, about 400 bytes each, where rows are short: a piece is made as large as
	// so many rows were in one before. The first ones are small, because nothing is known yet.
	pieceRows  = 1024
	smallPiece = 4 << 10
)

func newPipeline(r *Reader) *pipeline {
	n := r.cfg.Workers
	pieces := 2*n + 2
	p := &pipeline{
		r: r, cut: r.cutter(), guess: r.guess(),
		free: make(chan *piece, pieces), work: make(chan *piece, pieces), order: make(chan *piece, pieces),
		stop: make(chan struct{}), sample: r.sample, end: r.end, size: min(smallPiece, r.cfg.piece),
	}
	for range pieces {
		p.free <- &piece{parsed: make(chan struct{}, 1)}
	}
	return p
}

// start begins to read ahead. The goroutines end when the input does, or with close.
func (p *pipeline) start() {
	for range p.r.cfg.Workers {
		p.workers.Go(p.parse)
	}
	go p.pump()
}

// close makes the goroutines end and waits for the workers. The pump may be waiting for the input, which nothing can
// hurry, so it frees the decompressor when it gets there.
func (p *pipeline) close() {
	close(p.stop)
	p.workers.Wait()
}

func (p *pipeline) parse() {
	parser := p.r.newParser()
	for {
		select {
		case c, ok := <-p.work:
			if !ok {
				return
			}
			parser.parse(&c.batch, c.buf, c.from, c.final)
			c.parsed <- struct{}{}
		case <-p.stop:
			return
		}
	}
}

// pump fills pieces up to its end or that of the input.
func (p *pipeline) pump() {
	defer close(p.order)
	defer close(p.work)
	defer p.r.release()
	var rest []byte
	for from := (state{}); ; from = p.guess {
		var c *piece
		select {
		case c = <-p.free:
		case <-p.stop:
			return
		}
		p.resize(c)
		cut, err := p.fill(c, rest)
		rest = append(rest[:0], c.buf[cut:]...)
		c.buf = c.buf[:cut]
		c.from, c.err = from, err
		c.final = err == io.EOF //nolint:errorlint // source.Read returns io.EOF itself
		select {
		case <-p.stop:
			return
		default:
		}
		p.order <- c // never waits: there is room for all pieces
		p.work <- c
		if err != nil {
			return
		}
	}
}

// resize learns from the last records in c how large a piece should be.
func (p *pipeline) resize(c *piece) {
	if c.rows > 0 {
		p.size = min(max(len(c.buf)/c.rows*pieceRows, smallPiece), p.r.cfg.piece)
	}
}

// fill makes c of the rest of the piece before and more of the input, and returns how much of it ends, by the look of
// it, with a record.
func (p *pipeline) fill(c *piece, rest []byte) (cut int, err error) {
	limit := p.r.cfg.MaxRowBytes + 2 + p.r.cfg.piece
	c.buf = append(c.buf[:0], rest...)
	for size := p.size; ; size *= 2 {
		size = min(size, limit)
		if from := len(c.buf); from < size {
			var n int
			c.buf = grow(c.buf, size)
			n, err = p.read(c.buf[from:])
			c.buf = c.buf[:from+n]
		}
		if err != nil {
			return len(c.buf), err
		}
		if cut = p.cut(c.buf); cut > 0 {
			return cut, nil
		}
		if size == limit {
			return len(c.buf), nil
		}
	}
}

// read fills buf from the sample and then from the input.
func (p *pipeline) read(buf []byte) (int, error) {
	n := copy(buf, p.sample)
	p.sample = p.sample[n:]
	if len(p.sample) > 0 || n == len(buf) && p.end == nil {
		return n, nil
	}
	if p.end != nil {
		return n, p.end
	}
	m, err := p.r.src.Read(buf[n:])
	return n + m, err
}

// grow returns buf with the given length.
func grow(buf []byte, size int) []byte {
	if cap(buf) < size {
		buf = append(make([]byte, 0, size), buf...)
	}
	return buf[:size]
}

// guess is the state in which a piece starts behind a cut.
func (r *Reader) guess() state {
	if r.format != JSON || len(r.first) == 0 {
		return state{}
	}
	i := space(r.sample, 0)
	if r.sample[i] == '[' {
		return state{mode: arrElem}
	}
	p := jsonParser{data: r.sample[i:], final: true, max: r.cfg.MaxRowBytes}
	if page, _ := p.isPage(); page {
		return state{mode: arrElem, page: true}
	}
	return state{}
}

// cutter returns what finds the last place in a text that looks like the start of a record, or something below 1. It
// need not be right, for the delivery puts right what it gets wrong, but that costs time.
func (r *Reader) cutter() func([]byte) int {
	switch r.format {
	case CSV:
		return cutRows
	case JSON:
		return func(text []byte) int { return bytes.LastIndex(text, r.first) }
	default:
		return func(text []byte) int { return bytes.LastIndexByte(text, '\n') + 1 }
	}
}

// cutRows cuts behind the last line end outside of quotes, supposing that quotes come in pairs.
func cutRows(text []byte) int {
	odd := bytes.Count(text, []byte{'"'})&1 == 1
	for end := len(text); end > 0; {
		i := bytes.LastIndexByte(text[:end], '\n')
		if i < 0 {
			i = bytes.LastIndexByte(text[:min(end, len(text)-1)], '\r') // a \n might follow a last one
		}
		if i < 0 {
			return -1
		}
		if bytes.Count(text[i:end], []byte{'"'})&1 == 1 {
			odd = !odd
		}
		if !odd {
			return i + 1
		}
		end = i
	}
	return -1
}

// firstKey returns the beginning of the first element of a JSON container, up to its first key: elements further down
// most likely begin alike.
func firstKey(text []byte) []byte {
	var p jsonParser
	var b batch
	p.b, p.data, p.final, p.max = &b, text, true, len(text)
	for {
		if p.i = space(text, p.i); p.i == len(text) {
			return nil
		}
		if text[p.i] == '{' && b.end.mode <= arrElem {
			if page, _ := p.isPage(); !page || b.end.mode != top {
				break
			}
		}
		if b.end.mode == arrElem || b.end.mode == arrFirst && text[p.i] != ']' || !p.step() {
			return nil
		}
	}
	i := space(text, p.i+1)
	if i == len(text) || text[i] != '"' {
		return nil
	}
	end, _, f := stringEnd(text, i+1)
	if f != nil {
		return nil
	}
	return bytes.Clone(text[p.i : end+1])
}
