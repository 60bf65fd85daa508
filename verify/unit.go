package verify

import (
	"sync"

	"rejoin/chat"
)

// channelKey names a channel as rows do.
type channelKey struct{ service, channel string }

// unit is the rows of one channel, packed, with which one worker is busy.
type unit struct {
	channelKey

	slices  span // of the channel's identities
	extra   bool // members that are in no row are told
	mayMove bool // other rows may name the channel by its SID
	sid     string

	data  []byte // while rows are added
	text  string // from then on
	coder coder
	rows  int
	open  int64 // rows that need an outcome
}

func newUnit(k channelKey, slices span) *unit {
	u := &unit{channelKey: k, slices: slices}
	u.coder = u.from()
	return u
}

// from is what the first row is written as its difference from.
func (u *unit) from() coder { return coder{service: u.service, channel: u.channel} }

// is reports whether a member is of the unit's channel.
func (u *unit) is(m *chat.Member) bool { return m.Channel == u.channel && m.ServiceSID == u.service }

func (u *unit) bySID() bool { return chat.IsChannelSID(u.channel) }

// size is what the unit takes of the room, one without rows included.
func (u *unit) size() int { return len(u.text) + 64 }

// seal says that no more rows come.
func (u *unit) seal() {
	if u.data != nil {
		u.text, u.data = string(u.data), nil
	}
}

func (u *unit) add(r *row) {
	u.data = u.coder.append(u.data, r)
	u.rows++
	if r.open() {
		u.open++
	}
}

// each gives the unit's rows.
func (u *unit) each(use func(*row) error) error {
	from := u.from()
	var r row
	u.seal()
	for data := u.text; len(data) > 0; {
		var err error
		if data, err = from.next(data, &r); err != nil {
			return err
		}
		if err := use(&r); err != nil {
			return err
		}
	}
	return nil
}

// room bounds the rows that the units in workers' hands hold.
type room struct {
	freed chan struct{} // holds something once some was given back

	mu   sync.Mutex
	size int
	used int
}

func newRoom(size int) room { return room{freed: make(chan struct{}, 1), size: size} }

// fits reports whether there is room for a unit. There is for one of any size where it is the only one.
func (r *room) fits(n int) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.used <= 0 || r.used+n <= r.size
}

func (r *room) empty() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.used <= 0
}

func (r *room) take(n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.used += n
}

func (r *room) give(n int) {
	r.mu.Lock()
	r.used -= n
	r.mu.Unlock()
	select {
	case r.freed <- struct{}{}:
	default:
	}
}
