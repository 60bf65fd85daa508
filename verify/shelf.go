package verify

import "rejoin/internal/spill"

// shelf is what is kept of rows until their channels are compared, in parts.
type shelf struct {
	*spill.Spill
	last [spill.Parts]coder // of the row that was put last
	buf  []byte
	open int64 // rows that need an outcome

	channels map[channelKey]struct{} // those that are divided by identity, where extra members are to be told
}

func newShelf(file *spill.File, keep int) *shelf {
	return &shelf{Spill: spill.New(file, keep), channels: make(map[channelKey]struct{})}
}

func (s *shelf) put(part int, r *row) error {
	s.buf = s.last[part].append(s.buf[:0], r)
	if err := s.Put(part, s.buf); err != nil {
		return err
	}
	if r.open() {
		s.open++
	}
	return nil
}

// each takes a part's rows out. What use has not taken when it fails still counts as open.
func (s *shelf) each(part int, use func(*row) error) error {
	var from coder
	var r row
	s.last[part] = coder{}
	return s.Chunks(part, func(chunk []byte) (err error) {
		for data := string(chunk); len(data) > 0; {
			if data, err = from.next(data, &r); err != nil {
				return err
			}
			if err := use(&r); err != nil {
				return err
			}
			if r.open() {
				s.open--
			}
		}
		return nil
	})
}
