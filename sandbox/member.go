package sandbox

import (
	"slices"
	"strings"
	"time"
)

// noIndex is the index of a member that has read nothing; the API shows it as null. 0 means the first message was read.
const noIndex = -1

// member is a Member, under its channel's lock.
type member struct {
	sid        string
	user       *user
	roleSID    string
	attributes string
	index      int64 // noIndex: null
	read       time.Time
	created    time.Time
	updated    time.Time // zero: null
	number     uint64    // its place among the channel's members
	joined     uint64    // its channel's place among its user's
	muted      bool      // the notification level of its user's channel
}

// Member is what the server holds of one member, for tests to compare. A zero time and a nil index are null.
type Member struct {
	SID, ServiceSID, ChannelSID string
	Identity, RoleSID           string
	Attributes                  string
	LastConsumedMessageIndex    *int64
	LastConsumptionTimestamp    time.Time // UTC, as the other dates
	DateCreated, DateUpdated    time.Time
}

// Members returns a channel's members, ordered by identity. The channel is given by SID or unique name; one that does
// not exist has none.
func (s *Server) Members(service, channel string) []Member {
	s.mu.RLock()
	v := s.services[service]
	s.mu.RUnlock()
	if v == nil {
		return nil
	}
	ch := v.channel(channel)
	if ch == nil {
		return nil
	}
	ch.mu.RLock()
	defer ch.mu.RUnlock()
	members := make([]Member, 0, len(ch.members))
	for _, m := range ch.members {
		members = append(members, m.export(ch))
	}
	slices.SortFunc(members, func(a, b Member) int { return strings.Compare(a.Identity, b.Identity) })
	return members
}

func (m *member) export(ch *channel) Member {
	out := Member{
		SID: m.sid, ServiceSID: ch.service.sid, ChannelSID: ch.sid, Identity: m.user.identity, RoleSID: m.roleSID,
		Attributes: m.attributes, LastConsumptionTimestamp: m.read, DateCreated: m.created, DateUpdated: m.updated,
	}
	if m.index != noIndex {
		out.LastConsumedMessageIndex = new(m.index)
	}
	return out
}

func (m *member) appendJSON(out []byte, ch *channel, base string) []byte {
	v := ch.service
	o := openObject(out)
	o.text("sid", m.sid)
	o.text("account_sid", v.account)
	o.text("channel_sid", ch.sid)
	o.text("service_sid", v.sid)
	o.text("identity", m.user.identity)
	o.text("role_sid", m.roleSID)
	if m.index == noIndex {
		o.null("last_consumed_message_index")
	} else {
		o.integer("last_consumed_message_index", m.index)
	}
	o.date("last_consumption_timestamp", m.read)
	o.date("date_created", m.created)
	o.date("date_updated", m.updated)
	o.text("attributes", m.attributes)
	o.address("url", base, "/v2/Services/", v.sid, "/Channels/", ch.sid, "/Members/", m.sid)
	return o.close()
}

// apply gives m the values that p has. A read timestamp is kept only beside an index, as the live API does it
// (https://github.com/twilio/twilio-python/issues/526).
func (m *member) apply(p *memberPatch) {
	if p.roleSID != "" {
		m.roleSID = p.roleSID
	}
	if p.attributes != "" {
		m.attributes = p.attributes
	}
	if p.hasIndex {
		m.index = p.index
	}
	if !p.read.IsZero() {
		m.read = p.read
	}
	if m.index == noIndex {
		m.read = time.Time{}
	}
	if !p.created.IsZero() {
		m.created = p.created
	}
	if !p.updated.IsZero() {
		m.updated = p.updated
	}
}

// memberPatch is what the body of a create or an update says.
type memberPatch struct {
	roleSID    string // empty: not said
	attributes string // empty: not said
	hasIndex   bool
	index      int64
	read       time.Time // zero: not said, as the others
	created    time.Time
	updated    time.Time
}

func (s *Server) readMember(x *exchange, v *service) (p memberPatch, _ *apiError) {
	for i := range x.args {
		if fault := s.readMemberValue(&p, v, &x.args[i]); fault != nil {
			return p, fault
		}
	}
	return p, nil
}

func (s *Server) readMemberValue(p *memberPatch, v *service, arg *parameter) (fault *apiError) {
	switch arg.name {
	case "Identity": // a create's, read before
	case "RoleSid":
		p.roleSID = arg.value
		return v.checkChannelRole(p)
	case "LastConsumedMessageIndex":
		p.hasIndex, p.index = true, noIndex
		if arg.value != "" {
			p.index, fault = parseIndex(arg.value)
		}
	case "LastConsumptionTimestamp":
		p.read, fault = parseDate(arg.value, codeReadTimestamp, "last consumption timestamp")
	case "DateCreated":
		p.created, fault = parseDate(arg.value, codeDateCreated, "DateCreated")
	case "DateUpdated":
		p.updated, fault = parseDate(arg.value, codeDateUpdated, "DateUpdated")
	case "Attributes":
		if fault = s.checkAttributes(arg.value); fault == nil {
			p.attributes = strings.Clone(arg.value)
		}
	default:
		return badRequest(codeParameter, "Unknown parameter "+arg.name+" in the post body")
	}
	return fault
}

// checkChannelRole wants a role of the Service that members can have, and keeps the role's own string.
func (v *service) checkChannelRole(p *memberPatch) *apiError {
	switch v.roleKind(p.roleSID) {
	case channelKind:
		p.roleSID = strings.Clone(p.roleSID)
		return nil
	case deploymentKind:
		return badRequest(codeRoleType, "Invalid role type: a member's role must be a channel role")
	}
	return badRequest(codeChannelRoleMissing, "Channel role not found")
}
