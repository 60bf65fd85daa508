package audit

import (
	"cmp"
	"encoding/binary"
	"slices"

	"rejoin/internal/spill"
)

// Twins are the rows that are not sent because another row of the backup counts for the same member. What is kept of
// one is about eight bytes, in a temporary file where there are many, and of each 256th part of the backup's rows it is
// in memory at once. Close takes the file away. It belongs to one goroutine.
type Twins struct {
	file   *spill.File
	spill  *spill.Spill
	rows   int64 // of the backup
	buf    []byte
	part   int    // that is loaded; -1: none
	loaded []twin // by row
	next   int    // the first of them that is not before the row that was asked for last
}

// twin is a row, and the line of the one that counts.
type twin struct {
	row, line int64
	same      bool // the values of both
}

const (
	twinsChunk = 4 << 10
	twinsKeep  = 1 << 20
)

func newTwins(dir string, rows int64) *Twins {
	file := spill.NewFile(dir, twinsChunk)
	return &Twins{file: file, spill: spill.New(file, twinsKeep), rows: rows, part: -1}
}

// partOf is the part in which a row is.
func (t *Twins) partOf(row int64) int { return int((row - 1) * spill.Parts / t.rows) }

func (t *Twins) add(row, line int64, same bool) error {
	t.buf = binary.AppendVarint(t.buf[:0], row)
	line *= 2
	if same {
		line++
	}
	t.buf = binary.AppendVarint(t.buf, line)
	return t.spill.Put(t.partOf(row), t.buf)
}

// Twin tells whether a row is not sent because another one counts for its member: on which line that one starts, and
// whether it has the same values. Rows are best asked for in their order. It fails where the temporary file cannot be
// read.
func (t *Twins) Twin(row int64) (line int64, same, ok bool, err error) {
	if row < 1 || row > t.rows {
		return 0, false, false, nil
	}
	if part := t.partOf(row); part != t.part {
		if err := t.load(part); err != nil {
			return 0, false, false, err
		}
	}
	if t.next > 0 && t.loaded[t.next-1].row >= row {
		t.next = 0
	}
	for t.next < len(t.loaded) && t.loaded[t.next].row < row {
		t.next++
	}
	if t.next == len(t.loaded) || t.loaded[t.next].row > row {
		return 0, false, false, nil
	}
	found := t.loaded[t.next]
	return found.line, found.same, true, nil
}

func (t *Twins) load(part int) error {
	t.part, t.loaded, t.next = -1, t.loaded[:0], 0
	err := t.spill.Look(part, func(chunk []byte) error {
		for d := (decoding{data: chunk}); len(d.data) > 0; {
			row, line := d.varint(), d.varint()
			if d.bad {
				return errKept
			}
			t.loaded = append(t.loaded, twin{row: row, line: line / 2, same: line%2 == 1})
		}
		return nil
	})
	if err != nil {
		return err
	}
	slices.SortFunc(t.loaded, func(a, b twin) int { return cmp.Compare(a.row, b.row) })
	t.part = part
	return nil
}

// Close takes the temporary file away.
func (t *Twins) Close() {
	if t != nil {
		t.file.Close()
	}
}
