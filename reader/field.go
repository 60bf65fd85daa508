package reader

import "strings"

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

// fieldNames are the names that the Member resource's reference page gives its properties.
var fieldNames = [NumFields]string{
	Identity:                 "identity",
	ChannelSID:               "channel_sid",
	ServiceSID:               "service_sid",
	RoleSID:                  "role_sid",
	LastConsumedMessageIndex: "last_consumed_message_index",
	LastConsumptionTimestamp: "last_consumption_timestamp",
	DateCreated:              "date_created",
	DateUpdated:              "date_updated",
	Attributes:               "attributes",
	SID:                      "sid",
	ChannelUniqueName:        "channel_unique_name",
}

// fieldsByName maps folded names to fields: the API's own, and those under which other tools keep the same thing. The
// Conversations API shows the same channels and members under the names last_read_…, conversation_sid and
// chat_service_sid (https://www.twilio.com/docs/conversations/api/conversation-participant-resource).
var fieldsByName = map[string]Field{
	"identity":                 Identity,
	"channelsid":               ChannelSID,
	"conversationsid":          ChannelSID,
	"servicesid":               ServiceSID,
	"chatservicesid":           ServiceSID,
	"rolesid":                  RoleSID,
	"lastconsumedmessageindex": LastConsumedMessageIndex,
	"lastreadmessageindex":     LastConsumedMessageIndex,
	"lastconsumptiontimestamp": LastConsumptionTimestamp,
	"lastconsumedtimestamp":    LastConsumptionTimestamp,
	"lastreadtimestamp":        LastConsumptionTimestamp,
	"datecreated":              DateCreated,
	"dateupdated":              DateUpdated,
	"attributes":               Attributes,
	"sid":                      SID,
	"channeluniquename":        ChannelUniqueName,
}

// ignoredNames are folded names of what tools keep beside a member's fields and what cannot be restored: the resource's
// own account, address and links, the inner parts of twilio-python's objects, and the reasons in a file of rejects.
var ignoredNames = map[string]bool{
	"accountsid":  true,
	"url":         true,
	"links":       true,
	"version":     true,
	"solution":    true,
	"rejoinerror": true,
}

// String returns the API's own name for f.
func (f Field) String() string {
	if int(f) < NumFields {
		return fieldNames[f]
	}
	return "unknown field"
}

// ParseField returns the field that name stands for: its own name in snake_case, camelCase or PascalCase, or one of the
// names under which other tools are known to keep it. Case, underscores, hyphens and spaces make no difference.
func ParseField(name string) (Field, bool) {
	f, ok := fieldsByName[fold(name)]
	return f, ok
}

// ignored reports whether a column or key of this name is known to hold nothing that could be restored.
func ignored(name string) bool {
	if strings.HasPrefix(strings.ToLower(name), "_airbyte_") {
		return true
	}
	folded := fold(name)
	if folded == "version" || folded == "solution" {
		return strings.HasPrefix(name, "_")
	}
	return ignoredNames[folded]
}

// fold makes the spellings of one name equal.
func fold(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '_' || r == '-' || r == ' ':
			return -1
		case 'A' <= r && r <= 'Z':
			return r + 'a' - 'A'
		}
		return r
	}, name)
}
