package reader

// Field is one of the things a backup can say of a member.
type Field uint8

// The fields of a record. Their String is the API's own name for them, in snake_case.
const (
	Identity Field = iota
	ChannelSID
	ServiceSID
	RoleSID
	LastConsumedMessageIndex
	LastConsumptionTimestamp
	DateCreated
	DateUpdated
	Attributes
	SID               // the member's own SID in the Service that was backed up
	ChannelUniqueName // beside ChannelSID in backups of rejoin's own

	NumFields = int(iota)
)
