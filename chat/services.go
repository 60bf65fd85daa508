package chat

import "context"

// Service is a Service as the API answers it, as far as a restore looks at it.
type Service struct {
	SID                          string            `json:"sid"`
	AccountSID                   string            `json:"account_sid"`
	FriendlyName                 string            `json:"friendly_name"`
	DefaultServiceRoleSID        string            `json:"default_service_role_sid"`
	DefaultChannelRoleSID        string            `json:"default_channel_role_sid"`
	DefaultChannelCreatorRoleSID string            `json:"default_channel_creator_role_sid"`
	ReadStatusEnabled            bool              `json:"read_status_enabled"`
	Limits                       Limits            `json:"limits"`
	Notifications                NotificationRules `json:"notifications"`
}

// Limits are how much a Service lets grow; 0 where the answer does not say. Each can be set up to 1000.
type Limits struct {
	ChannelMembers int `json:"channel_members"`
	UserChannels   int `json:"user_channels"`
}

// NotificationRules say which events of a Service reach its users' devices.
type NotificationRules struct {
	AddedToChannel NotificationRule `json:"added_to_channel"`
}

// NotificationRule says whether one event does.
type NotificationRule struct {
	Enabled bool `json:"enabled"`
}

// Channel is a Channel as the API answers it.
type Channel struct {
	SID           string `json:"sid"`
	ServiceSID    string `json:"service_sid"`
	UniqueName    string `json:"unique_name"`
	FriendlyName  string `json:"friendly_name"`
	Type          string `json:"type"` // "public" or "private"
	CreatedBy     string `json:"created_by"`
	MembersCount  int    `json:"members_count"`
	MessagesCount int    `json:"messages_count"`
}

// Role is a Role as the API answers it.
type Role struct {
	SID          string   `json:"sid"`
	ServiceSID   string   `json:"service_sid"`
	FriendlyName string   `json:"friendly_name"`
	Type         string   `json:"type"` // "channel" or "deployment", which is one of the whole Service
	Permissions  []string `json:"permissions"`
}

// FetchService returns the Service with the SID service. Any answer but 200 is an [*Error].
func (c *Client) FetchService(ctx context.Context, service string) (Service, error) {
	return fetch[Service](ctx, c, "fetch service", part{"v2/Services", service, "the Service's SID"})
}

// FetchChannel returns the channel that channel names by SID or unique name. Any answer but 200 is an [*Error].
func (c *Client) FetchChannel(ctx context.Context, service, channel string) (Channel, error) {
	return fetch[Channel](ctx, c, "fetch channel",
		part{"v2/Services", service, "the Service's SID"}, part{"Channels", channel, "the channel's SID or unique name"})
}

// FetchRole returns the role with the SID role. Any answer but 200 is an [*Error].
func (c *Client) FetchRole(ctx context.Context, service, role string) (Role, error) {
	return fetch[Role](ctx, c, "fetch role",
		part{"v2/Services", service, "the Service's SID"}, part{"Roles", role, "the Role's SID"})
}

func (s Service) id() string { return s.SID }
func (c Channel) id() string { return c.SID }
func (r Role) id() string    { return r.SID }
