package spill

import "slices"

// Parts is how many parts a [Spill] has.
const Parts = 256

// Spill is data in parts. The beginning of it stays in memory.
type Spill struct {
	file  *File
	parts [Parts]part
	left  int // bytes that may still stay in memory
}

// part is one part's data, in the order in which it was put.
type part struct {
	kept    [][]byte // chunks in memory
	extents []extent // those behind them, in the file
	open    []byte   // what is behind them
	size    int64
}

// New returns an empty spill of which keep bytes stay in memory, beside one open chunk a part.
func New(file *File, keep int) *Spill { return &Spill{file: file, left: keep} }

// Size is how many bytes a part holds.
func (s *Spill) Size(n int) int64 { return s.parts[n].size }

// Put appends data to the n-th part, from 0. It fails where the file cannot be made or written.
func (s *Spill) Put(n int, data []byte) error {
	p := &s.parts[n]
	p.size += int64(len(data))
	if len(p.open)+len(data) > s.file.chunk && len(p.open) > 0 {
		if err := s.settle(p); err != nil {
			return err
		}
	}
	p.open = append(p.open, data...)
	return nil
}

// settle puts what is open in its place.
func (s *Spill) settle(p *part) error {
	if len(p.extents) == 0 && s.left >= cap(p.open) {
		s.left -= cap(p.open)
		p.kept = append(p.kept, p.open)
		p.open = make([]byte, 0, s.file.chunk)
		return nil
	}
	e, err := s.file.write(p.open)
	if err != nil {
		return err
	}
	p.extents = append(p.extents, e)
	p.open = p.open[:0]
	return nil
}

// Load takes a part's data out, in buf if that is large enough. It fails where the file cannot be read again.
func (s *Spill) Load(n int, buf []byte) ([]byte, error) {
	buf = buf[:0]
	if size := s.parts[n].size; int64(cap(buf)) < size {
		buf = make([]byte, 0, size+size/4)
	}
	err := s.Chunks(n, func(chunk []byte) error {
		buf = append(buf, chunk...)
		return nil
	})
	return buf, err
}

// Look gives a part's data as [Spill.Chunks] does, and leaves it where it is. Nothing may be put into the part meanwhile.
func (s *Spill) Look(n int, use func(chunk []byte) error) error {
	p := &s.parts[n]
	for _, chunk := range p.kept {
		if err := use(chunk); err != nil {
			return err
		}
	}
	var buf []byte
	for _, e := range p.extents {
		buf = slices.Grow(buf[:0], e.size)[:e.size]
		if err := s.file.read(e, buf); err != nil {
			return err
		}
		if err := use(buf); err != nil {
			return err
		}
	}
	if len(p.open) == 0 {
		return nil
	}
	return use(p.open)
}

// Chunks takes a part's data out in the pieces in which it was kept, and frees their memory as it goes. A chunk is valid
// while use looks at it. More may be put meanwhile, into other parts and other spills. Chunks fails where the file cannot
// be read again, and where use fails, and then the rest of the part is lost.
func (s *Spill) Chunks(n int, use func(chunk []byte) error) error {
	p := s.parts[n]
	s.parts[n] = part{}
	for i, chunk := range p.kept {
		if err := use(chunk); err != nil {
			return err
		}
		p.kept[i] = nil
		s.left += cap(chunk)
	}
	var buf []byte
	for _, e := range p.extents {
		buf = slices.Grow(buf[:0], e.size)[:e.size]
		if err := s.file.read(e, buf); err != nil {
			return err
		}
		s.file.release(e)
		if err := use(buf); err != nil {
			return err
		}
	}
	if len(p.open) == 0 {
		return nil
	}
	return use(p.open)
}
