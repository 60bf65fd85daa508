package reader

import (
	"bytes"
	"cmp"
	"slices"
	"sync"
)

// indexStep is how many bytes lie between two places of an index at least: what is found with it is read in no time, and
// an index of a terabyte takes 24 MB.
const indexStep = 1 << 20

// RowIndex is a sparse index of an NDJSON backup: places at which a row ends, noted while the backup's bytes go by for
// another reason, such as a fingerprint. A reader of the rest alone can begin there ([Config].Rest). It is safe for
// concurrent use: it can be asked while it is being written to.
type RowIndex struct {
	max  int // the longest row that is told by its line end alone
	step int64

	mu     sync.Mutex
	mark   int64 // bytes of the byte order mark that have yet to come
	at     Pos   // behind the last line end
	size   int   // of the line that has begun
	row    bool  // it is not blank, as far as it has come
	over   bool  // a row was too long: those behind it are for Records to find
	places []Pos
}

// Index returns an index that is empty. It is to be given the input's bytes, from the first on. There is none, and it
// is nil, where it takes more than a line end to tell where a row ends, or where the text is not what the input holds.
// It must be asked for before the records are.
func (r *Reader) Index() *RowIndex {
	if r.format != NDJSON || !r.plain() || r.base.Row > 0 {
		return nil
	}
	return &RowIndex{max: r.cfg.MaxRowBytes, step: indexStep, mark: r.base.Offset, at: r.base}
}

// Write takes in the next bytes. It never fails.
func (x *RowIndex) Write(p []byte) (int, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	all := len(p)
	skip := min(x.mark, int64(len(p)))
	x.mark -= skip
	p = p[skip:]
	for len(p) > 0 && !x.over {
		end := bytes.IndexByte(p, '\n')
		if end < 0 {
			x.line(p)
			break
		}
		x.line(p[:end])
		x.end()
		p = p[end+1:]
	}
	return all, nil
}

// line takes in a part of a line.
func (x *RowIndex) line(part []byte) {
	x.size += len(part)
	x.row = x.row || !blank(part)
	x.over = x.size > x.max
}

// end takes in a line end.
func (x *RowIndex) end() {
	if x.over {
		return
	}
	x.at.Line++
	x.at.Offset += int64(x.size) + 1
	if x.row {
		x.at.Row++
		if n := len(x.places); n == 0 || x.at.Offset-x.places[n-1].Offset >= x.step {
			x.places = append(x.places, x.at)
		}
	}
	x.size, x.row = 0, false
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
