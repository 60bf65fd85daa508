package audit

// index leads from a hash to the numbers of what may be meant by it. It only says where to look: whoever asks compares.
// It is a table with open addressing, which is emptied and filled again for each group without new memory.
type index struct {
	slots []slot // a power of two of them
	used  int
}

type slot struct {
	hash uint32
	at   int32 // the number, from 1; 0: the slot is empty
}

// smallIndex is how many slots an index begins with.
const smallIndex = 1 << 10

func (x *index) reset() {
	clear(x.slots)
	x.used = 0
}

// first returns the first number that stands under a hash, or -1, and where to go on from.
func (x *index) first(hash uint64) (at int32, next uint32) {
	return x.next(hash, uint32(hash))
}

// next goes on from where the call before ended.
func (x *index) next(hash uint64, from uint32) (at int32, next uint32) {
	if len(x.slots) == 0 {
		return -1, 0
	}
	short := uint32(hash)
	for mask := uint32(len(x.slots) - 1); ; from++ {
		switch s := x.slots[from&mask]; {
		case s.at == 0:
			return -1, from
		case s.hash == short:
			return s.at - 1, from + 1
		}
	}
}

// add puts a number under a hash, behind those that stand there.
func (x *index) add(hash uint64, at int32) {
	if 2*x.used >= len(x.slots) {
		old := x.slots
		x.slots = make([]slot, max(smallIndex, 2*len(old)))
		for _, s := range old {
			if s.at != 0 {
				x.place(s)
			}
		}
	}
	x.place(slot{uint32(hash), at + 1})
	x.used++
}

func (x *index) place(s slot) {
	mask := uint32(len(x.slots) - 1)
	at := s.hash & mask
	for x.slots[at].at != 0 {
		at = (at + 1) & mask
	}
	x.slots[at] = s
}
