package sandbox

import "strings"

func (s *Server) createService(x *exchange) *apiError {
	if fault := x.args.only([]string{"FriendlyName"}); fault != nil {
		return fault
	}
	name, fault := x.args.required("FriendlyName")
	if fault != nil {
		return fault
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.born++
	v := s.newService(s.seed.text("service").number(s.born).sid("IS"), x.now)
	v.settings.friendlyName = strings.Clone(name)
	s.addService(v)
	return x.answer(v.appendJSON(x.out, x.base))
}

func (s *Server) fetchService(x *exchange, v *service) *apiError {
	return x.answer(v.appendJSON(x.out, x.base))
}

func (s *Server) listServices(x *exchange) *apiError {
	at, fault := x.pageRequest(maxPageSize)
	if fault != nil {
		return fault
	}
	s.mu.RLock()
	items, before, after := s.serviceList.window(at.at, at.size, nil)
	s.mu.RUnlock()
	return x.answer(pageOf(x, "services", at, items, before, after, func(out []byte, v *service) []byte {
		return v.appendJSON(out, x.base)
	}))
}

func (s *Server) updateService(x *exchange, v *service) *apiError {
	if len(x.args) == 0 {
		return nothingToUpdate()
	}
	if fault := v.update(x); fault != nil {
		return fault
	}
	return x.answer(v.appendJSON(x.out, x.base))
}

// update sets all of the parameters, or none where one of them cannot be.
func (v *service) update(x *exchange) *apiError {
	v.mu.Lock()
	defer v.mu.Unlock()
	changed := v.settings
	for i := range x.args {
		if fault := v.set(&changed, &x.args[i]); fault != nil {
			return fault
		}
	}
	if filters := x.args.all("WebhookFilters"); filters != nil {
		changed.webhookFilters = filters
	}
	v.updated = x.now
	v.take(&changed)
	return nil
}

// take makes the settings the Service's, and its limits those that they set. The caller holds the lock.
func (v *service) take(t *settings) {
	v.settings = *t
	if t.channelMembers > 0 {
		v.channelMembers.Store(int64(t.channelMembers))
	}
	if t.userChannels > 0 {
		v.userChannels.Store(int64(t.userChannels))
	}
}

func (s *Server) deleteService(x *exchange, v *service) *apiError {
	v.mu.Lock()
	v.deleted = true
	v.mu.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.services[v.sid] != v {
		return x.missing()
	}
	delete(s.services, v.sid)
	s.serviceList.remove(v.number)
	return x.answer(x.out)
}

func (v *service) appendJSON(out []byte, base string) []byte {
	v.mu.RLock()
	defer v.mu.RUnlock()
	o := openObject(out)
	o.text("sid", v.sid)
	o.text("account_sid", v.account)
	o.date("date_created", v.created)
	o.date("date_updated", v.updated)
	v.settings.appendFields(&o)
	o.key("limits")
	limits := openObject(o.out)
	limits.integer("channel_members", v.channelMembers.Load())
	limits.integer("user_channels", v.userChannels.Load())
	o.out = limits.close()
	o.address("url", base, "/v2/Services/", v.sid)
	o.key("links")
	links := openObject(o.out)
	for _, l := range serviceLinks {
		links.address(l.name, base, "/v2/Services/", v.sid, l.path)
	}
	o.out = links.close()
	return o.close()
}

// serviceLinks are the addresses that a Service shows. Bindings are not served.
var serviceLinks = [...]struct{ name, path string }{
	{"channels", "/Channels"}, {"users", "/Users"}, {"roles", "/Roles"}, {"bindings", "/Bindings"},
}
