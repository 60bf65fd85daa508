package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"iter"
	"math"
	"os"
	"sync"
	"sync/atomic"

	"golang.org/x/term"

	"rejoin/reader"
	"rejoin/restore"
)

// backup is a backup that can be read once, or, if it is a file, as often as needed.
type backup struct {
	path string // as the user gave it
	name string // as messages call it
	base string // as files made for it are called

	file    *os.File // nil: a stream
	stream  io.Reader
	size    int64 // of a file; of a stream 0
	sha256  string
	reading reader.Config
	seen    atomic.Int64 // bytes read in the pass that is going on
	opened  os.FileInfo  // a file's, when it was opened; nil: it has no name

	looked *rowSum    // of the rows that were looked at before; nil: none were
	rest   reader.Pos // the place before them, if a pass can begin there
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
	src, err := b.source(ctx)
	if err != nil {
		return nil, err
	}
	reading := b.reading
	if reading.Rest = b.rest; b.rest.Row > 0 {
		reading.Format = reader.NDJSON
	}
	r, err := reader.New(&counting{src: src, n: &b.seen}, reading)
	if err != nil {
		return nil, failed(err)
	}
	return r, nil
}

func (b *backup) source(ctx context.Context) (io.Reader, error) {
	if b.file == nil {
		b.seen.Store(0)
		return b.hashing(&interruptible{ctx: ctx, src: b.stream}), nil
	}
	if _, err := b.file.Seek(b.rest.Offset, io.SeekStart); err != nil {
		return nil, failed(fmt.Errorf("%s cannot be read from its start: %w", b.name, err))
	}
	b.seen.Store(b.rest.Offset)
	if b.looked != nil { // the rows are compared
		b.passed = b.looked.again()
		return b.file, nil
	}
	return b.hashing(b.file), nil
}

// fingerprint reads a file for nothing but its fingerprint.
func (b *backup) fingerprint(ctx context.Context) error {
	f := b.fingerprinting(ctx)
	defer f.stop()
	return f.end()
}

// fingerprinting is a file's fingerprint that is being taken while the file is read for something else.
type fingerprinting struct {
	backup *backup
	stop   context.CancelFunc // nobody asks for it any more
	done   chan struct{}
	size   int64
	sum    hash.Hash
	err    error
}

func (b *backup) fingerprinting(ctx context.Context) *fingerprinting {
	ctx, stop := context.WithCancel(ctx)
	f := &fingerprinting{backup: b, stop: stop, done: make(chan struct{}), sum: sha256.New()}
	src := &interruptible{ctx: ctx, src: io.NewSectionReader(b.file, 0, math.MaxInt64), direct: true}
	go func() {
		defer close(f.done)
		f.size, f.err = io.CopyBuffer(f.sum, src, make([]byte, 256<<10))
	}()
	return f
}

// end waits for the fingerprint, and gives it to the backup.
func (f *fingerprinting) end() error {
	<-f.done
	if f.err != nil {
		return failed(fmt.Errorf("%s cannot be read: %w", f.backup.name, f.err))
	}
	f.backup.size, f.backup.sha256 = f.size, hex.EncodeToString(f.sum.Sum(nil))
	return nil
}

// errChanged says that what was looked at is not what was restored.
var errChanged = errors.New("it has been changed since it was read")

// untouched fails where a file has been changed since it was opened, as far as its size and date show.
func (b *backup) untouched() error {
	if b.opened == nil {
		return nil
	}
	now, err := b.file.Stat()
	if err != nil {
		return failed(fmt.Errorf("%s cannot be looked at: %w", b.name, err))
	}
	if now.Size() != b.opened.Size() || !now.ModTime().Equal(b.opened.ModTime()) {
		return failed(fmt.Errorf("%s: %w; nothing was sent", b.name, errChanged))
	}
	return nil
}

// asLookedAt fails where the pass that has just ended gave other rows than the one before it, or the file has grown.
// whole says that the pass went to the end of the file.
func (b *backup) asLookedAt(whole bool) error {
	same := true
	switch {
	case b.looked != nil:
		info, err := b.file.Stat()
		same = err == nil && info.Size() == b.size && b.looked.equal(b.passed)
	case b.file != nil && b.sha256 != "" && whole:
		if _, err := io.Copy(hashing{b}, b.file); err != nil { // what stands behind the last record
			return fmt.Errorf("%s cannot be read to its end: %w", b.name, err)
		}
		n, sum, _ := b.readSoFar()
		same = n == b.size && sum == b.sha256
	}
	if !same {
		return fmt.Errorf("%s: %w to be checked: the report speaks of the bytes that it had then; audit it, and verify what was restored",
			b.name, errChanged)
	}
	return nil
}

// hashing takes the fingerprint of what is read of src from its start.
func (b *backup) hashing(src io.Reader) io.Reader {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.hash, b.sum = sha256.New(), 0
	return io.TeeReader(src, hashing{b})
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

// hashing takes what is read into the fingerprint.
type hashing struct{ b *backup }

func (h hashing) Write(p []byte) (int, error) {
	h.b.mu.Lock()
	defer h.b.mu.Unlock()
	h.b.sum += int64(len(p))
	return h.b.hash.Write(p)
}

// readSoFar is the fingerprint of what has been read of a stream. A file has one of its own.
func (b *backup) readSoFar() (n int64, sum string, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.hash == nil {
		return 0, "", false
	}
	return b.sum, hex.EncodeToString(b.hash.Sum(nil)), true
}

// prefixSum is the fingerprint of a file's first bytes.
func (b *backup) prefixSum(n int64) (string, error) {
	sum := sha256.New()
	if _, err := io.Copy(sum, io.NewSectionReader(b.file, 0, n)); err != nil {
		return "", fmt.Errorf("%s cannot be read again: %w", b.name, err)
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

func (b *backup) close() {
	if b.file != nil {
		_ = b.file.Close() // it was only read
	}
}

// records is a pass as the engine takes it. end must end the context with which the pass was opened.
func records(r *reader.Reader, end context.CancelFunc) restore.Source {
	return func(ctx context.Context) iter.Seq2[reader.Record, error] {
		return func(yield func(reader.Record, error) bool) {
			defer context.AfterFunc(ctx, end)()
			r.Records()(yield)
		}
	}
}

// passing has the first rows passed over, as far as that is possible, before the source gives any. each, if set, is shown
// every row that is.
func passing(source restore.Source, r *reader.Reader, rows int64, each func(row int64, raw []byte) error) restore.Source {
	return func(ctx context.Context) iter.Seq2[reader.Record, error] {
		return func(yield func(reader.Record, error) bool) {
			if err := r.Pass(rows, each); err != nil {
				yield(reader.Record{}, err)
				return
			}
			source(ctx)(yield)
		}
	}
}

// behind is a source without the first so many rows. Those behind them are to be those that were looked at before.
func (b *backup) behind(source restore.Source, first int64) restore.Source {
	return func(ctx context.Context) iter.Seq2[reader.Record, error] { return behind(source(ctx), first, b.passed) }
}

// rowOf is a row as it stands in the backup, if a pass gave one: one that can be read, or one that cannot.
func rowOf(rec *reader.Record, err error) (raw []byte, ok bool) {
	if err == nil {
		return rec.Raw, true
	}
	bad, ok := errors.AsType[*reader.RowError](err)
	if !ok {
		return nil, false
	}
	return bad.Raw, true
}

func isRowError(err error) bool {
	_, ok := errors.AsType[*reader.RowError](err)
	return ok
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

// interruptible is a reader whose context ends it, also while a read of the stream below is waiting for data that may
// never come: such a read is left behind.
type interruptible struct {
	ctx    context.Context //nolint:containedctx // io.Reader has no place for it
	src    io.Reader
	direct bool // a read below never waits for long, so that none needs leaving behind

	chunks chan chunk
	rest   []byte
	err    error
}

type chunk struct {
	data []byte
	err  error
}

func (r *interruptible) Read(p []byte) (int, error) {
	if r.ctx.Err() != nil {
		return 0, context.Cause(r.ctx)
	}
	if r.direct {
		return r.src.Read(p)
	}
	if r.chunks == nil {
		r.chunks = make(chan chunk, 1)
		go r.pump()
	}
	for len(r.rest) == 0 {
		if r.err != nil {
			return 0, r.err
		}
		select {
		case c := <-r.chunks:
			r.rest, r.err = c.data, c.err
		case <-r.ctx.Done():
			return 0, context.Cause(r.ctx)
		}
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

// pump reads ahead by one chunk. It ends with the stream, or, left behind in a read, with the process.
func (r *interruptible) pump() {
	const size = 64 << 10
	for {
		data := make([]byte, size)
		n, err := r.src.Read(data)
		select {
		case r.chunks <- chunk{data[:n], err}:
		case <-r.ctx.Done():
			return
		}
		if err != nil {
			return
		}
	}
}
