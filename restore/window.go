package restore

import (
	"container/heap"
	"context"
	"slices"
	"sync"
	"time"
)

// window holds the rows that are read and not done, and says which goes next.
//
// Member writes are limited per channel, and backups are sorted by channel: sending rows in the backup's order would
// hold the whole run to one channel's rate. So rows queue by channel, and of all channels the one that may go soonest
// goes first, the one that has waited longest among those that may go at once. No row waits for ever: a channel's rows
// go in their order, and a channel that was passed over is ahead the next time.
//
// It is bounded in rows and in bytes; put blocks while it is full. Rows that come back for another try always fit,
// since they were never counted out.
type window struct {
	limits  Limiter
	maxRows int
	maxSize int64
	shown   *Progress // is told how many rows it holds, for who looks on

	announce  func(rows []int64) // is told of rows before they go for the first time, with the turn held; nil: nobody is
	announced []int64            // the last that it was told of
	ahead     int                // rows that were announced and have not been taken
	soonest   []int              // where in ready a walk over it goes on
	places    int64              // that channels have been given among the others

	turn  chan struct{} // held by the one worker that is looking for its next row
	wake  chan struct{} // something changed that the worker with the turn may be waiting for
	space chan struct{} // a row was counted out

	mu       sync.Mutex
	filling  bool // nothing goes before the window has once been full, or closed
	whole    bool // a channel does not go while its rows are still being put
	held     *queue
	rows     int // in the window, in workers' hands included
	size     int64
	closed   bool              // no more rows will be put
	now      []*row            // begun rows that may go at once and write nothing
	later    dueHeap           // rows that wait for their time
	ready    queueHeap         // channels that have rows
	channels map[string]*queue // the same, by name
}

func newWindow(limits Limiter, maxRows int, maxSize int64, shown *Progress) *window {
	w := &window{
		limits: limits, maxRows: maxRows, maxSize: maxSize, shown: shown,
		turn: make(chan struct{}, 1), wake: make(chan struct{}, 1), space: make(chan struct{}, 1),
		channels: make(map[string]*queue),
	}
	w.turn <- struct{}{}
	return w
}

// put takes a new row in, once there is room. An error is the context's; the row was not taken then.
func (w *window) put(ctx context.Context, r *row) error {
	for {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		w.mu.Lock()
		if w.rows > 0 && (w.rows >= w.maxRows || w.size+r.size() > w.maxSize) {
			w.filling = false
			if w.held != nil && w.rows == len(w.held.rest()) {
				w.release() // it is larger than the window
			}
		} else {
			w.rows++
			w.shown.Window.Store(int64(w.rows))
			w.size += r.size()
			w.enqueue(r)
			w.hold(r)
			w.mu.Unlock()
			signal(w.wake)
			return nil
		}
		w.mu.Unlock()
		signal(w.wake)
		select {
		case <-w.space:
		case <-ctx.Done():
		}
	}
}

// hold keeps the channel of a row that was put from going before a row of another is put: the next may be one of its.
func (w *window) hold(r *row) {
	if !w.whole || w.held != nil && w.held.channel == r.channel {
		return
	}
	w.release()
	if q := w.channels[r.channel]; q != nil && len(q.rest()) == 1 {
		w.held = q
		w.place(q, time.Now().Add(held))
		heap.Fix(&w.ready, q.index)
	}
}

// held is how far off the time is at which a channel that is held may go.
const held = 1000 * time.Hour

// release lets the channel go that is held.
func (w *window) release() {
	q := w.held
	if w.held = nil; q == nil || w.channels[q.channel] != q {
		return
	}
	w.place(q, w.readyAt(q.channel))
	heap.Fix(&w.ready, q.index)
}

// unclaim lets the other rows of a channel go, of which a worker has had one to look for all of them together. It is done
// by whatever becomes of that one.
func (w *window) unclaim(channel string) {
	if !w.whole {
		return // no channel is ever claimed
	}
	if q := w.channels[channel]; q != nil && q.claimed {
		q.claimed = false
		w.place(q, w.readyAt(channel))
		heap.Fix(&w.ready, q.index)
		signal(w.wake)
	}
}

// again takes a row back that a worker had, for another request.
func (w *window) again(r *row) {
	r.urgent = true
	w.mu.Lock()
	w.unclaim(r.channel)
	w.enqueue(r)
	w.mu.Unlock()
	signal(w.wake)
}

// back takes rows back that were given out and not begun.
func (w *window) back(rows []*row) {
	w.mu.Lock()
	for _, r := range rows {
		w.enqueue(r)
	}
	w.mu.Unlock()
	signal(w.wake)
}

// forget counts out a row that a worker had.
func (w *window) forget(r *row) {
	w.mu.Lock()
	w.unclaim(r.channel)
	w.count(r)
	idle := w.closed && w.rows == 0
	w.mu.Unlock()
	signal(w.space)
	if idle {
		signal(w.wake)
	}
}

// close says that no more rows will be put.
func (w *window) close() {
	w.mu.Lock()
	w.closed, w.filling = true, false
	w.release()
	w.mu.Unlock()
	signal(w.wake)
}

// drain takes out all rows that no worker has. It is called when the run stops.
func (w *window) drain() []*row {
	w.mu.Lock()
	defer w.mu.Unlock()
	rows := slices.Concat(w.now, w.later)
	for _, q := range w.channels {
		rows = append(rows, q.rest()...)
	}
	w.now, w.later, w.ready = nil, nil, nil
	clear(w.channels)
	for _, r := range rows {
		w.count(r)
	}
	return rows
}

// takeChannel gives out all rows of a channel that have not begun.
func (w *window) takeChannel(channel string) []*row {
	w.mu.Lock()
	defer w.mu.Unlock()
	q := w.channels[channel]
	if q == nil {
		return nil
	}
	w.unclaim(channel)
	var rows, kept []*row
	for _, r := range q.rest() {
		if r.urgent {
			kept = append(kept, r)
			continue
		}
		rows = append(rows, r)
	}
	q.rows, q.head, q.announced = kept, 0, len(kept)
	if len(kept) == 0 {
		w.removeQueue(q)
	}
	return rows
}

// next blocks until a row may be sent, holding a token of the run and, for a write, of its channel. It returns nil
// when the window is closed and empty. The context ends the wait; no row is lost by it.
//
// gate is called with the turn held, before a token is taken: it may hold the run back (an outage).
func (w *window) next(ctx context.Context, gate func(context.Context) error) (*row, error) {
	select {
	case <-w.turn:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	defer func() { w.turn <- struct{}{} }()
	for {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		wait, empty := w.look()
		switch {
		case empty:
			signal(w.wake) // the next worker in turn sees the same
			return nil, nil
		case wait != 0:
			sleep(ctx, wait, w.wake)
			continue
		}
		if err := gate(ctx); err != nil {
			return nil, err
		}
		if err := w.limits.Wait(ctx); err != nil {
			return nil, err
		}
		// The token is in hand; the row that goes best now may be another than the one that was seen.
		r, announced := w.take()
		if len(announced) > 0 {
			w.announce(announced)
		}
		if r != nil {
			return r, nil
		}
	}
}

// forever is a wait that only a signal ends.
const forever = time.Duration(1<<63 - 1)

// look says how long it is until some row may go: zero, a while, or until something changes.
func (w *window) look() (wait time.Duration, empty bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.rows == 0 {
		return forever, w.closed
	}
	if w.filling {
		return forever, false
	}
	now := time.Now()
	w.promote(now)
	if len(w.now) > 0 {
		return 0, false
	}
	wait = forever
	if len(w.later) > 0 {
		wait = w.later[0].notBefore.Sub(now)
	}
	if q := w.best(); q != nil {
		wait = min(wait, max(0, time.Until(q.readyAt)))
	}
	return wait, false
}

// take gives out the row that goes first, or nil if none may go, and the rows that are to be announced before it goes.
func (w *window) take() (r *row, announced []int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.promote(time.Now())
	if len(w.now) > 0 {
		r = w.now[0]
		w.now = w.now[1:]
		w.showAgain()
		return r, nil
	}
	q := w.best()
	if q == nil || q.readyAt.After(time.Now()) {
		return nil, nil
	}
	r = q.pop()
	if r.announced && !r.urgent {
		w.ahead--
	}
	announced = w.announcing(r)
	if r.step.writes() {
		w.limits.TakeChannel(q.channel)
	}
	switch {
	case q.empty():
		w.removeQueue(q)
	case w.whole && r.step == look && !r.urgent: // who has it takes the others, too
		q.claimed = true
		w.place(q, time.Now().Add(held))
		heap.Fix(&w.ready, q.index)
	default:
		w.place(q, w.readyAt(q.channel))
		heap.Fix(&w.ready, q.index)
	}
	return r, announced
}

// readyAt is when a channel may go, but not before now: a channel that has been able to go for an hour must not be
// ahead of one whose rows have waited for a second.
func (w *window) readyAt(channel string) time.Time {
	at, now := w.limits.ChannelReadyAt(channel), time.Now()
	if at.Before(now) {
		return now
	}
	return at
}

// place gives a channel its place among the others: behind all that may go at the same time.
func (w *window) place(q *queue, readyAt time.Time) {
	w.places++
	q.readyAt, q.place = readyAt, w.places
}

// best is the channel that may go soonest. What the limiter said of a channel earlier may have changed since (it was
// throttled), so the top is asked again until it stays the top. A channel that may go now keeps the time since when it
// may: that is its place among the others.
func (w *window) best() *queue {
	for len(w.ready) > 0 {
		q := w.ready[0]
		at := w.limits.ChannelReadyAt(q.channel)
		// The clock is read after the limiter has read it: what was ready then is not in the future now.
		if !at.After(q.readyAt) || !at.After(time.Now()) {
			return q
		}
		w.place(q, at)
		heap.Fix(&w.ready, 0)
		if w.ready[0] == q {
			return q
		}
	}
	return nil
}

// promote moves rows whose time has come from later to where they go.
func (w *window) promote(now time.Time) {
	for len(w.later) > 0 && !w.later[0].notBefore.After(now) {
		r := heap.Pop(&w.later).(*row) //nolint:errcheck // the heap holds nothing else
		r.notBefore = time.Time{}
		w.showAgain()
		w.enqueue(r)
	}
}

func (w *window) enqueue(r *row) {
	switch {
	case !r.notBefore.IsZero():
		heap.Push(&w.later, r)
		w.showAgain()
	case !r.step.queues() || !r.step.writes() && r.urgent:
		w.now = append(w.now, r)
		w.showAgain()
	default:
		w.enqueueByChannel(r)
	}
}

func (w *window) showAgain() { w.shown.Again.Store(int64(len(w.now) + len(w.later))) }

func (w *window) enqueueByChannel(r *row) {
	q := w.channels[r.channel]
	if q == nil {
		q = &queue{channel: r.channel}
		w.place(q, w.readyAt(r.channel))
		w.channels[r.channel] = q
		q.push(r)
		heap.Push(&w.ready, q)
		return
	}
	q.push(r)
}

func (w *window) removeQueue(q *queue) {
	heap.Remove(&w.ready, q.index)
	delete(w.channels, q.channel)
}

func (w *window) count(r *row) {
	w.rows--
	w.shown.Window.Store(int64(w.rows))
	w.size -= r.size()
}

// signal wakes the one who waits on a channel of capacity one, or lets the next who looks go on at once.
func signal(ch chan struct{}) {
	select {
	case ch <- struct{}{}:
	default:
	}
}

// sleep waits for a time, a signal, or the end of the context, whichever comes first.
func sleep(ctx context.Context, d time.Duration, wake <-chan struct{}) {
	var after <-chan time.Time
	if d != forever {
		t := time.NewTimer(d)
		defer t.Stop()
		after = t.C
	}
	select {
	case <-after:
	case <-wake:
	case <-ctx.Done():
	}
}
