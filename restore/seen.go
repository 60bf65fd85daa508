package restore

import (
	"hash/maphash"

	"rejoin/chat"
	"rejoin/reader"
)

// twin is the other row of the backup that stands for the same member.
type twin struct {
	line int64 // on which it starts
	same bool  // it holds the same values
}

// memberKey stands for one (Service, channel, identity): two hashes of it under independent random seeds. That two of
// ten million different members share a key has a chance of 1 in 10^24.
type memberKey [2]uint64

// sighting is what is kept of a row: with its key and the map's own share, about 100 bytes a row.
type sighting struct {
	line   int64
	values uint64 // a hash of all that would be sent
}

// seen knows the first row of each member, of those that were read.
type seen struct {
	seeds [2]maphash.Seed // random, so that no backup can be made to collide
	rows  map[memberKey]sighting
	buf   []byte
}

func newSeen() *seen {
	return &seen{seeds: [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}, rows: make(map[memberKey]sighting)}
}

// look tells whether an earlier row stands for the member, and notes the row if none does.
func (s *seen) look(pos *reader.Pos, channel string, m *chat.Member) (twin, bool) {
	key, values := s.key(channel, m.Identity), s.values(m)
	if first, ok := s.rows[key]; ok {
		return twin{line: first.line, same: first.values == values}, true
	}
	s.rows[key] = sighting{line: pos.Line, values: values}
	return twin{}, false
}

func (s *seen) key(channel, identity string) memberKey {
	s.buf = append(append(append(s.buf[:0], channel...), 0), identity...)
	return memberKey{maphash.Bytes(s.seeds[0], s.buf), maphash.Bytes(s.seeds[1], s.buf)}
}

func (s *seen) values(m *chat.Member) uint64 {
	buf := append(append(s.buf[:0], m.RoleSID...), 0)
	buf = append(append(buf, m.Attributes...), 0)
	if m.LastConsumedMessageIndex.Set {
		buf = append(buf, 1)
		buf = appendUint64(buf, uint64(m.LastConsumedMessageIndex.N))
	}
	buf = append(buf, 0)
	buf = chat.AppendTime(buf, m.LastConsumptionTimestamp)
	buf = append(buf, 0)
	buf = chat.AppendTime(buf, m.DateCreated)
	buf = append(buf, 0)
	s.buf = chat.AppendTime(buf, m.DateUpdated)
	return maphash.Bytes(s.seeds[0], s.buf)
}

func appendUint64(b []byte, n uint64) []byte {
	for range 8 {
		b = append(b, byte(n))
		n >>= 8
	}
	return b
}
