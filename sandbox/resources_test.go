package sandbox_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/sandbox"
)

func TestChannels(t *testing.T) {
	t.Parallel()
	const make1 = "POST " + channels + " UniqueName=one"
	runTable(t, []exchange{
		{name: "create", do: "POST " + channels, status: 201, want: `{"unique_name":null,"friendly_name":null,"type":"public",
			"attributes":"{}","created_by":"system","date_updated":null,"members_count":0,"messages_count":0}`},
		{
			name: "create with everything", do: "POST " + channels + " FriendlyName=F&UniqueName=u&Attributes=1&Type=private" +
				"&DateCreated=" + anyDate + "&DateUpdated=2017-01-01T00:00:00Z&CreatedBy=jing", status: 201,
			header: []string{"X-Twilio-Webhook-Enabled", "false"},
			want: `{"friendly_name":"F","unique_name":"u","attributes":"1","type":"private","created_by":"jing",
				"date_created":"2016-03-24T21:05:50Z","date_updated":"2017-01-01T00:00:00Z"}`,
		},
		{name: "unique name taken", given: []string{make1}, do: make1, status: 409, want: `{"code":50307}`},
		{
			name: "unique name like a SID", do: "POST " + channels + " UniqueName=" + channelSID, status: 400,
			want: `{"code":50306}`,
		},
		{
			name: "unique name too long", do: "POST " + channels + " UniqueName=" + strings.Repeat("n", 65), status: 400,
			want: `{"code":20001}`,
		},
		{name: "attributes no JSON", do: "POST " + channels + " Attributes=x", status: 400, want: `{"code":50304}`},
		{name: "bad date", do: "POST " + channels + " DateCreated=x", status: 400, want: `{"code":50308}`},
		{name: "bad type", do: "POST " + channels + " Type=hidden", status: 400, want: `{"code":20001}`},
		{name: "unknown parameter", do: "POST " + channels + " Name=x", status: 400, want: `{"code":20001}`},
		{name: "fetch by SID", do: "GET " + channels + "/" + channelSID, status: 200, want: `{"sid":"` + channelSID + `"}`},
		{
			name: "fetch by unique name", given: []string{make1}, do: "GET " + channels + "/one", status: 200,
			want: `{"unique_name":"one"}`,
		},
		{
			name: "members are counted", given: []string{jing, member + " Identity=b", "DELETE " + atJing},
			do: "GET " + channels + "/" + channelSID, status: 200, want: `{"members_count":1}`,
		},
		{name: "update", given: []string{make1}, do: "POST " + channels + "/one UniqueName=two&FriendlyName=" +
			strings.Repeat("n", 256), status: 200, want: `{"unique_name":"two"}`},
		{name: "update to its own name", given: []string{make1}, do: "POST " + channels + "/one UniqueName=one", status: 200},
		{
			name: "update frees the old name", given: []string{make1, "POST " + channels + "/one UniqueName=two"}, do: make1,
			status: 201,
		},
		{
			name: "update to a taken name", given: []string{make1, "POST " + channels + " UniqueName=two"},
			do: "POST " + channels + "/one UniqueName=two", status: 409, want: `{"code":50307}`,
		},
		{
			name: "update has no type", given: []string{make1}, do: "POST " + channels + "/one Type=private", status: 400,
			want: `{"code":20001}`,
		},
		{
			name: "update with nothing", given: []string{make1}, do: "POST " + channels + "/one", status: 400,
			want: `{"code":20161}`,
		},
		{name: "delete", given: []string{make1}, do: "DELETE " + channels + "/one", status: 204},
		{
			name: "its members go with it", given: []string{jing, "DELETE " + channels + "/" + channelSID}, do: "GET " + atJing,
			status: 404, want: `{"code":20404}`,
		},
		{
			name: "and their users' counts", given: []string{jing, "DELETE " + channels + "/" + channelSID},
			do: "GET " + users + "/jing", status: 200, want: `{"joined_channels_count":0}`,
		},
		{
			name: "wrong header", do: "POST " + channels, header: []string{"X-Twilio-Webhook-Enabled", "1"}, status: 400,
			want: `{"code":20001}`,
		},
	})
}

func TestRoles(t *testing.T) {
	t.Parallel()
	const create = "POST " + roles + " FriendlyName=reader&Type=channel&Permission=leaveChannel&Permission=sendMessage"
	runTable(t, []exchange{
		{
			name: "create", do: create, status: 201,
			want: `{"friendly_name":"reader","type":"channel","permissions":["leaveChannel","sendMessage"]}`,
		},
		{name: "no name", do: "POST " + roles + " Type=channel&Permission=x", status: 400, want: `{"code":20001}`},
		{name: "no type", do: "POST " + roles + " FriendlyName=a&Permission=x", status: 400, want: `{"code":20001}`},
		{name: "no permission", do: "POST " + roles + " FriendlyName=a&Type=channel", status: 400, want: `{"code":20001}`},
		{name: "empty name", do: "POST " + roles + " FriendlyName=&Type=channel&Permission=x", status: 400, want: `{"code":20001}`},
		{name: "empty type", do: "POST " + roles + " FriendlyName=a&Type=&Permission=x", status: 400, want: `{"code":20001}`},
		{
			name: "empty permission", do: "POST " + roles + " FriendlyName=a&Type=channel&Permission=x&Permission=", status: 400,
			want: `{"code":20001}`,
		},
		{
			name: "wrong type", do: "POST " + roles + " FriendlyName=a&Type=member&Permission=x", status: 400,
			want: `{"code":50105}`,
		},
		{name: "fetch", do: "GET " + roles + "/" + roleSID, status: 200, want: `{"type":"channel"}`},
		{
			name: "fetch nothing", do: "GET " + roles + "/RL99999999999999999999999999999999", status: 404,
			want: `{"code":20404}`,
		},
		{
			name: "update replaces", do: "POST " + roles + "/" + roleSID + " Permission=sendMessage", status: 200,
			want: `{"permissions":["sendMessage"]}`,
		},
		{name: "update with nothing", do: "POST " + roles + "/" + roleSID, status: 400, want: `{"code":20001}`},
		{name: "update with an empty permission", do: "POST " + roles + "/" + roleSID + " Permission=", status: 400, want: `{"code":20001}`},
		{name: "delete", do: "DELETE " + roles + "/" + roleSID, status: 204},
		{
			name: "deleted", given: []string{"DELETE " + roles + "/" + roleSID}, do: jing + "&RoleSid=" + roleSID, status: 400,
			want: `{"code":50101}`,
		},
		{name: "list", do: "GET " + roles, status: 200},
	})
}

// A member's role is a channel role, a user's a deployment role, and each has the Service's default.
func TestRoleTypes(t *testing.T) {
	t.Parallel()
	s := newServer(t, sandbox.Config{})
	of := get(s, service)
	forMembers, forUsers := of.text(t, "default_channel_role_sid"), of.text(t, "default_service_role_sid")

	assert.Equal(t, forMembers, post(s, members, "Identity", "jing").text(t, "role_sid"))
	assert.Equal(t, forUsers, get(s, users+"/jing").text(t, "role_sid"))
	assertHas(t, `{"code":50105,"status":400}`, post(s, members, "Identity", "b", "RoleSid", forUsers))
	assertHas(t, `{"code":50105,"status":400}`, post(s, users, "Identity", "b", "RoleSid", forMembers))
	assertHas(t, `{"code":50105,"status":400}`, post(s, service, "DefaultServiceRoleSid", forMembers))
	assertHas(t, `{"code":20409,"status":409}`, del(s, roles+"/"+forUsers))

	require.Equal(t, 200, post(s, service, "DefaultChannelRoleSid", roleSID).status)
	assert.Equal(t, roleSID, post(s, members, "Identity", "c").text(t, "role_sid"))
	assert.Equal(t, 204, del(s, roles+"/"+forMembers).status, "it is no default any more")
}

func TestUsers(t *testing.T) {
	t.Parallel()
	const create = "POST " + users + " Identity=jing"
	runTable(t, []exchange{
		{name: "create", do: create, status: 201, want: `{"identity":"jing","friendly_name":null,"joined_channels_count":0}`},
		{
			name: "create with everything", do: create + "&FriendlyName=Jing&Attributes=%5B%5D", status: 201,
			want: `{"friendly_name":"Jing","attributes":"[]"}`,
		},
		{name: "twice", given: []string{create}, do: create, status: 409, want: `{"code":50201}`},
		{name: "after its member", given: []string{jing}, do: create, status: 409, want: `{"code":50201}`},
		{name: "no identity", do: "POST " + users, status: 400, want: `{"code":20001}`},
		{
			name: "like a SID", do: "POST " + users + " Identity=US00000000000000000000000000000000", status: 400,
			want: `{"code":50206}`,
		},
		{
			name: "role unknown", do: create + "&RoleSid=RL99999999999999999999999999999999", status: 400,
			want: `{"code":50102}`,
		},
		{name: "no dates", do: create + "&DateCreated=" + anyDate, status: 400, want: `{"code":20001}`},
		{
			name: "made with the member", given: []string{jing}, do: "GET " + users + "/jing", status: 200,
			want: `{"identity":"jing","attributes":"{}","joined_channels_count":1}`,
		},
		{name: "not made by a refused member", given: nil, do: "GET " + users + "/jing", status: 404, want: `{"code":20404}`},
		{
			name: "leaves with the member", given: []string{jing, "DELETE " + atJing}, do: "GET " + users + "/jing", status: 200,
			want: `{"joined_channels_count":0}`,
		},
		{
			name: "update", given: []string{create}, do: "POST " + users + "/jing FriendlyName=J&Attributes=1", status: 200,
			want: `{"friendly_name":"J","attributes":"1"}`,
		},
		{
			name: "update with nothing", given: []string{create}, do: "POST " + users + "/jing", status: 400,
			want: `{"code":20161}`,
		},
		{name: "delete", given: []string{jing}, do: "DELETE " + users + "/jing", status: 204},
		{
			name: "its memberships go with it", given: []string{jing, "DELETE " + users + "/jing"}, do: "GET " + atJing,
			status: 404, want: `{"code":20404}`,
		},
		{name: "list", given: []string{jing}, do: "GET " + users, status: 200},
		{name: "list its channels", given: []string{jing}, do: "GET " + users + "/jing/Channels", status: 200},
		{
			name: "at most 50 of them", given: []string{jing}, do: "GET " + users + "/jing/Channels?PageSize=51", status: 400,
			want: `{"code":20007}`,
		},
		{
			name: "fetch its channel", given: []string{jing}, do: "GET " + users + "/jing/Channels/" + channelSID, status: 200,
			want: `{"status":"joined","notification_level":"default","last_consumed_message_index":null}`,
		},
		{
			name: "mute its channel", given: []string{jing},
			do:     "POST " + users + "/jing/Channels/" + channelSID + " NotificationLevel=muted&LastConsumedMessageIndex=3",
			status: 200, want: `{"notification_level":"muted","last_consumed_message_index":3}`,
		},
		{
			name: "its channel is its member", given: []string{jing, "POST " + users + "/jing/Channels/" + channelSID +
				" LastConsumedMessageIndex=3&LastConsumptionTimestamp=" + anyDate}, do: "GET " + atJing, status: 200,
			want: `{"last_consumed_message_index":3,"last_consumption_timestamp":"2016-03-24T21:05:50Z"}`,
		},
		{
			name: "leave its channel", given: []string{jing}, do: "DELETE " + users + "/jing/Channels/" + channelSID,
			status: 204,
		},
		{
			name: "having left", given: []string{jing, "DELETE " + users + "/jing/Channels/" + channelSID}, do: "GET " + atJing,
			status: 404, want: `{"code":20404}`,
		},
		{
			name: "not its channel", given: []string{create}, do: "GET " + users + "/jing/Channels/" + channelSID, status: 404,
			want: `{"code":20404}`,
		},
	})
}

func TestServices(t *testing.T) {
	t.Parallel()
	runTable(t, []exchange{
		{name: "create", do: "POST " + services + " FriendlyName=mine", status: 201, want: `{"friendly_name":"mine",
			"limits":{"channel_members":1000,"user_channels":1000},"read_status_enabled":true,"reachability_enabled":false,
			"typing_indicator_timeout":5,"webhook_method":"POST"}`},
		{name: "create without a name", do: "POST " + services, status: 400, want: `{"code":20001}`},
		{name: "create with an empty name", do: "POST " + services + " FriendlyName=", status: 400, want: `{"code":20001}`},
		{name: "fetch", do: "GET " + service, status: 200, want: `{"sid":"` + serviceSID + `"}`},
		{
			name: "fetch nothing", do: "GET /v2/Services/IS99999999999999999999999999999999", status: 404,
			want: `{"code":20404,"message":"The requested resource /Services/IS99999999999999999999999999999999 was not found"}`,
		},
		{name: "list", do: "GET " + services, status: 200},
		{
			name: "update", do: "POST " + service + " Limits.ChannelMembers=5&Notifications.AddedToChannel.Enabled=true" +
				"&Notifications.NewMessage.BadgeCountEnabled=true&Notifications.LogEnabled=true&ReadStatusEnabled=false" +
				"&PreWebhookUrl=https://a.test&WebhookFilters=onMemberAdd&WebhookFilters=onMemberAdded&WebhookMethod=GET" +
				"&Media.CompatibilityMessage=none&TypingIndicatorTimeout=9", status: 200,
			want: `{"limits":{"channel_members":5,"user_channels":1000},"read_status_enabled":false,
				"pre_webhook_url":"https://a.test","webhook_filters":["onMemberAdd","onMemberAdded"],"webhook_method":"GET",
				"typing_indicator_timeout":9,"media":{"size_limit_mb":150,"compatibility_message":"none"},
				"notifications":{"log_enabled":true,
					"new_message":{"enabled":false,"template":null,"sound":null,"badge_count_enabled":true},
					"added_to_channel":{"enabled":true,"template":null,"sound":null},
					"removed_from_channel":{"enabled":false,"template":null,"sound":null},
					"invited_to_channel":{"enabled":false,"template":null,"sound":null}}}`,
		},
		{
			name: "filters are replaced", given: []string{"POST " + service + " WebhookFilters=a&WebhookFilters=b"},
			do: "POST " + service + " WebhookFilters=c", status: 200, want: `{"webhook_filters":["c"]}`,
		},
		{name: "limit too high", do: "POST " + service + " Limits.ChannelMembers=1001", status: 400, want: `{"code":20001}`},
		{
			name: "no such notification", do: "POST " + service + " Notifications.Removed.Enabled=true", status: 400,
			want: `{"code":20001}`,
		},
		{
			name: "badges are for messages", do: "POST " + service + " Notifications.AddedToChannel.BadgeCountEnabled=true",
			status: 400, want: `{"code":20001}`,
		},
		{name: "no boolean", do: "POST " + service + " ReadStatusEnabled=1", status: 400, want: `{"code":20001}`},
		{name: "a refused update changes nothing", do: "GET " + service, status: 200, want: `{"friendly_name":null}`},
		{name: "update with nothing", do: "POST " + service, status: 400, want: `{"code":20161}`},
		{name: "delete", do: "DELETE " + service, status: 204},
		{
			name: "all in it goes with it", given: []string{jing, "DELETE " + service}, do: "GET " + atJing, status: 404,
			want: `{"code":20404}`,
		},
	})
}

func TestARefusedServiceUpdateChangesNothing(t *testing.T) {
	t.Parallel()
	s := newServer(t, sandbox.Config{})
	before := get(s, service).body
	require.Equal(t, 400, send(s, "POST", service, "FriendlyName=new&ReadStatusEnabled=maybe").status)
	assert.Equal(t, before, get(s, service).body)
}

// Seeding is idempotent, and makes what was named and nothing else.
func TestSeeding(t *testing.T) {
	t.Parallel()
	s := newServer(t, sandbox.Config{})
	for range 2 {
		require.NoError(t, s.AddService(serviceSID))
		require.NoError(t, s.AddChannel(serviceSID, "by name"))
		require.NoError(t, s.AddChannel(serviceSID, channelSID))
		require.NoError(t, s.AddRole(serviceSID, roleSID))
	}
	listed := get(s, channels+"?Type=public&Type=private").object(t)["channels"]
	assert.Len(t, listed, 2)
	sid := get(s, channels+"/by%20name").text(t, "sid")
	assert.Regexp(t, "^CH[0-9a-f]{32}$", sid)

	require.Error(t, s.AddService("IS1"))
	require.Error(t, s.AddRole(serviceSID, "RL1"))
	require.Error(t, s.AddChannel(serviceSID, ""))
	const missing = "IS99999999999999999999999999999999"
	require.ErrorIs(t, s.AddChannel(missing, channelSID), sandbox.ErrNoService)
	require.ErrorIs(t, s.AddRole(missing, roleSID), sandbox.ErrNoService)

	twin := newServer(t, sandbox.Config{})
	require.NoError(t, twin.AddChannel(serviceSID, "by name"))
	assert.Equal(t, sid, get(twin, channels+"/by%20name").text(t, "sid"), "the same seed, the same SIDs")
	other := newServer(t, sandbox.Config{Seed: 1})
	require.NoError(t, other.AddChannel(serviceSID, "by name"))
	assert.NotEqual(t, sid, get(other, channels+"/by%20name").text(t, "sid"))
}
