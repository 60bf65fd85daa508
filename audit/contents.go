package audit

import (
	"bytes"
	"cmp"
	"slices"
	"time"

	"rejoin/chat"
	"rejoin/reader"
	"rejoin/rules"
)

// Contents is what a backup holds.
type Contents struct {
	Rows       int64 // all there are
	Unreadable int64 // of these, those that cannot be read
	Invalid    int64 // those that can be read and break a rule
	Duplicates int64 // those that break none and for whose member another row counts
	Differing  int64 // of these, those whose values are not the other row's
	Members    int64 // the others: what a restore sends
	NoRoom     int64 // of these, those that their channels cannot hold beside the others: the API refuses them

	Channels   int64 // with a row that can be read, by Service; rows without one are taken for those of one Service
	Identities int64 // that are different

	// Grouped says that the rows of each channel stand together, and that all channels are named in the same way, by SID or
	// by unique name, so that none can go by two names. Rows that cannot be read stand nowhere.
	Grouped bool

	Services []Group // that the rows themselves name, by number of rows
	Roles    []Group
	NoRole   int64 // rows that name none: the Service's default

	Created, Updated, Consumed Span

	WithIndex    int64 // rows with a read position
	WithoutIndex int64
	BadIndex     int64 // with one that cannot be read; the three are all rows that can be

	PerChannel []Bin // how many channels have how many members
	Largest    int64 // members of the largest channel
}

// Group is the rows that have one thing in common.
type Group struct {
	SID      string // empty where values are hidden
	Rows     int64
	row      int64 // the first
	line     int64
	ordering int
}

// Span is the dates of one field.
type Span struct {
	First, Last time.Time // zero if there are none
	Rows        int64     // that have one
}

func (s *Span) add(t time.Time) {
	if t.IsZero() {
		return
	}
	if s.Rows == 0 || t.Before(s.First) {
		s.First = t
	}
	if s.Rows == 0 || t.After(s.Last) {
		s.Last = t
	}
	s.Rows++
}

// Bin is the channels with From to To members.
type Bin struct {
	From, To int64 // To is 0 in the last, which has no end
	Channels int64
}

// bins are where those of a histogram begin.
var bins = [...]int64{1, 2, 6, 11, 26, 51, 101, 251, 501, 1001}

// counter counts the contents.
type counter struct {
	Contents
	Requests      int64 // that a restore makes at least
	LargestToSend int64 // and in one channel

	room int64 // how many members a channel can hold

	runs          int64 // of rows of one channel
	byName, bySID bool  // how channels are named

	services, roles groups
	binned          [len(bins)]int64
}

// groups counts rows by a SID, of which there are few. What comes past the most that are kept is not told apart.
type groups struct {
	bySID map[string]*Group
	last  *Group
}

const mostParts = 10_000

func newCounter(channelMembers int) *counter {
	return &counter{room: int64(channelMembers), services: groups{bySID: make(map[string]*Group)}, roles: groups{bySID: make(map[string]*Group)}}
}

func (p *groups) add(sid []byte, rec *reader.Record) {
	if p.last != nil && p.last.SID == string(sid) {
		p.last.Rows++
		return
	}
	found, ok := p.bySID[string(sid)]
	if !ok {
		if len(p.bySID) >= mostParts {
			return
		}
		found = &Group{SID: string(sid), row: rec.Row, line: rec.Line, ordering: len(p.bySID)}
		p.bySID[found.SID] = found
	}
	p.last = found
	found.Rows++
}

// sorted are the parts, the largest first.
func (p *groups) sorted() []Group {
	all := make([]Group, 0, len(p.bySID))
	for _, part := range p.bySID {
		all = append(all, *part)
	}
	slices.SortFunc(all, func(a, b Group) int { return cmp.Or(cmp.Compare(b.Rows, a.Rows), cmp.Compare(a.ordering, b.ordering)) })
	return all
}

// add counts a row that can be read.
func (c *counter) add(rec *reader.Record, v *rules.View, broken bool) {
	c.Rows++
	if broken {
		c.Invalid++
	}
	if own := rec.Values[reader.ServiceSID].Text; len(own) > 0 && (bytes.Equal(v.Service, own) || chat.IsServiceSID(string(own))) {
		c.services.add(own, rec)
	}
	if len(v.Named.Role) > 0 {
		c.roles.add(v.Named.Role, rec)
	} else {
		c.NoRole++
	}
	switch {
	case v.Index.Set:
		c.WithIndex++
	case broken && slices.ContainsFunc(v.Problems, func(p rules.Problem) bool { return p.Rule == rules.BadIndex }):
		c.BadIndex++
	default:
		c.WithoutIndex++
	}
	c.Created.add(v.Created)
	c.Updated.add(v.Updated)
	c.Consumed.add(v.Consumed)
}

// run counts rows of one channel that stand together.
func (c *counter) run(channel []byte) {
	c.runs++
	if len(channel) == 34 && bytes.HasPrefix(channel, []byte("CH")) { // the form is enough here, and costs no allocation
		c.bySID = true
	} else {
		c.byName = true
	}
}

// channel counts a channel, in which so many members are before its rows.
func (c *counter) channel(ch *channel, before int64) {
	c.Channels++
	c.Members += ch.toSend
	c.Largest = max(c.Largest, ch.members)
	room := max(c.room-before, 0)
	c.NoRoom += max(ch.toSend-room, 0)
	requests := min(ch.toSend, room+1) // one that is refused says that the channel is full
	c.Requests += requests
	c.LargestToSend = max(c.LargestToSend, requests)
	at, found := slices.BinarySearch(bins[:], ch.members)
	if !found {
		at--
	}
	c.binned[at]++
}

func (c *counter) sum() Contents {
	out := c.Contents
	out.Grouped = c.runs == c.Channels && (!c.byName || !c.bySID)
	out.Services, out.Roles = c.services.sorted(), c.roles.sorted()
	for i, n := range c.binned {
		bin := Bin{From: bins[i], Channels: n}
		if i+1 < len(bins) {
			bin.To = bins[i+1] - 1
		}
		out.PerChannel = append(out.PerChannel, bin)
	}
	return out
}

// redact hides the values among the contents.
func (c *counter) redact() {
	for _, of := range [...]groups{c.services, c.roles} {
		for _, g := range of.bySID {
			g.SID = ""
		}
	}
}
