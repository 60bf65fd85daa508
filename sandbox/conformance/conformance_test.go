package conformance

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	chat "github.com/twilio/twilio-go/rest/chat/v2"

	"rejoin/sandbox"
)

// The whole API, in the order in which an application uses it.
func TestTheOfficialClient(t *testing.T) {
	t.Parallel()
	s := newSuite(t)
	service := s.services(t)
	role := s.roles(t, service)
	s.channels(t, service)
	s.members(t, service, role)
	s.users(t, service)
	s.userChannels(t, service)
	require.NoError(t, s.DeleteService(service))
	_, err := s.FetchService(service)
	refused(t, err, http.StatusNotFound, 20404)
	s.answered(t)
}

func TestWrongCredentials(t *testing.T) {
	t.Parallel()
	server, err := sandbox.New(sandbox.Config{AccountSID: accountSID, AuthToken: authToken})
	require.NoError(t, err)
	_, err = clientOf(t, server, "another").ListService(nil)
	refused(t, err, http.StatusUnauthorized, 20003)
}

func TestTooManyWrites(t *testing.T) {
	t.Parallel()
	server, err := sandbox.New(sandbox.Config{Limits: sandbox.DocumentedLimits()})
	require.NoError(t, err)
	client := clientOf(t, server, authToken)
	service, err := client.CreateService(new(chat.CreateServiceParams).SetFriendlyName("a"))
	require.NoError(t, err)
	for range 150 { // 30 a second, averaged over 5 s
		_, err = client.CreateChannel(*service.Sid, nil)
		require.NoError(t, err)
	}
	_, err = client.CreateChannel(*service.Sid, nil)
	refused(t, err, http.StatusTooManyRequests, 50074)
}

// services makes, lists, changes and deletes Services, and returns one.
func (s *suite) services(t *testing.T) string {
	t.Helper()
	_, err := s.CreateService(nil)
	refused(t, err, http.StatusBadRequest, 20001)
	var sids []string
	for range 5 {
		made, err := s.CreateService(new(chat.CreateServiceParams).SetFriendlyName("first"))
		require.NoError(t, err)
		assert.Equal(t, accountSID, *made.AccountSid)
		assert.Equal(t, "https://chat.twilio.com/v2/Services/"+*made.Sid, httpsOf(*made.Url))
		assert.Equal(t, "first", *made.FriendlyName)
		sids = append(sids, *made.Sid)
	}
	all, err := s.ListService(new(chat.ListServiceParams).SetPageSize(2))
	require.NoError(t, err)
	assert.Equal(t, sids, column(all, func(v chat.ChatV2Service) *string { return v.Sid }))
	limited, err := s.ListService(new(chat.ListServiceParams).SetPageSize(2).SetLimit(3))
	require.NoError(t, err)
	assert.Len(t, limited, 3)
	s.updateService(t, sids[0])
	require.NoError(t, s.DeleteService(sids[4]))
	refused(t, s.DeleteService(sids[4]), http.StatusNotFound, 20404)
	_, err = s.UpdateService(sids[4], new(chat.UpdateServiceParams).SetFriendlyName("x"))
	refused(t, err, http.StatusNotFound, 20404)
	return sids[0]
}

// updateService changes every field that a Service has.
func (s *suite) updateService(t *testing.T, sid string) {
	t.Helper()
	before, err := s.FetchService(sid)
	require.NoError(t, err)
	_, err = s.UpdateService(sid, nil)
	refused(t, err, http.StatusBadRequest, 20161)
	_, err = s.UpdateService(sid, new(chat.UpdateServiceParams).SetDefaultChannelRoleSid(*before.DefaultServiceRoleSid))
	refused(t, err, http.StatusBadRequest, 50105)
	_, err = s.UpdateService(sid, new(chat.UpdateServiceParams).
		SetFriendlyName("second").
		SetDefaultServiceRoleSid(*before.DefaultServiceRoleSid).
		SetDefaultChannelRoleSid(*before.DefaultChannelCreatorRoleSid).
		SetDefaultChannelCreatorRoleSid(*before.DefaultChannelRoleSid).
		SetReadStatusEnabled(false).SetReachabilityEnabled(true).
		SetTypingIndicatorTimeout(7).SetConsumptionReportInterval(8).
		SetNotificationsNewMessageEnabled(true).SetNotificationsNewMessageTemplate("t1").
		SetNotificationsNewMessageSound("s1").SetNotificationsNewMessageBadgeCountEnabled(true).
		SetNotificationsAddedToChannelEnabled(true).SetNotificationsAddedToChannelTemplate("t2").
		SetNotificationsAddedToChannelSound("s2").
		SetNotificationsRemovedFromChannelEnabled(true).SetNotificationsRemovedFromChannelTemplate("t3").
		SetNotificationsRemovedFromChannelSound("s3").
		SetNotificationsInvitedToChannelEnabled(true).SetNotificationsInvitedToChannelTemplate("t4").
		SetNotificationsInvitedToChannelSound("s4").SetNotificationsLogEnabled(true).
		SetPreWebhookUrl("https://example.com/pre").SetPostWebhookUrl("https://example.com/post").
		SetWebhookMethod("GET").SetWebhookFilters([]string{"onMemberAdd", "onMemberAdded"}).
		SetPreWebhookRetryCount(2).SetPostWebhookRetryCount(3).
		SetLimitsChannelMembers(900).SetLimitsUserChannels(800).SetMediaCompatibilityMessage("m"))
	require.NoError(t, err)
	after, err := s.FetchService(sid)
	require.NoError(t, err)
	assert.Equal(t, "second", *after.FriendlyName)
	assert.Equal(t, *before.DefaultChannelCreatorRoleSid, *after.DefaultChannelRoleSid)
	assert.Equal(t, *before.DefaultChannelRoleSid, *after.DefaultChannelCreatorRoleSid)
	assert.False(t, *after.ReadStatusEnabled)
	assert.True(t, *after.ReachabilityEnabled)
	assert.Equal(t, 7, after.TypingIndicatorTimeout)
	assert.Equal(t, 8, after.ConsumptionReportInterval)
	assert.Equal(t, "https://example.com/pre", *after.PreWebhookUrl)
	assert.Equal(t, "https://example.com/post", *after.PostWebhookUrl)
	assert.Equal(t, "GET", *after.WebhookMethod)
	assert.Equal(t, []string{"onMemberAdd", "onMemberAdded"}, *after.WebhookFilters)
	assert.Equal(t, 2, after.PreWebhookRetryCount)
	assert.Equal(t, 3, after.PostWebhookRetryCount)
	fields(t, after.Limits, map[string]any{"channel_members": 900.0, "user_channels": 800.0})
	fields(t, after.Media, map[string]any{"compatibility_message": "m"})
	notification := func(n string) map[string]any {
		return map[string]any{"enabled": true, "template": "t" + n, "sound": "s" + n}
	}
	first := notification("1")
	first["badge_count_enabled"] = true
	fields(t, after.Notifications, map[string]any{
		"log_enabled": true, "new_message": first, "added_to_channel": notification("2"),
		"removed_from_channel": notification("3"), "invited_to_channel": notification("4"),
	})
}

// roles makes, lists, changes and deletes Roles, and returns one that members can have.
func (s *suite) roles(t *testing.T, service string) string {
	t.Helper()
	create := func(kind string) *chat.CreateRoleParams {
		return new(chat.CreateRoleParams).SetFriendlyName("role").SetType(kind).SetPermission([]string{"sendMessage", "leaveChannel"})
	}
	_, err := s.CreateRole(service, create("other"))
	refused(t, err, http.StatusBadRequest, 50105)
	_, err = s.CreateRole(service, new(chat.CreateRoleParams).SetFriendlyName("role").SetType("channel"))
	refused(t, err, http.StatusBadRequest, 20001)
	before, err := s.ListRole(service, nil)
	require.NoError(t, err)
	made, err := s.CreateRole(service, create("channel"))
	require.NoError(t, err)
	assert.Equal(t, service, *made.ServiceSid)
	assert.Equal(t, accountSID, *made.AccountSid)
	assert.Equal(t, "channel", *made.Type)
	assert.Equal(t, []string{"sendMessage", "leaveChannel"}, *made.Permissions)
	other, err := s.CreateRole(service, create("deployment"))
	require.NoError(t, err)
	all, err := s.ListRole(service, new(chat.ListRoleParams).SetPageSize(1))
	require.NoError(t, err)
	sid := func(v chat.ChatV2Role) *string { return v.Sid }
	assert.Equal(t, append(column(before, sid), *made.Sid, *other.Sid), column(all, sid))
	changed, err := s.UpdateRole(service, *made.Sid, new(chat.UpdateRoleParams).SetPermission([]string{"sendMessage"}))
	require.NoError(t, err)
	fetched, err := s.FetchRole(service, *made.Sid)
	require.NoError(t, err)
	assert.Equal(t, changed, fetched)
	assert.Equal(t, []string{"sendMessage"}, *fetched.Permissions)
	require.NoError(t, s.DeleteRole(service, *other.Sid))
	_, err = s.FetchRole(service, *other.Sid)
	refused(t, err, http.StatusNotFound, 20404)
	return *made.Sid
}

// channels makes, lists, changes and deletes Channels.
func (s *suite) channels(t *testing.T, service string) {
	t.Helper()
	made, err := s.CreateChannel(service, new(chat.CreateChannelParams).SetXTwilioWebhookEnabled("false").
		SetFriendlyName("General").SetUniqueName("general").SetAttributes(`{"a":1}`).SetType("private").
		SetDateCreated(at(0)).SetDateUpdated(at(1)).SetCreatedBy("jing"))
	require.NoError(t, err)
	assert.Equal(t, "General", *made.FriendlyName)
	assert.Equal(t, "private", *made.Type)
	assert.Equal(t, "jing", *made.CreatedBy)
	equalTimes(t, at(0), made.DateCreated)
	equalTimes(t, at(1), made.DateUpdated)
	_, err = s.CreateChannel(service, new(chat.CreateChannelParams).SetUniqueName("general"))
	refused(t, err, http.StatusConflict, 50307)
	_, err = s.CreateChannel(service, new(chat.CreateChannelParams).SetAttributes("{"))
	refused(t, err, http.StatusBadRequest, 50304)
	public, err := s.CreateChannel(service, nil)
	require.NoError(t, err)
	assert.Nil(t, public.DateUpdated)
	assert.Equal(t, "system", *public.CreatedBy)
	sid := func(v chat.ChatV2Channel) *string { return v.Sid }
	for _, c := range []struct {
		kinds []string
		want  []string
	}{
		{nil, []string{*public.Sid}}, // the documented default
		{[]string{"private"}, []string{*made.Sid}},
		{[]string{"public", "private"}, []string{*made.Sid, *public.Sid}},
	} {
		params := new(chat.ListChannelParams).SetPageSize(1)
		if c.kinds != nil {
			params.SetType(c.kinds)
		}
		all, err := s.ListChannel(service, params)
		require.NoError(t, err)
		assert.Equal(t, c.want, column(all, sid), "%q", c.kinds)
	}
	_, err = s.UpdateChannel(service, "general", new(chat.UpdateChannelParams).SetXTwilioWebhookEnabled("true").
		SetFriendlyName("Special").SetUniqueName("special").SetAttributes("[]").
		SetDateCreated(at(2)).SetDateUpdated(at(3)).SetCreatedBy("wu"))
	require.NoError(t, err)
	_, err = s.FetchChannel(service, "general")
	refused(t, err, http.StatusNotFound, 20404)
	changed, err := s.FetchChannel(service, "special")
	require.NoError(t, err)
	assert.Equal(t, *made.Sid, *changed.Sid)
	assert.Equal(t, "Special", *changed.FriendlyName)
	assert.Equal(t, "special", *changed.UniqueName)
	assert.Equal(t, "[]", *changed.Attributes)
	assert.Equal(t, "wu", *changed.CreatedBy)
	equalTimes(t, at(2), changed.DateCreated)
	equalTimes(t, at(3), changed.DateUpdated)
	require.NoError(t, s.DeleteChannel(service, "special", new(chat.DeleteChannelParams).SetXTwilioWebhookEnabled("false")))
	refused(t, s.DeleteChannel(service, *made.Sid, nil), http.StatusNotFound, 20404)
}
