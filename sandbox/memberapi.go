package sandbox

import "strconv"

func (s *Server) createMember(x *exchange, ch *channel) *apiError {
	identity, fault := s.identity(x.args)
	if fault != nil {
		return fault
	}
	p, fault := s.readMember(x, ch.service)
	if fault != nil {
		return fault
	}
	if fault := s.admitChannelWrite(x, ch, true); fault != nil {
		return fault
	}
	if p.roleSID == "" {
		p.roleSID = ch.service.channelRole()
	}
	ch.mu.Lock()
	defer ch.mu.Unlock()
	m, fault := s.addMember(x, ch, identity, &p)
	if fault != nil {
		return fault
	}
	return x.answer(m.appendJSON(x.out, ch, x.base))
}

// addMember makes the member, and its user where there is none. The caller holds the channel's lock.
func (s *Server) addMember(x *exchange, ch *channel, identity string, p *memberPatch) (*member, *apiError) {
	switch most := ch.service.channelMembers.Load(); {
	case ch.deleted:
		return nil, x.missing()
	case ch.members[identity] != nil:
		return nil, conflict(codeMemberExists, "Member already exists")
	case int64(len(ch.members)) >= most:
		return nil, forbidden(codeChannelFull,
			"Channel member limit exceeded: the channel has "+strconv.FormatInt(most, 10)+" members")
	}
	u, place, fault := s.join(x, ch, identity)
	if fault != nil {
		return nil, fault
	}
	m := &member{user: u, joined: place, attributes: "{}", index: noIndex, created: x.now}
	m.apply(p)
	m.sid = s.seed.text("member").text(ch.sid).text(identity).number(ch.again[identity]).sid("MB")
	m.number = ch.list.add(m)
	ch.members[u.identity], ch.bySID[m.sid] = m, m
	return m, nil
}

func (s *Server) fetchMember(x *exchange, ch *channel) *apiError {
	ch.mu.RLock()
	defer ch.mu.RUnlock()
	m := ch.find(x.names[2])
	if m == nil {
		return x.missing()
	}
	return x.answer(m.appendJSON(x.out, ch, x.base))
}

func (s *Server) listMembers(x *exchange, ch *channel) *apiError {
	at, fault := x.pageRequest(maxPageSize)
	if fault != nil {
		return fault
	}
	var pass func(*member) bool
	if identities := x.query.all("Identity"); len(identities) > 0 {
		wanted := make(map[string]bool, len(identities))
		for _, id := range identities {
			wanted[id] = true
		}
		pass = func(m *member) bool { return wanted[m.user.identity] }
	}
	ch.mu.RLock()
	defer ch.mu.RUnlock()
	items, before, after := ch.list.window(at.at, at.size, pass)
	return x.answer(pageOf(x, "members", at, items, before, after, func(out []byte, m *member) []byte {
		return m.appendJSON(out, ch, x.base)
	}))
}

func (s *Server) updateMember(x *exchange, ch *channel) *apiError {
	if len(x.args) == 0 {
		return nothingToUpdate()
	}
	if _, given := x.args.lookup("Identity"); given {
		return badRequest(codeParameter, "Unknown parameter Identity in the post body")
	}
	p, fault := s.readMember(x, ch.service)
	if fault != nil {
		return fault
	}
	if fault := s.admitChannelWrite(x, ch, true); fault != nil {
		return fault
	}
	if p.updated.IsZero() {
		p.updated = x.now
	}
	ch.mu.Lock()
	defer ch.mu.Unlock()
	m := ch.find(x.names[2])
	if m == nil {
		return x.missing()
	}
	m.apply(&p)
	return x.answer(m.appendJSON(x.out, ch, x.base))
}

func nothingToUpdate() *apiError {
	return badRequest(codeNothingToUpdate, "Parameters not specified for update request")
}

func (s *Server) deleteMember(x *exchange, ch *channel) *apiError {
	if fault := s.admitChannelWrite(x, ch, true); fault != nil {
		return fault
	}
	ch.mu.Lock()
	defer ch.mu.Unlock()
	m := ch.find(x.names[2])
	if m == nil {
		return x.missing()
	}
	ch.leave(m)
	return x.answer(x.out)
}

// leave ends the membership. The caller holds the channel's lock.
func (ch *channel) leave(m *member) {
	ch.service.mu.Lock()
	m.user.channels.remove(m.joined)
	ch.service.mu.Unlock()
	ch.drop(m)
}

// drop takes the member out of the channel. The caller holds the channel's lock, and has told the user.
func (ch *channel) drop(m *member) {
	delete(ch.members, m.user.identity)
	delete(ch.bySID, m.sid)
	ch.list.remove(m.number)
	if ch.again == nil {
		ch.again = map[string]uint64{}
	}
	ch.again[m.user.identity]++
}
