package chat

import (
	"net"
	"sync/atomic"
	"syscall"
)

// wire is what lies at the bottom of a connection, below any TLS. It counts the bytes that are written, and can say
// without waiting whether any have come.
type wire struct {
	net.Conn
	written atomic.Int64

	asking bool            // Read does not wait
	socket syscall.RawConn // nil: not one that can be asked
	ask    func(fd uintptr)
	buf    []byte // ask's arguments and results
	n      int
	err    error
}

// newWire returns conn as a wire.
func newWire(conn net.Conn) *wire {
	w := &wire{Conn: conn}
	if canAsk {
		if c, ok := conn.(syscall.Conn); ok {
			if socket, err := c.SyscallConn(); err == nil {
				w.socket, w.ask = socket, w.readSocket
			}
		}
	}
	return w
}

func (w *wire) Write(p []byte) (int, error) {
	n, err := w.Conn.Write(p)
	w.written.Add(int64(n))
	return n, err
}

func (w *wire) Read(p []byte) (int, error) {
	if w.asking {
		return w.readNow(p)
	}
	return w.Conn.Read(p)
}

// readNow reads what is there; nothingYet: the connection is open, and nothing has come.
func (w *wire) readNow(p []byte) (int, error) {
	w.buf = p
	if err := w.socket.Control(w.ask); err != nil {
		return 0, err
	}
	w.buf = nil
	return w.n, w.err
}

// nothingYet is what a wire answers that is asked and holds nothing. To package tls it is an error after which reading
// may go on.
type nothingYet struct{}

func (nothingYet) Error() string   { return "nothing has come yet" }
func (nothingYet) Timeout() bool   { return true }
func (nothingYet) Temporary() bool { return true }

// bottom returns the wire at the bottom of conn, if there is one: conn itself, or what lies below its TLS.
func bottom(conn net.Conn) *wire {
	for {
		switch c := conn.(type) {
		case *wire:
			return c
		case interface{ NetConn() net.Conn }:
			conn = c.NetConn()
		default:
			return nil
		}
	}
}
