package reader

import (
	"bytes"
	"cmp"
	"io"
	"slices"
	"sync"
)

// indexStep is how many bytes lie between two places of an index at least: what is found with it is read in no time, and
// an index of a terabyte takes 24 MB.
const indexStep = 1 << 20

// RowIndex is a sparse index of a backup in NDJSON or CSV: places at which a row ends, noted while the backup's bytes go
// by for another reason, such as a fingerprint. The rows behind one can be read alone ([Reader.Rest]). It is safe for
// concurrent use: it can be asked while it is being written to.
type RowIndex struct {
	max    int // the longest row
	step   int64
	quotes *quotes // in CSV; nil: a row is a line

	mu      sync.Mutex
	skip    int64 // bytes before the first line that have yet to come
	at      Pos   // behind the last row that has ended, and what is blank behind it
	size    int   // of what has come of the next one
	lines   int64 // line ends in it
	row     bool  // it is not blank, as far as it has come
	unclear bool  // where a row ends is for Records to find, from here on
	places  []Pos
}

// Index returns an index that is empty. It is to be given the input's bytes, from the first on. There is none, and it
// is nil, where it takes more than line ends and quotes to tell where a row ends, or where the text is not what the input
// holds.
func (r *Reader) Index() *RowIndex {
	if !r.plain() {
		return nil
	}
	x := &RowIndex{max: r.cfg.MaxRowBytes, step: indexStep, skip: r.start.Offset, at: r.start}
	switch {
	case r.format == NDJSON:
		return x
	case r.format == CSV && r.header.delim != '\t': // in tab-delimited text a quote may be a letter
		x.quotes = &quotes{delim: r.header.delim, start: true}
		return x
	}
	return nil
}

// Rest returns a reader of the rows behind a place that an index of the same input has. in gives the input's bytes from
// there on. There may be no row among them.
func (r *Reader) Rest(in io.Reader, place Pos) (*Reader, error) {
	d := &Reader{
		cfg: r.cfg, cols: r.cols, name: r.name, format: r.format, header: r.header,
		src: plainSource(in), start: place, base: place, rejects: new(rejectsState),
	}
	d.src.encoding = r.src.encoding
	if d.header != nil {
		d.unknown = d.header.unknown()
	}
	if err := d.readSample(); err != nil {
		return nil, err
	}
	return d, nil
}

// plain reports whether the text is what the input itself holds.
func (r *Reader) plain() bool {
	return r.src.compression == "" && (r.src.encoding == "UTF-8" || r.src.encoding == "UTF-8 with a byte order mark")
}

// Before is the last place that is known and has no more than so many rows before it. ok is false where there is none.
func (x *RowIndex) Before(rows int64) (place Pos, ok bool) {
	if x == nil {
		return Pos{}, false
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	n, found := slices.BinarySearchFunc(x.places, rows, func(p Pos, rows int64) int { return cmp.Compare(p.Row, rows) })
	if found {
		n++
	}
	if n == 0 {
		return Pos{}, false
	}
	return x.places[n-1], true
}

// Write takes in the next bytes. It never fails.
func (x *RowIndex) Write(p []byte) (int, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	all := len(p)
	skip := min(x.skip, int64(len(p)))
	x.skip -= skip
	for p = p[skip:]; len(p) > 0 && !x.unclear; {
		end := bytes.IndexByte(p, '\n')
		if end < 0 {
			x.part(p)
			break
		}
		x.part(p[:end])
		x.lineEnd()
		p = p[end+1:]
	}
	return all, nil
}

// part takes in a part of a line.
func (x *RowIndex) part(text []byte) {
	x.size += len(text)
	if x.quotes == nil {
		x.row = x.row || !blank(text)
	} else {
		x.row = true // unless it is empty, which is told at its end
		x.unclear = !x.quotes.follow(text)
	}
	x.unclear = x.unclear || x.size > x.max
}

// lineEnd takes in a line end.
func (x *RowIndex) lineEnd() {
	if x.unclear {
		return
	}
	x.size++
	x.lines++
	if x.quotes != nil {
		empty := x.size == 1 || x.size == 2 && x.quotes.returned
		if !x.quotes.lineEnd() {
			return // it stands in a cell
		}
		x.row = !empty
	}
	x.at.Line += x.lines
	x.at.Offset += int64(x.size)
	if x.row {
		x.at.Row++
		if n := len(x.places); n == 0 || x.at.Offset-x.places[n-1].Offset >= x.step {
			x.places = append(x.places, x.at)
		}
	}
	x.size, x.lines, x.row = 0, 0, false
}

// quotes follow a CSV row to its end, as long as its quotes stand where they should.
type quotes struct {
	delim    byte
	start    bool // at the start of a cell
	quoted   bool // in quotes
	closing  bool // behind a quote in quotes
	returned bool // behind a \r, which has to stand before a \n
}

// follow goes over a part of a line. It returns false where a quote or a \r does not stand where it should: where the
// row ends is then not told by them.
func (q *quotes) follow(text []byte) bool {
	if len(text) == 0 {
		return true
	}
	if q.returned {
		return false
	}
	if r := bytes.IndexByte(text, '\r'); r >= 0 {
		if r < len(text)-1 {
			return false
		}
		q.returned = true
		text = text[:r]
	}
	for len(text) > 0 {
		n, ok := q.step(text)
		if !ok {
			return false
		}
		text = text[n:]
	}
	return true
}

// step goes over the text's first byte, or to behind its next quote.
func (q *quotes) step(text []byte) (n int, ok bool) {
	if q.closing {
		q.closing = false
		q.quoted = text[0] == '"'
		q.start = text[0] == q.delim
		return 1, q.quoted || q.start
	}
	i := bytes.IndexByte(text, '"')
	switch {
	case q.quoted && i >= 0:
		q.closing = true
	case q.quoted:
		return len(text), true
	case i < 0:
		q.start = text[len(text)-1] == q.delim
		return len(text), true
	case i == 0 && !q.start, i > 0 && text[i-1] != q.delim:
		return 0, false
	default:
		q.quoted = true
	}
	return i + 1, true
}

// lineEnd goes over a line end, and reports whether the row ends with it.
func (q *quotes) lineEnd() bool {
	q.returned = false
	if q.quoted && !q.closing {
		return false
	}
	q.quoted, q.closing, q.start = false, false, true
	return true
}
