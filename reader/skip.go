package reader

import (
	"bytes"
	"fmt"
)

// skipper finds the end of a row that is too long to be held.
type skipper interface {
	// skip returns how many bytes of data still belong to the row, with its line end if it has one, and whether the
	// row ends there.
	skip(data []byte) (n int, done bool)

	// finish is asked when the row or the input has ended. It says whether what was skipped was a row at all, and why
	// the input cannot be read behind it, with a place that counts from the row's start; or nil.
	finish() (row bool, why *InputError)
}

func tooLong(size, limit int) *fault {
	return &fault{
		rule: RuleRowTooLong, at: -1,
		msg: fmt.Sprintf("found a row of %d bytes, expected at most %d: --max-row-bytes allows more", size, limit),
	}
}

// lineSkipper skips to the end of the line. However long, a line of nothing but blanks is no row.
type lineSkipper struct {
	row bool // something but blanks was met
}

func (s *lineSkipper) skip(data []byte) (n int, done bool) {
	n = bytes.IndexByte(data, '\n') + 1
	if done = n > 0; !done {
		n = len(data)
	}
	s.row = s.row || !blank(data[:n])
	return n, done
}

func (s *lineSkipper) finish() (row bool, why *InputError) { return s.row, nil }

// csvSkipper skips to the end of a row of cells.
type csvSkipper struct {
	delim   byte
	literal bool
	max     int

	read    int  // bytes so far
	start   bool // at the start of a cell
	quoted  bool
	closing bool // behind a quote that closes the cell or is the first of two
	rest    bool // quotes mean nothing up to the line end
	ended   bool // behind a \r
	bad     bool // a quote that opened closes in front of text, further down than a row may reach

	opened     int // where the last quote opened, and the line ends before it
	openedLine int64
	closed     int // where the last quote closed
	lines      int64
	cr         bool // the last byte was a \r
}

func (s *csvSkipper) skip(data []byte) (n int, done bool) {
	if s.literal && s.read == 0 {
		// A tab-delimited row comes here when it has been read to where quotes are letters.
		s.read, s.rest = len(data), true
		s.ended = data[len(data)-1] == '\r'
		return len(data), false
	}
	for n = range data {
		c := data[n]
		if s.ended {
			if c == '\n' {
				n++
			}
			return n, true
		}
		if c == '\n' && !s.quoted {
			return n + 1, true
		}
		if s.step(c, s.read+n); s.bad {
			return n, true
		}
	}
	s.read += len(data)
	return len(data), false
}

// step follows the row over c, its byte number at, which does not end it.
func (s *csvSkipper) step(c byte, at int) {
	if c == '\r' || c == '\n' && !s.cr {
		s.lines++
	}
	s.cr = c == '\r'
	if s.closing {
		s.closing = false
		if c == '"' {
			s.quoted = true
			return
		}
		if c != s.delim && c != '\r' {
			s.rest, s.bad = true, s.closed > s.max
		}
	}
	switch {
	case s.quoted:
		if c == '"' {
			s.quoted, s.closing, s.closed = false, true, at
		}
	case c == '\r':
		s.ended = true
	case c == '"' && s.start && !s.rest:
		s.quoted, s.opened, s.openedLine = true, at, s.lines
	case c == '"':
		s.rest = true // the row is faulty, and ends with its line
	}
	s.start = c == s.delim && !s.quoted
}

func (s *csvSkipper) finish() (row bool, why *InputError) {
	switch {
	case s.bad:
		return true, &InputError{Line: s.openedLine, Offset: int64(s.opened), Msg: closesBadly(s.closed-s.opened, s.delim)}
	case s.quoted:
		return true, &InputError{Line: s.openedLine, Offset: int64(s.opened), Msg: neverCloses}
	}
	return true, nil
}

const neverCloses = "a quote that opened here never closes: found the end of the input, expected a quote behind the cell"

func closesBadly(size int, delim byte) string {
	return fmt.Sprintf("a quote that opened here closes %d bytes further down inside a cell: expected %s or a line end behind it",
		size, quoteName(string(rune(delim))))
}

// valueSkipper finds the end of a JSON value by its brackets and quotes alone.
type valueSkipper struct {
	depth   int
	scalar  bool // in a number or a word
	quoted  bool
	escaped bool
	ended   bool
}

func (s *valueSkipper) skip(data []byte) (n int, done bool) {
	for n = range data {
		c := data[n]
		if s.scalar {
			if c == ',' || c == ']' || c == '}' || c <= ' ' {
				return n, true
			}
			continue
		}
		if s.step(c); s.ended {
			return n + 1, true
		}
	}
	return len(data), false
}

// step follows a value that is not a scalar over c.
func (s *valueSkipper) step(c byte) {
	switch {
	case s.escaped:
		s.escaped = false
	case s.quoted:
		s.escaped = c == '\\'
		s.quoted = c != '"'
		s.ended = c == '"' && s.depth == 0
	case c == '"':
		s.quoted = true
	case c == '{' || c == '[':
		s.depth++
	case c == '}' || c == ']':
		s.depth--
		s.ended = s.depth <= 0
	case s.depth == 0:
		s.scalar = true
	}
}

func (s *valueSkipper) finish() (row bool, why *InputError) {
	if s.scalar || s.ended {
		return true, nil
	}
	return true, &InputError{Msg: cutOff}
}

const cutOff = "found the end of the input inside the value that starts here, expected its end: the backup is cut off"
