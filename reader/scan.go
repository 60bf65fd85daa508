package reader

import (
	"encoding/binary"
	"unicode/utf8"
)

// Eight bytes are looked at in one step: a byte of a word is found by arithmetic on the whole word, as in "Bit Twiddling
// Hacks, determine if a word has a zero byte". A match may carry into the bytes above it, never below, so that the
// lowest match, the only one used, is exact.
const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// space returns the place of the first byte from i on that is not JSON's white space.
func space(s []byte, i int) int {
	if i < len(s) && s[i] > ' ' {
		return i
	}
	return moreSpace(s, i)
}

func moreSpace(s []byte, i int) int {
	for i < len(s) && (s[i] == ' ' || s[i] == '\n' || s[i] == '\r' || s[i] == '\t') {
		i++
	}
	return i
}

// special returns a word whose lowest bit is in the lowest byte of w that does not simply stand for itself in a JSON
// string (a quote, a backslash or a control character), or 0.
func special(w uint64) uint64 {
	quote, slash := w^ones*'"', w^ones*'\\'
	return ((quote-ones)&^quote | (slash-ones)&^slash | (w-ones*' ')&^w) & highs
}

// plainEnd returns the place of the first byte from i on that is special, or len(s), and a word with one of the bits in
// highs if a byte before it is not ASCII.
func plainEnd(s []byte, i int) (stop int, high uint64) {
	for i+8 <= len(s) {
		w := binary.LittleEndian.Uint64(s[i:])
		if m := special(w); m != 0 {
			low := m & -m
			return i + trailingBytes(low), high | w&(low-1)
		}
		high |= w
		i += 8
	}
	for i < len(s) && s[i] != '"' && s[i] != '\\' && s[i] >= ' ' {
		high |= uint64(s[i])
		i++
	}
	return i, high
}

// stringEnd scans the JSON string whose first byte is s[i], behind its quote, and returns the place of the closing
// quote and whether the string has escapes. Their form is checked here, their meaning where they are decoded.
func stringEnd(s []byte, i int) (end int, escaped bool, f *fault) {
	start := i
	var high uint64
	for {
		stop, h := plainEnd(s, i)
		high |= h
		switch {
		case stop == len(s):
			return 0, false, errMore
		case s[stop] == '"':
			if high&highs != 0 && !utf8.Valid(s[start:stop]) {
				return 0, false, badUTF8(s, start)
			}
			return stop, escaped, nil
		case s[stop] != '\\':
			return 0, false, expected("an escaped control character", s, stop)
		}
		escaped = true
		if i, f = escapeEnd(s, stop); f != nil {
			return 0, false, f
		}
	}
}

// escapeEnd checks the escape at s[i] and returns the place behind it.
func escapeEnd(s []byte, i int) (int, *fault) {
	if i+1 >= len(s) {
		return 0, errMore
	}
	switch s[i+1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return i + 2, nil
	case 'u':
		for j := i + 2; j < i+6; j++ {
			if j >= len(s) {
				return 0, errMore
			}
			if unhex(s[j]) < 0 {
				return 0, expected("a hexadecimal digit", s, j)
			}
		}
		return i + 6, nil
	}
	return 0, expected(`one of "\/bfnrtu behind a backslash`, s, i+1)
}

// badUTF8 is the fault of the first byte from i on that is not UTF-8.
func badUTF8(s []byte, i int) *fault {
	for i < len(s) {
		r, size := utf8.DecodeRune(s[i:])
		if r == utf8.RuneError && size <= 1 {
			break
		}
		i += size
	}
	return &fault{rule: RuleBadUTF8, at: i, msg: "found " + describe(s, min(i, len(s)-1)) + ", expected UTF-8"}
}

// numberEnd returns the place behind the JSON number that starts at s[i].
func numberEnd(s []byte, i int) (int, *fault) {
	if s[i] == '-' {
		i++
	}
	switch {
	case i < len(s) && s[i] == '0':
		i++
	default:
		end := digits(s, i)
		if end == i {
			return 0, expected("a digit", s, i)
		}
		i = end
	}
	if i < len(s) && s[i] == '.' {
		end := digits(s, i+1)
		if end == i+1 {
			return 0, expected("a digit", s, end)
		}
		i = end
	}
	if i < len(s) && s[i]|0x20 == 'e' {
		i++
		if i < len(s) && (s[i] == '+' || s[i] == '-') {
			i++
		}
		end := digits(s, i)
		if end == i {
			return 0, expected("a digit", s, end)
		}
		i = end
	}
	return i, nil
}

func digits(s []byte, i int) int {
	for i < len(s) && '0' <= s[i] && s[i] <= '9' {
		i++
	}
	return i
}

// literalEnd returns the place behind the literal (true, false, null) that should stand at s[i].
func literalEnd(s []byte, i int, literal string) (int, *fault) {
	for j := range len(literal) {
		if i+j >= len(s) || s[i+j] != literal[j] {
			return 0, expected(literal, s, i+j)
		}
	}
	return i + len(literal), nil
}

// maxDepth is how deep values may be nested, as in encoding/json.
const maxDepth = 10000

// valueEnd checks the JSON value at s[i] and returns the place behind it and its kind.
func valueEnd(s []byte, i, depth int) (end int, kind Kind, f *fault) {
	if i >= len(s) {
		return 0, 0, errMore
	}
	switch c := s[i]; {
	case c == '"':
		end, _, f = stringEnd(s, i+1)
		return end + 1, String, f
	case c == '-' || '0' <= c && c <= '9':
		end, f = numberEnd(s, i)
		return end, Number, f
	case c == '{':
		end, f = objectEnd(s, i, depth+1)
		return end, Object, f
	case c == '[':
		end, f = arrayEnd(s, i, depth+1)
		return end, Array, f
	case c == 'n':
		end, f = literalEnd(s, i, "null")
		return end, Null, f
	case c == 't':
		end, f = literalEnd(s, i, "true")
		return end, Bool, f
	case c == 'f':
		end, f = literalEnd(s, i, "false")
		return end, Bool, f
	}
	return 0, 0, expected("a value", s, i)
}

func objectEnd(s []byte, i, depth int) (int, *fault) {
	if depth > maxDepth {
		return 0, tooDeep(i)
	}
	i = space(s, i+1)
	if i < len(s) && s[i] == '}' {
		return i + 1, nil
	}
	for {
		var f *fault
		if i >= len(s) || s[i] != '"' {
			return 0, expected("a key in quotes", s, i)
		}
		if i, _, f = stringEnd(s, i+1); f != nil {
			return 0, f
		}
		if i = space(s, i+1); i >= len(s) || s[i] != ':' {
			return 0, expected("a colon", s, i)
		}
		if i, _, f = valueEnd(s, space(s, i+1), depth); f != nil {
			return 0, f
		}
		if i = space(s, i); i < len(s) && s[i] == '}' {
			return i + 1, nil
		}
		if i >= len(s) || s[i] != ',' {
			return 0, expected("a comma or }", s, i)
		}
		i = space(s, i+1)
	}
}

func arrayEnd(s []byte, i, depth int) (int, *fault) {
	if depth > maxDepth {
		return 0, tooDeep(i)
	}
	i = space(s, i+1)
	if i < len(s) && s[i] == ']' {
		return i + 1, nil
	}
	for {
		var f *fault
		if i, _, f = valueEnd(s, i, depth); f != nil {
			return 0, f
		}
		if i = space(s, i); i < len(s) && s[i] == ']' {
			return i + 1, nil
		}
		if i >= len(s) || s[i] != ',' {
			return 0, expected("a comma or ]", s, i)
		}
		i = space(s, i+1)
	}
}

func tooDeep(at int) *fault {
	return &fault{rule: RuleBadJSON, at: at, msg: "found a value nested deeper than 10000 levels"}
}
