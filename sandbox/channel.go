package sandbox

import (
	"sync"
	"time"
)

// channel is a Channel and its members, under one lock.
type channel struct {
	sid     string
	service *service
	kind    string // public or private; nothing changes it
	number  uint64

	mu      sync.RWMutex
	info    channelInfo
	deleted bool
	members map[string]*member // by identity
	bySID   map[string]*member
	list    sequence[*member]
	again   map[string]uint64 // how often an identity's member was deleted, so that the next one has another SID

	writes window
}

// channelInfo is what the API shows of a channel and lets change.
type channelInfo struct {
	friendlyName string
	uniqueName   string
	attributes   string
	createdBy    string
	dateCreated  time.Time
	dateUpdated  time.Time // zero: null
}

// A channel is of one of two types.
const publicChannel, privateChannel = "public", "private"

func newChannel(v *service, sid, kind string, info channelInfo) *channel {
	return &channel{
		sid: sid, service: v, kind: kind, info: info,
		members: map[string]*member{}, bySID: map[string]*member{},
	}
}

// addChannel takes the channel in. The caller holds the Service's lock.
func (v *service) addChannel(ch *channel) {
	ch.number = v.channelList.add(ch)
	v.channels[ch.sid] = ch
	if name := ch.info.uniqueName; name != "" {
		v.uniqueNames[name] = ch
	}
}

// find returns the member with the SID or the identity; no identity of a member looks like a member's SID unless it
// was created so, and then the SID wins. The caller holds the lock.
func (ch *channel) find(name string) *member {
	if ch.deleted {
		return nil
	}
	if m := ch.bySID[name]; m != nil {
		return m
	}
	return ch.members[name]
}

func (ch *channel) appendJSON(out []byte, base string) []byte {
	ch.mu.RLock()
	defer ch.mu.RUnlock()
	v, info := ch.service, &ch.info
	o := openObject(out)
	o.text("sid", ch.sid)
	o.text("account_sid", v.account)
	o.text("service_sid", v.sid)
	o.optional("friendly_name", info.friendlyName)
	o.optional("unique_name", info.uniqueName)
	o.text("attributes", info.attributes)
	o.text("type", ch.kind)
	o.date("date_created", info.dateCreated)
	o.date("date_updated", info.dateUpdated)
	o.text("created_by", info.createdBy)
	o.integer("members_count", int64(len(ch.members)))
	o.integer("messages_count", 0)
	o.address("url", base, "/v2/Services/", v.sid, "/Channels/", ch.sid)
	o.key("links")
	links := openObject(o.out)
	for _, l := range channelLinks {
		links.address(l.name, base, "/v2/Services/", v.sid, "/Channels/", ch.sid, l.path)
	}
	links.null("last_message")
	o.out = links.close()
	return o.close()
}

// channelLinks are the addresses that a channel shows. Only its members are served.
var channelLinks = [...]struct{ name, path string }{
	{"members", "/Members"}, {"messages", "/Messages"}, {"invites", "/Invites"}, {"webhooks", "/Webhooks"},
}
