package restore

import "slices"

// announcedRows is about how many rows are announced ahead: of so many more than were on their way it is not known whether they
// were sent, where a run is killed.
const (
	announcedRows = 64
	// announcedMost is how many may be where the rows that go are not those that were likely to.
	announcedMost = announcedRows + announcedRows/2
)

// announcing marks a row that is about to go for the first time, and those that are likely to go next, as announced, and
// returns their numbers, which are valid until it is called again; none where the row has been announced, or nobody wants
// to know. The row's channel still has its place in the heap.
func (w *window) announcing(r *row) []int64 {
	if w.announce == nil || r.announced {
		return nil
	}
	r.announced = true
	w.announced = append(w.announced[:0], r.pos.Row)
	share := max(announcedRows/len(w.ready), 1)
	w.soonest = append(w.soonest[:0], 0)
	for range min(announcedRows, len(w.ready)) {
		before := len(w.announced)
		w.announced = w.nextSoonest().announce(w.announced, share, announcedMost-w.ahead)
		w.ahead += len(w.announced) - before
	}
	return w.announced
}

// nextSoonest walks over the channels in the order in which they may go. The two below each in the heap go no sooner than
// it does, so that the next is one of those below the ones that were walked over.
func (w *window) nextSoonest() *queue {
	at := w.soonest[0]
	w.soonest = slices.Delete(w.soonest, 0, 1)
	for below := 2*at + 1; below <= 2*at+2 && below < len(w.ready); below++ {
		i, _ := slices.BinarySearchFunc(w.soonest, below, w.sooner)
		w.soonest = slices.Insert(w.soonest, i, below)
	}
	return w.ready[at]
}

func (w *window) sooner(i, j int) int {
	if w.ready.Less(i, j) {
		return -1
	}
	return 1
}

// announce marks rows that have not been announced, until so many of the next have been, and adds their numbers: no more
// than most.
func (q *queue) announce(rows []int64, ahead, most int) []int64 {
	for _, r := range q.rest()[q.announced:] {
		if q.announced >= ahead || most <= 0 {
			break
		}
		most--
		r.announced = true
		q.announced++
		rows = append(rows, r.pos.Row)
	}
	return rows
}
