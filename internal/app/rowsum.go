package app

import (
	"encoding/binary"
	"hash/maphash"
	"iter"

	"rejoin/reader"
)

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

// behind gives the rows behind the first so many, and has them summed up, if there is a sum.
func behind(rows iter.Seq2[reader.Record, error], first int64, sum *rowSum) iter.Seq2[reader.Record, error] {
	return func(yield func(reader.Record, error) bool) {
		for rec, err := range rows {
			raw, isRow := rowOf(&rec, err)
			if isRow && rec.Row <= first {
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
