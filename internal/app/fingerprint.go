package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"time"

	"rejoin/reader"
)

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

// fingerprinting begins to take the fingerprint. The file's bytes are given to others on the way.
func (b *backup) fingerprinting(ctx context.Context, others ...io.Writer) *fingerprinting {
	ctx, stop := context.WithCancel(ctx)
	f := &fingerprinting{backup: b, stop: stop, done: make(chan struct{}), sum: sha256.New()}
	src := &interruptible{ctx: ctx, src: b.from(0), direct: true}
	to := io.MultiWriter(append([]io.Writer{f.sum}, others...)...)
	go func() {
		defer close(f.done)
		f.size, f.err = io.CopyBuffer(to, src, make([]byte, 256<<10))
	}()
	return f
}

// indexing is the index that is to be given the file's bytes, so that its first rows can be passed over; nothing where its
// rows cannot be indexed.
func (b *backup) indexing() []io.Writer {
	r, err := reader.New(b.from(0), b.reading)
	if err != nil {
		return nil // whoever reads it tells what is wrong
	}
	defer func() { _ = r.Close() }() // its beginning is enough
	if b.index, b.indexed = r.Index(), r; b.index == nil {
		return nil
	}
	return []io.Writer{b.index}
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

// writtenSince reports whether a file was written to after a time that a report tells, which is to the millisecond: its
// bytes may have been others in between.
func (b *backup) writtenSince(then time.Time) bool {
	return b.opened != nil && b.opened.ModTime().Truncate(time.Millisecond).After(then)
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
		if _, err := io.Copy(hashing{b}, b.pass); err != nil { // what stands behind the last record
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
