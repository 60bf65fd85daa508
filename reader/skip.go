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

	// finish says what it means that the input ends inside the row: nil where a row may end so.
	finish() *fault
}

func tooLong(size, limit int) *fault {
	return &fault{
		rule: RuleRowTooLong, at: -1,
		msg: fmt.Sprintf("found a row of %d bytes, expected at most %d: --max-row-bytes allows more", size, limit),
	}
}

// lineSkipper skips to the end of the line.
type lineSkipper struct{}

func (s *lineSkipper) skip(data []byte) (n int, done bool) {
	if end := bytes.IndexByte(data, '\n'); end >= 0 {
		return end + 1, true
	}
	return len(data), false
}

func (s *lineSkipper) finish() *fault { return nil }

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
	if s.closing {
		s.closing = false
		if c == '"' {
			s.quoted = true
			return
		}
		if c != s.delim && c != '\r' {
			s.rest, s.bad = true, at-1 > s.max
		}
	}
	switch {
	case s.quoted:
		if c == '"' {
			s.quoted, s.closing = false, true
		}
	case c == '\r':
		s.ended = true
	case c == '"' && s.start && !s.rest:
		s.quoted = true
	}
	s.start = c == s.delim && !s.quoted
}

func (s *csvSkipper) finish() *fault {
	switch {
	case s.bad:
		return &fault{at: -1, msg: "a row starts here in which a quote opens that closes before text: expected a quote at the end of the cell"}
	case s.quoted:
		return &fault{at: -1, msg: "a row starts here in which a quote opens that never closes: found the end of the input, expected a quote behind the cell"}
	}
	return nil
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

func (s *valueSkipper) finish() *fault {
	if s.scalar || s.ended {
		return nil
	}
	return &fault{at: -1, msg: "found the end of the input inside a row, expected its end: the backup is cut off"}
}
