package audit

import (
	"errors"
	"fmt"
	"os"
)

// store is the temporary file. It is made when it is needed.
type store struct {
	dir  string
	file *os.File
	size int64
}

func newStore(dir string) *store { return &store{dir: dir} }

// write appends data and returns where it stands.
func (s *store) write(data []byte) (int64, error) {
	if s.file == nil {
		file, err := os.CreateTemp(s.dir, "rejoin-audit-")
		if err != nil {
			return 0, fmt.Errorf("the backup is too large to be audited in memory, and a temporary file cannot be made: %w", err)
		}
		s.file = file
		_ = os.Remove(file.Name()) // where an open file cannot be removed, close does it
	}
	at := s.size
	if _, err := s.file.WriteAt(data, at); err != nil {
		return 0, fmt.Errorf("the audit's temporary file cannot be written: %w; TMPDIR may name another place for it", err)
	}
	s.size += int64(len(data))
	return at, nil
}

func (s *store) close() {
	if s.file != nil {
		_ = s.file.Close() // nobody reads it again
		_ = os.Remove(s.file.Name())
	}
}

// spill is data in parts, each of which can be looked at by itself. The beginning of it stays in memory.
type spill struct {
	store *store
	parts [parts]part
	left  int // bytes that may still stay in memory
	chunk int // how much of a part is written at once
}

// parts is how many parts there are.
const parts = 256

// part is one part's data, in the order in which it was put.
type part struct {
	kept    [][]byte // chunks in memory
	extents []extent // those behind them, in the file
	open    []byte   // what is behind them
	size    int64
	last    coder // of the member that was put last
}

type extent struct {
	at   int64
	size int
}

func newSpill(s *store, keep, chunk int) *spill { return &spill{store: s, left: keep, chunk: chunk} }

// at returns the part that a hash says.
func (s *spill) at(hash uint64) *part { return &s.parts[hash%parts] }

// put appends data to a part.
func (s *spill) put(p *part, data []byte) error {
	p.size += int64(len(data))
	if len(p.open)+len(data) > s.chunk && len(p.open) > 0 {
		if err := s.settle(p); err != nil {
			return err
		}
	}
	p.open = append(p.open, data...)
	return nil
}

// settle puts what is open in its place.
func (s *spill) settle(p *part) error {
	if len(p.extents) == 0 && s.left >= cap(p.open) {
		s.left -= cap(p.open)
		p.kept = append(p.kept, p.open)
		p.open = make([]byte, 0, s.chunk)
		return nil
	}
	at, err := s.store.write(p.open)
	if err != nil {
		return err
	}
	p.extents = append(p.extents, extent{at, len(p.open)})
	p.open = p.open[:0]
	return nil
}

// load returns a part's data, in buf if that is large enough, and frees the part's memory.
func (s *spill) load(p *part, buf []byte) ([]byte, error) {
	buf = buf[:0]
	if int64(cap(buf)) < p.size {
		buf = make([]byte, 0, p.size+p.size/4)
	}
	err := s.chunks(p, func(chunk []byte) error {
		buf = append(buf, chunk...)
		return nil
	})
	return buf, err
}

// chunks gives a part's data in the pieces in which it was kept, and frees their memory. No member or hash stands in
// two of them.
func (s *spill) chunks(p *part, use func([]byte) error) error {
	var err error
	for i := 0; err == nil && i < len(p.kept); i++ {
		err = use(p.kept[i])
		s.left += cap(p.kept[i])
		p.kept[i] = nil
	}
	var buf []byte
	for i := 0; err == nil && i < len(p.extents); i++ {
		e := p.extents[i]
		if cap(buf) < e.size {
			buf = make([]byte, e.size)
		}
		if _, readErr := s.store.file.ReadAt(buf[:e.size], e.at); readErr != nil {
			return errors.Join(errors.New("the audit's temporary file cannot be read again"), readErr)
		}
		err = use(buf[:e.size])
	}
	if err == nil {
		err = use(p.open)
	}
	*p = part{}
	return err
}
