package sandbox

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// How long a channel's names may be, in characters, as the OpenAPI description's texts say: less where it is created.
const (
	maxNameCreated = 64
	maxNameUpdated = 256
)

// channelPatch is what the body of a create or an update says.
type channelPatch struct {
	info  channelInfo
	given map[string]bool
}

var channelUpdates = []string{"FriendlyName", "UniqueName", "Attributes", "DateCreated", "DateUpdated", "CreatedBy"}

var channelCreates = append([]string{"Type"}, channelUpdates...)

func (s *Server) readChannel(x *exchange, takes []string, longest int) (p channelPatch, _ *apiError) {
	if fault := x.args.only(takes); fault != nil {
		return p, fault
	}
	p.given = map[string]bool{}
	for _, arg := range x.args {
		p.given[arg.name] = true
		if fault := s.readChannelValue(&p.info, arg, longest); fault != nil {
			return p, fault
		}
	}
	return p, nil
}

func (s *Server) readChannelValue(info *channelInfo, arg parameter, longest int) (fault *apiError) {
	value := strings.Clone(arg.value)
	switch arg.name {
	case "FriendlyName":
		info.friendlyName = value
		fault = checkLength(arg.name, value, longest)
	case "UniqueName":
		info.uniqueName = value
		if isSID(value, "CH") {
			return badRequest(codeUniqueNameIsSID, "Channel unique name should not match the channel SID pattern")
		}
		fault = checkLength(arg.name, value, longest)
	case "Attributes":
		info.attributes = value
		fault = s.checkAttributes(value)
	case "DateCreated":
		info.dateCreated, fault = parseDate(value, codeDateCreated, arg.name)
	case "DateUpdated":
		info.dateUpdated, fault = parseDate(value, codeDateUpdated, arg.name)
	case "CreatedBy":
		info.createdBy = value
	}
	return fault
}

func checkLength(name, value string, longest int) *apiError {
	if utf8.RuneCountInString(value) > longest {
		return badRequest(codeParameter, "Invalid "+name+": at most "+strconv.Itoa(longest)+" characters")
	}
	return nil
}

func (s *Server) createChannel(x *exchange, v *service) *apiError {
	p, fault := s.readChannel(x, channelCreates, maxNameCreated)
	if fault != nil {
		return fault
	}
	kind := publicChannel
	if text, given := x.args.lookup("Type"); given {
		if text != publicChannel && text != privateChannel {
			return badRequest(codeParameter, "Invalid Type: expected public or private")
		}
		kind = strings.Clone(text)
	}
	if fault := s.admitServiceWrite(x, v); fault != nil {
		return fault
	}
	if !p.given["Attributes"] {
		p.info.attributes = "{}"
	}
	if p.info.createdBy == "" {
		p.info.createdBy = "system"
	}
	if p.info.dateCreated.IsZero() {
		p.info.dateCreated = x.now
	}
	ch, fault := s.insertChannel(x, v, kind, p.info)
	if fault != nil {
		return fault
	}
	return x.answer(ch.appendJSON(x.out, x.base))
}

func (s *Server) insertChannel(x *exchange, v *service, kind string, info channelInfo) (*channel, *apiError) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.deleted {
		return nil, x.missing()
	}
	if v.uniqueNames[info.uniqueName] != nil {
		return nil, uniqueNameTaken()
	}
	sid := s.seed.text("channel").text(v.sid).number(v.next()).sid("CH")
	ch := newChannel(v, sid, kind, info)
	v.addChannel(ch)
	return ch, nil
}

func uniqueNameTaken() *apiError {
	return conflict(codeUniqueNameTaken, "Channel with provided unique name already exists")
}

func (s *Server) fetchChannel(x *exchange, ch *channel) *apiError {
	return x.answer(ch.appendJSON(x.out, x.base))
}

func (s *Server) listChannels(x *exchange, v *service) *apiError {
	at, fault := x.pageRequest(maxPageSize)
	if fault != nil {
		return fault
	}
	kinds := x.query.all("Type")
	for _, k := range kinds {
		if k != publicChannel && k != privateChannel {
			return badRequest(codeParameter, "Invalid Type: expected public or private")
		}
	}
	if len(kinds) == 0 { // "defaults to public", the OpenAPI description says
		kinds = []string{publicChannel}
	}
	v.mu.RLock()
	items, before, after := v.channelList.window(at.at, at.size, func(ch *channel) bool {
		return slices.Contains(kinds, ch.kind)
	})
	v.mu.RUnlock()
	return x.answer(pageOf(x, "channels", at, items, before, after, func(out []byte, ch *channel) []byte {
		return ch.appendJSON(out, x.base)
	}))
}

func (s *Server) updateChannel(x *exchange, ch *channel) *apiError {
	if len(x.args) == 0 {
		return nothingToUpdate()
	}
	p, fault := s.readChannel(x, channelUpdates, maxNameUpdated)
	if fault != nil {
		return fault
	}
	if fault := s.admitChannelWrite(x, ch, false); fault != nil {
		return fault
	}
	if p.info.dateUpdated.IsZero() {
		p.info.dateUpdated, p.given["DateUpdated"] = x.now, true
	}
	if fault := ch.update(x, &p); fault != nil {
		return fault
	}
	return x.answer(ch.appendJSON(x.out, x.base))
}

func (ch *channel) update(x *exchange, p *channelPatch) *apiError {
	ch.mu.Lock()
	defer ch.mu.Unlock()
	if ch.deleted {
		return x.missing()
	}
	if p.given["UniqueName"] {
		if fault := ch.rename(p.info.uniqueName); fault != nil {
			return fault
		}
	}
	for name := range p.given {
		switch name {
		case "FriendlyName":
			ch.info.friendlyName = p.info.friendlyName
		case "Attributes":
			ch.info.attributes = p.info.attributes
		case "DateCreated":
			ch.info.dateCreated = p.info.dateCreated
		case "DateUpdated":
			ch.info.dateUpdated = p.info.dateUpdated
		case "CreatedBy":
			ch.info.createdBy = p.info.createdBy
		}
	}
	return nil
}

// rename gives the channel another unique name, or none. The caller holds the channel's lock.
func (ch *channel) rename(name string) *apiError {
	v := ch.service
	v.mu.Lock()
	defer v.mu.Unlock()
	if holder := v.uniqueNames[name]; holder != nil && holder != ch {
		return uniqueNameTaken()
	}
	delete(v.uniqueNames, ch.info.uniqueName)
	if name != "" {
		v.uniqueNames[name] = ch
	}
	ch.info.uniqueName = name
	return nil
}

func (s *Server) deleteChannel(x *exchange, ch *channel) *apiError {
	if fault := s.admitServiceWrite(x, ch.service); fault != nil {
		return fault
	}
	ch.mu.Lock()
	defer ch.mu.Unlock()
	if ch.deleted {
		return x.missing()
	}
	ch.end()
	return x.answer(x.out)
}

// end takes the channel out of its Service, and out of its members' users. The caller holds the channel's lock.
func (ch *channel) end() {
	ch.deleted = true
	v := ch.service
	v.mu.Lock()
	defer v.mu.Unlock()
	delete(v.channels, ch.sid)
	delete(v.uniqueNames, ch.info.uniqueName)
	v.channelList.remove(ch.number)
	for _, m := range ch.members {
		m.user.channels.remove(m.joined)
	}
}
