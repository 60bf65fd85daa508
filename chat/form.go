package chat

import (
	"strconv"
	"time"
)

// appendCreateForm appends the body that creates m: the fields that are set, in the order in which the reference page
// lists them.
func appendCreateForm(dst []byte, m *Member) []byte {
	start := len(dst)
	if m.Identity != "" {
		dst = append(dst, "Identity="...)
		dst = appendFormValue(dst, m.Identity)
	}
	return appendFields(dst, start, m)
}

// appendUpdateForm appends the body that updates a member to m's values. It has no Identity: the update operation does
// not take one (the OpenAPI document, UpdateMember).
func appendUpdateForm(dst []byte, m *Member) []byte {
	return appendFields(dst, len(dst), m)
}

func appendFields(dst []byte, start int, m *Member) []byte {
	if m.RoleSID != "" {
		dst = appendKey(dst, start, "RoleSid=")
		dst = appendFormValue(dst, m.RoleSID)
	}
	if m.LastConsumedMessageIndex.Set {
		dst = appendKey(dst, start, "LastConsumedMessageIndex=")
		dst = strconv.AppendInt(dst, m.LastConsumedMessageIndex.N, 10)
	}
	dst = appendTimeField(dst, start, "LastConsumptionTimestamp=", m.LastConsumptionTimestamp)
	dst = appendTimeField(dst, start, "DateCreated=", m.DateCreated)
	dst = appendTimeField(dst, start, "DateUpdated=", m.DateUpdated)
	if m.Attributes != "" {
		dst = appendKey(dst, start, "Attributes=")
		dst = appendFormValue(dst, m.Attributes)
	}
	return dst
}

func appendTimeField(dst []byte, start int, key string, t time.Time) []byte {
	if t.IsZero() {
		return dst
	}
	dst = appendKey(dst, start, key)
	var text [maxTimeLength]byte
	for _, c := range AppendTime(text[:0], t) {
		if c == ':' { // the one character of a time in UTC that a form encodes
			dst = append(dst, "%3A"...)
		} else {
			dst = append(dst, c)
		}
	}
	return dst
}

// appendKey appends key, which carries its "=", behind an "&" unless it opens the form that began at start.
func appendKey(dst []byte, start int, key string) []byte {
	if len(dst) > start {
		dst = append(dst, '&')
	}
	return append(dst, key...)
}

// formSize returns about how long m's form will be, so that it is made in one piece.
func formSize(m *Member) int {
	const fields = 260 // the names, a role, an index and three times
	return fields + 3*len(m.Identity) + 2*len(m.Attributes)
}
