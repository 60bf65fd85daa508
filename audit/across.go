package audit

import (
	"bytes"
	"context"
	"encoding/binary"
	"strconv"

	"rejoin/internal/spill"
	"rejoin/rules"
)

// across looks at the members channel by channel. Those of one channel are in one part, and the parts are looked at
// one after the other.
type across struct {
	*auditor
	data []byte
	buf  []byte

	// Of the part that is being looked at. The maps' keys are hashes that lead to where to look.
	numbers  map[string]int32 // of channels, by their key
	channels []channel
	entries  []entry
	exact    map[uint64]int32 // an entry by channel and identity
	folded   map[uint64]int32 // the first entry by channel and identity, whatever its case

	full channel // the first of those with a page's members, if there are any
	many int64   // how many those are
	more bool    // some channel holds more
}

// channel is what is known of a channel.
type channel struct {
	service, name string
	row, line     int64 // of its first row
	members       int64 // identities
	toSend        int64 // of these, those with a row that breaks no rule
}

// entry is an identity in a channel.
type entry struct {
	identity  []byte
	row, line int64 // of the first row that may be sent; of none, of the first
	values    uint64
	channel   int32
	next      int32 // the entry with the same hash before this, or -1
	valid     bool  // some row may be sent
}

func newAcross(a *auditor) *across {
	return &across{
		auditor: a, numbers: make(map[string]int32), exact: make(map[uint64]int32), folded: make(map[uint64]int32),
	}
}

func (x *across) run(ctx context.Context) error {
	for n := range spill.Parts {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err := x.part(ctx, n); err != nil {
			return err
		}
		if x.tally.err != nil {
			return x.tally.err
		}
	}
	return nil
}

// part looks at one part. If it is large, because its channels are, it is divided by identity.
func (x *across) part(ctx context.Context, n int) error {
	clear(x.numbers)
	x.channels = x.channels[:0]
	if x.members.Size(n) <= int64(x.cfg.part) {
		if err := x.group(x.members, n); err != nil {
			return err
		}
	} else if err := x.divide(ctx, n); err != nil {
		return err
	}
	for i := range x.channels {
		x.channel(&x.channels[i])
	}
	return nil
}

func (x *across) divide(ctx context.Context, n int) error {
	sub := newMembers(x.file, 0)
	var from coder
	var m member
	err := x.members.Chunks(n, func(data []byte) (err error) {
		for err == nil && len(data) > 0 {
			if data, err = from.next(data, &m); err == nil {
				x.buf = appendFolded(x.buf[:0], m.identity)
				err = sub.put(partOf(mix(1, x.buf)), &m)
			}
		}
		return err
	})
	for n := 0; err == nil && n < spill.Parts; n++ {
		if err = context.Cause(ctx); err == nil {
			err = x.group(sub, n)
		}
	}
	return err
}

// group looks at all members of a part together.
func (x *across) group(from *members, n int) (err error) {
	if x.data, err = from.Load(n, x.data); err != nil {
		return err
	}
	clear(x.exact)
	clear(x.folded)
	x.entries = x.entries[:0]
	var last coder
	var m member
	number := int32(0)
	for data := x.data; len(data) > 0; {
		if data, err = last.next(data, &m); err != nil {
			return err
		}
		if !m.sameChannelAsLast {
			number = x.number(&m)
		}
		ch := &x.channels[number]
		if m.row < ch.row {
			ch.row, ch.line = m.row, m.line
		}
		x.member(&m, number)
	}
	return nil
}

// number is a channel's, which is noted if it is new.
func (x *across) number(m *member) int32 {
	x.buf = append(append(append(x.buf[:0], m.service...), 0), m.channel...)
	n, ok := x.numbers[string(x.buf)]
	if !ok {
		n = int32(len(x.channels))
		x.numbers[string(x.buf)] = n
		x.channels = append(x.channels, channel{service: string(m.service), name: string(m.channel), row: m.row, line: m.line})
	}
	return n
}

// member looks for another row of the member, and for one whose identity differs only by case.
func (x *across) member(m *member, number int32) {
	x.buf = append(binary.LittleEndian.AppendUint32(x.buf[:0], uint32(number)), m.identity...)
	hash := x.cfg.hash(x.seed, x.buf)
	last, ok := x.exact[hash]
	if !ok {
		last = -1
	}
	for at := last; at >= 0; at = x.entries[at].next {
		if e := &x.entries[at]; e.channel == number && bytes.Equal(e.identity, m.identity) {
			x.again(m, e)
			return
		}
	}
	at := int32(len(x.entries))
	x.exact[hash] = at
	x.entries = append(x.entries, entry{
		identity: m.identity, row: m.row, line: m.line, values: m.values, channel: number, next: last, valid: !m.broken,
	})
	ch := &x.channels[number]
	ch.members++
	if !m.broken {
		ch.toSend++
	}
	x.buf = appendFolded(binary.LittleEndian.AppendUint32(x.buf[:0], uint32(number)), m.identity)
	hash = x.cfg.hash(x.seed, x.buf)
	first, ok := x.folded[hash]
	if !ok {
		x.folded[hash] = at
	} else if e := &x.entries[first]; e.channel == number && bytes.EqualFold(e.identity, m.identity) {
		x.variant(m, e)
	}
}

// again is a row for a member that has one already.
func (x *across) again(m *member, e *entry) {
	switch {
	case m.broken:
		return
	case !e.valid:
		e.valid, e.row, e.line, e.values = true, m.row, m.line, m.values
		x.channels[e.channel].toSend++
		return
	}
	same := e.values == m.values
	x.contents.Duplicates++
	if !same {
		x.contents.Differing++
	}
	const rule = rules.Duplicate
	message := "line " + strconv.FormatInt(e.line, 10) + " stands for the same channel and identity, with "
	if same {
		message += "the same values"
	} else {
		message += "other values"
	}
	x.tell(m, e, same, "identity", rule, message)
}

// variant is a row whose identity differs from another's in its channel only by case.
func (x *across) variant(m *member, e *entry) {
	message := "the identity differs only by case from that of line " + strconv.FormatInt(e.line, 10)
	if !x.cfg.Rules.Redacts() && x.tally.wants(rules.CaseVariants, m.row) {
		message += ", " + shown(e.identity)
	}
	x.tell(m, e, false, "identity", rules.CaseVariants, message)
}

// tell makes a problem of a row and the one that it goes with.
func (x *across) tell(m *member, e *entry, same bool, column, rule, message string) {
	r := x.tally.findings[rule]
	if !x.tally.wants(rule, m.row) {
		x.tally.count(r, 1)
		return
	}
	p := Problem{
		Problem: rules.Problem{Column: column, Rule: rule, Severity: r.Severity, Message: message, Fix: r.Fix},
		Row:     m.row, Line: m.line, FirstRow: e.row, FirstLine: e.line, Same: same,
	}
	if !x.cfg.Rules.Redacts() {
		p.Found = shown(m.identity)
		p.Service, p.Channel, p.Identity = string(m.service), string(m.channel), string(m.identity)
	}
	x.tally.add(&p)
}

// pageSize is how many members twilio-cli lists unless it is told otherwise.
const pageSize = 50

// channel looks at one channel as a whole.
func (x *across) channel(ch *channel) {
	x.contents.channel(ch)
	switch {
	case ch.members > pageSize:
		x.more = true
	case ch.members == pageSize:
		if x.many++; x.many == 1 || ch.row < x.full.row {
			x.full = *ch
		}
	}
	if ch.members <= int64(x.cfg.ChannelMembers) {
		return
	}
	r, _ := rules.Lookup(rules.TooManyMembers)
	p := x.problemOf(ch, r, "the channel that begins here has "+strconv.FormatInt(ch.members, 10)+" members, expected at most "+strconv.Itoa(x.cfg.ChannelMembers))
	x.tally.add(&p)
}

// problemOf is a problem of a channel, told where its first row is.
func (x *across) problemOf(ch *channel, r rules.Rule, message string) Problem {
	p := Problem{
		Problem: rules.Problem{Column: "channel_sid", Rule: r.Name, Severity: r.Severity, Message: message, Fix: r.Fix},
		Row:     ch.row, Line: ch.line,
	}
	if !x.cfg.Rules.Redacts() {
		p.Service, p.Channel, p.Found = ch.service, ch.name, shown([]byte(ch.name))
	}
	return p
}
