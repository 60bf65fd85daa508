package reader

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
)

// delivery hands the records of the pieces out, in order. Where the pump's guess at the start of a piece was wrong, it
// parses that piece again by itself, together with what was left of the piece before.
type delivery struct {
	r     *Reader
	pipe  *pipeline
	yield func(Record, error) bool

	base   Pos   // of the next piece: rows and bytes before it; lines up to its start
	col    int   // bytes before it on its line
	state  state // where in the container it starts
	left   []byte
	enough int // bytes of left for which parsing it again is worth it
	parser parser
	spare  batch
	long   *longRow // the row that is being skipped, if any
	begun  bool     // a record was handed out, or passed over
}

// longRow is a row that is too long to be held.
type longRow struct {
	skipper
	pos  Pos
	size int
	last [2]byte
}

// lineEnd returns the size of the line end that was skipped with the row.
func (l *longRow) lineEnd(format Format) int {
	switch {
	case format == JSON:
		return 0
	case l.last == [2]byte{'\r', '\n'}:
		return 2
	case l.last[1] == '\n' || l.last[1] == '\r':
		return 1
	}
	return 0
}

func newDelivery(r *Reader, yield func(Record, error) bool) *delivery {
	return &delivery{r: r, pipe: newPipeline(r), yield: yield, base: r.base, parser: r.newParser(), begun: r.base.Row > 0}
}

func (d *delivery) run() {
	d.pipe.start()
	defer d.pipe.close()
	for c := range d.pipe.order {
		<-c.parsed
		if !d.piece(c) {
			return
		}
		if cap(c.buf) > 8*d.r.cfg.piece {
			c.buf = nil // grown for a long row: not kept
		}
		if cap(c.batch.recs) > 4*pieceRows {
			c.batch.recs = nil
		}
		d.pipe.free <- c
	}
}

// piece hands out the records of c and reports whether to go on.
func (d *delivery) piece(c *piece) bool {
	data, b := c.buf, &c.batch
	if d.long != nil {
		n, on := d.skip(data, c.final)
		if !on {
			return false
		}
		if d.long != nil {
			return d.ended(c)
		}
		data, b = data[n:], nil
	}
	if b == nil || len(d.left) > 0 || c.from != d.state {
		d.left = append(d.left, data...)
		if c.err == nil && len(d.left) < d.enough {
			return true
		}
		data, b = d.left, &d.spare
		d.parser.parse(b, data, d.state, c.final)
	}
	c.rows = len(b.recs)
	if !d.batch(b) {
		return false
	}
	left := data[b.used:]
	d.enough = 0
	if b == &d.spare && b.used == 0 {
		// A row of many pieces is parsed again when what there is of it has doubled, or its cost would be quadratic.
		d.enough = min(2*len(left), d.r.cfg.MaxRowBytes+2)
	}
	if c.err == nil && len(left) > d.r.cfg.MaxRowBytes+1 {
		return d.skipRow(left)
	}
	d.left = append(d.left[:0], left...)
	return d.ended(c)
}

// batch hands out the records of b and moves the base behind it.
func (d *delivery) batch(b *batch) bool {
	d.r.note(b)
	faults := b.faults
	for i := range b.recs {
		rec := &b.recs[i]
		var err error
		if len(faults) > 0 && faults[0].at == i {
			err = d.place(faults[0].err)
			faults = faults[1:]
		}
		d.locate(&rec.Pos)
		if err == nil && !d.begun {
			d.begun = true
			if fatal := d.stranger(rec); fatal != nil {
				d.yield(Record{}, fatal)
				return false
			}
		}
		if !d.yield(*rec, err) {
			return false
		}
	}
	if b.fatal != nil {
		b.fatal.Name = d.r.name
		b.fatal.Line += d.base.Line + 1
		b.fatal.Offset += d.base.Offset
		d.yield(Record{}, b.fatal)
		return false
	}
	d.base.Row += int64(len(b.recs))
	d.base.Line += b.lines
	d.base.Offset += int64(b.used)
	if b.lines > 0 {
		d.col = 0
	}
	d.col += b.col
	d.state = b.end
	return true
}

// locate makes a position in a piece one in the input.
func (d *delivery) locate(p *Pos) {
	p.Row += d.base.Row + 1
	p.Line += d.base.Line + 1
	p.Offset += d.base.Offset
}

// place makes the position of a row error one in the input.
func (d *delivery) place(err *RowError) *RowError {
	if d.r.format == JSON && err.Column > 0 && err.Line == 0 {
		err.Column += d.col
	}
	d.locate(&err.Pos)
	return err
}

// stranger returns an error if the first record has nothing of a member.
func (d *delivery) stranger(rec *Record) error {
	if d.r.format == CSV {
		return nil
	}
	for i := range rec.Values {
		if rec.Values[i].Kind != Absent {
			return nil
		}
	}
	// The keys are looked up again, because those of the batch may be other records'.
	var b batch
	p := objectParser{keys: newKeyTable(d.r.cols)}
	if at := d.r.object(rec.Raw); at >= 0 {
		_, _ = p.parse(&b, new(Record), rec.Raw, at)
	}
	if len(b.unknown) == 0 {
		return nil
	}
	var found []string
	for _, name := range b.unknown[:min(len(b.unknown), 8)] {
		found = append(found, quoteName(clip(name, 40))+hint(name))
	}
	return &InputError{
		Name: d.r.name, Line: rec.Line, Offset: rec.Offset,
		Msg: "the first record holds nothing of a member: found the keys " + strings.Join(found, ", ") +
			", expected identity, channel_sid, role_sid, date_created …",
	}
}

// object returns the place of the member's object in a raw record, or -1.
func (r *Reader) object(raw []byte) int {
	at := space(raw, 0)
	if r.format != Singer && r.format != Airbyte {
		return at
	}
	at, f := unwrap(r.format, raw, at)
	if f != nil {
		return -1
	}
	return at
}

// ended says how the input ended behind c, if it did, and reports whether to go on.
func (d *delivery) ended(c *piece) bool {
	if c.err == nil {
		return true
	}
	if c.err == io.EOF { //nolint:errorlint // source.Read returns io.EOF itself
		d.foundNothing()
		return false
	}
	d.yield(Record{}, &InputError{
		Name:   d.r.name,
		Line:   d.base.Line + 1 + breaksIn(d.r.format, d.left),
		Offset: d.base.Offset + int64(len(d.left)),
		Msg:    d.r.src.problem(c.err), Err: c.err,
	})
	return false
}

// foundNothing refuses an input of messages none of which held a member.
func (d *delivery) foundNothing() {
	if d.base.Row > 0 || d.r.format == JSON {
		return
	}
	if d.r.skippedCount() > 0 {
		d.yield(Record{}, &InputError{
			Name: d.r.name, Line: d.base.Line, Offset: d.base.Offset,
			Msg: fmt.Sprintf("found %s, none of them a RECORD of a stream of members", counted(d.r.skippedCount(), "message")),
		})
	}
}

// skipRow begins to skip the row of which start is the beginning.
func (d *delivery) skipRow(start []byte) bool {
	s := d.parser.skipper(d.state)
	pos := Pos{}
	d.locate(&pos)
	if s == nil {
		d.yield(Record{}, &InputError{
			Name: d.r.name, Line: pos.Line, Offset: pos.Offset,
			Msg: partTooLong(d.r.cfg.MaxRowBytes),
		})
		return false
	}
	d.long = &longRow{skipper: s, pos: pos}
	n, on := d.skip(start, false)
	d.left = append(d.left[:0], start[n:]...)
	return on
}

// skip goes on with the row that is too long. It returns how much of data belongs to it and whether to go on.
func (d *delivery) skip(data []byte, final bool) (int, bool) {
	l := d.long
	n, done := 0, false
	if len(data) > 0 {
		n, done = l.skip(data)
	}
	d.count(data[:n])
	if !done && !final {
		return n, true
	}
	row, fatal := l.finish()
	if fatal != nil {
		fatal.Name = d.r.name
		fatal.Line += l.pos.Line
		fatal.Offset += l.pos.Offset
		d.yield(Record{}, fatal)
		return n, false
	}
	d.long = nil
	if !row {
		return n, true
	}
	d.base.Row++
	if d.state.mode != top {
		d.state.mode = arrNext
	}
	err := &RowError{Pos: l.pos, Rule: RuleRowTooLong, Msg: tooLong(l.size-l.lineEnd(d.r.format), d.r.cfg.MaxRowBytes).msg}
	return n, d.yield(Record{Pos: l.pos}, err)
}

// count moves the base over a part of a row that is too long.
func (d *delivery) count(data []byte) {
	d.base.Offset += int64(len(data))
	if len(data) == 0 {
		return
	}
	lines := breaksIn(d.r.format, data)
	if d.r.format == CSV {
		if d.long.last[1] == '\r' && data[0] == '\n' {
			lines-- // counted with the \r before it
		}
	}
	d.long.size += len(data)
	for _, c := range lastTwo(data) {
		d.long.last = [2]byte{d.long.last[1], c}
	}
	if lines > 0 {
		d.col = 0
	}
	d.base.Line += lines
	d.col += len(data) - 1 - bytes.LastIndexByte(data, '\n')
}

// breaksIn counts the line ends in a part of the input.
func breaksIn(format Format, s []byte) int64 {
	if format == CSV {
		return breaks(s)
	}
	return int64(bytes.Count(s, []byte{'\n'}))
}

// note keeps what b says beside its records.
func (r *Reader) note(b *batch) {
	if len(b.unknown) == 0 && b.skipped == 0 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.skipped += b.skipped
	for _, name := range b.unknown {
		if len(r.unknown) < maxUnknown && !slices.Contains(r.unknown, name) {
			r.unknown = append(r.unknown, name)
		}
	}
}

func (r *Reader) skippedCount() int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.skipped
}
