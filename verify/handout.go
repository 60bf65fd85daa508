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
	for n := range spill.Parts {
		var err error
		switch {
		case in.Sending.Err() != nil:
			return context.Cause(in.Sending)
		case divided == byIdentity:
			err = in.channels(s, n, n+1)
		case s.Size(n) <= int64(in.sizes.part):
			err = in.channels(s, n, 0)
		default:
			err = in.divide(s, n, divided+1)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// divide gives out a part that is too large to be looked at together.
func (in *intake) divide(s *shelf, n, how int) error {
	sub := newShelf(in.file, 0)
	err := s.each(n, func(r *row) error {
		to := in.slice(r.member.Identity)
		if how == byChannelAgain {
			to = partOf(in.hash(r.member.ServiceSID, r.member.Channel) / spill.Parts)
		}
		return sub.put(to, r)
	})
	if err == nil {
		err = in.parts(sub, how)
	}
	in.left.add(sub.open)
	return err
}

// channels gives out the channels of a part; slice is the part of their identities that is in it, or 0.
func (in *intake) channels(s *shelf, n, slice int) error {
	type key struct{ service, channel string }
	units := make(map[key]*unit)
	var all []*unit
	var last *unit
	err := s.each(n, func(r *row) error {
		if last == nil || !last.is(&r.member) {
			k := key{r.member.ServiceSID, r.member.Channel}
			if last = units[k]; last == nil {
				last = newUnit(&r.member, slice)
				units[k] = last
				all = append(all, last)
			}
		}
		last.add(r)
		return nil
	})
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
