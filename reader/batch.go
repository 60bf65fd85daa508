package reader

import "slices"

// batch is what parsing a piece of the input gave. Positions in it count from the piece's start: rows, lines and bytes
// from 0, because pieces are parsed side by side and none knows how much stands before it.
type batch struct {
	recs    []Record
	faults  []rowFault
	unknown []string // keys that stand for no field, in the order in which they were met
	arena   []byte   // decoded text that could not stay in the piece
	skipped int64    // messages that hold no member

	used  int   // bytes that are done with; what is behind them needs the next piece
	lines int64 // line ends in the used bytes
	col   int   // used bytes behind the last line end
	end   state // where in the container the used bytes end

	fatal *InputError // why the container cannot be read on, behind the used bytes
}

// rowFault is a row error that stands at recs[at].
type rowFault struct {
	at  int
	err *RowError
}

// reset empties b for the next piece and keeps its memory.
func (b *batch) reset(from state) {
	*b = batch{
		recs: b.recs[:0], faults: b.faults[:0], unknown: b.unknown[:0], arena: b.arena[:0],
		end: from,
	}
}

// next adds an empty record.
func (b *batch) next() *Record {
	if n := len(b.recs); n < cap(b.recs) {
		b.recs = b.recs[:n+1]
		b.recs[n] = Record{}
	} else {
		b.recs = append(b.recs, Record{})
	}
	return &b.recs[len(b.recs)-1]
}

// drop takes the last record back.
func (b *batch) drop() { b.recs = b.recs[:len(b.recs)-1] }

// fail turns the last record, which starts at pos, into a row error. Column is an offset into raw, from 0, or -1.
func (b *batch) fail(pos Pos, raw []byte, f *fault) {
	at := len(b.recs) - 1
	b.recs[at] = Record{Pos: pos}
	b.faults = append(b.faults, rowFault{at, f.rowError(pos, raw)})
}

// meet notes a key that stands for no field.
func (b *batch) meet(name string) {
	if len(b.unknown) < maxUnknown && !slices.Contains(b.unknown, name) {
		b.unknown = append(b.unknown, name)
	}
}

// maxUnknown bounds the memory for the names of unknown keys, for inputs in which every row has its own.
const maxUnknown = 1000
