package audit

import (
	"context"
	"encoding/binary"

	"rejoin/internal/spill"
)

// distinct counts the different ones among hashes of 64 bits. That two of ten million different identities share theirs
// has a chance of 1 in 400,000, and the count would be one too low.
type distinct struct {
	file *spill.File
	most int // at once
	set  hashSet
	n    int64
}

// count counts those in a spill that depth bytes of each have led to. Those for which there is no room are spread by
// another byte, and counted later.
func (d *distinct) count(ctx context.Context, from *spill.Spill, depth int) error {
	for n := 0; from != nil && n < spill.Parts; n++ {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		var rest *spill.Spill
		d.set.reset()
		err := from.Chunks(n, func(chunk []byte) error {
			for ; len(chunk) >= 8; chunk = chunk[8:] {
				hash := binary.LittleEndian.Uint64(chunk)
				if d.set.holds(hash, d.set.used < d.most) {
					continue
				}
				if rest == nil {
					rest = spill.New(d.file, 0)
				}
				if err := rest.Put(int(byte(hash>>(8*depth))), chunk[:8]); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		d.n += int64(d.set.used)
		if err := d.count(ctx, rest, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// hashSet is a set of hashes.
type hashSet struct {
	slots []uint64 // 0: empty
	used  int
}

func (s *hashSet) reset() {
	clear(s.slots)
	s.used = 0
}

// holds reports whether a hash is in the set. If it is not, it is put there if it may, and is there then.
func (s *hashSet) holds(hash uint64, may bool) bool {
	hash = max(hash, 1)
	if 2*s.used >= len(s.slots) {
		old := s.slots
		s.slots = make([]uint64, max(smallIndex, 2*len(old)))
		for _, h := range old {
			if h != 0 {
				*s.slot(h) = h
			}
		}
	}
	slot := s.slot(hash)
	if *slot == 0 && may {
		*slot = hash
		s.used++
	}
	return *slot != 0
}

// slot is where a hash is, or would be.
func (s *hashSet) slot(hash uint64) *uint64 {
	mask := uint64(len(s.slots) - 1)
	at := hash >> 40 & mask
	for s.slots[at] != 0 && s.slots[at] != hash {
		at = (at + 1) & mask
	}
	return &s.slots[at]
}
