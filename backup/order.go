package backup

import (
	"cmp"
	"slices"
	"sync"

	"rejoin/chat"
)

// target is a channel to be read.
type target struct {
	sid        string
	uniqueName string
	members    int  // that it had when it was listed
	taken      bool // somebody reads it, or has read it
	ahead      bool // it was taken before all channels were known
}

// requests is how many of them the channel takes, where it does not change under the reading.
func (t *target) requests() int {
	if t.members <= chat.MaxPageSize {
		return 1
	}
	return (t.members+chat.MaxPageSize-1)/chat.MaxPageSize + 1 // and its count
}

// overhead is what a channel that waits for its turn costs beside its text, about.
const overhead = 256

// order hands channels out to be read and takes them back to be written, by SID.
//
// While the list of channels is still read, those that it has named are handed out ahead of their order, since the list's
// pages follow each other and would leave nearly all workers idle. That ends where most of the limit is used up, and a
// channel that would go past the limit then is put back: which one is next to be written is not known yet.
//
// Once all are known, they are handed out in their order, so that the next to be written is always with somebody. What
// waits to be written is bounded: past the limit only the channel that is next to be written is read on, and for that one
// there is no limit. One that was taken ahead does not wait there, but is put back: else all workers might wait, and nobody
// be left for the next.
type order struct {
	mu      sync.Mutex
	changed *sync.Cond

	targets []target
	listed  bool // all are known, but for what the second look finds, and in their order
	next    int  // none before it is left to be handed out
	written int  // the first that was not taken
	ready   map[string]Channel
	bytes   int64 // of what was read and not taken
	limit   int64
	full    bool // no more is taken ahead

	look    looking
	left    int  // requests that the channels take that were not handed out
	lookAt  int  // the second look begins when no more of them are left
	stopped bool // nothing more is handed out
	closed  bool // nobody reads any more
}

// looking says how far the second look at the list of channels is.
type looking uint8

const (
	notLooked looking = iota
	looks
	looked
)

func newOrder(limit int64, lookAgain bool) *order {
	o := &order{limit: limit, ready: make(map[string]Channel)}
	o.changed = sync.NewCond(&o.mu)
	if !lookAgain {
		o.look = looked
	}
	return o
}

// job is what a worker is to do.
type job struct {
	target target
	look   bool // not to read a channel, but to look for channels that are new
}

// take waits for a job.
func (o *order) take() (job, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for {
		if o.stopped {
			return job{}, false
		}
		if o.listed && o.look == notLooked && o.left <= o.lookAt {
			o.look = looks
			return job{look: true}, true
		}
		for o.next < len(o.targets) && o.targets[o.next].taken {
			o.next++
		}
		some := o.next < len(o.targets)
		switch {
		case some && (o.listed || !o.full && o.bytes < o.limit/4*3):
			t := &o.targets[o.next]
			t.taken, t.ahead = true, !o.listed
			o.left -= t.requests()
			return job{target: *t}, true
		case !some && o.look == looked && o.listed:
			return job{}, false
		}
		o.changed.Wait()
	}
}

// found adds channels that the list has named.
func (o *order) found(targets []target) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.add(targets)
	o.changed.Broadcast()
}

func (o *order) add(targets []target) {
	o.targets = append(o.targets, targets...)
	for i := range targets {
		o.left += targets[i].requests()
	}
}

// begin puts the channels in their order, now that all are known.
func (o *order) begin(all listing) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.add(all.rest)
	slices.SortFunc(o.targets, func(a, b target) int { return cmp.Compare(a.sid, b.sid) })
	o.listed, o.next, o.lookAt = true, 0, all.lookAt
	o.changed.Broadcast()
}

// lookedAgain puts the channels that the second look has found behind the others.
func (o *order) lookedAgain(more []target) {
	o.mu.Lock()
	defer o.mu.Unlock()
	slices.SortFunc(more, func(a, b target) int { return cmp.Compare(a.sid, b.sid) })
	o.add(more)
	o.look = looked
	o.changed.Broadcast()
}

// hold counts bytes that a channel which is being read keeps, and waits while too many are kept. It reports whether to
// read on: a channel that was taken ahead does not wait, but is to be given up and put back.
func (o *order) hold(t *target, bytes int64) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.bytes += bytes
	for o.bytes >= o.limit && !o.isNext(t) && !o.stopped {
		if t.ahead {
			return false
		}
		o.changed.Wait()
	}
	return true
}

// isNext reports whether a channel is the next to be written.
func (o *order) isNext(t *target) bool {
	return o.listed && o.written < len(o.targets) && o.targets[o.written].sid == t.sid
}

// free counts bytes that are kept no more.
func (o *order) free(bytes int64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.bytes -= bytes
	o.changed.Broadcast()
}

// back puts back a channel that was taken ahead and given up. Nothing more is taken ahead then.
func (o *order) back(t *target) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.full = true
	i := slices.IndexFunc(o.targets, func(other target) bool { return other.sid == t.sid })
	o.targets[i].taken = false
	o.left += t.requests()
	o.next = min(o.next, i)
	o.changed.Broadcast()
}

// put gives back a channel that was read. Its text has been counted by hold.
func (o *order) put(c Channel) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.ready[c.SID] = c
	o.bytes += overhead
	o.changed.Broadcast()
}

// get waits for the channel that is next to be written. There is none where all are written, or nobody will read it.
func (o *order) get() (Channel, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for {
		if o.listed && o.written < len(o.targets) {
			if c, ok := o.ready[o.targets[o.written].sid]; ok {
				return c, true
			}
		}
		if o.closed {
			return Channel{}, false
		}
		o.changed.Wait()
	}
}

// wrote lets go of the channel that get has given.
func (o *order) wrote(c Channel) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.ready, c.SID)
	o.written++
	o.bytes -= int64(cap(c.Text)) + overhead
	o.changed.Broadcast()
}

// stop ends the handing out; what waits in hold or take goes on.
func (o *order) stop() { o.set(&o.stopped) }

// close says that nobody reads any more.
func (o *order) close() { o.set(&o.closed) }

// drained waits until nobody reads any more.
func (o *order) drained() {
	o.mu.Lock()
	defer o.mu.Unlock()
	for !o.closed {
		o.changed.Wait()
	}
}

func (o *order) set(flag *bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	*flag = true
	o.changed.Broadcast()
}

// whole reports whether every channel is written, and none is left to be looked for.
func (o *order) whole() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.listed && o.written == len(o.targets) && o.look == looked
}
