package report

import "rejoin/restore"

// Settled are the rows of the backup from the first on, one after the other, as far as they have outcomes for good, and
// at most so many.
func (l *Ledger) Settled(most int64) restore.Settled {
	var s restore.Settled
	l.rows.inOrder(func(first uint64) bool {
		kind := stateKind(first)
		if kind.Again() || s.Rows == most {
			return false
		}
		s.Rows++
		s.Counts[kind]++
		if first&stateRestored == 0 {
			s.NotRestored++
		}
		return true
	})
	return s
}

// Done are all rows that have outcomes for good, wherever they stand.
func (l *Ledger) Done() restore.Settled {
	s := restore.Settled{NotRestored: l.unrestored}
	for kind, n := range l.counts {
		if restore.Kind(kind).Again() {
			s.NotRestored -= n
			continue
		}
		s.Rows += n
		s.Counts[kind] = n
	}
	return s
}

// Members are those that the first rows of a journal speak of, for one who reads on behind these rows and must know
// whether he meets one of them again. They cost two bytes a row once a member is met, and may be used by one goroutine.
type Members struct {
	ledger *Ledger
	rows   int64

	filter filter   // what may be one of them
	met    []uint64 // the keys of members that may be
	again  bool
}

// Members returns the members of the journal's first rows, each of which must have an outcome.
func (l *Ledger) Members(rows int64) *Members { return &Members{ledger: l, rows: rows} }

// mostMet is how many members that may be known are kept until they are looked for.
const mostMet = 1 << 16

// Meet notes a member that a later row speaks of. Its channel is as [KeyHash] takes it.
func (m *Members) Meet(service, channel, identity []byte) {
	if m.again {
		return
	}
	if m.filter == nil {
		m.filter = newFilter(m.rows)
		m.each(func(key uint64) bool { m.filter.add(key); return true })
	}
	key := keyHash(service, channel, identity)
	if !m.filter.mayHold(key) {
		return
	}
	if m.met = append(m.met, key); len(m.met) == mostMet {
		m.look()
	}
}

// Again reports whether a member that was met is one of those of the first rows. It is by their [KeyHash], so that in one
// of 7e16 cases it says so of another.
func (m *Members) Again() bool {
	m.look()
	return m.again
}

// look looks for what has been met among the rows.
func (m *Members) look() {
	if len(m.met) == 0 || m.again {
		return
	}
	met := make(map[uint64]struct{}, len(m.met))
	for _, key := range m.met {
		met[key] = struct{}{}
	}
	m.each(func(key uint64) bool {
		_, m.again = met[key]
		return !m.again
	})
	m.met = m.met[:0]
}

func (m *Members) each(fn func(key uint64) bool) {
	n := int64(0)
	m.ledger.rows.inOrder(func(first uint64) bool {
		n++
		return n <= m.rows && fn(first>>stateBits)
	})
}

// A filter tells of a number that it was certainly not added, or that it may have been (Bloom, 1970). It has 16 bits a
// number and looks at four of them, and is wrong about one of 400 numbers that were not added.
type filter []uint64

func newFilter(numbers int64) filter { return make(filter, max(numbers, 1)/4+1) }

// places are the bits of a number: it is a hash, so that its halves are independent.
func (f filter) places(number uint64) (places [4]uint64) {
	a, b := number*hashMul, number*hashSeed|1
	for i := range places {
		a += b
		places[i] = a >> 32 * uint64(len(f)*64) >> 32
	}
	return places
}

func (f filter) add(number uint64) {
	for _, at := range f.places(number) {
		f[at/64] |= 1 << (at % 64)
	}
}

func (f filter) mayHold(number uint64) bool {
	for _, at := range f.places(number) {
		if f[at/64]&(1<<(at%64)) == 0 {
			return false
		}
	}
	return true
}
