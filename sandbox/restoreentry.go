package sandbox

import (
	"errors"
	"fmt"
)

// errStray is that an entry names what no entry before it made.
var errStray = errors.New("it belongs to nothing that stands before it")

// restore makes what an entry says. Nobody else may know the server yet.
func (s *Server) restore(e *entry) error {
	if e.Server != nil {
		s.born = max(s.born, e.Server.Born)
		s.serviceList.last = max(s.serviceList.last, e.Server.LastService)
		return nil
	}
	if e.Service != nil {
		s.restoreService(e.Service)
		return nil
	}
	v := s.services[e.service()]
	if v == nil {
		return fmt.Errorf("the Service %q: %w", e.service(), errStray)
	}
	switch {
	case e.Role != nil:
		v.restoreRole(e.Role)
	case e.Channel != nil:
		v.restoreChannel(e.Channel)
	case e.User != nil:
		v.restoreUser(e.User)
	case e.Member != nil:
		return v.restoreMember(e.Member)
	case e.Gone != nil:
		s.restoreDeletion(v, e.Gone)
	}
	return nil
}

// service is the SID of the Service that the entry belongs to.
func (e *entry) service() string {
	switch {
	case e.Role != nil:
		return e.Role.Service
	case e.Channel != nil:
		return e.Channel.Service
	case e.User != nil:
		return e.User.Service
	case e.Member != nil:
		return e.Member.Service
	case e.Gone != nil:
		return e.Gone.Service
	}
	return ""
}

func (s *Server) restoreService(e *serviceEntry) {
	v := s.services[e.SID]
	if v == nil {
		v = s.bareService(e.SID, e.Created)
		v.number = e.Number
		s.services[e.SID] = v
		s.serviceList.put(e.Number, v)
	}
	v.account, v.updated, v.deletedUsers = e.Account, e.Updated, e.Again
	v.born = max(v.born, e.Born)
	v.channelList.last = max(v.channelList.last, e.LastChannel)
	v.roleList.last = max(v.roleList.last, e.LastRole)
	v.userList.last = max(v.userList.last, e.LastUser)
	v.take(e.Settings.settings())
}

func (e *settingsEntry) settings() *settings {
	t := &settings{
		friendlyName: e.FriendlyName, serviceRole: e.Roles[0], channelRole: e.Roles[1], creatorRole: e.Roles[2],
		readStatus: e.ReadStatus, reachability: e.Reachability, typingTimeout: e.Typing, consumptionInterval: e.Consumption,
		channelMembers: e.Members, userChannels: e.Channels, preWebhook: e.PreWebhook, postWebhook: e.PostWebhook,
		webhookMethod: e.WebhookMethod, webhookFilters: e.WebhookFilters, preWebhookRetries: e.PreWebhookRetries,
		postWebhookRetries: e.PostRetries, logNotifications: e.LogNotifications, mediaMessage: e.MediaMessage,
	}
	for i, n := range e.Notifications {
		t.notifications[i] = notification{n.Enabled, n.BadgeCount, n.Template, n.Sound}
	}
	return t
}

func (v *service) restoreRole(e *roleEntry) {
	r := &role{
		sid: e.SID, friendlyName: e.Name, kind: e.Kind, permissions: e.Permissions, created: e.Created, updated: e.Updated,
		number: e.Number,
	}
	v.roles[r.sid] = r
	v.roleList.put(r.number, r)
	v.born = max(v.born, e.Born)
}

func (v *service) restoreChannel(e *channelEntry) {
	ch := v.channels[e.SID]
	if ch == nil {
		ch = newChannel(v, e.SID, e.Kind, channelInfo{})
		ch.number = e.Number
		v.channels[ch.sid] = ch
		v.channelList.put(ch.number, ch)
	}
	delete(v.uniqueNames, ch.info.uniqueName)
	ch.info = channelInfo{
		friendlyName: e.Name, uniqueName: e.UniqueName, attributes: e.Attributes, createdBy: e.CreatedBy,
		dateCreated: e.Created, dateUpdated: e.Updated,
	}
	if e.UniqueName != "" {
		v.uniqueNames[e.UniqueName] = ch
	}
	ch.again = e.Again
	ch.list.last = max(ch.list.last, e.LastMember)
	v.born = max(v.born, e.Born)
}

func (v *service) restoreUser(e *userEntry) {
	u := v.users[e.Identity]
	if u == nil {
		u = &user{sid: e.SID, identity: e.Identity, number: e.Number, created: e.Created}
		v.users[u.identity], v.usersBySID[u.sid] = u, u
		v.userList.put(u.number, u)
	}
	u.roleSID, u.attributes, u.friendlyName, u.updated = e.Role, e.Attributes, e.Name, e.Updated
	u.channels.last = max(u.channels.last, e.LastChannel)
}

func (v *service) restoreMember(e *memberEntry) error {
	ch, u := v.channels[e.Channel], v.users[e.Identity]
	if ch == nil || u == nil {
		return fmt.Errorf("the member %q of the channel %q: %w", e.Identity, e.Channel, errStray)
	}
	m := ch.members[e.Identity]
	if m == nil {
		m = &member{sid: e.SID, user: u, number: e.Number, joined: e.Joined}
		ch.members[u.identity], ch.bySID[m.sid] = m, m
		ch.list.put(m.number, m)
		u.channels.put(m.joined, ch)
	}
	m.roleSID, m.attributes, m.index, m.muted = e.Role, e.Attributes, e.Index, e.Muted
	m.read, m.created, m.updated = e.Read, e.Created, e.Updated
	return nil
}

// restoreDeletion takes away what the entry names. What is not there is gone already.
func (s *Server) restoreDeletion(v *service, e *goneEntry) {
	ch := v.channels[e.Channel]
	switch {
	case e.Member != "":
		if ch != nil && ch.bySID[e.Member] != nil {
			ch.leave(ch.bySID[e.Member])
		}
	case e.Channel != "":
		if ch != nil {
			ch.end()
		}
	case e.User != "":
		if u := v.usersBySID[e.User]; u != nil {
			v.forget(u)
			for _, joined := range u.channels.items {
				joined.item.expel(u)
			}
		}
	case e.Role != "":
		if r := v.roles[e.Role]; r != nil {
			delete(v.roles, r.sid)
			v.roleList.remove(r.number)
		}
	default:
		delete(s.services, v.sid)
		s.serviceList.remove(v.number)
	}
}
