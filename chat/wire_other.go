//go:build !unix

package chat

import "errors"

// canAsk says that a socket can be read without waiting, once it is known.
const canAsk = false

// readSocket is never called.
func (w *wire) readSocket(uintptr) { w.n, w.err = 0, errors.ErrUnsupported }
