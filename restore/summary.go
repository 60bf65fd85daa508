package restore

import (
	"fmt"
	"time"
)

// Summary is how a run ended, by outcome. After a resumed run it speaks of the whole backup: a row that an earlier run
// settled counts with the outcome it had then.
type Summary struct {
	Read   int64           // rows read
	Counts [NumKinds]int64 // rows by outcome; they add up to Read, but for Extra, which counts members that are in no row

	NotRestored int64 // rows whose member is not as the backup has it, pending rows included
	Requests    int64 // sent in this run, reads included
	Throttled   int64 // of these, answered 429
	Elapsed     time.Duration
	DryRun      bool

	Kinds []Kind // the outcomes that are told, in their order; nil: a restore's
}

// Told are the outcomes that the summary tells, in their order.
func (s *Summary) Told() []Kind {
	if s.Kinds == nil {
		return KindsOf("restore")
	}
	return s.Kinds
}

// Check returns an error if some row that was read has no outcome, or more than one. It can only be a defect of
// rejoin; a run for which it fails must not be trusted, and says so.
func (s *Summary) Check() error {
	var sum int64
	for k, n := range s.Counts {
		if Kind(k) != Extra {
			sum += n
		}
	}
	if sum != s.Read {
		return fmt.Errorf("the counts do not add up: %d rows were read and %d have an outcome; this is a defect of rejoin, "+
			"please report it; do not trust this run's summary", s.Read, sum)
	}
	return nil
}
