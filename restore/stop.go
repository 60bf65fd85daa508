package restore

import (
	"errors"
	"fmt"
)

// Why a run stopped before its end. [Run] returns an error that is one of these, besides [retry.ErrRefused],
// [retry.ErrOutage] and the cause of its context.
var (
	// ErrTooManyErrors says that more rows were not restored than the run allows.
	ErrTooManyErrors = errors.New("too many rows are not restored")
	// ErrSink says that outcomes can no longer be written down.
	ErrSink = errors.New("the outcomes cannot be written")
	// ErrInput says that the backup could not be read to its end. What was read has its outcome.
	ErrInput = errors.New("the backup cannot be read to its end")
	// ErrChanged says that the backup is not the one that the earlier run read.
	ErrChanged = errors.New("the backup is not the one that the report speaks of")
)

// Budget is how many rows may end not restored before the run stops.
type Budget struct {
	Rows    int64   // 0: no limit, unless Percent or None is set
	Percent float64 // of the rows that have an outcome, once there are BudgetSample of them; 0: no limit
	None    bool    // not one
}

// BudgetSample is how many rows must have an outcome before a budget in per cent is looked at: the first row alone
// would be 100 %.
const BudgetSample = 100

// spent says why the budget is spent, or nothing.
func (b Budget) spent(notRestored, finished int64) error {
	switch {
	case (b.None || b.Rows > 0) && notRestored > b.Rows:
		return fmt.Errorf("%w: %d, and at most %d are allowed", ErrTooManyErrors, notRestored, b.Rows)
	case b.Percent > 0 && finished >= BudgetSample && float64(notRestored)*100 > b.Percent*float64(finished):
		return fmt.Errorf("%w: %d of %d, and at most %g %% are allowed", ErrTooManyErrors, notRestored, finished, b.Percent)
	}
	return nil
}
