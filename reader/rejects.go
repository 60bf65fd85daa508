package reader

import (
	"bytes"
	"slices"
	"strings"
	"sync/atomic"
)

// rejectColumn is the column or key under which a file of rejects gives the reason.
const rejectColumn = "rejoin_error"

// rejectsState is what a file of rejects needs to know of itself.
type rejectsState struct {
	begun atomic.Bool // a JSON array holds an element, so that the next needs a comma before it
}

// RejectsHeader begins a file of rejects in the backup's own format, as UTF-8 and not compressed: what it returns, then
// what [Info.AppendReject] makes of each row, then [Info.RejectsTrailer]. Such a file can be read as a backup again, with
// the same Config. One file at a time can be made for one Reader.
func (i Info) RejectsHeader() []byte {
	switch i.Format {
	case CSV:
		if i.rejectColumn() >= 0 {
			return slices.Clone(i.Header)
		}
		end := i.lineEnd()
		out := slices.Clone(bytes.TrimRight(i.Header, "\r\n"))
		out = append(out, i.Delimiter)
		return append(append(out, rejectColumn...), end...)
	case JSON:
		if i.rejects != nil {
			i.rejects.begun.Store(false)
		}
		return []byte("[\n")
	}
	return nil
}

// RejectsTrailer ends a file of rejects.
func (i Info) RejectsTrailer() []byte {
	if i.Format == JSON {
		return []byte("\n]\n")
	}
	return nil
}

// AppendReject appends a row, which is the Raw of a [Record] or [RowError], to dst, with the reason in its rejoin_error
// column or key, in place of one that it has already. A row that cannot be parsed stands as it is, and so does one with
// too few cells. A row with too many gets the reason as one cell more, or the column for the reasons would make its
// number of cells right. A CSV row in which a quote opens and does not close is put in quotes as one cell, because it
// would swallow the rows behind it. An empty row, as of row-too-long, is left out.
func (i Info) AppendReject(dst, raw []byte, reason string) []byte {
	if len(raw) == 0 {
		return dst
	}
	reason = oneLine(reason)
	switch i.Format {
	case CSV:
		return append(i.appendCells(dst, raw, reason), i.lineEnd()...)
	case JSON:
		if i.rejects != nil && i.rejects.begun.Swap(true) || i.rejects == nil && len(dst) > 0 {
			dst = append(dst, ",\n"...)
		}
		return appendObject(dst, raw, wholeObject(raw), reason)
	}
	if marked(raw) {
		dst = append(dst, '\n') // a blank line says nothing, and a file that begins with one is text as it stands
	}
	object := -1
	if i.Format != Singer && i.Format != Airbyte {
		object = wholeObject(raw)
	} else if at := space(raw, 0); at < len(raw) && raw[at] == '{' {
		if place, f := unwrap(i.Format, raw, at); f == nil {
			object = place
		}
	}
	return appendLineEnd(appendObject(dst, raw, object, reason))
}

// marked reports whether a file that began with a row would be taken for one that is compressed, or in an encoding that
// the row begins with the mark of.
func marked(row []byte) bool {
	for _, mark := range marks {
		if bytes.HasPrefix(row, []byte(mark.bytes)) {
			return true
		}
	}
	for _, c := range compressions {
		if bytes.HasPrefix(row, []byte(c.magic)) {
			return true
		}
	}
	return false
}

// appendLineEnd ends a line so that reading takes nothing else off it: of \r\r\n only the last two bytes are a line end.
func appendLineEnd(line []byte) []byte {
	if bytes.HasSuffix(line, []byte{'\r'}) {
		line = append(line, '\r')
	}
	return append(line, '\n')
}

// lineEnd returns how the backup ends its lines.
func (i Info) lineEnd() []byte {
	if end := i.Header[len(bytes.TrimRight(i.Header, "\r\n")):]; len(end) > 0 {
		return end
	}
	return []byte{'\n'}
}

// rejectColumn returns the number of the column for reasons, from 0, or -1.
func (i Info) rejectColumn() int {
	return slices.IndexFunc(i.HeaderColumns, isRejectName)
}

func isRejectName(name string) bool { return fold(name) == fold(rejectColumn) }

// appendCells appends a CSV row with the reason.
func (i Info) appendCells(dst, raw []byte, reason string) []byte {
	var b batch
	p := csvParser{delim: i.Delimiter, literal: i.Delimiter == '\t', max: len(raw), b: &b, data: raw, final: true}
	column := i.rejectColumn()
	from, to, cells := len(raw), len(raw), 0
	for at := 0; ; cells++ {
		_, end, _, f := p.cell(at, 0, cells)
		if b.fatal != nil {
			return appendQuoted(dst, raw)
		}
		if f != nil {
			return append(dst, raw...)
		}
		if cells == column {
			from, to = at, end
		}
		if at = end + 1; at > len(raw) {
			cells++
			break
		}
		if raw[end] != i.Delimiter { // no row that was read looks so
			return append(dst, raw...)
		}
	}
	switch {
	case cells < len(i.HeaderColumns), cells > len(i.HeaderColumns) && column >= 0:
		return append(dst, raw...)
	case column >= 0:
		dst = append(dst, raw[:from]...)
		return append(i.appendCell(dst, reason), raw[to:]...)
	}
	dst = append(append(dst, raw...), i.Delimiter)
	return i.appendCell(dst, reason)
}

// appendCell appends a cell, in quotes where it needs them.
func (i Info) appendCell(dst []byte, text string) []byte {
	if strings.IndexByte(text, '"') < 0 && strings.IndexByte(text, i.Delimiter) < 0 {
		return append(dst, text...)
	}
	return appendQuoted(dst, []byte(text))
}

func appendQuoted(dst, text []byte) []byte {
	dst = append(dst, '"')
	dst = append(dst, bytes.ReplaceAll(text, []byte{'"'}, []byte{'"', '"'})...)
	return append(dst, '"')
}

// wholeObject returns the place of the object in raw, or -1 if raw is anything else.
func wholeObject(raw []byte) int {
	at := space(raw, 0)
	if at == len(raw) || raw[at] != '{' {
		return -1
	}
	if end, f := objectEnd(raw, at, 1); f != nil || space(raw, end) < len(raw) {
		return -1
	}
	return at
}

// appendObject appends raw with the reason as the last key of the object at raw[at], if at is not negative.
func appendObject(dst, raw []byte, at int, reason string) []byte {
	if at < 0 {
		return append(dst, raw...)
	}
	end, f := objectEnd(raw, at, 1)
	if f != nil {
		return append(dst, raw...)
	}
	dst = append(dst, raw[:at]...)
	body, empty := appendMembers(dst, raw[at:end])
	if !empty {
		body = append(body, ',')
	}
	body = append(append(body, '"'), rejectColumn...)
	body = append(body, `":"`...)
	body = append(body, jsonEscaper.Replace(reason)...)
	body = append(body, '"')
	return append(append(body, tail(raw[at:end])...), raw[end:]...)
}

// jsonEscaper escapes text that has no control characters.
var jsonEscaper = strings.NewReplacer(`"`, `\"`, `\`, `\\`)

// tail returns the closing bracket of an object and the white space before it, if the object is not empty.
func tail(object []byte) []byte {
	inside := bytes.TrimRight(object[:len(object)-1], " \t\r\n")
	if inside[len(inside)-1] == '{' {
		return object[len(object)-1:]
	}
	return object[len(inside):]
}

// appendMembers appends the valid object s up to its last value, without its keys for reasons, and reports whether
// nothing is in it.
func appendMembers(dst, s []byte) (out []byte, empty bool) {
	dst = append(dst, '{')
	empty = true
	from := 1 // behind the value before
	for i := space(s, 1); s[i] == '"'; {
		key := i
		last, _, _ := stringEnd(s, i+1)
		name, _ := unquote(s[i : last+1])
		i = space(s, last+1)
		end, _, _ := valueEnd(s, space(s, i+1), 1)
		if !isRejectName(name) {
			if empty && from > 1 {
				from = key // its comma went with the key before it
			}
			dst = append(dst, s[from:end]...)
			empty = false
		}
		from = end
		if i = space(s, end); s[i] == ',' {
			i = space(s, i+1)
		}
	}
	return dst, empty
}

// oneLine makes text fit a cell or a string on one line.
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
}
