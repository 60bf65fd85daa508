package audit

import (
	"context"
	"encoding/binary"
	"slices"

	"rejoin/internal/spill"
)

// distinct counts the different ones among hashes of 64 bits. That two of ten million different identities share theirs
// has a chance of 1 in 400,000, and the count would be one too low.
func distinct(ctx context.Context, s *spill.Spill) (n int64, err error) {
	var data []byte
	var hashes []uint64
	for part := range spill.Parts {
		if ctx.Err() != nil {
			return 0, context.Cause(ctx)
		}
		if data, err = s.Load(part, data); err != nil {
			return 0, err
		}
		hashes = hashes[:0]
		for d := data; len(d) >= 8; d = d[8:] {
			hashes = append(hashes, binary.LittleEndian.Uint64(d))
		}
		slices.Sort(hashes)
		n += int64(len(slices.Compact(hashes)))
	}
	return n, nil
}
