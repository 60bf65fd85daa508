package reader

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"unicode/utf8"
)

// csvParser reads rows of cells.
type csvParser struct {
	delim   byte
	literal bool     // in tab-delimited text a quote may be a letter like any other
	targets []target // by column
	names   []string // by column
	nulls   *nulls
	max     int

	b     *batch
	data  []byte
	final bool
	utf8  bool // the piece is valid UTF-8
}

func (p *csvParser) parse(b *batch, data []byte, from state, final bool) {
	b.reset(from)
	p.b, p.data, p.final = b, data, final
	p.utf8 = utf8.Valid(data)
	for b.used < len(data) {
		end := p.lineEnd(b.used)
		if end == b.used {
			return
		}
		if end > 0 { // a blank line
			b.used = end
			b.lines++
			continue
		}
		if !p.row() {
			return
		}
	}
}

// lineEnd returns the place behind the line end at data[i], i if it may go on behind the piece, or -1 if there is none.
func (p *csvParser) lineEnd(i int) int {
	switch p.data[i] {
	case '\n':
		return i + 1
	case '\r':
		if i+1 < len(p.data) {
			if p.data[i+1] == '\n' {
				return i + 2
			}
			return i + 1
		}
		if p.final {
			return i + 1
		}
		return i
	}
	return -1
}

// row reads the row at b.used and reports whether there was enough of it.
func (p *csvParser) row() bool {
	b := p.b
	rec := b.next()
	start := b.used
	rec.Pos = Pos{Row: int64(len(b.recs) - 1), Line: b.lines, Offset: int64(start)}
	pos := rec.Pos
	end, next, cells, quoted, f := p.cells(rec, start)
	if f == errMore {
		b.drop()
		return false
	}
	if f == nil && cells != len(p.targets) {
		f = p.wrongCount(cells)
	}
	raw := p.data[start:end]
	if f == nil && !p.utf8 && !utf8.Valid(raw) {
		f = badUTF8(raw, 0)
	}
	if len(raw) > p.max {
		f = tooLong(len(raw), p.max)
	}
	if f != nil {
		b.fail(pos, raw, f)
	} else {
		rec.Raw = raw
	}
	if quoted {
		b.lines += breaks(raw)
	}
	if next > end {
		b.lines++
	}
	b.used = next
	return b.fatal == nil
}

// cells reads the cells of the row at start. It returns the row's end, the place behind its line end, the number of
// cells and whether one was quoted.
func (p *csvParser) cells(rec *Record, start int) (end, next, cells int, quoted bool, f *fault) {
	for i := start; ; cells++ {
		text, after, inQuotes, f := p.cell(i, start, cells)
		if f != nil {
			return p.recover(f, max(i, after))
		}
		quoted = quoted || inQuotes
		i = after
		if cells < len(p.targets) {
			if t := p.targets[cells]; t >= 0 {
				p.nulls.set(&rec.Values[t], Field(t), text)
			}
		}
		if i == len(p.data) {
			if !p.final {
				f = errMore
			}
			return i, i, cells + 1, quoted, f
		}
		if p.data[i] != p.delim {
			if next = p.lineEnd(i); next == i {
				f = errMore
			}
			return i, next, cells + 1, quoted, f
		}
		i++
	}
}

// cell reads the cell at i of the row at start. It returns its text, the place behind it or the place of its fault, and
// whether it was quoted.
func (p *csvParser) cell(i, start, column int) (text []byte, next int, inQuotes bool, f *fault) {
	if i < len(p.data) && p.data[i] == '"' {
		text, next, f = p.quoted(i, start)
		return text, next, true, f
	}
	next = p.cellEnd(i)
	if next < len(p.data) && p.data[next] == '"' {
		return nil, next, false, p.bareQuote(next-start, column)
	}
	return p.data[i:next], next, false, nil
}

// cellEnd returns the place of the delimiter, line end or quote behind an unquoted cell.
func (p *csvParser) cellEnd(i int) int {
	quote := byte('"')
	if p.literal {
		quote = p.delim
	}
	delims, quotes := ones*uint64(p.delim), ones*uint64(quote)
	s := p.data
	for i+8 <= len(s) {
		w := binary.LittleEndian.Uint64(s[i:])
		d, q := w^delims, w^quotes
		m := ((d-ones)&^d | (q-ones)&^q | (w-ones*('\r'+1))&^w) & highs
		if m == 0 {
			i += 8
			continue
		}
		i += trailingBytes(m & -m)
		if c := s[i]; c == p.delim || c == quote || c == '\n' || c == '\r' {
			return i
		}
		i++
	}
	for i < len(s) && s[i] != p.delim && s[i] != quote && s[i] != '\n' && s[i] != '\r' {
		i++
	}
	return i
}

// quoted reads the quoted cell at opened, in the row at start, and returns its text and the place behind it.
func (p *csvParser) quoted(opened, start int) (text []byte, next int, f *fault) {
	s, from, arena := p.data, opened+1, len(p.b.arena)
	for i := from; ; {
		n := bytes.IndexByte(s[i:], '"')
		i += n
		if n < 0 || i+1 == len(s) && !p.final {
			return p.unclosed(opened, start, arena)
		}
		if p.literal && i-start > p.max {
			p.b.arena = p.b.arena[:arena]
			return p.letters(opened)
		}
		if i+1 < len(s) && s[i+1] == '"' {
			p.b.arena = append(p.b.arena, s[from:i+1]...)
			i += 2
			from = i
			continue
		}
		if i+1 < len(s) && s[i+1] != p.delim && s[i+1] != '\n' && s[i+1] != '\r' {
			p.b.arena = p.b.arena[:arena]
			return p.misclosed(opened, i, start)
		}
		if len(p.b.arena) == arena {
			return s[from:i], i + 1, nil
		}
		p.b.arena = append(p.b.arena, s[from:i]...)
		return p.b.arena[arena:], i + 1, nil
	}
}

// unclosed says what a cell is whose closing quote is not in the piece.
func (p *csvParser) unclosed(opened, start, arena int) ([]byte, int, *fault) {
	p.b.arena = p.b.arena[:arena]
	if p.literal && (p.final || len(p.data)-start > p.max+1) {
		return p.letters(opened)
	}
	if !p.final {
		return nil, 0, errMore
	}
	p.stop(opened, neverCloses)
	return nil, 0, errMore
}

// misclosed says what a cell is whose closing quote, at closed, has text behind it.
func (p *csvParser) misclosed(opened, closed, start int) ([]byte, int, *fault) {
	if p.literal {
		return p.letters(opened)
	}
	if closed-start > p.max {
		p.stop(opened, closesBadly(closed-opened, p.delim))
		return nil, 0, errMore
	}
	down := breaks(p.data[opened:closed])
	if down == 0 {
		return nil, 0, p.bareQuoteBehind(closed+1-start, closed+1)
	}
	return nil, 0, &fault{rule: RuleBareQuote, at: opened - start, msg: fmt.Sprintf(
		"the quote that opened here closes %s further down before %s: expected a quote at the end of the cell",
		counted(down, "line"), p.letter(closed+1))}
}

// letter describes what is at data[i]. Of a character of several bytes the piece may hold the first alone.
func (p *csvParser) letter(i int) string {
	if p.data[i] >= utf8.RuneSelf {
		return "other text"
	}
	return describe(p.data, i)
}

// letters reads a cell of tab-delimited text whose quotes are letters like any other.
func (p *csvParser) letters(opened int) ([]byte, int, *fault) {
	end := p.cellEnd(opened)
	return p.data[opened:end], end, nil
}

// recover ends a row with a fault at the end of the line on which place at is, so that a quote that was never meant to
// open swallows no rows behind it.
func (p *csvParser) recover(f *fault, at int) (end, next, cells int, quoted bool, _ *fault) {
	if f == errMore {
		return 0, 0, 0, false, f
	}
	n := bytes.IndexAny(p.data[at:], "\r\n")
	if n < 0 {
		if !p.final {
			return 0, 0, 0, false, errMore
		}
		return len(p.data), len(p.data), 0, true, f
	}
	end = at + n
	if next = p.lineEnd(end); next == end {
		f = errMore
	}
	return end, next, 0, true, f
}

func (p *csvParser) bareQuote(at, column int) *fault {
	return &fault{
		rule: RuleBareQuote, at: at, field: p.name(column),
		msg: `found a quote inside a cell without quotes: expected the whole cell in quotes, and "" for each quote in it`,
	}
}

func (p *csvParser) bareQuoteBehind(at, place int) *fault {
	return &fault{
		rule: RuleBareQuote, at: at,
		msg: "found " + describe(p.data, place) + ` behind a quoted cell: expected "" for each quote in it`,
	}
}

func (p *csvParser) name(column int) string {
	if column < len(p.names) {
		return p.names[column]
	}
	return ""
}

func (p *csvParser) wrongCount(cells int) *fault {
	return &fault{
		rule: RuleFieldCount, at: -1,
		msg: fmt.Sprintf("found %s, expected %d as in the header", counted(int64(cells), "cell"), len(p.targets)),
	}
}

func (p *csvParser) stop(at int, msg string) {
	line := p.b.lines + breaks(p.data[p.b.used:at])
	p.b.fatal = &InputError{Line: line, Offset: int64(at), Msg: msg}
}

// breaks counts the line ends in s: \n, \r\n and \r alone.
func breaks(s []byte) int64 {
	n := int64(bytes.Count(s, []byte{'\n'}))
	for {
		i := bytes.IndexByte(s, '\r')
		if i < 0 {
			return n
		}
		if i+1 == len(s) || s[i+1] != '\n' {
			n++
		}
		s = s[i+1:]
	}
}

func (p *csvParser) skipper(state) skipper {
	return &csvSkipper{delim: p.delim, literal: p.literal, max: p.max, start: true}
}
