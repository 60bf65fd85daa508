package report

import (
	"bytes"
	"errors"
	"io"
	"slices"
)

const (
	// maxLine is the longest line that is read as one. Anything longer cannot be one that this package wrote.
	maxLine = 64 << 20
	// pieceSize is how much is read at a time. It begins with less, because most reports are small.
	pieceSize  = 128 << 10
	firstPiece = 4 << 10
)

// rawLine is a line of a report, without its line end. Its text is valid as long as the piece it stands in.
type rawLine struct {
	number int64 // from 1
	offset int64 // of its first byte
	size   int64 // with its line end
	text   []byte
	ended  bool // it has a line end
	huge   bool // it is longer than maxLine; text holds its beginning
}

// eachLine calls fn for every line, the last included if it has no line end, until fn or reading fails.
func eachLine(src io.Reader, fn func(*rawLine) error) error {
	r := newPieceReader(src)
	var p piece
	for number := int64(1); r.next(&p); {
		for p.more() {
			l := p.line()
			l.number = number
			if err := fn(&l); err != nil {
				return err
			}
			number++
		}
	}
	return r.failure()
}

// piece is a part of a report: whole lines, one behind the other.
type piece struct {
	offset int64 // of its first byte
	text   []byte
	at     int // how much of the text has been taken

	huge  bool  // it is one line, which is longer than maxLine; text holds its beginning
	size  int64 // and this is its size
	ended bool  // and it has a line end
}

// more reports whether there is a line that has not been taken.
func (p *piece) more() bool { return p.at < len(p.text) }

// line takes the next line. Which number it has in the report is not known to the piece.
func (p *piece) line() rawLine {
	l := rawLine{offset: p.offset + int64(p.at), text: p.text[p.at:]}
	if p.huge {
		l.size, l.ended, l.huge = p.size, p.ended, true
		p.at = len(p.text)
		return l
	}
	l.size = int64(len(l.text))
	if end := bytes.IndexByte(l.text, '\n'); end >= 0 {
		l.text, l.size, l.ended = l.text[:end:end], int64(end)+1, true
	}
	p.at += int(l.size)
	return l
}

// pieceReader reads a report piece by piece.
type pieceReader struct {
	src  io.Reader
	size int // how much is read at a time: no more than max
	most int // and of the next at most
	max  int // how long a line is read as one

	offset int64
	rest   []byte // read already, of the next piece
	err    error  // what ended the reading
}

func newPieceReader(src io.Reader) *pieceReader {
	return &pieceReader{src: src, size: firstPiece, most: pieceSize, max: maxLine}
}

// failure is what reading ended with, if it was not the report's end.
func (r *pieceReader) failure() error {
	if errors.Is(r.err, io.EOF) {
		return nil
	}
	return r.err
}

// next reads the next piece into the memory that p has, and returns false when there is none. Of a line in the midst of
// which reading fails nothing is given.
func (r *pieceReader) next(p *piece) bool {
	*p = piece{offset: r.offset, text: append(p.text[:0], r.rest...)}
	r.rest = r.rest[:0]
	var end, seen int // of the whole lines; of what has been searched for them
	for size := len(p.text) + r.size; ; size *= 4 {
		r.fill(p, min(size, r.max+1))
		if end = bytes.LastIndexByte(p.text[seen:], '\n') + 1; end > 0 {
			end += seen
			break
		}
		if r.err != nil {
			break
		}
		if seen = len(p.text); seen > r.max {
			return r.skip(p)
		}
	}
	if r.err != nil && r.failure() == nil {
		end = len(p.text)
	}
	r.size = max(min(4*r.size, r.most), r.size)
	r.rest = append(r.rest, p.text[end:]...)
	p.text = p.text[:end]
	r.offset += int64(end)
	return end > 0
}

// fill reads on until the piece has so many bytes, or reading ends.
func (r *pieceReader) fill(p *piece, size int) {
	n := len(p.text)
	if r.err != nil {
		return
	}
	p.text = slices.Grow(p.text, size-n)[:size]
	for n < size && r.err == nil {
		var more int
		more, r.err = r.src.Read(p.text[n:])
		n += more
	}
	p.text = p.text[:n]
}

// skip makes the piece the one line that begins with it and is too long to be held.
func (r *pieceReader) skip(p *piece) bool {
	p.huge, p.size = true, int64(len(p.text))
	buf := make([]byte, r.size)
	for r.err == nil && !p.ended {
		var n int
		n, r.err = r.src.Read(buf)
		if end := bytes.IndexByte(buf[:n], '\n') + 1; end > 0 {
			p.ended = true
			r.rest = append(r.rest, buf[end:n]...)
			n = end
		}
		p.size += int64(n)
	}
	r.offset += p.size
	return p.ended || r.failure() == nil
}
