package restore

import (
	"container/heap"
	"time"
)

// queue holds one channel's rows in the order in which they go: those that have begun first.
type queue struct {
	channel string
	rows    []*row
	head    int

	announced int // so many of the rest, from its first on, have been announced

	readyAt time.Time // when the channel may take its next write, as the limiter last said
	place   int64     // among those that may at the same time
	index   int       // in the heap
	claimed bool      // a worker is about to take all of its rows
}

// compactAfter is how many taken rows a queue keeps in its slice before it moves the others down.
const compactAfter = 64

func (q *queue) empty() bool  { return q.head == len(q.rows) }
func (q *queue) rest() []*row { return q.rows[q.head:] }

func (q *queue) push(r *row) {
	if r.urgent {
		q.announced++ // it has begun
	}
	if r.urgent && q.head > 0 {
		q.head--
		q.rows[q.head] = r
		return
	}
	if r.urgent {
		q.rows = append([]*row{r}, q.rows...)
		return
	}
	q.rows = append(q.rows, r)
}

func (q *queue) pop() *row {
	r := q.rows[q.head]
	q.rows[q.head] = nil
	q.head++
	q.announced = max(q.announced-1, 0)
	if q.head >= compactAfter && q.head*2 >= len(q.rows) {
		n := copy(q.rows, q.rows[q.head:])
		clear(q.rows[n:])
		q.rows, q.head = q.rows[:n], 0
	}
	return r
}

// queueHeap orders channels by when they may go.
type queueHeap []*queue

var _ heap.Interface = (*queueHeap)(nil)

func (h queueHeap) Len() int { return len(h) }
func (h queueHeap) Less(i, j int) bool {
	if at := h[i].readyAt.Compare(h[j].readyAt); at != 0 {
		return at < 0
	}
	return h[i].place < h[j].place
}

func (h queueHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

// Push adds a channel; it is called by container/heap alone.
func (h *queueHeap) Push(x any) {
	q := x.(*queue) //nolint:errcheck // only this package pushes, through container/heap
	q.index = len(*h)
	*h = append(*h, q)
}

// Pop takes the last channel off; it is called by container/heap alone.
func (h *queueHeap) Pop() any {
	last := len(*h) - 1
	q := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	return q
}

// dueHeap orders rows by when they may be tried again.
type dueHeap []*row

var _ heap.Interface = (*dueHeap)(nil)

func (h dueHeap) Len() int           { return len(h) }
func (h dueHeap) Less(i, j int) bool { return h[i].notBefore.Before(h[j].notBefore) }
func (h dueHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }

// Push adds a row; it is called by container/heap alone.
func (h *dueHeap) Push(x any) {
	*h = append(*h, x.(*row)) //nolint:errcheck // only this package pushes, through container/heap
}

// Pop takes the last row off; it is called by container/heap alone.
func (h *dueHeap) Pop() any {
	last := len(*h) - 1
	r := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	return r
}
