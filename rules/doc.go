// Package rules decides whether a record of a backup can become a member: it turns a [reader.Record] into a
// [chat.Member] and names every rule that the record breaks, all of them at once. The audit and the restore decide by
// these same rules. It also names what deserves a look in a record that can be sent (a warning), and holds the table of
// all rules there are, those of the reader and those across records included.
//
// It judges one record at a time and keeps nothing between them: what only shows across records (two rows for one
// member, too many members in a channel) is for its callers. It asks no service: a role that is well-formed may still
// not exist.
package rules
