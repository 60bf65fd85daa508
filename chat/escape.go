package chat

import (
	"errors"
	"fmt"
	"slices"
)

// ErrPathSegment is why a value cannot be a part of a request's path.
var ErrPathSegment = errors.New("cannot be one segment of a URL path")

// CheckPathSegment reports whether s can be one segment of a request's path. Any text can, percent-encoded, except
// three: the empty one, "." and "..", which clients, proxies and servers take away before the path is matched, encoded
// or not (RFC 3986, section 5.2.4 and 6.2.2.3). The error wraps [ErrPathSegment].
func CheckPathSegment(s string) error {
	switch s {
	case "", ".", "..":
		return fmt.Errorf("%q %w", s, ErrPathSegment)
	}
	return nil
}

const upperHex = "0123456789ABCDEF"

// appendSegment appends s as one percent-encoded path segment. Everything but RFC 3986's unreserved characters is
// encoded, which is more than a segment needs: a "+" left bare is read as a space by servers that decode paths as
// they decode forms.
func appendSegment(dst []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; unreserved[c] {
			dst = append(dst, c)
		} else {
			dst = append(dst, '%', upperHex[c>>4], upperHex[c&15])
		}
	}
	return dst
}

// appendFormValue appends s in the encoding of application/x-www-form-urlencoded bodies, byte for byte what
// [net/url.QueryEscape] makes of it.
func appendFormValue(dst []byte, s string) []byte {
	dst = slices.Grow(dst, 3*len(s))
	room := dst[len(dst) : len(dst)+3*len(s)]
	n := 0
	for i := range len(s) {
		switch c := s[i]; {
		case unreserved[c]:
			room[n] = c
			n++
		case c == ' ':
			room[n] = '+'
			n++
		default:
			room[n], room[n+1], room[n+2] = '%', upperHex[c>>4], upperHex[c&15]
			n += 3
		}
	}
	return dst[:len(dst)+n]
}

// unreserved holds RFC 3986's unreserved characters: letters, digits, "-", ".", "_" and "~".
var unreserved = [256]bool{
	'-': true, '.': true, '_': true, '~': true,
	'0': true, '1': true, '2': true, '3': true, '4': true, '5': true, '6': true, '7': true, '8': true, '9': true,
	'A': true, 'B': true, 'C': true, 'D': true, 'E': true, 'F': true, 'G': true, 'H': true, 'I': true, 'J': true,
	'K': true, 'L': true, 'M': true, 'N': true, 'O': true, 'P': true, 'Q': true, 'R': true, 'S': true, 'T': true,
	'U': true, 'V': true, 'W': true, 'X': true, 'Y': true, 'Z': true,
	'a': true, 'b': true, 'c': true, 'd': true, 'e': true, 'f': true, 'g': true, 'h': true, 'i': true, 'j': true,
	'k': true, 'l': true, 'm': true, 'n': true, 'o': true, 'p': true, 'q': true, 'r': true, 's': true, 't': true,
	'u': true, 'v': true, 'w': true, 'x': true, 'y': true, 'z': true,
}
