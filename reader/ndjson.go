package reader

import "bytes"

// lineParser reads one object a line.
type lineParser struct {
	objects objectParser
	format  Format
	max     int
}

func (p *lineParser) parse(b *batch, data []byte, from state, final bool) {
	b.reset(from)
	for b.used < len(data) {
		line := data[b.used:]
		size := bytes.IndexByte(line, '\n')
		next := size + 1
		if size < 0 {
			if !final {
				return
			}
			size, next = len(line), len(line)
		}
		p.line(b, trimReturn(line[:size]), next == size)
		b.used += next
		if next > size {
			b.lines++
		}
	}
}

// line makes a record of one line, unless it is blank or a message that holds no member. The last line is the one
// without a line end: if it ends inside its object, so does the input.
func (p *lineParser) line(b *batch, line []byte, last bool) {
	i := space(line, 0)
	if i == len(line) {
		return
	}
	rec := b.next()
	rec.Pos = Pos{Row: int64(len(b.recs) - 1), Line: b.lines, Offset: int64(b.used)}
	pos := rec.Pos
	if len(line) > p.max {
		b.fail(pos, line, tooLong(len(line), p.max))
		return
	}
	skip, f := p.member(b, rec, line, i)
	if f == errMore && last {
		b.drop()
		b.fatal = &InputError{Line: b.lines, Offset: int64(b.used + len(line)), Msg: "found the end of the input inside a row, expected its end: the backup is cut off"}
		return
	}
	if f == errMore {
		f = &fault{rule: RuleBadJSON, at: len(line), msg: "found the end of the line inside the object"}
	}
	switch {
	case f != nil:
		b.fail(pos, line, f)
	case skip:
		b.drop()
		b.skipped++
	default:
		rec.Raw = line
	}
}

// member parses the line's object, or the one inside its wrapper.
func (p *lineParser) member(b *batch, rec *Record, line []byte, i int) (skip bool, f *fault) {
	if line[i] != '{' {
		return false, notAnObject(line, i)
	}
	if p.format != NDJSON {
		inner, f := unwrap(p.format, line, i)
		if f != nil || inner < 0 {
			return inner < 0, f
		}
		_, f = p.objects.parse(b, rec, line, inner)
		return false, f
	}
	end, f := p.objects.parse(b, rec, line, i)
	if f != nil {
		return false, f
	}
	if end = space(line, end); end < len(line) {
		return false, trailing(line, end)
	}
	return false, nil
}

func (p *lineParser) skipper(state) skipper { return new(lineSkipper) }

func trimReturn(line []byte) []byte {
	if n := len(line); n > 0 && line[n-1] == '\r' {
		return line[:n-1]
	}
	return line
}

func notAnObject(s []byte, i int) *fault {
	_, kind, f := valueEnd(s, i, 0)
	if f != nil {
		return &fault{rule: RuleBadJSON, at: i, msg: "found " + describe(s, i) + ", expected an object in { }"}
	}
	return &fault{rule: RuleNotAnObject, at: i, msg: "found " + kindNames[kind] + ", expected an object in { }"}
}

var kindNames = [...]string{
	Absent: "nothing", Null: "null", String: "a string", Number: "a number", Bool: "a truth value",
	Object: "an object", Array: "an array",
}

func trailing(s []byte, i int) *fault {
	return &fault{rule: RuleTrailingData, at: i, msg: "found " + describe(s, i) + " behind the object, expected the end of the line"}
}
