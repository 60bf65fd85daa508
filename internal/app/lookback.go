package app

import (
	"context"
	"errors"
	"math"
	"sync"

	"rejoin/report"
)

// lookBack reads the report that is to be gone on with, and the backup for its fingerprint, side by side: whether it is
// the backup of which the report speaks, and which rows need no second look.
func (r *run) lookBack(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var side sync.WaitGroup
	var sumErr, err error
	side.Go(func() { sumErr = r.backup.fingerprint(ctx) })
	if r.earlier, err = report.Reopen(r.report, r.engine.Chosen); err != nil {
		cancel() // nobody asks for the fingerprint any more
	}
	side.Wait()
	if err != nil {
		return failed(err)
	}
	if sumErr != nil {
		return sumErr
	}
	same, err := r.earlier.Of(report.Backup{Bytes: r.backup.size, SHA256: r.backup.sha256})
	if _, mismatch := errors.AsType[*report.MismatchError](err); mismatch {
		return mismatched(err)
	}
	part := r.engine.Part
	if !same || r.preflight.skip || part.OnlyChannel != "" || part.Shards > 1 {
		return nil // rows of other channels have no outcome, so that hardly any stand together
	}
	most := int64(math.MaxInt64)
	if part.Limit > 0 {
		most = part.Limit - 1 // the last is read, and found to be done
	}
	r.settled = r.earlier.Ledger().Settled(most)
	return nil
}
