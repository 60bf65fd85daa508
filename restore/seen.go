package restore

import (
	"context"
	"errors"
	"hash/maphash"

	"rejoin/chat"
	"rejoin/reader"
	"rejoin/rules"
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
	row, line int64
	values    uint64 // a hash of all that would be sent
}

// hashes makes keys. The seeds are random, so that no backup can be made to collide.
type hashes struct {
	seeds [2]maphash.Seed
	buf   []byte
}

func newHashes() hashes {
	return hashes{seeds: [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}}
}

func (h *hashes) key(channel, identity string) memberKey {
	h.buf = append(append(append(h.buf[:0], channel...), 0), identity...)
	return memberKey{maphash.Bytes(h.seeds[0], h.buf), maphash.Bytes(h.seeds[1], h.buf)}
}

func (h *hashes) values(m *chat.Member) uint64 {
	buf := append(append(h.buf[:0], m.RoleSID...), 0)
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
	h.buf = chat.AppendTime(buf, m.DateUpdated)
	return maphash.Bytes(h.seeds[0], h.buf)
}

func appendUint64(b []byte, n uint64) []byte {
	for range 8 {
		b = append(b, byte(n))
		n >>= 8
	}
	return b
}

// seen knows the rows that stand for a member: the first of each, or the last where that was asked for.
type seen struct {
	hashes
	first map[memberKey]sighting
	last  *Winners
}

func newSeen(last *Winners) *seen {
	if last != nil {
		return &seen{hashes: last.hashes, last: last}
	}
	return &seen{hashes: newHashes(), first: make(map[memberKey]sighting)}
}

// look tells whether another row stands for the member, and notes the row if it is the one that does.
func (s *seen) look(pos *reader.Pos, channel string, m *chat.Member) (twin, bool) {
	key, values := s.key(channel, m.Identity), s.values(m)
	if s.last != nil {
		winner, ok := s.last.rows[key]
		if !ok || winner.row == pos.Row {
			return twin{}, false
		}
		return twin{line: winner.line, same: winner.values == values}, true
	}
	if first, ok := s.first[key]; ok {
		return twin{line: first.line, same: first.values == values}, true
	}
	s.first[key] = sighting{row: pos.Row, line: pos.Line, values: values}
	return twin{}, false
}

// Winners says for each member which row of a backup is the last that stands for it.
type Winners struct {
	hashes
	rows map[memberKey]sighting
}

// ScanLast reads a backup to find, for each member, the last row that stands for it. Rows that cannot be read or break
// a rule stand for nothing. It fails where the backup cannot be read to its end.
func ScanLast(ctx context.Context, source Source, judge *rules.Rules, part Part) (*Winners, error) {
	w := &Winners{hashes: newHashes(), rows: make(map[memberKey]sighting)}
	var read int64
	for rec, err := range source(ctx) {
		if _, unreadable := errors.AsType[*reader.RowError](err); err != nil && !unreadable {
			return nil, err
		}
		if err != nil {
			if part.has("", "") {
				read++
			}
		} else if v := judge.Judge(&rec); part.has(v.Channel, v.Member.Channel) {
			read++
			if len(v.Problems) == 0 {
				key := w.key(v.Member.ServiceSID+"/"+v.Member.Channel, v.Member.Identity)
				w.rows[key] = sighting{row: rec.Row, line: rec.Line, values: w.values(&v.Member)}
			}
		}
		if part.Limit > 0 && read >= part.Limit {
			break
		}
	}
	return w, ctx.Err()
}
