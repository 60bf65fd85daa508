package rules

import (
	"rejoin/chat"
	"rejoin/reader"
)

// Series judges the records of a backup one after the other, as [Rules.Judge] does. In a backup sorted by channel a member
// has its Service, channel and role in common with the one before it, whose memory it then shares; the other texts of a
// record are one piece of memory. It belongs to one goroutine.
type Series struct {
	rules *Rules
	view  View
	texts []byte

	// Of the record before.
	service, channel, named, role string
}

// Series begins a series.
func (r *Rules) Series() *Series { return &Series{rules: r} }

// Judge is [Rules.Judge].
func (s *Series) Judge(rec *reader.Record) Verdict {
	v := &s.view
	v.Problems = nil // those of the record before are its verdict's
	s.rules.Examine(rec, v)
	s.service, s.role = shared(v.Service, s.service), shared(v.Role, s.role)
	s.channel = shared(v.Channel, s.channel)
	if s.named = shared(v.Named.Channel, s.named); s.named == s.channel {
		s.named = s.channel
	}
	verdict := Verdict{
		Member: chat.Member{
			ServiceSID: s.service, Channel: s.channel, RoleSID: s.role, LastConsumedMessageIndex: v.Index,
			LastConsumptionTimestamp: v.Consumed, DateCreated: v.Created, DateUpdated: v.Updated,
		},
		Channel: s.named, Problems: v.Problems,
	}
	verdict.Member.Identity, verdict.BackupSID, verdict.Member.Attributes = s.own(v.Identity, backupSID(rec))
	return verdict
}

// own are the texts that no other record has, cut out of one.
func (s *Series) own(identity, sid []byte) (_, _, attributes string) {
	s.texts = append(append(s.texts[:0], identity...), sid...)
	s.texts = s.view.AppendAttributes(s.texts)
	all := string(s.texts)
	if cap(s.texts) > mostTexts {
		s.texts = nil
	}
	n := len(identity)
	return all[:n], all[n:][:len(sid)], all[n+len(sid):]
}

// mostTexts keeps the rare long record from staying in memory as long as the series.
const mostTexts = 64 << 10

// shared is a text as a string, which is that of the record before where the two are the same.
func shared(text []byte, before string) string {
	if string(text) == before {
		return before
	}
	return string(text)
}
