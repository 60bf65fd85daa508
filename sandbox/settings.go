package sandbox

import (
	"math"
	"strings"
)

// settings is what a Service's owner sets, with the documented defaults.
type settings struct {
	friendlyName                          string
	serviceRole, channelRole              string
	creatorRole                           string
	readStatus, reachability              bool
	typingTimeout, consumptionInterval    int
	channelMembers, userChannels          int // 0: not set
	preWebhook, postWebhook               string
	webhookMethod                         string
	webhookFilters                        []string
	preWebhookRetries, postWebhookRetries int
	logNotifications                      bool
	notifications                         [4]notification // in the order of notificationKinds
	mediaMessage                          string
}

// notification is one of the push notifications that a Service can send. This server sends none.
type notification struct {
	enabled, badgeCount bool
	template, sound     string
}

// notificationKinds names them, as a parameter does and as the answer does.
var notificationKinds = [...]struct{ parameter, field string }{
	{"NewMessage", "new_message"},
	{"AddedToChannel", "added_to_channel"},
	{"RemovedFromChannel", "removed_from_channel"},
	{"InvitedToChannel", "invited_to_channel"},
}

const (
	maxServiceLimit = 1000 // "can be up to 1,000", members a channel and channels a user
	mediaSizeLimit  = 150  // MB, as the OpenAPI description's example shows it
)

func newSettings() settings {
	return settings{readStatus: true, typingTimeout: 5, consumptionInterval: 10, webhookMethod: "POST"}
}

// set reads one parameter of an update. The caller holds the Service's lock.
func (v *service) set(t *settings, arg *parameter) (fault *apiError) {
	value := strings.Clone(arg.value)
	switch arg.name {
	case "FriendlyName":
		t.friendlyName = value
	case "DefaultServiceRoleSid":
		t.serviceRole, fault = v.role(value, deploymentKind)
	case "DefaultChannelRoleSid":
		t.channelRole, fault = v.role(value, channelKind)
	case "DefaultChannelCreatorRoleSid":
		t.creatorRole, fault = v.role(value, channelKind)
	case "ReadStatusEnabled":
		t.readStatus, fault = parseBoolean(arg.name, value)
	case "ReachabilityEnabled":
		t.reachability, fault = parseBoolean(arg.name, value)
	case "TypingIndicatorTimeout":
		t.typingTimeout, fault = parseCount(arg.name, value, 0, math.MaxInt32)
	case "ConsumptionReportInterval":
		t.consumptionInterval, fault = parseCount(arg.name, value, 0, math.MaxInt32)
	case "Limits.ChannelMembers":
		t.channelMembers, fault = parseCount(arg.name, value, 1, maxServiceLimit)
	case "Limits.UserChannels":
		t.userChannels, fault = parseCount(arg.name, value, 1, maxServiceLimit)
	case "Media.CompatibilityMessage":
		t.mediaMessage = value
	default:
		return t.setHook(arg.name, value)
	}
	return fault
}

// setHook reads the parameters of webhooks and of notifications.
func (t *settings) setHook(name, value string) (fault *apiError) {
	switch name {
	case "PreWebhookUrl":
		t.preWebhook = value
	case "PostWebhookUrl":
		t.postWebhook = value
	case "WebhookMethod":
		if value != get && value != post {
			return badRequest(codeParameter, "Invalid WebhookMethod: expected GET or POST")
		}
		t.webhookMethod = value
	case "WebhookFilters": // the values of all of them are read together
	case "PreWebhookRetryCount":
		t.preWebhookRetries, fault = parseCount(name, value, 0, math.MaxInt32)
	case "PostWebhookRetryCount":
		t.postWebhookRetries, fault = parseCount(name, value, 0, math.MaxInt32)
	case "Notifications.LogEnabled":
		t.logNotifications, fault = parseBoolean(name, value)
	default:
		return t.setNotification(name, value)
	}
	return fault
}

func (t *settings) setNotification(name, value string) (fault *apiError) {
	unknown := badRequest(codeParameter, "Unknown parameter "+name+" in the post body")
	rest, found := strings.CutPrefix(name, "Notifications.")
	kind, field, dotted := strings.Cut(rest, ".")
	if !found || !dotted {
		return unknown
	}
	for i := range notificationKinds {
		if notificationKinds[i].parameter != kind {
			continue
		}
		n := &t.notifications[i]
		switch {
		case field == "Enabled":
			n.enabled, fault = parseBoolean(name, value)
		case field == "Template":
			n.template = value
		case field == "Sound":
			n.sound = value
		case field == "BadgeCountEnabled" && kind == "NewMessage":
			n.badgeCount, fault = parseBoolean(name, value)
		default:
			return unknown
		}
		return fault
	}
	return unknown
}

// role wants a role of the kind. The caller holds the lock.
func (v *service) role(sid string, kind roleKind) (string, *apiError) {
	switch r := v.roles[sid]; {
	case r == nil && kind == channelKind:
		return "", badRequest(codeChannelRoleMissing, "Channel role not found")
	case r == nil:
		return "", badRequest(codeServiceRoleMissing, "Deployment role not found")
	case r.kind != kind:
		return "", badRequest(codeRoleType, "Invalid role type: expected a "+string(kind)+" role")
	default:
		return r.sid, nil
	}
}

func (t *settings) appendFields(o *object) {
	o.optional("friendly_name", t.friendlyName)
	o.text("default_service_role_sid", t.serviceRole)
	o.text("default_channel_role_sid", t.channelRole)
	o.text("default_channel_creator_role_sid", t.creatorRole)
	o.boolean("read_status_enabled", t.readStatus)
	o.boolean("reachability_enabled", t.reachability)
	o.integer("typing_indicator_timeout", int64(t.typingTimeout))
	o.integer("consumption_report_interval", int64(t.consumptionInterval))
	o.optional("pre_webhook_url", t.preWebhook)
	o.optional("post_webhook_url", t.postWebhook)
	o.text("webhook_method", t.webhookMethod)
	if t.webhookFilters == nil {
		o.null("webhook_filters")
	} else {
		o.texts("webhook_filters", t.webhookFilters)
	}
	o.integer("pre_webhook_retry_count", int64(t.preWebhookRetries))
	o.integer("post_webhook_retry_count", int64(t.postWebhookRetries))
	t.appendNotifications(o)
	o.key("media")
	media := openObject(o.out)
	media.integer("size_limit_mb", mediaSizeLimit)
	media.optional("compatibility_message", t.mediaMessage)
	o.out = media.close()
}

func (t *settings) appendNotifications(o *object) {
	o.key("notifications")
	all := openObject(o.out)
	all.boolean("log_enabled", t.logNotifications)
	for i, kind := range notificationKinds {
		n := &t.notifications[i]
		all.key(kind.field)
		one := openObject(all.out)
		one.boolean("enabled", n.enabled)
		one.optional("template", n.template)
		one.optional("sound", n.sound)
		if kind.parameter == "NewMessage" {
			one.boolean("badge_count_enabled", n.badgeCount)
		}
		all.out = one.close()
	}
	o.out = all.close()
}
