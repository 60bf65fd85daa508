package chat

import (
	"time"
)

// Difference is a field that was sent and that the API's resource does not show as it was sent.
type Difference struct {
	Field string // the API's name for it, in snake_case
	Want  string // what was sent
	Got   string // what the resource holds; empty or "null" where it holds nothing
}

// Differences compares what was sent with the resource that the API shows, field by field. A field that was not sent
// is not compared. Attributes are compared as JSON values: the order of keys and the space between them do not
// matter, numbers are compared by their exact decimal value. Times are compared as instants; where the resource's has
// no fraction of a second, by whole seconds, for the API shows whole seconds in all its examples and its handling of
// fractions is not documented.
func Differences(sent *Member, got *Resource) []Difference {
	var out []Difference
	differ := func(field, want, got string) { out = append(out, Difference{Field: field, Want: want, Got: got}) }

	if sent.Identity != "" && sent.Identity != got.Identity {
		differ("identity", sent.Identity, got.Identity)
	}
	if sent.RoleSID != "" && sent.RoleSID != got.RoleSID {
		differ("role_sid", sent.RoleSID, got.RoleSID)
	}
	if sent.LastConsumedMessageIndex.Set && sent.LastConsumedMessageIndex != got.LastConsumedMessageIndex {
		differ("last_consumed_message_index", sent.LastConsumedMessageIndex.String(), got.LastConsumedMessageIndex.String())
	}
	for _, t := range [...]struct {
		field     string
		want, got time.Time
	}{
		{"last_consumption_timestamp", sent.LastConsumptionTimestamp, got.LastConsumptionTimestamp},
		{"date_created", sent.DateCreated, got.DateCreated},
		{"date_updated", sent.DateUpdated, got.DateUpdated},
	} {
		if !t.want.IsZero() && !sameTime(t.want, t.got) {
			differ(t.field, FormatTime(t.want), formatOrNull(t.got))
		}
	}
	if sent.Attributes != "" && !sameJSON(sent.Attributes, got.Attributes) {
		differ("attributes", sent.Attributes, got.Attributes)
	}
	return out
}

// sameTime reports whether got is want, as exactly as got is given.
func sameTime(want, got time.Time) bool {
	if got.IsZero() {
		return false
	}
	if got.Nanosecond() == 0 {
		return want.Unix() == got.Unix()
	}
	return want.Equal(got)
}

func formatOrNull(t time.Time) string {
	if t.IsZero() {
		return "null"
	}
	return FormatTime(t)
}
