package app

import (
	"context"
	"encoding/binary"
	"errors"
	"hash/maphash"
	"iter"
	"sync/atomic"

	"rejoin/reader"
	"rejoin/restore"
)

// records is a pass as the engine takes it. end must end the context with which the pass was opened.
func records(r *reader.Reader, end context.CancelFunc) restore.Source {
	return func(ctx context.Context) iter.Seq2[reader.Record, error] {
		return func(yield func(reader.Record, error) bool) {
			defer context.AfterFunc(ctx, end)()
			r.Records()(yield)
		}
	}
}

// passedAtOnce is after how many rows that are passed over the context is asked.
const passedAtOnce = 1024

// passing has the first rows passed over, as far as that is possible, before the source gives any. each is shown every
// row that is.
func passing(source restore.Source, r *reader.Reader, rows int64, each func(row int64, raw []byte) error) restore.Source {
	return func(ctx context.Context) iter.Seq2[reader.Record, error] {
		return func(yield func(reader.Record, error) bool) {
			err := r.Pass(rows, func(row int64, raw []byte) error {
				if row%passedAtOnce == 0 && ctx.Err() != nil {
					return context.Cause(ctx)
				}
				return each(row, raw)
			})
			if err != nil {
				yield(reader.Record{}, err)
				return
			}
			source(ctx)(yield)
		}
	}
}

// behind is a source without the first so many rows. Those behind them are to be those that were looked at before.
func (b *backup) behind(source restore.Source, first int64) restore.Source {
	return func(ctx context.Context) iter.Seq2[reader.Record, error] {
		return behind(ctx, source(ctx), first, b.passed)
	}
}

// reaching is a source that keeps which row was the last that was read. One that is given when reading has ended is not.
func reaching(source restore.Source, last *atomic.Int64) restore.Source {
	return func(ctx context.Context) iter.Seq2[reader.Record, error] {
		return func(yield func(reader.Record, error) bool) {
			for rec, err := range source(ctx) {
				_, isRow := rowOf(&rec, err)
				more := yield(rec, err)
				if isRow && (more || ctx.Err() == nil) {
					last.Store(max(last.Load(), rec.Row))
				}
				if !more {
					return
				}
			}
		}
	}
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

// rowSum tells whether two passes over a backup have given the same rows.
type rowSum struct {
	rows int64
	hash maphash.Hash
	size []byte
}

// again is the sum of another pass, before its first row.
func (s *rowSum) again() *rowSum {
	next := new(rowSum)
	next.hash.SetSeed(s.hash.Seed())
	return next
}

func (s *rowSum) equal(other *rowSum) bool {
	return s.rows == other.rows && s.hash.Sum64() == other.hash.Sum64()
}

func (s *rowSum) add(raw []byte) {
	s.rows++
	s.size = binary.LittleEndian.AppendUint64(s.size[:0], uint64(len(raw)))
	_, _ = s.hash.Write(s.size) // it never fails
	_, _ = s.hash.Write(raw)
}

// behind gives the rows behind the first so many, and has them summed up, if there is a sum. The context ends it while no
// row is given.
func behind(ctx context.Context, rows iter.Seq2[reader.Record, error], first int64, sum *rowSum) iter.Seq2[reader.Record, error] {
	return func(yield func(reader.Record, error) bool) {
		for rec, err := range rows {
			raw, isRow := rowOf(&rec, err)
			if isRow && rec.Row <= first {
				if rec.Row%passedAtOnce == 0 && ctx.Err() != nil {
					return
				}
				continue
			}
			if isRow && sum != nil {
				sum.add(raw)
			}
			if !yield(rec, err) {
				return
			}
		}
	}
}
