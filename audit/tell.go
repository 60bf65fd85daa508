package audit

import (
	"strconv"

	"rejoin/rules"
)

// again is a row for a member for which another row counts.
func (x *across) again(m *member, e *entry) {
	same := e.values == m.values
	if !m.invalid {
		x.contents.Duplicates++
		if !same {
			x.contents.Differing++
		}
		if x.twins != nil && x.tally.err == nil {
			x.tally.err = x.twins.add(m.row, e.line, same)
		}
	}
	const rule = rules.Duplicate
	if !x.tally.wants(rule, m.row) {
		x.tally.more(rule)
		return
	}
	message := "line " + strconv.FormatInt(e.line, 10) + " stands for the same channel and identity, with "
	if same {
		message += "the same values"
	} else {
		message += "other values"
	}
	x.tell(m, &Problem{Problem: rules.Problem{Rule: rule, Message: message}, FirstRow: e.row, FirstLine: e.line, Same: same})
}

// variant is a row whose identity differs from another's in its channel only by case.
func (x *across) variant(m *member, of *spelling) {
	const rule = rules.CaseVariants
	if !x.tally.wants(rule, m.row) {
		x.tally.more(rule)
		return
	}
	message := "the identity differs only by case from that of line " + strconv.FormatInt(of.line, 10)
	if !x.cfg.Rules.Redacts() {
		message += ", " + shown(of.identity)
	}
	x.tell(m, &Problem{Problem: rules.Problem{Rule: rule, Message: message}, FirstRow: of.row, FirstLine: of.line})
}

// tell completes a problem of a member's identity.
func (x *across) tell(m *member, p *Problem) {
	r := x.tally.findings[p.Rule]
	p.Column, p.Severity, p.Fix, p.Row, p.Line = "identity", r.Severity, r.Fix, m.row, m.line
	if !x.cfg.Rules.Redacts() {
		p.Found = shown(m.identity)
		p.Service, p.Channel, p.Identity = string(m.service), string(m.channel), string(m.identity)
	}
	x.tally.add(p)
}

// pageSize is how many members twilio-cli lists unless it is told otherwise.
const pageSize = 50

// fullPage is what is known of channels that hold a page's members.
type fullPage struct {
	channels int64
	first    Problem // where the first of them is
	more     bool    // some channel holds more
}

// channel looks at one channel as a whole.
func (x *across) channel(ch *channel) {
	var before int64
	if x.cfg.Before != nil {
		before = x.cfg.Before(x.channels.text(ch.service), x.channels.text(ch.name))
	}
	x.contents.channel(ch, before)
	switch {
	case ch.members > pageSize:
		x.fullPage.more = true
	case ch.members == pageSize:
		if x.fullPage.channels++; x.fullPage.channels == 1 || ch.row < x.fullPage.first.Row {
			x.fullPage.first = x.problemOf(ch, rules.FullPages)
			x.fullPage.first.Found = ""
		}
	}
	if before+ch.members <= int64(x.cfg.ChannelMembers) {
		return
	}
	if !x.tally.wants(rules.TooManyMembers, ch.row) {
		x.tally.more(rules.TooManyMembers)
		return
	}
	p := x.problemOf(ch, rules.TooManyMembers)
	begins := "the channel that begins here has "
	if before > 0 {
		begins = "the channel that goes on here has "
	}
	p.Message = begins + strconv.FormatInt(before+ch.members, 10) + " members, expected at most " + strconv.Itoa(x.cfg.ChannelMembers)
	x.tally.add(&p)
}

// problemOf is a problem of a channel, told where its first row is.
func (x *across) problemOf(ch *channel, rule string) Problem {
	r := x.tally.findings[rule]
	p := Problem{Problem: rules.Problem{Column: "channel_sid", Rule: rule, Severity: r.Severity, Fix: r.Fix}, Row: ch.row, Line: ch.line}
	if !x.cfg.Rules.Redacts() {
		name := x.channels.text(ch.name)
		p.Service, p.Channel, p.Found = string(x.channels.text(ch.service)), string(name), shown(name)
	}
	return p
}

// fullPages tells of channels that hold exactly a page's members, where none holds more.
func (x *across) fullPages() {
	n := x.fullPage.channels
	if n == 0 || x.fullPage.more {
		return
	}
	p := x.fullPage.first
	p.Message = strconv.FormatInt(n, 10) + " channels hold"
	if n == 1 {
		p.Message = "1 channel holds"
	}
	p.Message += " exactly 50 members, and none holds more: twilio-cli cuts its lists at 50 unless told otherwise"
	x.tally.add(&p)
}
