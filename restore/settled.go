package restore

// Settled are rows that earlier runs have settled for good: none of them is sent again.
type Settled struct {
	Rows        int64
	Counts      [NumKinds]int64 // by their last outcome
	NotRestored int64
}

// Take counts a row with the outcome that an earlier run gave it, here and in the progress, and reports whether there is
// one that holds. Where there was no earlier run, the ledger is nil.
func (s *Settled) Take(ledger Ledger, row int64, p *Progress) bool {
	if ledger == nil {
		return false
	}
	kind, restored, ok := ledger.Outcome(row)
	if !ok || kind.Again() {
		return false
	}
	s.Rows++
	s.Counts[kind]++
	p.Earlier.Add(1)
	p.Done[kind].Add(1)
	if !restored {
		s.NotRestored++
		p.NotRestored.Add(1)
	}
	return true
}

// show puts the rows into the progress.
func (s *Settled) show(p *Progress) {
	p.Earlier.Add(s.Rows)
	p.NotRestored.Add(s.NotRestored)
	for kind, n := range s.Counts {
		p.Done[kind].Add(n)
	}
}
