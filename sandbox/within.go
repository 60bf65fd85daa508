package sandbox

// inService is an operation within the Service that the path names; where there is none, it is not found.
func inService(run func(*Server, *exchange, *service) *apiError) func(*Server, *exchange) *apiError {
	return func(s *Server, x *exchange) *apiError {
		s.mu.RLock()
		v := s.services[x.names[0]]
		s.mu.RUnlock()
		if v == nil {
			return x.missing()
		}
		return run(s, x, v)
	}
}

// inChannel is an operation within the channel that the path names, by SID or unique name.
func inChannel(run func(*Server, *exchange, *channel) *apiError) func(*Server, *exchange) *apiError {
	return inService(func(s *Server, x *exchange, v *service) *apiError {
		ch := v.channel(x.names[1])
		if ch == nil {
			return x.missing()
		}
		return run(s, x, ch)
	})
}

// inUserChannel is an operation on a user's channel, which is the user's member there. It runs with the channel's lock
// held.
func inUserChannel(run func(*Server, *exchange, *channel, *member) *apiError) func(*Server, *exchange) *apiError {
	return inService(func(s *Server, x *exchange, v *service) *apiError {
		v.mu.RLock()
		u := v.user(x.names[1])
		v.mu.RUnlock()
		ch := v.channel(x.names[2])
		if u == nil || ch == nil {
			return x.missing()
		}
		ch.mu.Lock()
		defer ch.mu.Unlock()
		m := ch.members[u.identity]
		if m == nil || m.user != u || ch.deleted {
			return x.missing()
		}
		return run(s, x, ch, m)
	})
}
