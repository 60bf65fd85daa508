package reader

import (
	"bytes"
	"math/bits"
	"unicode/utf16"
	"unicode/utf8"
)

// unescape appends the text of a JSON string whose escapes stringEnd has found well-formed. A half of a surrogate pair
// is a fault: there is no text that it could mean.
func unescape(dst, s []byte) ([]byte, *fault) {
	for {
		i := bytes.IndexByte(s, '\\')
		if i < 0 {
			return append(dst, s...), nil
		}
		dst = append(dst, s[:i]...)
		if s[i+1] != 'u' {
			dst = append(dst, unescaped[s[i+1]])
			s = s[i+2:]
			continue
		}
		r := hex4(s[i+2:])
		s = s[i+6:]
		if utf16.IsSurrogate(r) {
			pair := rune(utf8.RuneError)
			if len(s) >= 6 && s[0] == '\\' && s[1] == 'u' {
				pair = utf16.DecodeRune(r, hex4(s[2:]))
			}
			if pair == utf8.RuneError {
				return nil, &fault{rule: RuleBadUTF8, msg: "found half of a surrogate pair, expected both halves"}
			}
			r, s = pair, s[6:]
		}
		dst = utf8.AppendRune(dst, r)
	}
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
