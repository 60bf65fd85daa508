package chat

import (
	"crypto/sha256"
	"encoding/binary"
)

// Fingerprint is a number that stands for all that a member holds, as the API answered it: its SID and identity, its
// role, attributes, read position and dates. Two answers with one fingerprint show the same member, unchanged in
// between; that two different ones share theirs has a chance of 1 in 2^64. It is the same in every process and on every
// machine, so that it can be written down. It is never 0.
//
// Attributes count as the text that the API gives for them: a text with other white space or another order of keys is
// another member to it.
func Fingerprint(r *Resource) uint64 {
	var room [512]byte
	b := room[:0]
	for _, text := range [...]string{r.SID, r.Identity, r.RoleSID, r.Attributes} {
		b = binary.AppendUvarint(b, uint64(len(text)))
		b = append(b, text...)
	}
	if r.LastConsumedMessageIndex.Set {
		b = binary.AppendVarint(append(b, 1), r.LastConsumedMessageIndex.N)
	} else {
		b = append(b, 0)
	}
	b = AppendTime(append(b, ' '), r.LastConsumptionTimestamp)
	b = AppendTime(append(b, ' '), r.DateCreated)
	b = AppendTime(append(b, ' '), r.DateUpdated)
	sum := sha256.Sum256(b)
	return max(binary.BigEndian.Uint64(sum[:]), 1)
}
