package app

import (
	"rejoin/audit"
	"rejoin/restore"
)

// mostBefore is how many rows are looked at for the members before them: each is read back from the report. A channel
// that is full has fewer members; of the rows of one that has many times as many, most made none.
const mostBefore = 16 * audit.DefaultChannelMembers

// pastOutcomes gives the outcomes that rows had in earlier runs.
type pastOutcomes interface {
	Earlier(row int64) (*restore.Outcome, error)
}

// before is how many members the audit of the rows behind those that are done has to add to a channel.
type before struct {
	service, channel string
	members          int64
}

// membersBefore counts the members that earlier runs have put into the channel of the last row that they have settled:
// the rows behind it may go on with that channel. A backup is sorted by channel as a rule, so that there is no other of
// which some rows are settled and some are not; in one that is not sorted, more members may be there than are counted.
// More than a channel can hold are not looked for, nor in more than so many rows.
func membersBefore(ledger pastOutcomes, settled int64) (b before) {
	for row := settled; row > max(settled-mostBefore, 0) && b.members <= audit.DefaultChannelMembers; row-- {
		o, err := ledger.Earlier(row)
		if err != nil {
			return b // as many as can be counted
		}
		channel := o.Channel
		if channel == "" {
			channel = o.ChannelSID
		}
		switch {
		case channel == "": // it could not be read
		case b.channel == "":
			b.service, b.channel = o.ServiceSID, channel
		case channel != b.channel || o.ServiceSID != b.service:
			return b
		}
		switch o.Kind {
		case restore.Created, restore.Updated, restore.Exists, restore.Differs:
			b.members++
		case restore.Duplicate, restore.Invalid, restore.Rejected, restore.Failed, restore.Unknown, restore.Pending,
			restore.Same, restore.Missing, restore.Extra, restore.Deleted, restore.Gone, restore.Kept: // no member, or another row's
		}
	}
	return b
}

// in is how many of them are in a channel.
func (b before) in(service, channel []byte) int64 {
	if b.channel == "" || string(channel) != b.channel || string(service) != b.service {
		return 0
	}
	return b.members
}
