package app

import (
	"errors"
	"fmt"
	"slices"

	"rejoin/reader"
)

// unread is the error of a backup that the look at it before anything is sent could not read to its end. Where rows
// stand before the place at which it ends, it says how to restore these.
func (r *run) unread(err error) error {
	err = fmt.Errorf("%w; nothing was sent", err)
	input, ok := errors.AsType[*reader.InputError](err)
	if !ok || input.Offset == 0 || r.lastWins { // which row is the last can only be known from the whole
		return err
	}
	again := shellWords(slices.Concat(r.Args[:2], []string{"--no-preflight"}, r.Args[2:]))
	return fmt.Errorf("%w\nrejoin: get the whole backup if you can; to restore the rows that stand before that place, run:\n  %s", err, again)
}
