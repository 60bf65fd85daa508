package sandbox

import (
	"encoding/json"
	"net/http"
)

// run does what the request says. Where the state is kept, a write is answered when the file has it.
func (s *Server) run(x *exchange) *apiError {
	if s.store == nil || !x.op.writes() {
		return x.op.run(s, x)
	}
	var fault *apiError
	err := s.store.write(func() []entry {
		t := s.find(x)
		if fault = x.op.run(s, x); fault != nil {
			return nil
		}
		return s.changes(x, &t)
	})
	if fault == nil && err != nil {
		fault = &apiError{status: http.StatusInternalServerError, code: codeInternal, message: err.Error()}
	}
	return fault
}

// note makes a change that is no request's. It does not wait for the file (see [Server.Sync]).
func (s *Server) note(change func() []entry) error {
	if s.store == nil {
		change()
		return nil
	}
	_, err := s.store.enqueue(change)
	return err
}

// target is what a request is about, where it is there.
type target struct {
	v  *service
	ch *channel
	r  *role
	u  *user
	m  *member
}

// find looks up, before a write is applied, what it is about: an update may rename it, and a deletion lose it. The
// caller holds the store's lock, so that nothing changes; those who read at the same time need not be kept out.
func (s *Server) find(x *exchange) (t target) {
	if t.v = s.services[x.names[0]]; t.v == nil {
		return t
	}
	switch x.op.resource { //nolint:exhaustive // lists are about their Service alone
	case aRole:
		t.r = t.v.roles[x.names[1]]
	case aChannel, theMembers:
		t.ch = t.v.channel(x.names[1])
	case aMember:
		if t.ch = t.v.channel(x.names[1]); t.ch != nil {
			t.m = t.ch.find(x.names[2])
		}
	case aUser:
		t.u = t.v.user(x.names[1])
	case aUserChannel:
		t.u, t.ch = t.v.user(x.names[1]), t.v.channel(x.names[2])
		if t.u != nil && t.ch != nil {
			t.m = t.ch.members[t.u.identity]
		}
	}
	return t
}

// changes is what a write that was applied has changed. The caller still holds the store's lock.
func (s *Server) changes(x *exchange, t *target) []entry {
	if x.req.Method == remove {
		return []entry{{Gone: t.gone(x.op.resource)}}
	}
	switch x.op.resource { //nolint:exhaustive // the others are not written to
	case theServices:
		return append(s.serviceList.newest().withRoles(), entry{Server: s.entry()})
	case aService:
		return []entry{{Service: t.v.entry()}}
	case theRoles:
		return []entry{{Role: t.v.roleList.newest().entry(t.v)}}
	case aRole:
		return []entry{{Role: t.v.roles[t.r.sid].entry(t.v)}}
	case theChannels:
		return []entry{{Channel: t.v.channelList.newest().entry()}}
	case aChannel:
		return []entry{{Channel: t.ch.entry()}}
	case theUsers:
		return []entry{{User: t.v.userList.newest().entry(t.v)}}
	case aUser:
		return []entry{{User: t.u.entry(t.v)}}
	case theMembers:
		m := t.ch.list.newest()
		return []entry{{User: m.user.entry(t.v)}, {Member: m.entry(t.ch)}}
	default:
		return []entry{{Member: t.m.entry(t.ch)}}
	}
}

func (t *target) gone(kind resource) *goneEntry {
	e := &goneEntry{Service: t.v.sid}
	switch kind { //nolint:exhaustive // a list is not deleted
	case aRole:
		e.Role = t.r.sid
	case aChannel:
		e.Channel = t.ch.sid
	case aUser:
		e.User = t.u.sid
	case aMember, aUserChannel:
		e.Channel, e.Member = t.ch.sid, t.m.sid
	}
	return e
}

// entries gives everything that the server holds, each behind what it belongs to. The caller holds the store's lock.
func (s *Server) entries(yield func(entry) bool) {
	if !yield(entry{Server: s.entry()}) {
		return
	}
	for _, n := range s.serviceList.items {
		if !n.item.entries(yield) {
			return
		}
	}
}

func (v *service) entries(yield func(entry) bool) bool {
	for _, e := range v.withRoles() {
		if !yield(e) {
			return false
		}
	}
	for _, n := range v.userList.items {
		if !yield(entry{User: n.item.entry(v)}) {
			return false
		}
	}
	for _, n := range v.channelList.items {
		if !yield(entry{Channel: n.item.entry()}) {
			return false
		}
		for _, m := range n.item.list.items {
			if !yield(entry{Member: m.item.entry(n.item)}) {
				return false
			}
		}
	}
	return true
}

// appendEntry appends an entry as JSON. There is nothing in one that cannot be encoded.
func appendEntry(out []byte, e *entry) ([]byte, error) {
	text, err := json.Marshal(e)
	return append(out, text...), err
}
