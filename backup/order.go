package backup

import "sync"

// target is a channel to be read.
type target struct {
	sid        string
	uniqueName string
	members    int // that it had when it was listed
}

// overhead is what a channel that waits for its turn costs beside its text, about.
const overhead = 256

// order hands channels out to be read and takes them back to be written in the same order. What waits to be written is
// bounded: past the limit only the channel that is next to be written is read on, and for that one there is no limit.
// Channels are handed out in their order, so that the next to be written is always with somebody.
type order struct {
	mu      sync.Mutex
	changed *sync.Cond

	targets []target
	next    int // the first that was not handed out
	written int // the first that was not taken
	ready   map[int]Channel
	bytes   int64 // of what was read and not taken
	limit   int64

	look    looking
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

func newOrder(targets []target, limit int64, lookAgain bool) *order {
	o := &order{targets: targets, limit: limit, ready: make(map[int]Channel)}
	o.changed = sync.NewCond(&o.mu)
	if !lookAgain {
		o.look = looked
	}
	return o
}

// job is what a worker is to do.
type job struct {
	index  int
	target target
	look   bool // not to read a channel, but to look for channels that are new
}

// take waits for a job. It gives the second look to the one who finds all channels handed out, while the others still
// read.
func (o *order) take() (job, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for {
		switch {
		case o.stopped:
			return job{}, false
		case o.next < len(o.targets):
			o.next++
			return job{index: o.next - 1, target: o.targets[o.next-1]}, true
		case o.look == notLooked:
			o.look = looks
			return job{look: true}, true
		case o.look == looked:
			return job{}, false
		}
		o.changed.Wait()
	}
}

// add puts the channels that the second look has found behind the others.
func (o *order) add(more []target) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.targets = append(o.targets, more...)
	o.look = looked
	o.changed.Broadcast()
}

// hold counts bytes that a channel which is being read keeps, or has given up, and waits while too many are kept.
func (o *order) hold(index int, bytes int64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.bytes += bytes
	if bytes < 0 {
		o.changed.Broadcast()
	}
	for o.bytes >= o.limit && index != o.written && !o.stopped {
		o.changed.Wait()
	}
}

// put gives back a channel that was read. Its text has been counted by hold.
func (o *order) put(index int, c Channel) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.ready[index] = c
	o.bytes += overhead
	o.changed.Broadcast()
}

// get waits for the channel that is next to be written. There is none where all are written, or nobody will read it.
func (o *order) get() (Channel, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for {
		if c, ok := o.ready[o.written]; ok {
			return c, true
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
	delete(o.ready, o.written)
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
	return o.written == len(o.targets) && o.look == looked
}
