package audit

import "bytes"

// text is where a text stands among others.
type text struct{ at, size uint32 }

// channel is what is known of a channel.
type channel struct {
	service, name text
	row, line     int64 // of its first row
	members       int64 // identities
	toSend        int64 // of these, those with a row that can be restored
}

// channels are those of a part, as many as there is room for.
type channels struct {
	all   []channel
	names []byte
	index index
	most  int
}

func (c *channels) reset() {
	c.all, c.names = c.all[:0], c.names[:0]
	c.index.reset()
}

func (c *channels) text(t text) []byte { return c.names[t.at : t.at+t.size] }

// number is that of a member's channel, which is noted if it is new and there is room, or -1.
func (c *channels) number(m *member, hash uint64) int32 {
	at, next := c.index.first(hash)
	for ; at >= 0; at, next = c.index.next(hash, next) {
		if ch := &c.all[at]; bytes.Equal(c.text(ch.name), m.channel) && bytes.Equal(c.text(ch.service), m.service) {
			return at
		}
	}
	if len(c.all) >= c.most || len(c.names) >= mostText {
		return -1
	}
	at = int32(len(c.all))
	c.index.add(hash, at)
	service := text{uint32(len(c.names)), uint32(len(m.service))}
	c.names = append(c.names, m.service...)
	name := text{uint32(len(c.names)), uint32(len(m.channel))}
	c.names = append(c.names, m.channel...)
	c.all = append(c.all, channel{service: service, name: name, row: m.row, line: m.line})
	return at
}

// entry is an identity in a channel, and the row that counts for it.
type entry struct {
	identity  text
	row, line int64 // the first or the last row that counts; before there is one, the first
	values    uint64
	channel   int32
	counts    bool // some row does
	met       bool // it has been counted, and compared with the others of its channel
}

func (e *entry) take(m *member) { e.row, e.line, e.values, e.counts = m.row, m.line, m.values, true }

// entries are those that are looked at together, as many as there is room for. Once one has found no room, no other finds
// any: so all rows of one identity are looked at in one place.
type entries struct {
	all    []entry
	texts  []byte
	exact  index // by channel and identity
	folded index // of each channel and identity, whatever its case, the first
	most   int
}

// mostText is how many bytes of names or identities are kept at once, and one more name.
const mostText = 2 << 20

func (s *entries) reset() {
	s.all, s.texts = s.all[:0], s.texts[:0]
	s.exact.reset()
	s.folded.reset()
}

func (s *entries) identity(e *entry) []byte {
	return s.texts[e.identity.at : e.identity.at+e.identity.size]
}

// find returns the number of a member's entry, which is made if there is none and there is room, or -1.
func (s *entries) find(m *member, number int32, hash uint64) int32 {
	at, next := s.exact.first(hash)
	for ; at >= 0; at, next = s.exact.next(hash, next) {
		if e := &s.all[at]; e.channel == number && bytes.Equal(s.identity(e), m.identity) {
			return at
		}
	}
	if len(s.all) >= s.most || len(s.texts) >= mostText {
		return -1
	}
	at = int32(len(s.all))
	s.exact.add(hash, at)
	identity := text{uint32(len(s.texts)), uint32(len(m.identity))}
	s.texts = append(s.texts, m.identity...)
	s.all = append(s.all, entry{identity: identity, row: m.row, line: m.line, channel: number})
	return at
}

// family returns the first entry whose identity is a member's, whatever its case, or nil.
func (s *entries) family(m *member, number int32, hash uint64) *entry {
	at, next := s.folded.first(hash)
	for ; at >= 0; at, next = s.folded.next(hash, next) {
		if e := &s.all[at]; e.channel == number && bytes.EqualFold(s.identity(e), m.identity) {
			return e
		}
	}
	return nil
}
