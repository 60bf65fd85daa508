package audit

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"math/bits"

	"rejoin/internal/spill"
)

// member is what is kept of a row that names a member. Written, it takes its identity and about 15 bytes: rows of one
// channel are kept together, and only the first of those that follow each other names it.
type member struct {
	row, line         int64
	counts            bool   // the row stands for its member: it breaks no rule but that it names no Service
	invalid           bool   // it cannot be restored
	values            uint64 // a hash of what would be sent; 0 of a row that does not count
	service, channel  []byte
	identity          []byte
	variant           *spelling // the first row of the channel whose identity differs only by case, once that is known
	sameChannelAsLast bool      // as it was written
}

// spelling is a row with another spelling of an identity.
type spelling struct {
	row, line int64
	identity  []byte
}

// members is what is kept of rows, in parts.
type members struct {
	*spill.Spill
	last [spill.Parts]coder // of the member that was put last
	buf  []byte
}

func newMembers(file *spill.File, keep int) *members { return &members{Spill: spill.New(file, keep)} }

func (s *members) put(part int, m *member) error {
	s.buf = s.last[part].append(s.buf[:0], m)
	return s.Put(part, s.buf)
}

// look gives the members of a part, in the order in which they were put, and take takes them out.
func (s *members) look(ctx context.Context, part int, use func(*member) error) error {
	return s.Look(part, reading(ctx, use))
}

func (s *members) take(ctx context.Context, part int, use func(*member) error) error {
	s.last[part] = coder{}
	return s.Chunks(part, reading(ctx, use))
}

// reading reads the members in the chunks of a part.
func reading(ctx context.Context, use func(*member) error) func([]byte) error {
	var last coder
	var m member
	return func(chunk []byte) (err error) {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		for err == nil && len(chunk) > 0 {
			if chunk, err = last.next(chunk, &m); err == nil {
				err = use(&m)
			}
		}
		return err
	}
}

// partOf is the part that a hash says.
func partOf(hash uint64) int { return int(hash % spill.Parts) }

// coder writes members one behind the other, and reads them again. Each is written as its difference from the one
// before.
type coder struct {
	row, lines       int64 // of the member before: its row, and by how much its line is ahead of it
	service, channel []byte
	variant          spelling // of the member that was read last
}

// The bits of a written member's first byte.
const (
	flagSame   = 1 << iota // the channel of the member before
	flagCounts             // its values follow
	flagInvalid
	flagVariant // the other spelling follows
)

// append writes m behind dst.
func (c *coder) append(dst []byte, m *member) []byte {
	same := bytes.Equal(c.channel, m.channel) && bytes.Equal(c.service, m.service)
	flags := byte(0)
	for _, is := range [...]struct {
		set  bool
		flag byte
	}{{same, flagSame}, {m.counts, flagCounts}, {m.invalid, flagInvalid}, {m.variant != nil, flagVariant}} {
		if is.set {
			flags |= is.flag
		}
	}
	dst = append(dst, flags)
	dst = binary.AppendVarint(dst, m.row-c.row)
	dst = binary.AppendVarint(dst, m.line-m.row-c.lines)
	c.row, c.lines = m.row, m.line-m.row
	if m.counts {
		dst = appendUint64(dst, m.values)
	}
	if m.variant != nil {
		dst = binary.AppendVarint(dst, m.variant.row)
		dst = binary.AppendVarint(dst, m.variant.line)
		dst = appendText(dst, m.variant.identity)
	}
	if !same {
		dst = appendText(appendText(dst, m.service), m.channel)
		c.service = append(c.service[:0], m.service...)
		c.channel = append(c.channel[:0], m.channel...)
	}
	return appendText(dst, m.identity)
}

var errKept = errors.New("what was kept of the rows does not read as it was written; this is a defect of rejoin, or of the disk")

// next reads a member off data into m and returns what is left. The member's texts lie in data, and its channel in c
// until the next.
func (c *coder) next(data []byte, m *member) ([]byte, error) {
	d := decoding{data: data}
	flags := d.byte()
	c.row += d.varint()
	c.lines += d.varint()
	*m = member{
		row: c.row, line: c.row + c.lines, counts: flags&flagCounts != 0, invalid: flags&flagInvalid != 0,
		sameChannelAsLast: flags&flagSame != 0,
	}
	if m.counts {
		m.values = d.uint64()
	}
	if flags&flagVariant != 0 {
		c.variant = spelling{row: d.varint(), line: d.varint(), identity: d.text()}
		m.variant = &c.variant
	}
	if !m.sameChannelAsLast {
		c.service = append(c.service[:0], d.text()...)
		c.channel = append(c.channel[:0], d.text()...)
	}
	m.service, m.channel = c.service, c.channel
	m.identity = d.text()
	if d.bad {
		return nil, errKept
	}
	return d.data, nil
}

// decoding takes values off data.
type decoding struct {
	data []byte
	bad  bool
}

func (d *decoding) take(n int) []byte {
	if n < 0 || n > len(d.data) {
		d.bad = true
		return nil
	}
	taken := d.data[:n:n]
	d.data = d.data[n:]
	return taken
}

func (d *decoding) byte() byte {
	if b := d.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (d *decoding) varint() int64 {
	v, n := binary.Varint(d.data)
	if n <= 0 {
		d.bad = true
		return 0
	}
	d.data = d.data[n:]
	return v
}

func (d *decoding) uint64() uint64 {
	if b := d.take(8); b != nil {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}

func (d *decoding) text() []byte {
	n, size := binary.Uvarint(d.data)
	if size <= 0 || n > uint64(len(d.data)) {
		d.bad = true
		return nil
	}
	d.data = d.data[size:]
	return d.take(int(n))
}

func appendText(dst, text []byte) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(text))), text...)
}

func appendUint64(dst []byte, n uint64) []byte { return binary.LittleEndian.AppendUint64(dst, n) }

// mix takes text into a hash. It decides which rows are looked at together and so in which order problems are told, and
// is the same on every run; nothing is taken for equal because of it.
func mix(h uint64, text []byte) uint64 {
	const k = 0x9e3779b97f4a7c15
	h = fold(h^uint64(len(text)), k)
	for len(text) >= 8 {
		h = fold(h^binary.LittleEndian.Uint64(text), k)
		text = text[8:]
	}
	var last uint64
	for i, c := range text {
		last |= uint64(c) << (8 * i)
	}
	return fold(h^last, k)
}

func fold(a, b uint64) uint64 {
	high, low := bits.Mul64(a, b)
	return high ^ low
}
