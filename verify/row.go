package verify

import (
	"encoding/binary"
	"errors"
	"time"

	"rejoin/chat"
	"rejoin/restore"
)

// row is what is kept of a row that names a member.
type row struct {
	row, line int64
	settled   bool // an earlier run has told it; it still stands for its member
	broken    bool // it breaks a rule; of its member no more is kept than the identity
	named     string
	backupSID string
	member    chat.Member
}

// outcome is an outcome of the row, with all that does not depend on what was found.
func (r *row) outcome(kind restore.Kind) *restore.Outcome {
	o := &restore.Outcome{
		Row: r.row, Line: r.line, Kind: kind, ServiceSID: r.member.ServiceSID, Channel: r.member.Channel,
		Identity: r.member.Identity, BackupSID: r.backupSID, At: time.Now(),
	}
	if r.named != "" {
		o.Channel = r.named
	}
	if chat.IsChannelSID(r.member.Channel) {
		o.ChannelSID = r.member.Channel
	}
	return o
}

// open reports whether the row needs an outcome from the comparison.
func (r *row) open() bool { return !r.settled && !r.broken }

// sameValues reports whether two rows for one member hold the same.
func sameValues(a, b *chat.Member) bool {
	return a.RoleSID == b.RoleSID && a.LastConsumedMessageIndex == b.LastConsumedMessageIndex && a.Attributes == b.Attributes &&
		a.LastConsumptionTimestamp.Equal(b.LastConsumptionTimestamp) && a.DateCreated.Equal(b.DateCreated) &&
		a.DateUpdated.Equal(b.DateUpdated)
}

// coder writes rows one behind the other, and reads them again. Each is written as its difference from the one before: a
// row takes its identity and attributes, and about 45 bytes more where it has every field.
type coder struct {
	row, lines             int64 // of the row before: its number, and by how much its line is ahead of it
	service, channel, role string
}

// What a written row begins with.
const (
	hasSettled = 1 << iota
	hasBroken
	hasChannel // another one than the row before
	hasNamed
	hasBackupSID
	hasRole
	hasRoleBefore // that of the row before
	hasIndex
	hasConsumed
	hasCreated
	hasUpdated
	hasAttributes
)

// append writes r behind dst.
func (c *coder) append(dst []byte, r *row) []byte {
	m := &r.member
	var flags uint64
	for _, has := range [...]struct {
		is   bool
		flag uint64
	}{
		{r.settled, hasSettled},
		{r.broken, hasBroken},
		{m.Channel != c.channel || m.ServiceSID != c.service, hasChannel},
		{r.named != "", hasNamed},
		{r.backupSID != "", hasBackupSID},
		{m.RoleSID != "" && m.RoleSID != c.role, hasRole},
		{m.RoleSID != "" && m.RoleSID == c.role, hasRoleBefore},
		{m.LastConsumedMessageIndex.Set, hasIndex},
		{!m.LastConsumptionTimestamp.IsZero(), hasConsumed},
		{!m.DateCreated.IsZero(), hasCreated},
		{!m.DateUpdated.IsZero(), hasUpdated},
		{m.Attributes != "", hasAttributes},
	} {
		if has.is {
			flags |= has.flag
		}
	}
	dst = binary.AppendUvarint(dst, flags)
	dst = binary.AppendVarint(dst, r.row-c.row)
	dst = binary.AppendVarint(dst, r.line-r.row-c.lines)
	c.row, c.lines = r.row, r.line-r.row
	dst = appendText(dst, m.Identity)
	if flags&hasChannel != 0 {
		dst = appendText(appendText(dst, m.ServiceSID), m.Channel)
		c.service, c.channel = m.ServiceSID, m.Channel
	}
	for _, text := range [...]struct {
		text string
		flag uint64
	}{{r.named, hasNamed}, {r.backupSID, hasBackupSID}, {m.RoleSID, hasRole}, {m.Attributes, hasAttributes}} {
		if flags&text.flag != 0 {
			dst = appendText(dst, text.text)
		}
	}
	if flags&hasRole != 0 {
		c.role = m.RoleSID
	}
	if flags&hasIndex != 0 {
		dst = binary.AppendUvarint(dst, uint64(m.LastConsumedMessageIndex.N))
	}
	for _, t := range [...]time.Time{m.LastConsumptionTimestamp, m.DateCreated, m.DateUpdated} {
		if !t.IsZero() {
			dst = binary.AppendUvarint(binary.AppendVarint(dst, t.Unix()), uint64(t.Nanosecond()))
		}
	}
	return dst
}

var errKept = errors.New("what was kept of the rows does not read as it was written; this is a defect of rejoin, or of the disk")

// next reads a row off data into r and returns what is left. The row's texts lie in data.
func (c *coder) next(data string, r *row) (rest string, err error) {
	d := decoding{data: data}
	flags := d.uvarint()
	c.row += d.varint()
	c.lines += d.varint()
	*r = row{row: c.row, line: c.row + c.lines, settled: flags&hasSettled != 0, broken: flags&hasBroken != 0}
	m := &r.member
	m.Identity = d.text()
	if flags&hasChannel != 0 {
		c.service, c.channel = d.text(), d.text()
	}
	m.ServiceSID, m.Channel = c.service, c.channel
	for _, text := range [...]struct {
		text *string
		flag uint64
	}{{&r.named, hasNamed}, {&r.backupSID, hasBackupSID}, {&m.RoleSID, hasRole}, {&m.Attributes, hasAttributes}} {
		if flags&text.flag != 0 {
			*text.text = d.text()
		}
	}
	switch {
	case flags&hasRole != 0:
		c.role = m.RoleSID
	case flags&hasRoleBefore != 0:
		m.RoleSID = c.role
	}
	if flags&hasIndex != 0 {
		m.LastConsumedMessageIndex = chat.Index{N: int64(d.uvarint()), Set: true}
	}
	for _, t := range [...]struct {
		time *time.Time
		flag uint64
	}{{&m.LastConsumptionTimestamp, hasConsumed}, {&m.DateCreated, hasCreated}, {&m.DateUpdated, hasUpdated}} {
		if flags&t.flag != 0 {
			seconds := d.varint()
			*t.time = time.Unix(seconds, int64(d.uvarint())).UTC()
		}
	}
	if d.bad {
		return "", errKept
	}
	return d.data, nil
}

// decoding takes values off data.
type decoding struct {
	data string
	bad  bool
}

func (d *decoding) uvarint() uint64 {
	var v uint64
	for i := range min(len(d.data), binary.MaxVarintLen64) {
		c := d.data[i]
		v |= uint64(c&0x7f) << (7 * i)
		if c < 0x80 {
			d.data = d.data[i+1:]
			return v
		}
	}
	d.bad = true
	return 0
}

func (d *decoding) varint() int64 {
	v := d.uvarint()
	return int64(v>>1) ^ -int64(v&1)
}

func (d *decoding) text() string {
	n := d.uvarint()
	if n == packed {
		return d.sid()
	}
	n -= packed + 1
	if n > uint64(len(d.data)) {
		d.bad = true
		return ""
	}
	text := d.data[:n]
	d.data = d.data[n:]
	return text
}

// packed stands in place of a text's length and says that a SID follows; the length of other texts is one more than it
// would be.
const packed = 0

// sidLength is how long a SID is, and packedLength how long it is when its digits are.
const (
	sidLength    = 34
	packedLength = 2 + (sidLength-2)/2
)

func (d *decoding) sid() string {
	if len(d.data) < packedLength {
		d.bad = true
		return ""
	}
	const digits = "0123456789abcdef"
	var text [sidLength]byte
	copy(text[:2], d.data)
	for i := 2; i < packedLength; i++ {
		c := d.data[i]
		text[2*i-2], text[2*i-1] = digits[c>>4], digits[c&15]
	}
	d.data = d.data[packedLength:]
	return string(text[:])
}

// appendText appends a text so that decoding.text reads it. The digits of a SID take half of their room.
func appendText(dst []byte, text string) []byte {
	if len(text) == sidLength {
		if sid, ok := appendSID(dst, text); ok {
			return sid
		}
	}
	return append(binary.AppendUvarint(dst, uint64(len(text))+packed+1), text...)
}

func appendSID(dst []byte, text string) ([]byte, bool) {
	from := len(dst)
	dst = append(dst, packed, text[0], text[1])
	for i := 2; i < sidLength; i += 2 {
		high, ok1 := digit(text[i])
		low, ok2 := digit(text[i+1])
		if !ok1 || !ok2 {
			return dst[:from], false
		}
		dst = append(dst, high<<4|low)
	}
	return dst, true
}

// digit is the value of a hexadecimal digit in lower case: one in upper case would come back as another text.
func digit(c byte) (byte, bool) {
	switch {
	case '0' <= c && c <= '9':
		return c - '0', true
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10, true
	}
	return 0, false
}
