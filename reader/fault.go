package reader

import (
	"bytes"
	"fmt"
	"strconv"
	"unicode/utf8"
)

// fault is what is wrong in one row, found at byte at of the text that was parsed.
type fault struct {
	rule  string
	at    int // -1: not at one place
	field string
	msg   string
}

// errMore says that the text ends before the value does.
var errMore = &fault{rule: RuleBadJSON, msg: "the row ends inside the object"}

// rowError makes the fault, whose at counts from the start of raw, an error of the row raw at pos.
func (f *fault) rowError(pos Pos, raw []byte) *RowError {
	err := &RowError{Pos: pos, Field: f.field, Rule: f.rule, Msg: f.msg, Raw: raw}
	if f.rule == RuleRowTooLong {
		err.Raw = nil
	}
	if f.at < 0 || f.at > len(raw) {
		return err
	}
	before := raw[:f.at]
	if down := bytes.Count(before, []byte{'\n'}); down > 0 {
		col := f.at - bytes.LastIndexByte(before, '\n')
		err.Msg = fmt.Sprintf("%s further down, column %d: %s", counted(int64(down), "line"), col, f.msg)
		return err
	}
	err.Column = f.at + 1
	return err
}

// expected is a fault at s[at], where something else was expected.
func expected(what string, s []byte, at int) *fault {
	if at >= len(s) {
		return errMore
	}
	return &fault{rule: RuleBadJSON, at: at, msg: "found " + describe(s, at) + ", expected " + what}
}

// counted is n and the name of a thing, which ends in s if there is not one of it.
func counted(n int64, thing string) string {
	if n != 1 {
		thing += "s"
	}
	return fmt.Sprintf("%d %s", n, thing)
}

// describe names the character at s[at].
func describe(s []byte, at int) string {
	r, size := utf8.DecodeRune(s[at:])
	if r == utf8.RuneError && size <= 1 {
		return fmt.Sprintf("the byte 0x%02x", s[at])
	}
	return strconv.QuoteRune(r)
}
