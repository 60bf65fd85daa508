package bychannel

import (
	"context"
	"errors"
	"hash/maphash"
	"iter"

	"rejoin/internal/spill"
	"rejoin/reader"
	"rejoin/rules"
)

// Config says how the records are put in order.
type Config struct {
	Rules *rules.Rules // say which channel a record is of

	// Enough, if set, is shown each row as it is read, empty where it cannot be read, and reports whether it is the last
	// that is wanted.
	Enough func(v *rules.View) bool

	TempDir string // "": the system's folder for temporary files

	sizes sizes // for tests
}

// sizes are the limits of memory, in bytes.
type sizes struct{ keep, chunk, part int }

// Records gives the records channel by channel. An error of the source that is not a [*reader.RowError] comes last, and
// so does one that says that the temporary file cannot be used. The context ends it.
func Records(ctx context.Context, source iter.Seq2[reader.Record, error], cfg Config) iter.Seq2[reader.Record, error] {
	if cfg.sizes == (sizes{}) {
		cfg.sizes = sizes{keep: 16 << 20, chunk: 16 << 10, part: 8 << 20}
	}
	return func(yield func(reader.Record, error) bool) {
		file := spill.NewFile(cfg.TempDir, cfg.sizes.chunk)
		defer file.Close()
		s := &sorter{
			Config: cfg, ctx: ctx, file: file, kept: spill.New(file, cfg.sizes.keep), seed: maphash.MakeSeed(), yield: yield,
		}
		if err := s.run(source); err != nil && !errors.Is(err, errNoMore) {
			yield(reader.Record{}, err)
		}
	}
}

// errNoMore says that nobody wants more records.
var errNoMore = errors.New("no more records are wanted")

// sorter puts records in order.
type sorter struct {
	Config
	ctx   context.Context //nolint:containedctx // it is made for one call
	file  *spill.File
	kept  *spill.Spill
	seed  maphash.Seed
	yield func(reader.Record, error) bool

	view rules.View
	buf  []byte
	data []byte // of the part that is given
}

// run reads all records and then gives them. What was read before the source failed is given, too.
func (s *sorter) run(source iter.Seq2[reader.Record, error]) error {
	end, err := s.read(source)
	if err != nil {
		return err
	}
	if err := s.parts(s.kept, 1); err != nil {
		return err
	}
	return end
}

// read takes the records in. The first error is why the source ended before its end.
func (s *sorter) read(source iter.Seq2[reader.Record, error]) (end, err error) {
	for rec, err := range source {
		if s.ctx.Err() != nil {
			return nil, errNoMore
		}
		s.view = rules.View{Problems: s.view.Problems[:0], Brief: brief}
		if err == nil {
			err = s.take(&rec)
		} else if _, unreadable := errors.AsType[*reader.RowError](err); unreadable {
			err = s.give(&rec, err)
		} else {
			return err, nil
		}
		if err != nil {
			return nil, err
		}
		if s.Enough != nil && s.Enough(&s.view) {
			break
		}
	}
	return nil, nil
}

// brief keeps the rules from wording problems that nobody reads.
func brief(string) bool { return true }

// give hands a record on.
func (s *sorter) give(rec *reader.Record, err error) error {
	if !s.yield(*rec, err) || s.ctx.Err() != nil {
		return errNoMore
	}
	return nil
}

// take keeps a record with the others of its channel. One that names none stands for itself.
func (s *sorter) take(rec *reader.Record) error {
	s.Rules.Examine(rec, &s.view)
	if len(s.view.Channel) == 0 {
		return s.give(rec, nil)
	}
	hash := maphash.Bytes(s.seed, s.view.Service) ^ maphash.Bytes(s.seed, s.view.Channel)*3
	s.buf = appendRecord(s.buf[:0], hash, rec)
	return s.kept.Put(int(hash%spill.Parts), s.buf)
}

// parts gives what has been kept, part by part. It has been divided so many times.
func (s *sorter) parts(kept *spill.Spill, divided int) error {
	for n := range spill.Parts {
		if s.ctx.Err() != nil {
			return errNoMore
		}
		var err error
		switch {
		case kept.Size(n) <= int64(s.sizes.part):
			err = s.group(kept, n)
		case divided == 1:
			err = s.divide(kept, n)
		default: // one channel, in all likelihood
			err = kept.Chunks(n, s.giveAll)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// divide gives a part that is too large to be kept in memory.
func (s *sorter) divide(kept *spill.Spill, n int) error {
	sub := spill.New(s.file, 0)
	err := kept.Chunks(n, func(chunk []byte) error {
		for len(chunk) > 0 {
			hash, size := head(chunk)
			if err := sub.Put(int(hash/spill.Parts%spill.Parts), chunk[:size]); err != nil {
				return err
			}
			chunk = chunk[size:]
		}
		return nil
	})
	if err != nil {
		return err
	}
	return s.parts(sub, 2)
}

// giveAll gives the records of a chunk as they stand there.
func (s *sorter) giveAll(chunk []byte) error {
	for len(chunk) > 0 {
		_, size := head(chunk)
		rec := record(chunk[:size])
		if err := s.give(&rec, nil); err != nil {
			return err
		}
		chunk = chunk[size:]
	}
	return nil
}

// group gives a part's records channel by channel.
func (s *sorter) group(kept *spill.Spill, n int) (err error) {
	if s.data, err = kept.Load(n, s.data); err != nil {
		return err
	}
	channels := make(map[uint64][]int32) // where the records of each begin
	var order []uint64
	for at := 0; at < len(s.data); {
		hash, size := head(s.data[at:])
		if channels[hash] == nil {
			order = append(order, hash)
		}
		channels[hash] = append(channels[hash], int32(at))
		at += size
	}
	for _, hash := range order {
		for _, at := range channels[hash] {
			_, size := head(s.data[at:])
			rec := record(s.data[at : int(at)+size])
			if err := s.give(&rec, nil); err != nil {
				return err
			}
		}
	}
	return nil
}
