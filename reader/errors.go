package reader

import (
	"errors"
	"fmt"
	"strings"
)

// The rules that a row can break for the reader. They are stable: scripts may branch on them.
const (
	RuleBadJSON      = "bad-json"      // not JSON, or cut off
	RuleNotAnObject  = "not-an-object" // JSON, but null, an array or a scalar where a member was expected
	RuleTrailingData = "trailing-data" // something stands behind the object on its line
	RuleDuplicateKey = "duplicate-key" // one key twice in one object, or two names of one field
	RuleBadUTF8      = "bad-utf8"      // not valid UTF-8, or half of a surrogate pair
	RuleFieldCount   = "field-count"   // more or fewer cells than the header
	RuleBareQuote    = "bare-quote"    // a quote inside an unquoted cell, or text behind a quoted one
	RuleRowTooLong   = "row-too-long"  // longer than Config.MaxRowBytes
	RuleNoRecord     = "no-record"     // a Singer or Airbyte message without the record it is about
)

// RowError is one row that cannot be read. The rows behind it still can.
type RowError struct {
	Pos

	// Column is the byte at which the fault was found, from 1, in the line on which the record starts. It is 0 where
	// the fault is not at one place, or is on a later line, which Msg then names.
	Column int

	Field string // the key or header of the faulty value, or empty
	Rule  string // one of the Rule constants
	Msg   string // what was found and what was expected

	// Raw is the row as [Record.Raw] would hold it, valid as long. It is nil for row-too-long: the row was not kept.
	Raw []byte
}

// Error returns the fault with its place.
func (e *RowError) Error() string {
	var place strings.Builder
	fmt.Fprintf(&place, "line %d", e.Line)
	if e.Column > 0 {
		fmt.Fprintf(&place, ", column %d", e.Column)
	}
	if e.Field != "" {
		place.WriteString(", " + e.Field)
	}
	return place.String() + ": " + e.Msg
}

// InputError says that the input is no backup, or cannot be read to its end. Nothing behind it was read.
type InputError struct {
	Name   string // what the input is called
	Line   int64  // the line of the fault, from 1; 0 where it has none
	Offset int64  // the byte of the fault, counted as in [Pos]
	Msg    string
	Err    error // what the input's own reader or decompressor said, or nil
}

// Error returns the fault with its place, in the form that editors and terminals know: name:line: what.
func (e *InputError) Error() string {
	text := e.Name
	if e.Line > 0 {
		text += fmt.Sprintf(":%d", e.Line)
	}
	text += ": " + e.Msg
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap returns what the input's own reader or decompressor said.
func (e *InputError) Unwrap() error { return e.Err }

var errRangedTwice = errors.New("the records were asked for twice: an input can be read once")
