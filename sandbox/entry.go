package sandbox

import "time"

// entry is one change, as the state's file has it: a resource as it is now, or one that is gone. Exactly one of its
// fields is set. Reading an entry twice does the same as reading it once.
type entry struct {
	Server  *serverEntry  `json:"server,omitempty"`
	Service *serviceEntry `json:"service,omitempty"`
	Role    *roleEntry    `json:"role,omitempty"`
	Channel *channelEntry `json:"channel,omitempty"`
	User    *userEntry    `json:"user,omitempty"`
	Member  *memberEntry  `json:"member,omitempty"`
	Gone    *goneEntry    `json:"gone,omitempty"`
}

// The numbers of entries are the places in the lists, so that pages have the same order; those called Last and Born are
// counters, so that nothing new gets a number or a SID that something deleted had.

type serverEntry struct {
	Born        uint64 `json:"born"`
	LastService uint64 `json:"last_service"`
}

type serviceEntry struct {
	SID         string            `json:"sid"`
	Account     string            `json:"account"`
	Number      uint64            `json:"number"`
	Created     time.Time         `json:"created"`
	Updated     time.Time         `json:"updated"`
	Settings    settingsEntry     `json:"settings"`
	Born        uint64            `json:"born,omitempty"`
	LastChannel uint64            `json:"last_channel,omitempty"`
	LastRole    uint64            `json:"last_role,omitempty"`
	LastUser    uint64            `json:"last_user,omitempty"`
	Again       map[string]uint64 `json:"again,omitempty"`
}

type settingsEntry struct {
	FriendlyName      string               `json:"friendly_name,omitempty"`
	Roles             [3]string            `json:"roles"` // of users, of members, of channels' creators
	ReadStatus        bool                 `json:"read_status,omitempty"`
	Reachability      bool                 `json:"reachability,omitempty"`
	Typing            int                  `json:"typing"`
	Consumption       int                  `json:"consumption"`
	Members           int                  `json:"members,omitempty"`
	Channels          int                  `json:"channels,omitempty"`
	PreWebhook        string               `json:"pre_webhook,omitempty"`
	PostWebhook       string               `json:"post_webhook,omitempty"`
	WebhookMethod     string               `json:"webhook_method"`
	WebhookFilters    []string             `json:"webhook_filters,omitempty"`
	PreWebhookRetries int                  `json:"pre_webhook_retries,omitempty"`
	PostRetries       int                  `json:"post_webhook_retries,omitempty"`
	LogNotifications  bool                 `json:"log_notifications,omitempty"`
	Notifications     [4]notificationEntry `json:"notifications"`
	MediaMessage      string               `json:"media_message,omitempty"`
}

type notificationEntry struct {
	Enabled    bool   `json:"enabled,omitempty"`
	BadgeCount bool   `json:"badge_count,omitempty"`
	Template   string `json:"template,omitempty"`
	Sound      string `json:"sound,omitempty"`
}

type roleEntry struct {
	Service     string    `json:"service"`
	SID         string    `json:"sid"`
	Name        string    `json:"name"`
	Kind        roleKind  `json:"kind"`
	Permissions []string  `json:"permissions"`
	Created     time.Time `json:"created"`
	Updated     time.Time `json:"updated"`
	Number      uint64    `json:"number"`
	Born        uint64    `json:"born,omitempty"`
}

type channelEntry struct {
	Service    string            `json:"service"`
	SID        string            `json:"sid"`
	Kind       string            `json:"kind"`
	Name       string            `json:"name,omitempty"`
	UniqueName string            `json:"unique_name,omitempty"`
	Attributes string            `json:"attributes"`
	CreatedBy  string            `json:"created_by"`
	Created    time.Time         `json:"created"`
	Updated    time.Time         `json:"updated,omitzero"`
	Number     uint64            `json:"number"`
	Born       uint64            `json:"born,omitempty"`
	LastMember uint64            `json:"last_member,omitempty"`
	Again      map[string]uint64 `json:"again,omitempty"`
}

type userEntry struct {
	Service     string    `json:"service"`
	SID         string    `json:"sid"`
	Identity    string    `json:"identity"`
	Role        string    `json:"role"`
	Attributes  string    `json:"attributes"`
	Name        string    `json:"name,omitempty"`
	Created     time.Time `json:"created"`
	Updated     time.Time `json:"updated"`
	Number      uint64    `json:"number"`
	LastChannel uint64    `json:"last_channel,omitempty"`
}

type memberEntry struct {
	Service    string    `json:"service"`
	Channel    string    `json:"channel"`
	SID        string    `json:"sid"`
	Identity   string    `json:"identity"`
	Role       string    `json:"role"`
	Attributes string    `json:"attributes"`
	Index      int64     `json:"index"` // -1: none
	Read       time.Time `json:"read,omitzero"`
	Created    time.Time `json:"created"`
	Updated    time.Time `json:"updated,omitzero"`
	Number     uint64    `json:"number"`
	Joined     uint64    `json:"joined"`
	Muted      bool      `json:"muted,omitempty"`
}

// goneEntry names what was deleted: the last of its SIDs, within those before it.
type goneEntry struct {
	Service string `json:"service"`
	Role    string `json:"role,omitempty"`
	Channel string `json:"channel,omitempty"`
	User    string `json:"user,omitempty"`
	Member  string `json:"member,omitempty"`
}

func (s *Server) entry() *serverEntry { return &serverEntry{s.born, s.serviceList.last} }

// withRoles is a Service and its roles, as a new one has them.
func (v *service) withRoles() []entry {
	entries := []entry{{Service: v.entry()}}
	for _, n := range v.roleList.items {
		entries = append(entries, entry{Role: n.item.entry(v)})
	}
	return entries
}

func (v *service) entry() *serviceEntry {
	return &serviceEntry{
		SID: v.sid, Account: v.account, Number: v.number, Created: v.created, Updated: v.updated,
		Settings: v.settings.entry(), Born: v.born, LastChannel: v.channelList.last,
		LastRole: v.roleList.last, LastUser: v.userList.last, Again: v.deletedUsers,
	}
}

func (t *settings) entry() settingsEntry {
	e := settingsEntry{
		FriendlyName: t.friendlyName, Roles: [3]string{t.serviceRole, t.channelRole, t.creatorRole},
		ReadStatus: t.readStatus, Reachability: t.reachability, Typing: t.typingTimeout, Consumption: t.consumptionInterval,
		Members: t.channelMembers, Channels: t.userChannels, PreWebhook: t.preWebhook, PostWebhook: t.postWebhook,
		WebhookMethod: t.webhookMethod, WebhookFilters: t.webhookFilters, PreWebhookRetries: t.preWebhookRetries,
		PostRetries: t.postWebhookRetries, LogNotifications: t.logNotifications, MediaMessage: t.mediaMessage,
	}
	for i, n := range t.notifications {
		e.Notifications[i] = notificationEntry{n.enabled, n.badgeCount, n.template, n.sound}
	}
	return e
}

func (r *role) entry(v *service) *roleEntry {
	return &roleEntry{
		Service: v.sid, SID: r.sid, Name: r.friendlyName, Kind: r.kind, Permissions: r.permissions,
		Created: r.created, Updated: r.updated, Number: r.number, Born: v.born,
	}
}

func (ch *channel) entry() *channelEntry {
	return &channelEntry{
		Service: ch.service.sid, SID: ch.sid, Kind: ch.kind, Name: ch.info.friendlyName, UniqueName: ch.info.uniqueName,
		Attributes: ch.info.attributes, CreatedBy: ch.info.createdBy, Created: ch.info.dateCreated,
		Updated: ch.info.dateUpdated, Number: ch.number, Born: ch.service.born, LastMember: ch.list.last, Again: ch.again,
	}
}

func (u *user) entry(v *service) *userEntry {
	return &userEntry{
		Service: v.sid, SID: u.sid, Identity: u.identity, Role: u.roleSID, Attributes: u.attributes, Name: u.friendlyName,
		Created: u.created, Updated: u.updated, Number: u.number, LastChannel: u.channels.last,
	}
}

func (m *member) entry(ch *channel) *memberEntry {
	return &memberEntry{
		Service: ch.service.sid, Channel: ch.sid, SID: m.sid, Identity: m.user.identity, Role: m.roleSID,
		Attributes: m.attributes, Index: m.index, Read: m.read, Created: m.created, Updated: m.updated,
		Number: m.number, Joined: m.joined, Muted: m.muted,
	}
}
