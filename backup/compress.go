package backup

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// Compression is how a file is compressed.
type Compression uint8

// The compressions.
const (
	Plain Compression = iota
	Gzip
	Zstd
)

// String returns the compression's name, "none" for [Plain].
func (c Compression) String() string {
	switch c {
	case Plain:
	case Gzip:
		return "gzip"
	case Zstd:
		return "zstd"
	}
	return "none"
}

// ByEnding tells from a file's ending how it is compressed, and of which format it is. An ending that other programs
// give to what this one cannot write is an error.
func ByEnding(path string) (Compression, Format, error) {
	name := strings.ToLower(filepath.Base(path))
	how := Plain
	for ending, c := range map[string]Compression{".gz": Gzip, ".zst": Zstd} {
		if rest, ok := strings.CutSuffix(name, ending); ok {
			how, name = c, rest
			break
		}
	}
	switch ending := filepath.Ext(name); ending {
	case ".csv":
		return how, CSV, nil
	case ".bz2", ".xz", ".zip", ".7z", ".lz4", ".br", ".gzip", ".zstd", ".tgz", ".tar":
		return how, NDJSON, fmt.Errorf("found the ending %s; expected .gz or .zst for a compressed file", ending)
	}
	return how, NDJSON, nil
}

// packer compresses blocks, each of which is unpacked by itself: what stands one behind the other is one file to every
// program that knows the format, and is still one where the last of them are cut off.
type packer struct {
	gzip *gzip.Writer
	zstd *zstd.Encoder
	buf  bytes.Buffer
}

func newPacker(c Compression) (*packer, error) {
	p := new(packer)
	var err error
	switch c {
	case Plain:
	case Gzip:
		p.gzip = gzip.NewWriter(&p.buf)
	case Zstd:
		p.zstd, err = zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(blockBytes), zstd.WithZeroFrames(true))
	}
	return p, err
}

// pack returns a block, which is valid until the next one. One without text is a block, too, where there is compression:
// a file without a byte is no compressed file.
func (p *packer) pack(text []byte) ([]byte, error) {
	switch {
	case p.gzip != nil:
		p.buf.Reset()
		p.gzip.Reset(&p.buf)
		if _, err := p.gzip.Write(text); err != nil {
			return nil, err
		}
		if err := p.gzip.Close(); err != nil {
			return nil, err
		}
		return p.buf.Bytes(), nil
	case p.zstd != nil:
		return p.zstd.EncodeAll(text, p.buf.AvailableBuffer()), nil
	}
	return text, nil
}
