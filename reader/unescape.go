package reader

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"slices"
	"unicode/utf16"
	"unicode/utf8"
)

// decode appends to dst the text of the JSON string whose first byte, behind its quote, is s[start] and whose first
// escape is s[i], and returns the place of the closing quote. High is what plainEnd returned for the bytes between.
//
// Half of a surrogate pair is a fault: there is no text that it could mean.
func decode(dst, s []byte, start, i int, high uint64) (out []byte, end int, f *fault) {
	// No text is longer than its escaped form; eight bytes more let whole words be stored.
	out = slices.Grow(dst, len(s)-start+8)
	n := len(dst)
	out = out[:cap(out)]
	n += copy(out[n:], s[start:i])
	var half *fault
	for {
		if i+1 < len(s) && unescaped[s[i+1]] != 0 {
			out[n] = unescaped[s[i+1]]
			n, i = n+1, i+2
		} else {
			r, next, f := decodeRune(s, i)
			if f != nil {
				return dst, 0, f
			}
			if utf16.IsSurrogate(r) && half == nil {
				half = &fault{rule: RuleBadUTF8, at: i, msg: "found half of a surrogate pair, expected both halves"}
			}
			n += utf8.EncodeRune(out[n:], r)
			i = next
		}
		var h uint64
		i, n, h = copyPlain(out, n, s, i)
		high |= h
		switch {
		case i == len(s):
			return dst, 0, errMore
		case s[i] == '"':
			if high&highs != 0 && !utf8.Valid(s[start:i]) {
				return dst, 0, badUTF8(s, start)
			}
			return out[:n], i, half
		case s[i] != '\\':
			return dst, 0, expected("an escaped control character", s, i)
		}
	}
}

// copyPlain copies the bytes of s from i on that stand for themselves to dst[n:], and returns the places behind them and
// a word as plainEnd does.
func copyPlain(dst []byte, n int, s []byte, i int) (stop, end int, high uint64) {
	for i+8 <= len(s) {
		w := binary.LittleEndian.Uint64(s[i:])
		binary.LittleEndian.PutUint64(dst[n:], w)
		if m := special(w); m != 0 {
			low := m & -m
			k := trailingBytes(low)
			return i + k, n + k, high | w&(low-1)
		}
		high |= w
		i, n = i+8, n+8
	}
	for i < len(s) && s[i] != '"' && s[i] != '\\' && s[i] >= ' ' {
		dst[n] = s[i]
		high |= uint64(s[i])
		i, n = i+1, n+1
	}
	return i, n, high
}

// decodeRune returns the character of the escape at s[i], which is none of the short ones, and the place behind it.
func decodeRune(s []byte, i int) (r rune, next int, f *fault) {
	next, f = escapeEnd(s, i)
	if f != nil {
		return 0, 0, f
	}
	r = hex4(s[i+2:])
	if utf16.IsSurrogate(r) && next+1 < len(s) && s[next] == '\\' && s[next+1] == 'u' {
		if end, f := escapeEnd(s, next); f == nil {
			if pair := utf16.DecodeRune(r, hex4(s[next+2:])); pair != utf8.RuneError {
				return pair, end, nil
			}
		}
	}
	return r, next, nil
}

// unquote returns the text of a JSON string that stringEnd has checked, with its quotes.
func unquote(quoted []byte) (string, *fault) {
	i := bytes.IndexByte(quoted, '\\')
	if i < 0 {
		return string(quoted[1 : len(quoted)-1]), nil
	}
	text, _, f := decode(nil, quoted, 1, i, 0)
	return string(text), f
}

// unescaped holds what a letter behind a backslash stands for.
var unescaped = [256]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// hex4 returns the number that four hexadecimal digits make.
func hex4(s []byte) rune {
	return rune(unhex(s[0])<<12 | unhex(s[1])<<8 | unhex(s[2])<<4 | unhex(s[3]))
}

func unhex(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

// trailingBytes returns the number of whole bytes below the lowest bit of w.
func trailingBytes(w uint64) int { return bits.TrailingZeros64(w) >> 3 }
