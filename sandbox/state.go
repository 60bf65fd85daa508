package sandbox

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"rejoin/internal/filelock"
)

// ErrLocked is that another server has the folder of a state.
var ErrLocked = errors.New("another sandbox uses this folder: end it first, or give another folder")

// errClosed is that a write came after [Server.Close].
var errClosed = errors.New("the sandbox is closed")

const (
	stateFile = "chat.state"
	lockFile  = "lock"

	// compactAt is how many bytes of changes are behind the snapshot in the file, at the least, before it is written
	// anew: a second's work at most, at the cost of a pause of writes.
	compactAt = 64 << 20
)

// Open returns a server that keeps what it holds in the folder dir, which it makes if it is not there (mode 0700), and
// that holds what the folder keeps. A write is answered when the file has it and the disk has the file, so that what
// was answered survives the process being killed and the power being lost; what was not answered is there whole or not
// at all. Writes that come together are written together.
//
// Limits, faults, statistics and the last requests are not kept, nor how many writes a rate's window holds. The error is
// [ErrLocked] where another server has the folder, and names the line where the file is damaged. The server must be
// closed.
func Open(cfg Config, dir string) (*Server, error) {
	s, err := New(cfg)
	if err != nil {
		return nil, err
	}
	if s.store, err = openStore(s, dir); err != nil {
		return nil, fmt.Errorf("sandbox: the state in %s: %w", dir, err)
	}
	return s, nil
}

// Sync returns when the file has all that was done before: what [Server.AddService], [Server.AddChannel] and
// [Server.AddRole] make is written without their waiting for it. It does nothing where no state is kept.
func (s *Server) Sync() error {
	if s.store == nil {
		return nil
	}
	return s.store.write(func() []entry { return nil })
}

// Failed is closed when the state cannot be written any more, a full disk say. Writes are then answered with an error;
// [Server.Close] says what went wrong. It is nil where no state is kept.
func (s *Server) Failed() <-chan struct{} {
	if s.store == nil {
		return nil
	}
	return s.store.failed
}

// Close writes what is not written yet and lets go of the folder. The server must not be served any more: writes that
// come later are refused. The error is the first that the state met. It does nothing where no state is kept.
func (s *Server) Close() error {
	if s.store == nil {
		return nil
	}
	if err := s.store.close(); err != nil {
		return fmt.Errorf("sandbox: the state in %s: %w", s.store.dir, err)
	}
	return nil
}

// store keeps a server's state in a file: a snapshot, and behind it the changes since.
type store struct {
	server *Server
	dir    string
	lock   *os.File

	mu      sync.Mutex // held while a write is applied: the file has the writes in the order in which they were applied
	pending []byte     // entries, each with a comma behind it
	next    *round     // that will write them
	err     error      // why nothing is written any more
	closed  bool

	wake   chan struct{}
	ended  chan struct{}
	failed chan struct{}

	file      *os.File // from here on the writing goroutine's alone
	since     int64    // bytes behind the snapshot
	snapshot  int64    // bytes of it
	compactAt int64
	spare     []byte
	frame     []byte
}

// round is one write of the file; all whose changes are in it wait for it.
type round struct {
	done chan struct{}
	err  error // to be read when done is closed
}

func newRound() *round { return &round{done: make(chan struct{})} }

func openStore(s *Server, dir string) (_ *store, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	st := &store{
		server: s, dir: dir, next: newRound(), compactAt: compactAt,
		wake: make(chan struct{}, 1), ended: make(chan struct{}), failed: make(chan struct{}),
	}
	if st.lock, err = os.OpenFile(filepath.Join(dir, lockFile), os.O_RDWR|os.O_CREATE, 0o600); err != nil {
		return nil, err
	}
	if err = locked(st.lock); err == nil {
		if err = s.load(st.path()); err == nil {
			err = st.compact()
		}
	}
	if err != nil {
		return nil, errors.Join(err, st.lock.Close())
	}
	go st.run()
	return st, nil
}

// locked takes the folder for this server.
func locked(f *os.File) error {
	err := filelock.Lock(f)
	if errors.Is(err, filelock.ErrLocked) {
		return ErrLocked
	}
	return err
}

func (st *store) path() string { return filepath.Join(st.dir, stateFile) }

// write makes a change and returns when the file has it.
func (st *store) write(change func() []entry) error {
	r, err := st.enqueue(change)
	if err != nil {
		return err
	}
	<-r.done
	return r.err
}

// enqueue makes a change and returns the round that writes it.
func (st *store) enqueue(change func() []entry) (*round, error) {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.err != nil {
		return nil, st.err
	}
	if st.closed {
		return nil, errClosed
	}
	for _, e := range change() {
		var err error
		if st.pending, err = appendEntry(st.pending, &e); err != nil {
			return nil, err
		}
		st.pending = append(st.pending, ',')
	}
	select {
	case st.wake <- struct{}{}:
	default: // it is awake
	}
	return st.next, nil
}

// run writes rounds until the store is closed.
func (st *store) run() {
	defer close(st.ended)
	for range st.wake {
		st.commit()
	}
	st.commit()
}

// commit writes all changes that have come together since the last time.
func (st *store) commit() {
	st.mu.Lock()
	changes, r := st.pending, st.next
	st.pending, st.next = st.spare[:0], newRound()
	err, renewAt := st.err, max(st.compactAt, 2*st.snapshot)
	st.mu.Unlock()
	if err == nil && len(changes) > 0 {
		err = st.append(changes[:len(changes)-1])
	}
	st.spare = changes
	if err == nil && st.since > renewAt {
		err = st.renew()
	}
	if err != nil {
		st.fail(err)
	}
	r.err = err
	close(r.done)
}

// append writes one line with the changes and has the disk take it.
func (st *store) append(changes []byte) error {
	st.frame = appendFrame(st.frame[:0], changes)
	n, err := st.file.Write(st.frame)
	if st.since += int64(n); err != nil {
		return err
	}
	return st.file.Sync()
}

// renew writes the file anew, while no write is applied. What waits to be written is in the snapshot.
func (st *store) renew() error {
	st.mu.Lock()
	defer st.mu.Unlock()
	waiting := st.next
	st.pending, st.next = st.pending[:0], newRound()
	waiting.err = errors.Join(st.file.Close(), st.compact())
	close(waiting.done)
	return waiting.err
}

func (st *store) fail(err error) {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.err == nil {
		st.err = fmt.Errorf("the sandbox's state cannot be written: %w", err)
		close(st.failed)
	}
}

func (st *store) close() error {
	st.mu.Lock()
	again := st.closed
	if !again {
		st.closed = true
		close(st.wake)
	}
	st.mu.Unlock()
	<-st.ended
	if again {
		return nil
	}
	st.mu.Lock()
	err := st.err
	st.mu.Unlock()
	if st.file != nil {
		err = errors.Join(err, ignore(st.file.Close(), os.ErrClosed))
	}
	return errors.Join(err, filelock.Unlock(st.lock), st.lock.Close())
}
