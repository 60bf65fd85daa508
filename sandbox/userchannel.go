package sandbox

func (s *Server) fetchUserChannel(x *exchange, ch *channel, m *member) *apiError {
	return x.answer(m.appendUserChannel(x.out, ch, x.base))
}

func (s *Server) listUserChannels(x *exchange, v *service) *apiError {
	at, fault := x.pageRequest(maxUserChannelPage)
	if fault != nil {
		return fault
	}
	v.mu.RLock()
	u := v.user(x.names[1])
	if u == nil {
		v.mu.RUnlock()
		return x.missing()
	}
	items, before, after := u.channels.window(at.at, at.size, nil)
	v.mu.RUnlock()
	shown := make([]numbered[[]byte], 0, len(items))
	for _, n := range items {
		// A membership that ended since is left out: its channel no longer knows the user.
		if text := n.item.userChannel(u, x.base); text != nil {
			shown = append(shown, numbered[[]byte]{n.number, text})
		}
	}
	return x.answer(pageOf(x, "channels", at, shown, before, after, func(out, text []byte) []byte {
		return append(out, text...)
	}))
}

// userChannel returns the user's side of the channel, or nil where the user is not a member.
func (ch *channel) userChannel(u *user, base string) []byte {
	ch.mu.RLock()
	defer ch.mu.RUnlock()
	if m := ch.members[u.identity]; m != nil && m.user == u {
		return m.appendUserChannel(nil, ch, base)
	}
	return nil
}

func (s *Server) updateUserChannel(x *exchange, ch *channel, m *member) *apiError {
	if len(x.args) == 0 {
		return nothingToUpdate()
	}
	if fault := x.args.only([]string{"NotificationLevel", "LastConsumedMessageIndex", "LastConsumptionTimestamp"}); fault != nil {
		return fault
	}
	level, leveled := x.args.lookup("NotificationLevel")
	if leveled && level != "default" && level != "muted" {
		return badRequest(codeParameter, "Invalid NotificationLevel: expected default or muted")
	}
	var p memberPatch
	for i := range x.args {
		if x.args[i].name == "NotificationLevel" {
			continue
		}
		if fault := s.readMemberValue(&p, nil, &x.args[i]); fault != nil {
			return fault
		}
	}
	if fault := s.admitChannelWrite(x, ch, true); fault != nil {
		return fault
	}
	if leveled {
		m.muted = level == "muted"
	}
	m.apply(&p)
	return x.answer(m.appendUserChannel(x.out, ch, x.base))
}

func (s *Server) deleteUserChannel(x *exchange, ch *channel, m *member) *apiError {
	if fault := s.admitChannelWrite(x, ch, true); fault != nil {
		return fault
	}
	ch.leave(m)
	return x.answer(x.out)
}

func (m *member) appendUserChannel(out []byte, ch *channel, base string) []byte {
	v, u := ch.service, m.user
	o := openObject(out)
	o.text("account_sid", v.account)
	o.text("service_sid", v.sid)
	o.text("channel_sid", ch.sid)
	o.text("user_sid", u.sid)
	o.text("member_sid", m.sid)
	o.text("status", "joined")
	if m.index == noIndex {
		o.null("last_consumed_message_index")
	} else {
		o.integer("last_consumed_message_index", m.index)
	}
	o.integer("unread_messages_count", 0) // there are no messages
	level := "default"
	if m.muted {
		level = "muted"
	}
	o.text("notification_level", level)
	o.address("url", base, "/v2/Services/", v.sid, "/Users/", u.sid, "/Channels/", ch.sid)
	o.key("links")
	links := openObject(o.out)
	links.address("channel", base, "/v2/Services/", v.sid, "/Channels/", ch.sid)
	links.address("member", base, "/v2/Services/", v.sid, "/Channels/", ch.sid, "/Members/", m.sid)
	o.out = links.close()
	return o.close()
}
