package sandbox

import (
	"errors"
	"fmt"
	"time"
)

// ErrNoService is that a channel or a role was to be made in a Service that does not exist.
var ErrNoService = errors.New("no such Service: add it first")

// AddService makes the Service, with the default roles that each has, unless it is there. It may be called while the
// server answers.
func (s *Server) AddService(sid string) error {
	s.mu.RLock()
	there := s.services[sid] != nil
	s.mu.RUnlock()
	if there {
		return nil
	}
	if !isSID(sid, "IS") {
		return fmt.Errorf("service %q: expected IS and 32 hexadecimal digits", sid)
	}
	return s.note(func() []entry {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.services[sid] != nil {
			return nil
		}
		v := s.newService(sid, now())
		s.addService(v)
		return append(v.withRoles(), entry{Server: s.entry()})
	})
}

// AddChannel makes a public channel, unless it is there: one with that SID, or one with that unique name and a new
// SID. It may be called while the server answers. The error wraps [ErrNoService] where the Service is missing.
func (s *Server) AddChannel(service, sidOrUniqueName string) error {
	v, err := s.seeded(service)
	if err != nil {
		return fmt.Errorf("channel %q in %q: %w", sidOrUniqueName, service, err)
	}
	if sidOrUniqueName == "" {
		return errors.New("a channel without a name: expected its SID or its unique name")
	}
	if v.channel(sidOrUniqueName) != nil {
		return nil
	}
	info := channelInfo{attributes: "{}", createdBy: "system", dateCreated: now()}
	sid := sidOrUniqueName
	if !isSID(sid, "CH") {
		info.uniqueName = sidOrUniqueName
		sid = s.seed.text("named channel").text(service).text(sidOrUniqueName).sid("CH")
	}
	return s.note(func() []entry {
		v.mu.Lock()
		defer v.mu.Unlock()
		if v.channels[sid] != nil || info.uniqueName != "" && v.uniqueNames[info.uniqueName] != nil {
			return nil
		}
		ch := newChannel(v, sid, publicChannel, info)
		v.addChannel(ch)
		return []entry{{Channel: ch.entry()}}
	})
}

// AddRole makes a channel role with that SID, unless there is a role of that SID. It may be called while the server
// answers. The error wraps [ErrNoService] where the Service is missing.
func (s *Server) AddRole(service, sid string) error {
	v, err := s.seeded(service)
	if err != nil {
		return fmt.Errorf("role %q in %q: %w", sid, service, err)
	}
	if v.roleKind(sid) != "" {
		return nil
	}
	if !isSID(sid, "RL") {
		return fmt.Errorf("role %q: expected RL and 32 hexadecimal digits", sid)
	}
	return s.note(func() []entry {
		v.mu.Lock()
		defer v.mu.Unlock()
		if v.roles[sid] != nil {
			return nil
		}
		at := now()
		r := &role{
			sid: sid, friendlyName: "seeded " + sid, kind: channelKind, permissions: channelUserPermissions,
			created: at, updated: at,
		}
		v.addRole(r)
		return []entry{{Role: r.entry(v)}}
	})
}

func (s *Server) seeded(sid string) (*service, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if v := s.services[sid]; v != nil {
		return v, nil
	}
	return nil, ErrNoService
}

// now is the moment that the API shows for what is made without a date: whole seconds, in UTC.
func now() time.Time { return time.Now().UTC().Truncate(time.Second) }
