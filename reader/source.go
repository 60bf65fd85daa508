package reader

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"
)

// source is the input as text: decompressed and in UTF-8. It belongs to one goroutine.
type source struct {
	text        io.Reader
	tap         *tap
	compression string // gzip, zstd, bzip2, xz or empty
	encoding    string
	close       func()
}

// tap keeps what went wrong in the input below the decompressor, which might hide it, and how the input ended.
type tap struct {
	in   io.Reader
	err  error
	last [2]byte // the last bytes, but for the zeros that end the input
	zero bool    // zeros stand behind them
}

func (t *tap) Read(p []byte) (int, error) {
	n, err := t.in.Read(p)
	t.note(p[:n])
	if err != nil && err != io.EOF {
		t.err = err
	}
	return n, err
}

// note follows the input over s.
func (t *tap) note(s []byte) {
	kept := bytes.TrimRight(s, "\x00")
	if len(kept) > 0 && t.zero {
		t.last, t.zero = [2]byte{}, false // they do not end the input
	}
	for _, c := range lastTwo(kept) {
		t.last = [2]byte{t.last[1], c}
	}
	t.zero = t.zero || len(kept) < len(s)
}

func lastTwo(s []byte) []byte { return s[max(0, len(s)-2):] }

// xzReader makes sure that the input ended with an xz stream's footer: the decompressor takes a stream without its index
// and footer, which was cut off behind its last block, for a whole one.
type xzReader struct {
	in  io.Reader
	tap *tap
}

func (r *xzReader) Read(p []byte) (int, error) {
	n, err := r.in.Read(p)
	if err == io.EOF && string(r.tap.last[:]) != "YZ" {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// maxWindow bounds the memory of a zstd decoder, as the zstd command does without --long.
const maxWindow = 128 << 20

// compressions are known by the bytes they start with.
var compressions = []struct {
	name  string
	magic string
	open  func(io.Reader, *tap) (io.Reader, func(), error)
}{
	{"gzip", "\x1f\x8b", func(in io.Reader, _ *tap) (io.Reader, func(), error) {
		out, err := gzip.NewReader(in)
		return out, nil, err
	}},
	{"zstd", "\x28\xb5\x2f\xfd", func(in io.Reader, _ *tap) (io.Reader, func(), error) {
		out, err := zstd.NewReader(in, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow))
		if err != nil {
			return nil, nil, err
		}
		return out, out.Close, nil
	}},
	{"bzip2", "BZh", func(in io.Reader, _ *tap) (io.Reader, func(), error) {
		return bzip2.NewReader(in), nil, nil
	}},
	{"xz", "\xfd7zXZ\x00", func(in io.Reader, t *tap) (io.Reader, func(), error) {
		out, err := xz.NewReader(in)
		return &xzReader{out, t}, nil, err
	}},
}

// bzip2Block is what stands behind the four bytes of a bzip2 header; a CSV header might start with BZh, too.
const bzip2Block = "1AY&SY"

// plainSource is an input that is known to be text in UTF-8.
func plainSource(in io.Reader) *source {
	s := &source{tap: &tap{in: in}, encoding: "UTF-8", close: func() {}}
	s.text = s.tap
	return s
}

// newSource finds out how the input is compressed and encoded.
func newSource(in io.Reader) (*source, error) {
	s := &source{tap: &tap{in: in}, close: func() {}}
	raw := bufio.NewReaderSize(s.tap, 64<<10)
	s.text = raw
	head, err := raw.Peek(10)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	for _, c := range compressions {
		if !bytes.HasPrefix(head, []byte(c.magic)) || c.name == "bzip2" && !bytes.HasSuffix(head, []byte(bzip2Block)) {
			continue
		}
		text, done, err := c.open(raw, s.tap)
		if err != nil {
			return nil, fmt.Errorf("reading its %s header: %w", c.name, err)
		}
		s.compression, s.text = c.name, text
		if done != nil {
			s.close = done
		}
	}
	if err := s.decode(); err != nil {
		return nil, err
	}
	return s, nil
}

// marks are the byte order marks.
var marks = []struct{ bytes, encoding string }{
	{"\xef\xbb\xbf", "UTF-8 with a byte order mark"},
	{"\xff\xfe", "UTF-16LE"},
	{"\xfe\xff", "UTF-16BE"},
}

// decode finds the byte order mark and makes UTF-8 of UTF-16.
func (s *source) decode() error {
	text := bufio.NewReaderSize(s.text, 64<<10)
	head, err := text.Peek(3)
	if err != nil && !errors.Is(err, io.EOF) {
		return s.cause(err)
	}
	s.encoding = "UTF-8"
	for _, mark := range marks {
		if bytes.HasPrefix(head, []byte(mark.bytes)) {
			s.encoding = mark.encoding
		}
	}
	// The buffered reader hands large reads on once its own bytes are used up.
	s.text = text
	if s.encoding[:5] == "UTF-1" {
		s.text = &utf16Reader{in: text, big: s.encoding == "UTF-16BE"}
	}
	return nil
}

// cause returns what made a read fail: the input's own error rather than what the decompressor made of it.
func (s *source) cause(err error) error {
	if s.tap.err != nil {
		return s.tap.err
	}
	return err
}

// Read fills p as far as the input goes. An error that is not io.EOF is the input's own.
func (s *source) Read(p []byte) (n int, err error) {
	for n < len(p) && err == nil {
		var m int
		m, err = s.text.Read(p[n:])
		n += m
	}
	if err != nil && err != io.EOF { //nolint:errorlint // io.Reader promises io.EOF itself
		err = s.cause(err)
	}
	return n, err
}

// problem says in words what err means.
func (s *source) problem(err error) string {
	switch {
	case s.tap.err != nil:
		return "the input cannot be read on"
	case errors.Is(err, io.ErrUnexpectedEOF):
		kind := s.compression
		if kind == "" {
			kind = s.encoding
		}
		return "the " + kind + " data is cut off: found the end of the input in the middle of it"
	case s.compression != "":
		return "the " + s.compression + " data is damaged, or something else stands behind it"
	}
	return "the input cannot be read on"
}
