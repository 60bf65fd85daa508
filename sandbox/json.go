package sandbox

import (
	"strconv"
	"time"
	"unicode/utf8"
)

// object writes one JSON object field by field. The hot path of the server makes a member of it without reflection
// and without garbage.
type object struct {
	out   []byte
	later bool // a field stands before the next one
}

func openObject(out []byte) object { return object{out: append(out, '{')} }

func (o *object) close() []byte { return append(o.out, '}') }

// key appends name, which is a literal of this package and needs no escaping.
func (o *object) key(name string) {
	if o.later {
		o.out = append(o.out, ',')
	}
	o.later = true
	o.out = append(o.out, '"')
	o.out = append(o.out, name...)
	o.out = append(o.out, '"', ':')
}

func (o *object) text(name, value string) {
	o.key(name)
	o.out = appendText(o.out, value)
}

// optional writes null for the empty string.
func (o *object) optional(name, value string) {
	if value == "" {
		o.null(name)
		return
	}
	o.text(name, value)
}

func (o *object) integer(name string, n int64) {
	o.key(name)
	o.out = strconv.AppendInt(o.out, n, 10)
}

func (o *object) boolean(name string, v bool) {
	o.key(name)
	o.out = strconv.AppendBool(o.out, v)
}

func (o *object) null(name string) {
	o.key(name)
	o.out = append(o.out, "null"...)
}

// date writes t in UTC as RFC 3339 with the fraction that it has, or null for the zero time.
func (o *object) date(name string, t time.Time) {
	if t.IsZero() {
		o.null(name)
		return
	}
	o.key(name)
	o.out = append(o.out, '"')
	o.out = t.UTC().AppendFormat(o.out, time.RFC3339Nano)
	o.out = append(o.out, '"')
}

func (o *object) texts(name string, values []string) {
	o.key(name)
	o.out = append(o.out, '[')
	for i, v := range values {
		if i > 0 {
			o.out = append(o.out, ',')
		}
		o.out = appendText(o.out, v)
	}
	o.out = append(o.out, ']')
}

// address writes the parts, joined, as one string: a URL made of a base and of SIDs.
func (o *object) address(name string, parts ...string) {
	o.key(name)
	o.out = append(o.out, '"')
	for _, p := range parts {
		o.out = appendEscaped(o.out, p)
	}
	o.out = append(o.out, '"')
}

func appendText(out []byte, s string) []byte {
	out = append(out, '"')
	out = appendEscaped(out, s)
	return append(out, '"')
}

// appendEscaped appends s as the inside of a JSON string (RFC 8259, section 7): quotes, backslashes and control
// characters escaped, everything else as it is. Bytes that are no UTF-8 become U+FFFD, as encoding/json does it.
func appendEscaped(out []byte, s string) []byte {
	const hex = "0123456789abcdef"
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			if c >= ' ' && c != '"' && c != '\\' {
				i++
				continue
			}
			out = append(out, s[start:i]...)
			switch c {
			case '"', '\\':
				out = append(out, '\\', c)
			case '\n':
				out = append(out, '\\', 'n')
			case '\r':
				out = append(out, '\\', 'r')
			case '\t':
				out = append(out, '\\', 't')
			default:
				out = append(out, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
			}
			i++
			start = i
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 {
			out = append(out, s[start:i]...)
			out = append(out, "\uFFFD"...)
			start = i + 1
		}
		i += size
	}
	return append(out, s[start:]...)
}
