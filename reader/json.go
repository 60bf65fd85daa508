package reader

import (
	"bytes"
	"fmt"
	"unicode/utf8"
)

// state is where in its container a piece of the input starts. Formats without a container have the zero state alone.
type state struct {
	mode mode
	page bool // the array belongs to a list page
}

// mode is what may come next in a JSON container.
type mode uint8

const (
	top       mode = iota // a value of the outermost level, or the end
	arrFirst              // the first element, or ]
	arrElem               // an element
	arrNext               // a comma, or ]
	pageFirst             // the first key of a page, or }
	pageKey               // a key of a page
	pageNext              // a comma, or }
)

// jsonParser reads arrays of objects, list pages, and objects one behind the other.
type jsonParser struct {
	objects objectParser
	max     int

	b     *batch
	data  []byte
	final bool
	i     int // what is before it is done with
	lined int // line ends are counted up to here
}

func (p *jsonParser) parse(b *batch, data []byte, from state, final bool) {
	b.reset(from)
	p.b, p.data, p.final, p.i, p.lined = b, data, final, 0, 0
	for {
		i := space(data, p.i)
		p.i = i
		if i == len(data) || !p.step() {
			break
		}
	}
	p.b.used = p.i
	p.countLines(p.i)
	if nl := bytes.LastIndexByte(data[:p.i], '\n'); nl >= 0 {
		b.col = p.i - nl - 1
	} else {
		b.col = p.i
	}
	if final && b.fatal == nil {
		p.finish()
	}
}

// step reads what stands at p.i, which is not white space, and reports whether there was enough of it.
func (p *jsonParser) step() bool {
	c, st := p.data[p.i], &p.b.end
	switch st.mode {
	case top:
		return p.topValue(c)
	case arrFirst, arrNext:
		if c == ']' {
			return p.leaveArray()
		}
		if st.mode == arrNext {
			return p.comma(c, arrElem, "a comma or ]")
		}
		return p.element()
	case arrElem:
		if c == ']' {
			return p.broken("a member behind the comma")
		}
		return p.element()
	case pageFirst, pageNext:
		if c == '}' {
			*st = state{}
			p.i++
			return true
		}
		if st.mode == pageNext {
			return p.comma(c, pageKey, "a comma or }")
		}
		return p.pagePart()
	default:
		return p.pagePart()
	}
}

func (p *jsonParser) topValue(c byte) bool {
	switch c {
	case '[':
		p.b.end = state{mode: arrFirst}
		p.i++
		return true
	case '{':
		page, more := p.isPage()
		if more {
			return false
		}
		if !page {
			return p.element()
		}
		p.b.end = state{mode: pageFirst}
		p.i++
		return true
	}
	return p.broken("an array, a list page or a member")
}

// isPage looks at the first key of the object at p.i: the API's list pages hold meta and members alone.
func (p *jsonParser) isPage() (page, more bool) {
	i := space(p.data, p.i+1)
	if i < len(p.data) && p.data[i] != '"' {
		return false, false
	}
	if i < len(p.data) {
		if last, _, f := stringEnd(p.data, i+1); f == nil {
			name := string(p.data[i+1 : last])
			return (name == "meta" || listKey(name)) && last-p.i <= p.max, false
		} else if f != errMore {
			return false, false
		}
	}
	return false, !p.final
}

// listKey reports whether a list page holds its members under this key.
func listKey(name string) bool { return name == "members" || name == "participants" }

// pagePart reads a key of a page and its value, or the beginning of its members. No more of it is looked at than a part
// may be long, and one byte that shows it to be longer, so that a part that is both faulty and too long is told alike
// however much of it is there.
func (p *jsonParser) pagePart() bool {
	s := p.data[:min(len(p.data), p.i+p.max+2)]
	if s[p.i] != '"' {
		return p.broken("a key in quotes")
	}
	last, _, f := stringEnd(s, p.i+1)
	if f != nil {
		return p.brokenPart(s, f)
	}
	i := space(s, last+1)
	if i >= len(s) || s[i] != ':' {
		return p.brokenPart(s, expected("a colon", s, i))
	}
	if i = space(s, i+1); i >= len(s) {
		return p.brokenPart(s, errMore)
	}
	if i-p.i > p.max {
		return p.longPart()
	}
	if s[i] == '[' && listKey(string(s[p.i+1:last])) {
		p.b.end = state{mode: arrFirst, page: true}
		p.i = i + 1
		return true
	}
	end, _, f := valueEnd(s, i, 1)
	if f == nil && end == len(p.data) && !p.final {
		f = errMore // a number may go on
	}
	if f != nil {
		return p.brokenPart(s, f)
	}
	if end-p.i > p.max {
		return p.longPart()
	}
	p.b.end.mode = pageNext
	p.i = end
	return true
}

func (p *jsonParser) leaveArray() bool {
	if p.b.end.page {
		p.b.end = state{mode: pageNext}
	} else {
		p.b.end = state{}
	}
	p.i++
	return true
}

func (p *jsonParser) comma(c byte, next mode, what string) bool {
	if c != ',' {
		return p.broken(what)
	}
	p.b.end.mode = next
	p.i++
	return true
}

// element reads the value at p.i as a member.
func (p *jsonParser) element() bool {
	p.countLines(p.i)
	at, b := p.i, p.b
	rec := b.next()
	rec.Pos = Pos{Row: int64(len(b.recs) - 1), Line: b.lines, Offset: int64(at)}
	pos := rec.Pos
	end, f := p.member(rec)
	switch {
	case f == errMore:
		b.drop()
		return false
	case f == nil && end-at > p.max:
		f = tooLong(end-at, p.max)
	}
	if f != nil {
		if f.at >= 0 {
			f.at -= at
		}
		b.fail(pos, p.data[at:end], f)
		p.fixColumn(at)
	} else {
		rec.Raw = p.data[at:end]
	}
	if b.end.mode != top {
		b.end.mode = arrNext
	}
	p.i = end
	return true
}

// member makes rec of the value at p.i and returns the place behind it. A value with a fault in it ends where its
// brackets and quotes say, so that what is behind it can be read.
func (p *jsonParser) member(rec *Record) (end int, f *fault) {
	if p.data[p.i] == '{' {
		if end, f = p.objects.parse(p.b, rec, p.data, p.i); f == nil || f == errMore {
			return end, f
		}
	} else {
		f = notAnObject(p.data, p.i)
	}
	var s valueSkipper
	n, done := s.skip(p.data[p.i:])
	if !done {
		if _, why := s.finish(); why != nil || !p.final {
			return 0, errMore
		}
		n = len(p.data) - p.i
	}
	if n > p.max {
		f = tooLong(n, p.max)
	}
	return p.i + n, f
}

// fixColumn counts the column of the last fault from the start of its line rather than of its element.
func (p *jsonParser) fixColumn(at int) {
	err := p.b.faults[len(p.b.faults)-1].err
	if err.Column > 0 {
		err.Column += at - bytes.LastIndexByte(p.data[:at], '\n') - 1
	}
}

func (p *jsonParser) countLines(to int) {
	p.b.lines += int64(bytes.Count(p.data[p.lined:to], []byte{'\n'}))
	p.lined = to
}

// broken ends the reading: what stands at p.i cannot stand there.
func (p *jsonParser) broken(what string) bool {
	return p.stop(p.i, expected(what, p.data, p.i).msg)
}

func (p *jsonParser) longPart() bool { return p.stop(p.i, partTooLong(p.max)) }

func partTooLong(limit int) string {
	return fmt.Sprintf("found a part of a list page, other than its members, of more than %d bytes: --max-row-bytes allows more", limit)
}

// brokenPart ends the reading at the fault of a part of a page of which s is what was looked at, if the part is not just
// unfinished.
func (p *jsonParser) brokenPart(s []byte, f *fault) bool {
	whole := len(s) == len(p.data)
	switch {
	case !whole && (f == errMore || !utf8.FullRune(s[f.at:])):
		return p.longPart()
	case f == errMore:
		return false
	}
	return p.stop(f.at, f.msg)
}

func (p *jsonParser) stop(at int, msg string) bool {
	if !p.final && !utf8.FullRune(p.data[at:]) {
		return false // the rest of the character that msg is about is still to come
	}
	line := p.b.lines + int64(bytes.Count(p.data[p.lined:at], []byte{'\n'}))
	p.b.fatal = &InputError{Line: line, Offset: int64(at), Msg: msg}
	return false
}

// finish checks that the input may end here.
func (p *jsonParser) finish() {
	if p.b.end.mode == top && p.i == len(p.data) {
		return
	}
	what := map[mode]string{
		arrFirst: "a member or ]", arrElem: "a member", arrNext: "a comma or ]",
		pageFirst: "a key or }", pageKey: "a key", pageNext: "a comma or }",
	}[p.b.end.mode]
	if p.i < len(p.data) {
		if p.b.end.mode >= pageFirst && len(p.data)-p.i > p.max+1 {
			p.longPart()
			return
		}
		p.stop(p.i, cutOff)
		return
	}
	p.stop(p.i, fmt.Sprintf("found the end of the input, expected %s: the backup is cut off", what))
}

func (p *jsonParser) skipper(st state) skipper {
	if st.mode >= pageFirst {
		return nil
	}
	return new(valueSkipper)
}
