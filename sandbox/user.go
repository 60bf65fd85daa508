package sandbox

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// user is a User, under its Service's lock; its SID and identity never change.
type user struct {
	sid      string
	identity string
	number   uint64
	created  time.Time

	roleSID      string
	attributes   string
	friendlyName string
	updated      time.Time
	channels     sequence[*channel] // that it is a member of, in the order in which it joined
}

// join notes that the identity becomes a member of the channel, and makes its user where there is none: "adding a
// member creates the user" (https://www.twilio.com/docs/chat/rest/v1/users). The caller holds the channel's lock.
func (s *Server) join(x *exchange, ch *channel, identity string) (*user, uint64, *apiError) {
	v := ch.service
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.deleted {
		return nil, 0, x.missing()
	}
	u := v.users[identity]
	if most := v.userChannels.Load(); u != nil && int64(len(u.channels.items)) >= most {
		return nil, 0, forbidden(codeUserChannels,
			"User channel limit exceeded: the user is a member of "+strconv.FormatInt(most, 10)+" channels")
	}
	if u == nil {
		u = s.addUser(v, identity, x.now)
	}
	return u, u.channels.add(ch), nil
}

// addUser makes a user with the Service's default role. The caller holds the Service's lock.
func (s *Server) addUser(v *service, identity string, now time.Time) *user {
	d := s.seed.text("user").text(v.sid).text(identity)
	if again := v.deletedUsers[identity]; again > 0 {
		d = d.number(again)
	}
	u := &user{
		sid: d.sid("US"), identity: identity, roleSID: v.settings.serviceRole, attributes: "{}",
		created: now, updated: now,
	}
	u.number = v.userList.add(u)
	v.users[identity], v.usersBySID[u.sid] = u, u
	return u
}

// user finds a user by SID or identity; no identity looks like a user's SID (error 50206). The caller holds the lock.
func (v *service) user(name string) *user {
	if u := v.usersBySID[name]; u != nil {
		return u
	}
	return v.users[name]
}

// userPatch is what the body of a create or an update says; nil: not said.
type userPatch struct{ roleSID, attributes, friendlyName *string }

func (s *Server) readUser(x *exchange, v *service, takes ...string) (p userPatch, _ *apiError) {
	if fault := x.args.only(takes); fault != nil {
		return p, fault
	}
	if role, given := x.args.lookup("RoleSid"); given {
		switch v.roleKind(role) {
		case deploymentKind:
			p.roleSID = new(strings.Clone(role))
		case channelKind:
			return p, badRequest(codeRoleType, "Invalid role type: a user's role must be a deployment role")
		default:
			return p, badRequest(codeServiceRoleMissing, "Deployment role not found")
		}
	}
	if text, given := x.args.lookup("Attributes"); given {
		if fault := s.checkAttributes(text); fault != nil {
			return p, fault
		}
		p.attributes = new(strings.Clone(text))
	}
	if text, given := x.args.lookup("FriendlyName"); given {
		p.friendlyName = new(strings.Clone(text))
	}
	return p, nil
}

func (u *user) apply(p *userPatch) {
	assign(&u.roleSID, p.roleSID)
	assign(&u.attributes, p.attributes)
	assign(&u.friendlyName, p.friendlyName)
}

func assign[T any](to, value *T) {
	if value != nil {
		*to = *value
	}
}

func (s *Server) createUser(x *exchange, v *service) *apiError {
	identity, fault := s.identity(x.args)
	if fault != nil {
		return fault
	}
	p, fault := s.readUser(x, v, "Identity", "RoleSid", "Attributes", "FriendlyName")
	if fault != nil {
		return fault
	}
	if fault := s.admitServiceWrite(x, v); fault != nil {
		return fault
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.deleted {
		return x.missing()
	}
	if v.users[identity] != nil {
		return conflict(codeUserExists, "User already exists")
	}
	u := s.addUser(v, identity, x.now)
	u.apply(&p)
	return x.answer(u.appendJSON(x.out, v, x.base))
}

func (s *Server) fetchUser(x *exchange, v *service) *apiError {
	v.mu.RLock()
	defer v.mu.RUnlock()
	u := v.user(x.names[1])
	if u == nil {
		return x.missing()
	}
	return x.answer(u.appendJSON(x.out, v, x.base))
}

func (s *Server) listUsers(x *exchange, v *service) *apiError {
	at, fault := x.pageRequest(maxPageSize)
	if fault != nil {
		return fault
	}
	v.mu.RLock()
	defer v.mu.RUnlock()
	items, before, after := v.userList.window(at.at, at.size, nil)
	return x.answer(pageOf(x, "users", at, items, before, after, func(out []byte, u *user) []byte {
		return u.appendJSON(out, v, x.base)
	}))
}

func (s *Server) updateUser(x *exchange, v *service) *apiError {
	if len(x.args) == 0 {
		return nothingToUpdate()
	}
	p, fault := s.readUser(x, v, "RoleSid", "Attributes", "FriendlyName")
	if fault != nil {
		return fault
	}
	if fault := s.admitServiceWrite(x, v); fault != nil {
		return fault
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	u := v.user(x.names[1])
	if u == nil {
		return x.missing()
	}
	u.apply(&p)
	u.updated = x.now
	return x.answer(u.appendJSON(x.out, v, x.base))
}

func (s *Server) deleteUser(x *exchange, v *service) *apiError {
	if fault := s.admitServiceWrite(x, v); fault != nil {
		return fault
	}
	v.mu.Lock()
	u := v.user(x.names[1])
	if u == nil {
		v.mu.Unlock()
		return x.missing()
	}
	v.forget(u)
	joined := slices.Clone(u.channels.items)
	v.mu.Unlock()
	// The user is gone, so that nothing joins it to a channel any more: its memberships end one channel at a time,
	// without a channel's lock being asked for under the Service's.
	for _, j := range joined {
		j.item.expel(u)
	}
	return x.answer(x.out)
}

// forget takes the user out of the tables. The caller holds the lock.
func (v *service) forget(u *user) {
	delete(v.users, u.identity)
	delete(v.usersBySID, u.sid)
	v.userList.remove(u.number)
	if v.deletedUsers == nil {
		v.deletedUsers = map[string]uint64{}
	}
	v.deletedUsers[u.identity]++
}

// expel drops the user's member, unless another user of the same identity has taken its place.
func (ch *channel) expel(u *user) {
	ch.mu.Lock()
	defer ch.mu.Unlock()
	if m := ch.members[u.identity]; m != nil && m.user == u {
		ch.drop(m)
	}
}

func (u *user) appendJSON(out []byte, v *service, base string) []byte {
	o := openObject(out)
	o.text("sid", u.sid)
	o.text("account_sid", v.account)
	o.text("service_sid", v.sid)
	o.text("identity", u.identity)
	o.text("attributes", u.attributes)
	o.optional("friendly_name", u.friendlyName)
	o.optional("role_sid", u.roleSID)
	o.null("is_online") // nobody is ever connected
	o.null("is_notifiable")
	o.integer("joined_channels_count", int64(len(u.channels.items)))
	o.date("date_created", u.created)
	o.date("date_updated", u.updated)
	o.address("url", base, "/v2/Services/", v.sid, "/Users/", u.sid)
	o.key("links")
	links := openObject(o.out)
	links.address("user_channels", base, "/v2/Services/", v.sid, "/Users/", u.sid, "/Channels")
	links.address("user_bindings", base, "/v2/Services/", v.sid, "/Users/", u.sid, "/Bindings")
	o.out = links.close()
	return o.close()
}
