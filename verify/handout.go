package verify

import (
	"context"

	"rejoin/internal/spill"
)

// How rows are divided into parts: by channel; where a part is too large by channel once more; and where it is one
// channel's that is too large, by identity.
const (
	byChannel = iota
	byChannelAgain
	byIdentity
)

// handOut gives out what has been kept, channel by channel.
func (in *intake) handOut() error {
	if err := in.finishGroup(); err != nil {
		return err
	}
	if err := in.parts(in.byName, byChannel); err != nil {
		return err
	}
	for !in.room.empty() { // until the channels that other rows name by their SID are back
		if _, err := in.wait(nil, nil); err != nil {
			return err
		}
	}
	return in.parts(in.bySID, byChannel)
}

// parts gives out a shelf, part by part.
func (in *intake) parts(s *shelf, divided int) error {
	for n := 0; n < spill.Parts; {
		to := n + 1
		var err error
		switch {
		case in.Sending.Err() != nil:
			return context.Cause(in.Sending)
		case divided == byIdentity:
			to = in.together(s, n)
			err = in.channels(s, span{n, to}, span{n, to})
		case s.Size(n) <= int64(in.sizes.part):
			err = in.channels(s, span{n, to}, whole)
		default:
			err = in.divide(s, n, divided+1)
		}
		if err != nil {
			return err
		}
		n = to
	}
	return nil
}

// together is the end of the parts from n on that are not too large to be looked at together.
func (in *intake) together(s *shelf, n int) int {
	size := s.Size(n)
	for n++; n < spill.Parts && size+s.Size(n) <= int64(in.sizes.part); n++ {
		size += s.Size(n)
	}
	return n
}

// span is the parts from one to before another.
type span struct{ from, to int }

var whole = span{0, spill.Parts} //nolint:gochecknoglobals // it is a constant

func (s span) holds(n int) bool { return s.from <= n && n < s.to }

// divide gives out a part that is too large to be looked at together.
func (in *intake) divide(s *shelf, n, how int) error {
	sub := newShelf(in.file, 0)
	err := s.each(n, func(r *row) error {
		if how == byIdentity {
			return in.slice(sub, r)
		}
		return sub.put(partOf(in.hash(r.member.ServiceSID, r.member.Channel)/spill.Parts), r)
	})
	if err == nil {
		err = in.parts(sub, how)
	}
	in.left.add(sub.open)
	return err
}

// slice keeps a row of a channel that is divided by identity. All of its slices are looked at where extra members are
// to be told, also those without a row.
func (in *intake) slice(s *shelf, r *row) error {
	if in.Extra {
		s.channels[channelKey{r.member.ServiceSID, r.member.Channel}] = struct{}{}
	}
	return s.put(in.sliceOf(r.member.Identity), r)
}

// channels gives out the channels of parts; identities are the slices of theirs that are in them.
func (in *intake) channels(s *shelf, parts, identities span) error {
	units := make(map[channelKey]*unit)
	var all []*unit
	unitOf := func(k channelKey) *unit {
		u := units[k]
		if u == nil {
			u = newUnit(k, identities)
			units[k] = u
			all = append(all, u)
		}
		return u
	}
	for k := range s.channels {
		unitOf(k)
	}
	var last *unit
	var err error
	for n := parts.from; n < parts.to && err == nil; n++ {
		err = s.each(n, func(r *row) error {
			if last == nil || !last.is(&r.member) {
				last = unitOf(channelKey{r.member.ServiceSID, r.member.Channel})
			}
			last.add(r)
			return nil
		})
	}
	for i, u := range all {
		if err == nil {
			err = in.give(u)
		} else {
			in.left.add(u.open)
		}
		all[i] = nil
	}
	return err
}

// give hands a channel to a worker, once there is room.
func (in *intake) give(u *unit) error {
	u.seal()
	u.extra = in.Extra
	u.mayMove = !u.bySID() && len(in.sids) > 0
	for {
		var units chan<- *unit
		if in.room.fits(u.size()) {
			units = in.units
		}
		handed, err := in.wait(units, u)
		if err != nil {
			in.left.add(u.open)
		}
		if handed || err != nil {
			return err
		}
	}
}

// wait hands a unit out, takes one back that has turned out to be another channel, or waits for room.
func (in *intake) wait(units chan<- *unit, u *unit) (handed bool, err error) {
	select {
	case units <- u:
		in.room.take(u.size())
		return true, nil
	case back := <-in.moved:
		return false, in.move(back)
	case <-in.room.freed:
		return false, nil
	case <-in.Sending.Done():
		return false, context.Cause(in.Sending)
	}
}

// move puts the rows of a channel that they name by its unique name where those are that name it by its SID.
func (in *intake) move(u *unit) error {
	var failed error
	err := u.each(func(r *row) error {
		if failed == nil {
			r.named, r.member.Channel = r.member.Channel, u.sid
			failed = in.bySID.put(partOf(in.hash(u.service, u.sid)), r)
		}
		if failed != nil && r.open() {
			in.left.add(1)
		}
		return nil
	})
	if failed != nil {
		return failed
	}
	return err
}
