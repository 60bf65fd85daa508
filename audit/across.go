package audit

import (
	"context"
	"encoding/binary"

	"rejoin/internal/spill"
)

// across looks at the members channel by channel. Those of one channel are in one part, and the parts are looked at one
// after the other. Of a part, so many channels and identities are looked at as there is room for; the rows of all others
// are put aside into a spill of their own, where they are spread over its parts, and looked at later in the same way.
type across struct {
	*auditor
	channels channels // of the part that is being looked at
	number   int32    // of the channel of the member that was looked at last
	entries  entries
	buf      []byte
	fullPage fullPage
}

// aside is where the rows go for which there is no room.
type aside struct {
	depth      uint64
	channels   *members // rows of other channels
	identities *members // rows of other identities, of channels that are known
}

func newAcross(a *auditor) *across {
	return &across{auditor: a, channels: channels{most: a.cfg.most}, entries: entries{most: a.cfg.most}}
}

func (x *across) run(ctx context.Context) error { return x.parts(ctx, x.members, 0) }

// parts looks at the channels whose rows are in a spill, which there may be none of.
func (x *across) parts(ctx context.Context, from *members, depth uint64) error {
	for n := 0; from != nil && n < spill.Parts; n++ {
		if from.Size(n) == 0 {
			continue
		}
		x.channels.reset()
		aside := aside{depth: depth}
		if err := x.group(ctx, from, n, &aside); err != nil {
			return err
		}
		if err := x.others(ctx, aside.identities, depth+1); err != nil {
			return err
		}
		for i := range x.channels.all {
			x.channel(&x.channels.all[i])
		}
		if err := x.parts(ctx, aside.channels, depth+1); err != nil {
			return err
		}
	}
	return x.tally.err
}

// others looks at the identities that were put aside, of the channels that are known.
func (x *across) others(ctx context.Context, from *members, depth uint64) error {
	for n := 0; from != nil && n < spill.Parts; n++ {
		if from.Size(n) == 0 {
			continue
		}
		aside := aside{depth: depth}
		if err := x.group(ctx, from, n, &aside); err != nil {
			return err
		}
		if err := x.others(ctx, aside.identities, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// group looks at the members of a part together. Where the last row of each counts, it has to know them all before.
func (x *across) group(ctx context.Context, from *members, n int, aside *aside) error {
	x.entries.reset()
	if x.cfg.LastCounts {
		if err := from.look(ctx, n, x.meet); err != nil {
			return err
		}
	}
	return from.take(ctx, n, func(m *member) error { return x.member(m, aside) })
}

// meet notes the row that counts for each member.
func (x *across) meet(m *member) error {
	if number := x.channelOf(m); number >= 0 {
		if at := x.entries.find(m, number, x.hash(number, m.identity)); at >= 0 && m.counts {
			x.entries.all[at].take(m)
		}
	}
	return nil
}

// member looks for other rows of the member, and for one whose identity differs only by case.
func (x *across) member(m *member, aside *aside) error {
	number := x.channelOf(m)
	if number < 0 {
		if aside.channels == nil {
			aside.channels = newMembers(x.file, 0)
		}
		return aside.channels.put(partOf(mix(mix(aside.depth+1, m.service), m.channel)), m)
	}
	ch := &x.channels.all[number]
	if m.row < ch.row {
		ch.row, ch.line = m.row, m.line
	}
	at := x.entries.find(m, number, x.hash(number, m.identity))
	if at < 0 {
		return x.putAside(m, number, aside)
	}
	e := &x.entries.all[at]
	if !e.met {
		e.met = true
		ch.members++
		x.compare(m, at)
	}
	switch {
	case !m.counts:
		return x.tally.err
	case !e.counts:
		e.take(m)
	}
	switch {
	case m.row != e.row:
		x.again(m, e)
	case !m.invalid:
		ch.toSend++
	}
	return x.tally.err
}

// channelOf is the number of a member's channel, or -1 if it is none of those that are being looked at.
func (x *across) channelOf(m *member) int32 {
	if !m.sameChannelAsLast {
		x.number = x.channels.number(m, x.cfg.hash(x.seed, m.channel))
	}
	return x.number
}

// hash is by where an identity of a channel is looked for.
func (x *across) hash(number int32, identity []byte) uint64 {
	x.buf = append(binary.LittleEndian.AppendUint32(x.buf[:0], uint32(number)), identity...)
	return x.cfg.hash(x.seed, x.buf)
}

// foldedHash is by where it is looked for whatever its case.
func (x *across) foldedHash(number int32, identity []byte) uint64 {
	x.buf = appendFolded(binary.LittleEndian.AppendUint32(x.buf[:0], uint32(number)), identity)
	return x.cfg.hash(x.seed, x.buf)
}

// compare looks for another spelling of an identity that is new.
func (x *across) compare(m *member, at int32) {
	if m.variant != nil {
		x.variant(m, m.variant)
		return
	}
	number := x.entries.all[at].channel
	hash := x.foldedHash(number, m.identity)
	if e := x.entries.family(m, number, hash); e != nil {
		x.variant(m, &spelling{e.row, e.line, x.entries.identity(e)})
		return
	}
	x.entries.folded.add(hash, at)
}

// putAside keeps a row for later. Those of one identity go to one place, whatever its case, unless it is known by now
// which spelling came first.
func (x *across) putAside(m *member, number int32, aside *aside) error {
	if m.variant == nil {
		if e := x.entries.family(m, number, x.foldedHash(number, m.identity)); e != nil {
			m.variant = &spelling{e.row, e.line, x.entries.identity(e)}
		}
	}
	if m.variant != nil {
		x.buf = append(x.buf[:0], m.identity...)
	} else {
		x.buf = appendFolded(x.buf[:0], m.identity)
	}
	if aside.identities == nil {
		aside.identities = newMembers(x.file, 0)
	}
	part := partOf(mix(mix(mix(aside.depth+1, m.service), m.channel), x.buf))
	return aside.identities.put(part, m)
}
