package reader

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
)

// Config says how to read a backup, where what is found out from its content is not enough.
type Config struct {
	// Name is what messages call the input: a path, or "standard input".
	Name string

	// Format is the backup's format; Auto finds it out.
	Format Format

	// Delimiter stands between CSV cells; 0 finds it out among comma, semicolon, tab and |.
	Delimiter byte

	// Columns gives columns or keys, by their exact names, to fields. A field that is named here is read from nowhere
	// else.
	Columns map[string]Field

	// Null holds the texts of CSV cells that mean null, quoted or not, in every column. Without any (nil) these are
	// null, NULL and \N, in every column but identity, channel_sid and channel_unique_name, where such a text may be a
	// name. An empty cell is Absent in any case.
	Null []string

	// MaxRowBytes is the longest row that is read; 0 means 1 MiB. A longer row is a row error. The memory needed is a
	// few times as much.
	MaxRowBytes int

	// Workers is the number of goroutines that parse; 0 means one a processor.
	Workers int

	piece int // bytes read ahead at once; for tests at the borders of pieces
}

const (
	defaultMaxRow = 1 << 20
	defaultPiece  = 128 << 10
	sampleSize    = 128 << 10 // enough for any header
)

// Reader reads the records of one backup. Its methods may be called from several goroutines; the records are read by
// one.
type Reader struct {
	cfg    Config
	cols   *columns
	src    *source
	name   string
	sample []byte // read to find out the format, not yet parsed
	end    error  // what ended the reading of the sample
	start  Pos    // behind what is no row: a byte order mark, a header, the rows before the rest that is read
	base   Pos    // where the sample's first record would stand; rows from 0
	header *header
	format Format
	first  []byte // how an element of a JSON container begins, with its first key

	used   atomic.Bool
	closed sync.Once

	mu      sync.Mutex // guards what is below
	unknown []string
	skipped int64
	rejects *rejectsState
}

// New finds out what the input is. It reads the beginning, at most some hundred kilobytes of text. An error is an
// *InputError: the input cannot be read, or is not a backup, and says what was found and what was expected.
func New(r io.Reader, cfg Config) (*Reader, error) {
	if err := cfg.complete(); err != nil {
		return nil, err
	}
	d := &Reader{cfg: cfg, cols: newColumns(cfg.Columns), name: cfg.Name, rejects: new(rejectsState)}
	src, err := newSource(r)
	if err != nil {
		return nil, d.unreadable(err)
	}
	d.src = src
	if err := d.begin(); err != nil {
		src.close()
		return nil, err
	}
	d.start = d.base
	return d, nil
}

func (c *Config) complete() error {
	if c.MaxRowBytes < 0 || c.Workers < 0 {
		return fmt.Errorf("reader: found MaxRowBytes %d and Workers %d, expected no negative numbers", c.MaxRowBytes, c.Workers)
	}
	if c.Delimiter == '"' || c.Delimiter == '\n' || c.Delimiter == '\r' || c.Delimiter >= 0x80 {
		return fmt.Errorf("reader: found the delimiter %q, expected an ASCII character that is no quote and no line end", c.Delimiter)
	}
	for name, f := range c.Columns {
		if int(f) >= NumFields {
			return fmt.Errorf("reader: found column %q for field number %d, expected one of %d fields", name, f, NumFields)
		}
	}
	if c.Name == "" {
		c.Name = "the backup"
	}
	if c.MaxRowBytes == 0 {
		c.MaxRowBytes = defaultMaxRow
	}
	if c.Workers == 0 {
		c.Workers = runtime.GOMAXPROCS(0)
	}
	if c.piece == 0 {
		c.piece = defaultPiece
	}
	return nil
}

// unreadable is the error of an input of which nothing could be read.
func (r *Reader) unreadable(err error) error {
	if errors.Is(err, syscall.EISDIR) {
		return &InputError{Name: r.name, Msg: "found a directory, expected a backup file", Err: err}
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return &InputError{Name: r.name, Msg: "the input is cut off in its first bytes", Err: err}
	}
	return &InputError{Name: r.name, Msg: "the input cannot be read", Err: err}
}

// readSample reads the first bytes.
func (r *Reader) readSample() error {
	buf := make([]byte, sampleSize)
	n, err := r.src.Read(buf)
	r.sample, r.end = buf[:n], err
	if err != nil && err != io.EOF && n == 0 { //nolint:errorlint // source.Read returns io.EOF itself
		return r.unreadable(err)
	}
	return nil
}

// begin finds out the format from the sample.
func (r *Reader) begin() error {
	if err := r.readSample(); err != nil {
		return err
	}
	if r.src.encoding != "UTF-8" {
		r.advance(3) // the byte order mark, in UTF-8
	}
	final := r.end == io.EOF //nolint:errorlint // source.Read returns io.EOF itself
	if blank(r.sample) {
		if !final {
			return &InputError{Name: r.name, Line: 1, Msg: fmt.Sprintf("found %d bytes of blank lines, expected a backup", len(r.sample)), Err: r.failure()}
		}
		return &InputError{Name: r.name, Msg: "the input is empty: expected a backup, as CSV, NDJSON or JSON"}
	}
	if msg := notText(r.sample, r.cfg.Format != Auto); msg != "" {
		return &InputError{Name: r.name, Msg: msg}
	}
	if r.format = r.cfg.Format; r.format == Auto {
		r.format = detectFormat(r.sample, final)
	}
	if r.format == CSV {
		return r.beginCSV(final)
	}
	if r.format == JSON {
		r.first = firstKey(r.sample)
	}
	return nil
}

func (r *Reader) failure() error {
	if r.end == io.EOF { //nolint:errorlint // source.Read returns io.EOF itself
		return nil
	}
	return r.end
}

// advance takes n bytes off the sample's start.
func (r *Reader) advance(n int) {
	n = min(n, len(r.sample))
	r.sample = r.sample[n:]
	r.base.Offset += int64(n)
}

// beginCSV reads the header.
func (r *Reader) beginCSV(final bool) error {
	h, err := readHeader(r.sample, final, r.cfg.Delimiter, r.cols, r.cfg.MaxRowBytes)
	if err != nil {
		msg := err.Error()
		if cause := r.failure(); cause != nil && h == nil {
			return &InputError{Name: r.name, Line: 1, Msg: r.src.problem(cause), Err: cause}
		}
		return &InputError{Name: r.name, Line: 1, Msg: msg}
	}
	r.header = h
	r.advance(h.size)
	r.base.Line = h.lines
	r.unknown = h.unknown()
	return nil
}

// blank reports whether text holds white space alone.
func blank(text []byte) bool { return space(text, 0) == len(text) }

// parser makes records of pieces. It belongs to one goroutine.
type parser interface {
	// parse fills b with the records of data, which starts in the given state and, if final, ends the input.
	parse(b *batch, data []byte, from state, final bool)

	// skipper returns what finds the end of a row that is too long and starts in the given state; nil if what starts
	// there is no row.
	skipper(from state) skipper
}

func (r *Reader) newParser() parser {
	objects := objectParser{keys: newKeyTable(r.cols)}
	switch r.format {
	case CSV:
		return &csvParser{
			delim: r.header.delim, literal: r.header.delim == '\t', targets: r.header.targets, names: r.header.names,
			nulls: newNulls(r.cfg.Null), max: r.cfg.MaxRowBytes,
		}
	case JSON:
		return &jsonParser{objects: objects, max: r.cfg.MaxRowBytes}
	default:
		return &lineParser{objects: objects, format: r.format, max: r.cfg.MaxRowBytes}
	}
}

// Records returns the backup's records in their order. For each row there is either a record, or an error that is a
// *RowError and a record that holds the row's position alone. Any other error is the last: an *InputError says where
// and why the input could not be read on, and wraps what the input's own reader said.
//
// Reading starts with the first record and goes a bounded number of bytes ahead, whatever the backup's size. The
// records can be ranged over once. When the loop ends, early or not, the goroutines behind it end, too; one that waits
// for the input ends when the input answers.
func (r *Reader) Records() iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		if r.used.Swap(true) {
			yield(Record{}, errRangedTwice)
			return
		}
		newDelivery(r, yield).run()
	}
}

// Close frees the decompressor of a reader whose records were never asked for; [Reader.Records] frees it itself. It
// does not close the input.
func (r *Reader) Close() error {
	if !r.used.Swap(true) {
		r.release()
	}
	return nil
}

func (r *Reader) release() { r.closed.Do(r.src.close) }
