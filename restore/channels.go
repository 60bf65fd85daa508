package restore

import (
	"sync"

	"rejoin/chat"
	"rejoin/retry"
)

// closedChannels remembers channels that no row can be written to, so that their other rows need no request. It grows
// with the channels that are missing or full, not with the rows.
type closedChannels struct {
	mu     sync.RWMutex
	closed map[string]*closedChannel
	there  map[string]bool // dry run: channels that were seen to be there
}

// closedChannel is why: the answer that said so.
type closedChannel struct {
	answer *chat.Error
	full   bool // it is there, and holds as many members as it may
}

// mayHold reports whether an earlier try of the row may be what is in the channel: one that is full, not missing.
func (c *closedChannel) mayHold(r *row) bool { return c.full && r.doubt }

// reject is the outcome of a row of the channel.
func (c *closedChannel) reject(r *row) *Outcome { return r.decided(Rejected, c.answer) }

func (c *closedChannels) get(channel string) *closedChannel {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.closed[channel]
}

func (c *closedChannels) close(channel string, answer *chat.Error) (why *closedChannel, first bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if why, ok := c.closed[channel]; ok {
		return why, false
	}
	why = &closedChannel{answer: answer, full: retry.MeaningOf(answer) == retry.ChannelFull}
	c.closed[channel] = why
	return why, true
}

func (c *closedChannels) open(channel string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.there == nil {
		c.there = make(map[string]bool)
	}
	c.there[channel] = true
}

func (c *closedChannels) isOpen(channel string) bool {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.there[channel]
}

// closeChannel rejects a row, and with it all of its channel that have not begun. Of rows that may be in the channel it
// is asked whether they are.
func (e *engine) closeChannel(r *row, answer *chat.Error) {
	why, first := e.channels.close(r.channel, answer)
	if why.mayHold(r) {
		e.ask(r, settle, 0)
	} else {
		e.end(r, why.reject(r))
	}
	if first {
		e.Warn("the channel " + r.member.Channel + " takes no members, so that its other rows are rejected without a request: " + answer.Error())
	}
	var kept []*row
	for _, other := range e.window.takeChannel(r.channel) {
		if why.mayHold(other) {
			kept = append(kept, other)
			continue
		}
		e.end(other, why.reject(other))
	}
	e.window.back(kept)
}
