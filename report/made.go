package report

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"

	"rejoin/internal/filelock"
	"rejoin/restore"
)

// Hold keeps other processes from going on with a report until it is closed. It fails where one is writing it: what its
// run makes is not all told yet.
func Hold(path string) (io.Closer, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("the report cannot be opened: %w", err)
	}
	if err := filelock.Lock(f); err != nil {
		return nil, errors.Join(fmt.Errorf("lock the report %s: %w", path, err), f.Close())
	}
	return lockedFile{f}, nil
}

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
