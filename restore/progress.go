package restore

import (
	"sync/atomic"

	"rejoin/retry"
)

// Progress is how far a run has come, for a screen that looks at it now and then. Its fields may be read at any time
// and change while they are read, so that they need not agree with each other; the run's [Summary] does.
type Progress struct {
	retry.Counters

	Read     atomic.Int64 // rows read
	Done     [NumKinds]atomic.Int64
	InFlight atomic.Int64 // requests
	Window   atomic.Int64 // rows that are read and not done
	Again    atomic.Int64 // of these, those that have begun and wait for another request
	ReadAll  atomic.Bool  // the backup has been read to its end
	Earlier  atomic.Int64 // rows with an outcome that an earlier run gave them
	// NotRestored are the rows with an outcome that are not restored, those of earlier runs among them.
	NotRestored atomic.Int64
}

// Finished is how many rows have an outcome.
func (p *Progress) Finished() int64 {
	var n int64
	for k := range p.Done {
		if Kind(k) != Extra {
			n += p.Done[k].Load()
		}
	}
	return n
}
