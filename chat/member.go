package chat

import (
	"strconv"
	"time"
)

// Member is a member as it is sent. The first two fields say where it goes, the others are the fields of the request.
// A field with its zero value is not sent.
type Member struct {
	ServiceSID string // IS and 32 hexadecimal digits
	Channel    string // the channel's SID or its unique name

	Identity string // required to create; the API does not take it in an update
	RoleSID  string

	// LastConsumedMessageIndex is the index of the last message that the member has read.
	LastConsumedMessageIndex Index

	LastConsumptionTimestamp time.Time
	DateCreated              time.Time
	DateUpdated              time.Time

	// Attributes is JSON text, sent as it stands.
	Attributes string
}

// Index is a message index that may be missing. Missing and 0 differ: 0 says that the message with index 0, the
// channel's first, was read; null, that none was.
type Index struct {
	N   int64
	Set bool
}

// String returns the number, or "null".
func (i Index) String() string {
	if !i.Set {
		return "null"
	}
	return strconv.FormatInt(i.N, 10)
}

// Resource is a Member as the API answers it. What the answer holds as null is the zero value here.
type Resource struct {
	SID        string // MB and 32 hexadecimal digits
	AccountSID string
	ServiceSID string
	ChannelSID string
	Identity   string
	RoleSID    string

	// Attributes is JSON text; the API answers "{}" for a member that never had any.
	Attributes string

	URL string

	LastConsumedMessageIndex Index
	LastConsumptionTimestamp time.Time
	DateCreated              time.Time
	DateUpdated              time.Time
}

// Answer is what came back of a call that ended as the documents promise.
type Answer struct {
	Status    int
	RequestID string // the Twilio-Request-Id header; support asks for it
	Member    Resource
}
