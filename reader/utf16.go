package reader

import (
	"encoding/binary"
	"io"
	"unicode/utf16"
	"unicode/utf8"
)

// utf16Reader makes UTF-8 of UTF-16. Half of a surrogate pair becomes three bytes that are not UTF-8, so that its row
// is told faulty, where a replacement character would hide it.
type utf16Reader struct {
	in   io.Reader
	big  bool
	err  error
	raw  [4096]byte
	n    int    // bytes in raw
	out  []byte // not yet read
	text [3 * 2048]byte
}

func (r *utf16Reader) Read(p []byte) (int, error) {
	for len(r.out) == 0 {
		if r.err != nil {
			return 0, r.err
		}
		r.fill()
	}
	n := copy(p, r.out)
	r.out = r.out[n:]
	return n, nil
}

// fill reads some units and makes text of those that are whole.
func (r *utf16Reader) fill() {
	n, err := r.in.Read(r.raw[r.n:])
	r.n += n
	r.err = err
	units := r.raw[:r.n&^1]
	text := r.text[:0]
	for len(units) > 0 {
		c := r.unit(units)
		size := 2
		if utf16.IsSurrogate(c) {
			if len(units) < 4 && err == nil {
				break // its other half is still to come
			}
			if len(units) >= 4 {
				if pair := utf16.DecodeRune(c, r.unit(units[2:])); pair != utf8.RuneError {
					c, size = pair, 4
				}
			}
		}
		if utf16.IsSurrogate(c) {
			text = append(text, 0xe0|byte(c>>12), 0x80|byte(c>>6)&0x3f, 0x80|byte(c)&0x3f)
		} else {
			text = utf8.AppendRune(text, c)
		}
		units = units[size:]
	}
	done := r.n&^1 - len(units)
	r.n = copy(r.raw[:], r.raw[done:r.n])
	r.out = text
	if err == io.EOF && r.n > 0 {
		r.err = io.ErrUnexpectedEOF
	}
}

func (r *utf16Reader) unit(s []byte) rune {
	if r.big {
		return rune(binary.BigEndian.Uint16(s))
	}
	return rune(binary.LittleEndian.Uint16(s))
}
