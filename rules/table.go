package rules

import (
	"slices"

	"rejoin/reader"
)

// Rule is one rule as its documentation tells it.
type Rule struct {
	Name     string // stable: scripts may branch on it
	Severity Severity
	Broken   string // in one sentence, when it is broken
	Fix      string // what mends it, or empty
}

// All returns every rule there is: those of the reader, those that one record can break, and those that only show
// across records, in the order in which they are told. Errors come first.
func All() []Rule { return slices.Clone(table) }

// Lookup returns the rule of that name.
func Lookup(name string) (Rule, bool) {
	at := slices.IndexFunc(table, func(r Rule) bool { return r.Name == name })
	if at < 0 {
		return Rule{Name: name}, false
	}
	return table[at], true
}

// fixOf returns what mends a rule that is broken, as far as it can be said without its value.
func fixOf(name string) string {
	r, _ := Lookup(name)
	return r.Fix
}

const (
	fixSyntax = "mend the row's syntax, or export it again"
	fixSID    = "use the SID that the Console or the API shows"
)

var table = []Rule{
	// What cannot be read (package reader).
	{reader.RuleBadJSON, Error, "The row is not JSON, or is cut off.", fixSyntax},
	{reader.RuleNotAnObject, Error, "The row is JSON, but null, an array or a single value where a member was expected.", fixSyntax},
	{reader.RuleTrailingData, Error, "Something stands behind the object on its line.", "put each member on a line of its own"},
	{reader.RuleDuplicateKey, Error, "One key stands twice in one object, or two keys stand for one field.", "keep the one that is right"},
	{reader.RuleBadUTF8, Error, "The row is not valid UTF-8, or holds half of a surrogate pair.", "convert the file to UTF-8"},
	{reader.RuleFieldCount, Error, "The row has more or fewer cells than the header.", "put cells that hold the delimiter or line ends in quotes"},
	{reader.RuleBareQuote, Error, "A quote stands inside an unquoted cell, or text behind a quoted one.", `put the cell in quotes, and write "" for each quote in it`},
	{reader.RuleRowTooLong, Error, "The row is longer than `--max-row-bytes`.", "raise --max-row-bytes"},
	{reader.RuleNoRecord, Error, "A Singer or Airbyte message lacks the record that it is about.", "export it again"},

	// What one record can break.
	{MissingService, Error, "The row names no Service, and `--service` is not given.", "give --service for all rows"},
	{BadServiceSID, Error, "The Service is not `IS` and 32 hexadecimal digits.", fixSID},
	{MissingChannel, Error, "The row names no channel, neither by SID nor by unique name.", "fill in channel_sid; or name its column with --column NAME=channel_sid"},
	{BadChannel, Error, "The channel is not text, or cannot be part of an address (`.` and `..`).", "use the channel's SID"},
	{UnmappedChannel, Error, "The channel's SID is one of another Service than the row is restored into, no map says what it is there, and no unique name stands beside it.", "map it with --map (`rejoin map` writes one), or fill in channel_unique_name"},
	{MissingIdentity, Error, "The row has no identity, and without one there is no member.", "fill in identity; or name its column with --column NAME=identity"},
	{BadIdentity, Error, "The identity is not text, or is a User's SID (`US` and 32 hexadecimal digits), which the API refuses.", "use the User's identity in place of its SID"},
	{BadRoleSID, Error, "The role is not `RL` and 32 hexadecimal digits.", fixSID},
	{UnmappedRole, Error, "The role is one of another Service than the row is restored into, no map says what it is there, and `--unmapped-roles drop` is not given.", "map it with --map (`rejoin map` writes one), or give --unmapped-roles drop"},
	{BadIndex, Error, "The read position is negative, not a whole number, or larger than 64 bits hold.", "write a whole number from 0; leave it empty if nothing was read"},
	{BadTimestamp, Error, "The text is no date and time, or one that does not exist.", "write it like 2016-03-24T21:05:50Z"},
	{NoTimeZone, Error, "The date and time says no zone, and `--time-zone` is not given.", "give --time-zone to say what such times mean"},
	{BadAttributes, Error, "The attributes are not valid JSON; the message names the byte at which they stop being it.", "mend the JSON; to set none, leave them empty"},

	// What only shows across records.
	{Duplicate, Error, "Another row stands for the same channel and identity, with the same values or with others.", "keep one of the rows; or say which counts with --on-duplicate first or last"},
	{TooManyMembers, Error, "The channel would have more members than a channel can hold (`--channel-members`).", "take members out, or spread them over several channels"},

	// Warnings of one record.
	{LongIdentity, Warning, "The identity is longer than 256 characters, the limit documented for Conversations.", ""},
	{ReservedIdentity, Warning, "The identity holds a character that is reserved in addresses, which the API's documents advise against.", ""},
	{NumberIdentity, Warning, "The identity is a JSON number, and is sent as the text of its digits.", "look whether zeros in front of it, or its last digits, were lost; export it as text"},
	{SpaceAround, Warning, "White space stands before or behind the identity or the channel, and is sent as a part of it.", "take away the white space if it does not belong there"},
	{DamagedChannelSID, Warning, "The channel looks like a SID and is none (`CH` and 32 hexadecimal digits), so that it is taken for a unique name.", "use the SID that the Console or the API shows, if it is meant to be one"},
	{LargeAttributes, Warning, "The attributes are larger than 4 KB, the limit documented for Conversations.", ""},
	{UpdatedBeforeCreated, Warning, "The member was updated before it was created.", "look whether the two dates were mixed up"},
	{FutureDate, Warning, "The date lies in the future.", "look whether its day and month, or its zone, were mixed up"},
	{EarlyDate, Warning, "The date lies before 2010, when there was no such service yet.", "look whether it is a default or a count in the wrong unit"},
	{ReadWithoutIndex, Warning, "A time of reading stands without a read position; the service is reported to ignore it.", "fill in last_consumed_message_index where it is known"},

	// Warnings across records.
	{CaseVariants, Warning, "Another identity in the same channel differs only by case, and the service takes them for two people.", "look whether the two are one person"},
	{NoMembers, Warning, "The backup is well-formed and holds no member: there is nothing to restore.", "export it again"},
	{FullPages, Warning, "Channels hold exactly 50 members and none holds more: twilio-cli cuts its lists at 50 unless told otherwise.", "export the members again, with --no-limit"},
	{SeveralServices, Warning, "The rows are of several Services.", "restore one Service at a time, or check that all of them are meant"},
	{UnknownColumn, Warning, "A column or key stands for nothing that is restored.", "if it holds a field, name it: --column NAME=FIELD"},
}
