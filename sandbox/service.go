package sandbox

import (
	"sync"
	"sync/atomic"
	"time"
)

// service is a Service and all that is in it. Its lock guards the tables; a channel's members are under the channel's
// own lock, which is taken first where both are held: a channel lock is never asked for under a Service lock.
type service struct {
	sid     string
	account string

	mu       sync.RWMutex
	settings settings
	number   uint64 // its place among the Services
	created  time.Time
	updated  time.Time
	deleted  bool

	channels     map[string]*channel // by SID
	uniqueNames  map[string]*channel
	channelList  sequence[*channel]
	roles        map[string]*role
	roleList     sequence[*role]
	users        map[string]*user // by identity
	usersBySID   map[string]*user
	userList     sequence[*user]
	deletedUsers map[string]uint64 // how often an identity's user was deleted, so that the next one has another SID
	born         uint64            // counts what was made, for SIDs that are drawn from nothing else

	channelMembers atomic.Int64 // the limits that the Service sets
	userChannels   atomic.Int64

	writes       window // Channel, User and Role writes
	memberWrites window
}

// bareService makes a Service that has no roles.
func (s *Server) bareService(sid string, now time.Time) *service {
	v := &service{
		sid: sid, account: s.account, created: now, updated: now,
		channels: map[string]*channel{}, uniqueNames: map[string]*channel{}, roles: map[string]*role{},
		users: map[string]*user{}, usersBySID: map[string]*user{},
	}
	v.channelMembers.Store(int64(s.limits.ChannelMembers))
	v.userChannels.Store(int64(s.limits.UserChannels))
	v.settings = newSettings()
	return v
}

// newService makes a Service with the roles that each new one has, as the console shows them.
func (s *Server) newService(sid string, now time.Time) *service {
	v := s.bareService(sid, now)
	d := s.seed.text("default role").text(sid)
	for i, r := range defaultRoles {
		made := &role{
			sid: d.number(uint64(i)).sid("RL"), friendlyName: r.name, kind: r.kind, permissions: r.permissions,
			created: now, updated: now,
		}
		v.addRole(made)
		switch i {
		case defaultServiceRole:
			v.settings.serviceRole = made.sid
		case defaultChannelRole:
			v.settings.channelRole = made.sid
		case defaultCreatorRole:
			v.settings.creatorRole = made.sid
		}
	}
	return v
}

func (s *Server) addService(v *service) {
	s.services[v.sid] = v
	v.number = s.serviceList.add(v)
}

// channel finds the channel by SID or unique name. No unique name looks like a channel's SID (error 50306).
func (v *service) channel(name string) *channel {
	v.mu.RLock()
	defer v.mu.RUnlock()
	if ch := v.channels[name]; ch != nil {
		return ch
	}
	return v.uniqueNames[name]
}

// roleKind returns the role's kind, or no kind for a role that does not exist.
func (v *service) roleKind(sid string) roleKind {
	v.mu.RLock()
	defer v.mu.RUnlock()
	if r := v.roles[sid]; r != nil {
		return r.kind
	}
	return ""
}

func (v *service) channelRole() string {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return v.settings.channelRole
}

// next counts what is made. The caller holds the lock.
func (v *service) next() uint64 {
	v.born++
	return v.born
}
