package mapping

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// maxFile bounds the memory that a map takes. A line has about 150 bytes, so that this is more than a million of them.
const maxFile = 256 << 20

// maxFaults is how many faults are told.
const maxFaults = 20

// Source is a file of a map.
type Source struct {
	Name string // for errors
	Data io.Reader
}

// Fault is one thing that is wrong with a map.
type Fault struct {
	File string
	Line int // from 1; 0: the file as a whole

	// Column is the byte of the line at which it stands, from 1; 0: the whole line.
	Column int

	Text string // what was found, what was expected, what to do
}

// String is the fault in one line.
func (f *Fault) String() string {
	switch {
	case f.Line == 0:
		return f.File + ": " + f.Text
	case f.Column == 0:
		return fmt.Sprintf("%s:%d: %s", f.File, f.Line, f.Text)
	}
	return fmt.Sprintf("%s:%d:%d: %s", f.File, f.Line, f.Column, f.Text)
}

// Error is all that is wrong with a map.
type Error struct {
	Faults []Fault // of single lines, in the order of the files, and then what only shows across them; the first twenty
	More   int     // how many are not among them
}

// Error tells every fault in a line of its own.
func (e *Error) Error() string {
	lines := make([]string, 0, len(e.Faults)+1)
	for i := range e.Faults {
		lines = append(lines, e.Faults[i].String())
	}
	if e.More > 0 {
		lines = append(lines, fmt.Sprintf("and %d more", e.More))
	}
	return strings.Join(lines, "\n")
}

// Read reads a map from files that add up: CSV with a header that names the columns from and to, or JSON, an object
// {"from": "to"} or a list of objects with the keys from and to. It gives a map, or an error: an [*Error] where something
// is wrong with what the files say, and otherwise why a file cannot be read.
func Read(files ...Source) (*Map, error) {
	c := &collector{byKey: make(map[key]int)}
	for i := range files {
		if err := c.read(&files[i]); err != nil {
			return nil, err
		}
	}
	c.steps()
	if len(c.faults) > 0 {
		return nil, c.err()
	}
	slices.SortFunc(c.lines, func(a, b line) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), strings.Compare(a.From, b.From))
	})
	pairs := make([]Pair, len(c.lines))
	for i := range c.lines {
		pairs[i] = c.lines[i].Pair
	}
	return newMap(pairs), nil
}

// collector gathers the lines of all files, and all that is wrong with them.
type collector struct {
	file   string
	number int // of the file

	lines  []line
	byKey  map[key]int // the index of a line
	faults []Fault
	more   int
}

// line is a line of a map, and where it stands.
type line struct {
	Pair
	file   string
	number int // of the file
	at     int
}

type key struct {
	kind Kind
	from string
}

func (c *collector) read(f *Source) error {
	c.file, c.number = f.Name, c.number+1
	data, err := io.ReadAll(io.LimitReader(f.Data, maxFile+1))
	if err != nil {
		return fmt.Errorf("%s cannot be read: %w", f.Name, err)
	}
	if len(data) > maxFile {
		return fmt.Errorf("%s is larger than %d MiB: expected a map, with one channel or role a line", f.Name, maxFile>>20)
	}
	text, fault := decoded(data)
	switch start := bytes.TrimLeft(text, " \t\r\n"); {
	case fault != "":
		c.fault(lineOf(text), 0, "%s", fault)
	case len(start) == 0:
		c.fault(0, 0, "it is empty: expected CSV with the header from,to, or JSON")
	case start[0] == '{' || start[0] == '[':
		c.json(text)
	default:
		c.csv(text)
	}
	return nil
}

// decoded is a file's text without its byte order mark, or, where it is not UTF-8, the text before what is not, and why.
func decoded(data []byte) (text []byte, fault string) {
	if bytes.HasPrefix(data, []byte{0xff, 0xfe}) || bytes.HasPrefix(data, []byte{0xfe, 0xff}) {
		return nil, "it is UTF-16: save it as UTF-8"
	}
	text = bytes.TrimPrefix(data, []byte("\ufeff"))
	for at := 0; at < len(text); {
		r, size := utf8.DecodeRune(text[at:])
		switch {
		case r == utf8.RuneError && size == 1:
			return text[:at], "it is not UTF-8: save it as UTF-8"
		case r == 0:
			return text[:at], "it holds a byte of value 0: expected text, CSV or JSON"
		}
		at += size
	}
	return text, ""
}

// lineOf is the line on which a text ends.
func lineOf(text []byte) int { return 1 + bytes.Count(text, []byte("\n")) }

func (c *collector) fault(at, column int, format string, args ...any) {
	c.faultIn(c.file, at, column, format, args...)
}

func (c *collector) faultIn(file string, at, column int, format string, args ...any) {
	if len(c.faults) >= maxFaults {
		c.more++
		return
	}
	c.faults = append(c.faults, Fault{File: file, Line: at, Column: column, Text: fmt.Sprintf(format, args...)})
}

func (c *collector) err() error { return &Error{Faults: c.faults, More: c.more} }

// add takes in a line.
//
// Files add up: what one leaves empty another may fill, and two may say the same. Within one file a line that stands
// twice is a mistake, whatever it says.
func (c *collector) add(at int, from, to string, fromColumn, toColumn int) {
	kind, err := kindOf(from)
	if err != nil {
		c.fault(at, fromColumn, "found %s in from: %v", quote(from), err)
		return
	}
	if err := target(kind, from, to); err != nil {
		c.fault(at, toColumn, "%v", err)
		return
	}
	next := line{Pair: Pair{kind, from, to}, file: c.file, number: c.number, at: at}
	i, known := c.byKey[key{kind, from}]
	if !known {
		c.byKey[key{kind, from}] = len(c.lines)
		c.lines = append(c.lines, next)
		return
	}
	switch old := &c.lines[i]; {
	case old.number == next.number && old.To == to:
		c.fault(at, fromColumn, "the %s %s stands in line %d already, with the same to: take one of the lines out", kind, quote(from), old.at)
	case old.To == to:
	case old.number != next.number && old.To == "":
		c.lines[i] = next
	case old.number != next.number && to == "":
	default:
		c.fault(at, fromColumn, "the %s %s stands in %s already, and is %s there and %s here: keep the line that is right",
			kind, quote(from), c.place(old), orNothing(old.To), orNothing(to))
	}
}

// place names where a line stands.
func (c *collector) place(l *line) string {
	if l.number == c.number {
		return fmt.Sprintf("line %d", l.at)
	}
	return fmt.Sprintf("%s:%d", l.file, l.at)
}

func orNothing(to string) string {
	if to == "" {
		return "not mapped"
	}
	return quote(to)
}

// steps finds what is mapped in more than one step: a map is one step, so that what comes of a second cannot be meant.
func (c *collector) steps() {
	told := make(map[int]bool) // lines of a loop
	for i := range c.lines {
		l := &c.lines[i]
		next, ok := c.after(l)
		if !ok || told[i] {
			continue
		}
		if len(c.faults) >= maxFaults {
			c.more++ // they are only counted
			continue
		}
		if loop := c.loop(i); loop != nil {
			texts := make([]string, 0, len(loop)+1)
			for _, n := range loop {
				told[n] = true
				texts = append(texts, quote(c.lines[n].From))
			}
			c.faultIn(l.file, l.at, 0, "the map goes in a circle: %s → %s; from is the old side's and to the new side's: "+
				"take the lines out that go back", strings.Join(texts, " → "), quote(l.From))
			continue
		}
		c.faultIn(l.file, l.at, 0, "%s is mapped to %s, which %s:%d maps on to %s: a map is one step, from the old side to the "+
			"new one; write where it ends", quote(l.From), quote(l.To), next.file, next.at, quote(next.To))
	}
}

// after is the line that maps on what a line maps to, if there is one. What is mapped to itself is the end.
func (c *collector) after(l *line) (*line, bool) {
	i, ok := c.byKey[key{l.Kind, l.To}]
	if !ok || l.To == l.From || c.lines[i].To == "" || c.lines[i].To == l.To {
		return nil, false
	}
	return &c.lines[i], true
}

// loop is the circle of lines that goes through a line, or nothing.
func (c *collector) loop(i int) []int {
	loop := []int{i}
	for l := &c.lines[i]; ; {
		next, ok := c.after(l)
		if !ok || len(loop) > len(c.lines) {
			return nil
		}
		n := c.byKey[key{next.Kind, next.From}]
		if n == i {
			return loop
		}
		loop = append(loop, n)
		l = next
	}
}
