package mapping

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"

	"rejoin/chat"
)

// csv reads a table whose header names the columns from and to, in any order. The other columns are for people.
func (c *collector) csv(text []byte) {
	r := csv.NewReader(bytes.NewReader(text))
	r.Comma = separator(text)
	r.FieldsPerRecord = -1
	r.ReuseRecord = true
	header, err := r.Read()
	if err != nil {
		c.malformed(err)
		return
	}
	columns, ok := c.header(header, r)
	if !ok {
		return
	}
	for {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			c.malformed(err)
			continue // with the next line
		}
		if !blank(cells) {
			c.row(cells, columns, r)
		}
	}
}

// columns says where from and to stand, and how many columns there are.
type columns struct{ from, to, all int }

// header reads a table's first line.
func (c *collector) header(cells []string, r *csv.Reader) (columns, bool) {
	at := columns{-1, -1, len(cells)}
	line, _ := r.FieldPos(0)
	for i, name := range cells {
		var column *int
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "from":
			column = &at.from
		case "to":
			column = &at.to
		default:
			continue
		}
		if *column >= 0 {
			_, where := r.FieldPos(i)
			c.fault(line, where, "the header names the column %s twice: take one away", strings.TrimSpace(name))
			return at, false
		}
		*column = i
	}
	if at.from >= 0 && at.to >= 0 {
		return at, true
	}
	shown := strings.Join(cells, string(r.Comma))
	if len(cells) > 1 && isSID(strings.TrimSpace(cells[0])) {
		c.fault(line, 0, "found %s in the first line: expected the header from,to above it", quote(shown))
		return at, false
	}
	c.fault(line, 0, "found the header %s: expected a map, CSV with the columns from and to, or JSON", quote(shown))
	return at, false
}

func isSID(name string) bool {
	return chat.IsServiceSID(name) || chat.IsChannelSID(name) || chat.IsRoleSID(name)
}

// row reads a line behind the header.
func (c *collector) row(cells []string, at columns, r *csv.Reader) {
	line, _ := r.FieldPos(0)
	switch {
	case len(cells) > at.all:
		_, where := r.FieldPos(at.all)
		c.fault(line, where, "found %d cells, where the header has %d: put a cell that holds the delimiter in quotes", len(cells), at.all)
		return
	case len(cells) <= max(at.from, at.to):
		c.fault(line, 0, "found %d cells, where the header has %d: a line has a from and a to; to is empty for what is not mapped",
			len(cells), at.all)
		return
	}
	_, from := r.FieldPos(at.from)
	_, to := r.FieldPos(at.to)
	c.add(line, cells[at.from], cells[at.to], from, to)
}

// malformed tells of a line that is no CSV.
func (c *collector) malformed(err error) {
	bad, ok := errors.AsType[*csv.ParseError](err)
	switch {
	case !ok:
		c.fault(0, 0, "it cannot be read as CSV: %v", err)
	case errors.Is(bad.Err, csv.ErrQuote) && bad.Line > bad.StartLine:
		c.fault(bad.StartLine, 0, `a quoted cell that begins in this line ends badly in line %d: end it with a quote, and write "" for each quote in it`, bad.Line)
	default:
		c.fault(bad.Line, bad.Column, `a quote stands where none may: put the whole cell in quotes, and write "" for each quote in it`)
	}
}

// separator is what stands between the cells of the header: a comma, or what spreadsheets write in some countries.
func separator(text []byte) rune {
	header, _, _ := bytes.Cut(bytes.TrimLeft(text, "\r\n"), []byte("\n"))
	for _, sep := range ";\t" {
		names := strings.FieldsFunc(strings.ToLower(string(header)), func(r rune) bool { return r == sep })
		for i := range names {
			names[i] = strings.Trim(names[i], "\" \r")
		}
		if slices.Contains(names, "from") && slices.Contains(names, "to") {
			return sep
		}
	}
	return ','
}

// blank reports whether a line holds nothing, as spreadsheets leave some behind.
func blank(cells []string) bool {
	return !slices.ContainsFunc(cells, func(cell string) bool { return strings.TrimSpace(cell) != "" })
}
