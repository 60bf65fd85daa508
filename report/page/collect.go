package page

import (
	"rejoin/report"
	"rejoin/restore"
)

// rowsShown is how many of the rows that are not restored the page lists.
const rowsShown = 2000

// collector takes from each row what the page shows of it.
type collector struct {
	redact bool

	time       *timeline
	unrestored [restore.NumKinds]int64 // rows by outcome, of those that are not restored
	strugglers *heavy                  // channels, by their rows that are not restored
	slow       *slow
	table      table

	name []byte // of a channel
}

func newCollector(redact bool) *collector {
	return &collector{
		redact: redact, time: newTimeline(), strugglers: newHeavy(strugglersKept), slow: newSlow(slowKept),
		table: newTable(rowsShown),
	}
}

func (c *collector) add(row *report.Row) error {
	if row.Kind == restore.Extra { // a member that is in no row: it is listed, and is no part of the numbers
		return c.table.add(row, c.channel(row))
	}
	c.time.row(row)
	name := c.channel(row)
	if took, ok := row.Took(); ok && len(name) > 0 {
		c.slow.add(name, took)
	}
	if row.Restored {
		return nil
	}
	c.unrestored[row.Kind]++
	if len(name) > 0 {
		c.strugglers.add(name)
	}
	return c.table.add(row, name)
}

// channel is what a channel is called here: its SID, or its unique name with its Service behind it, since other Services
// may have a channel of that name. It is valid until the next call.
func (c *collector) channel(row *report.Row) []byte {
	service, channel := row.Address()
	if isSID(channel) || len(channel) == 0 || len(service) == 0 {
		return channel
	}
	c.name = append(append(append(append(c.name[:0], channel...), " ("...), service...), ')')
	return c.name
}

// isSID reports whether a channel's name is as long as a SID, and begins like one.
func isSID(channel []byte) bool { return len(channel) == 34 && channel[0] == 'C' && channel[1] == 'H' }
