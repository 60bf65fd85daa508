package app

import (
	"context"
	"fmt"
	"hash"
	"io"
	"math"
	"os"
	"sync"
	"sync/atomic"

	"golang.org/x/term"

	"rejoin/reader"
)

// backup is a backup that can be read once, or, if it is a file, as often as needed.
type backup struct {
	path string // as the user gave it
	name string // as messages call it
	base string // as files made for it are called

	file    *os.File  // nil: a stream
	pass    io.Reader // of the file, in the pass that is going on
	stream  io.Reader
	size    int64 // of a file; of a stream 0
	sha256  string
	reading reader.Config
	seen    atomic.Int64 // bytes read in the pass that is going on
	opened  os.FileInfo  // a file's, when it was opened; nil: it has no name

	index   *reader.RowIndex // of a file; nil: there is none
	indexed *reader.Reader   // what knows how the rows behind its places are read

	looked *rowSum    // of the rows that were looked at before; nil: none were
	rest   reader.Pos // where the pass that sends them begins
	passed *rowSum    // of the same rows in the pass that is going on

	mu   sync.Mutex
	hash hash.Hash // of a stream, or a file that was not looked at before, as far as it has been read
	sum  int64     // how many bytes that is
}

// openBackup opens a backup. Anything that is not a regular file is a stream: it can be read once.
func openBackup(path string, stdin io.Reader, reading reader.Config) (*backup, error) {
	b := &backup{path: path, name: path, base: baseName(path), reading: reading}
	if path == "-" {
		if f, ok := stdin.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
			return nil, usagef("standard input is a terminal: give the backup's path, or pipe one in")
		}
		b.name, b.stream = "standard input", stdin
		b.reading.Name = b.name
		return b, nil
	}
	b.reading.Name = path
	file, err := os.Open(path)
	if err != nil {
		return nil, failed(fmt.Errorf("the backup cannot be opened: %w", err))
	}
	info, err := file.Stat()
	if err != nil {
		return nil, failed(fmt.Errorf("the backup cannot be opened: %w", err))
	}
	switch {
	case info.IsDir():
		_ = file.Close() // nothing was written
		return nil, failed(fmt.Errorf("%s is a directory: expected a file with one member a row; give one of the files in it", path))
	case info.Mode().IsRegular():
		b.file, b.size, b.opened = file, info.Size(), info
	default:
		b.stream = file
	}
	return b, nil
}

// baseName is a path's last part, for the names of files beside it.
func baseName(path string) string {
	if path == "-" {
		return "stdin"
	}
	for i := len(path) - 1; i >= 0; i-- {
		if os.IsPathSeparator(path[i]) {
			return path[i+1:]
		}
	}
	return path
}

// open begins a pass over the backup. The context ends it, also while a stream gives nothing.
func (b *backup) open(ctx context.Context) (*reader.Reader, error) {
	return b.reader(&counting{src: b.source(ctx), n: &b.seen}, b.rest)
}

// reader reads the backup from a place on, whose bytes src gives.
func (b *backup) reader(src io.Reader, place reader.Pos) (r *reader.Reader, err error) {
	if place.Row > 0 {
		r, err = b.indexed.Rest(src, place)
	} else {
		r, err = reader.New(src, b.reading)
	}
	if err != nil {
		return nil, failed(err)
	}
	return r, nil
}

func (b *backup) source(ctx context.Context) io.Reader {
	if b.file == nil {
		b.seen.Store(0)
		return b.hashing(&interruptible{ctx: ctx, src: b.stream})
	}
	b.seen.Store(b.rest.Offset)
	b.pass = b.from(b.rest.Offset)
	if b.looked != nil { // the rows are compared
		b.passed = b.looked.again()
		return b.pass
	}
	return b.hashing(b.pass)
}

// toEnd is the backup from a place on; a stream is read from where it is.
func (b *backup) toEnd(ctx context.Context, place reader.Pos) io.Reader {
	b.seen.Store(place.Offset)
	src := &interruptible{ctx: ctx, src: b.stream}
	if b.file != nil {
		src = &interruptible{ctx: ctx, src: b.from(place.Offset), direct: true}
	}
	return &counting{src: src, n: &b.seen}
}

// from is the file from a place on, for one pass alone. The reader of a pass that ended before the end of the file may
// still read ahead when the next has begun, and must not take anything from it.
func (b *backup) from(offset int64) io.Reader {
	return io.NewSectionReader(b.file, offset, math.MaxInt64-offset)
}

// spool copies a stream into a file without a name, so that it can be read more than once.
func (b *backup) spool(ctx context.Context) error {
	if b.file != nil {
		return nil
	}
	file, err := os.CreateTemp("", "rejoin-")
	if err != nil {
		return failed(fmt.Errorf("standard input has to be kept in a file, which cannot be made: %w", err))
	}
	if err := os.Remove(file.Name()); err != nil {
		return failed(fmt.Errorf("the file that keeps standard input cannot be unlinked: %w", err))
	}
	b.size, err = io.Copy(file, &interruptible{ctx: ctx, src: b.stream})
	if err != nil {
		return failed(fmt.Errorf("standard input cannot be kept in a file: %w", err))
	}
	b.file = file
	return nil
}

func (b *backup) close() {
	if b.file != nil {
		_ = b.file.Close() // it was only read
	}
}

// counting counts the bytes that are read.
type counting struct {
	src io.Reader
	n   *atomic.Int64
}

func (c *counting) Read(p []byte) (int, error) {
	n, err := c.src.Read(p)
	c.n.Add(int64(n))
	return n, err
}
