package report

import (
	"context"
	"errors"
	"iter"

	"rejoin/restore"
)

// errStopped says that nobody wants more rows.
var errStopped = errors.New("no more rows are wanted")

// MadeBy gives the outcomes of the rows whose members the reports' runs created, each row once, for an undo.
func (r *Reports) MadeBy(ctx context.Context) iter.Seq2[*restore.Outcome, error] {
	return func(yield func(*restore.Outcome, error) bool) {
		err := r.Each(func(row *Row) error {
			switch {
			case row.Kind != restore.Created || row.DryRun:
				return nil
			case ctx.Err() != nil:
				return errStopped
			}
			o, err := row.Outcome()
			if err == nil && !yield(o, nil) {
				err = errStopped
			}
			return err
		})
		if err != nil && !errors.Is(err, errStopped) {
			yield(nil, err)
		}
	}
}
