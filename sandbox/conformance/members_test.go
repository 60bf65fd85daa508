package conformance

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	chat "github.com/twilio/twilio-go/rest/chat/v2"
)

// column is one field of every item of a list.
func column[T any](items []T, field func(T) *string) []string {
	values := make([]string, len(items))
	for i, item := range items {
		values[i] = *field(item)
	}
	return values
}

// httpsOf is the address as the service gives it: the test's connections are plain.
func httpsOf(url string) string { return strings.Replace(url, "http://", "https://", 1) }

func (s *suite) channel(t *testing.T, service string) string {
	t.Helper()
	made, err := s.CreateChannel(service, nil)
	require.NoError(t, err)
	return *made.Sid
}

// members makes, lists, changes and deletes Members.
func (s *suite) members(t *testing.T, service, role string) {
	t.Helper()
	ch := s.channel(t, service)
	s.createMember(t, service, ch, role)
	want := []string{"jing"}
	for i := range 24 {
		identity := fmt.Sprintf("member %d/%%é", i)
		_, err := s.CreateMember(service, ch, new(chat.CreateMemberParams).SetIdentity(identity))
		require.NoError(t, err)
		want = append(want, identity)
	}
	identity := func(v chat.ChatV2Member) *string { return v.Identity }
	all, err := s.ListMember(service, ch, new(chat.ListMemberParams).SetPageSize(7))
	require.NoError(t, err)
	assert.Equal(t, want, column(all, identity), "over four pages")
	some, err := s.ListMember(service, ch, new(chat.ListMemberParams).SetPageSize(1).SetIdentity([]string{want[3], "jing", "nobody"}))
	require.NoError(t, err)
	assert.Equal(t, []string{"jing", want[3]}, column(some, identity))
	_, err = s.ListMember(service, ch, new(chat.ListMemberParams).SetPageSize(101))
	refused(t, err, http.StatusBadRequest, 20007)
	counted, err := s.FetchChannel(service, ch)
	require.NoError(t, err)
	assert.Equal(t, 25, counted.MembersCount)
	s.updateMember(t, service, ch, role)

	require.NoError(t, s.DeleteMember(service, ch, "jing", new(chat.DeleteMemberParams).SetXTwilioWebhookEnabled("false")))
	refused(t, s.DeleteMember(service, ch, "jing", nil), http.StatusNotFound, 20404)
	_, err = s.FetchMember(service, ch, "jing")
	refused(t, err, http.StatusNotFound, 20404)
}

// createMember makes one with every field, and tries all that is refused.
func (s *suite) createMember(t *testing.T, service, ch, role string) {
	t.Helper()
	full := func() *chat.CreateMemberParams {
		return new(chat.CreateMemberParams).SetXTwilioWebhookEnabled("false").SetIdentity("jing").SetRoleSid(role).
			SetLastConsumedMessageIndex(0).SetLastConsumptionTimestamp(at(2)).
			SetDateCreated(at(0)).SetDateUpdated(at(1)).SetAttributes(`{"é":"\"x\""}`)
	}
	made, err := s.CreateMember(service, ch, full())
	require.NoError(t, err)
	assert.Regexp(t, "^MB[0-9a-f]{32}$", *made.Sid)
	assert.Equal(t, []string{accountSID, service, ch, "jing", role, `{"é":"\"x\""}`}, []string{
		*made.AccountSid, *made.ServiceSid, *made.ChannelSid, *made.Identity, *made.RoleSid, *made.Attributes,
	})
	assert.Equal(t, 0, *made.LastConsumedMessageIndex, "the first message, and not none")
	equalTimes(t, at(2), made.LastConsumptionTimestamp)
	equalTimes(t, at(0), made.DateCreated)
	equalTimes(t, at(1), made.DateUpdated)
	assert.Equal(t, "https://chat.twilio.com/v2/Services/"+service+"/Channels/"+ch+"/Members/"+*made.Sid, httpsOf(*made.Url))
	for _, name := range []string{"jing", *made.Sid} {
		fetched, err := s.FetchMember(service, ch, name)
		require.NoError(t, err)
		assert.Equal(t, made, fetched)
	}
	_, err = s.CreateMember(service, ch, full())
	refused(t, err, http.StatusConflict, 50404)
	for _, c := range []struct {
		params       *chat.CreateMemberParams
		status, code int
	}{
		{nil, 400, 20001},
		{new(chat.CreateMemberParams).SetIdentity(""), 400, 50204},
		{new(chat.CreateMemberParams).SetIdentity(strings.Repeat("é", 257)), 400, 50207},
		{new(chat.CreateMemberParams).SetIdentity("US" + unknownSID), 400, 50206},
		{new(chat.CreateMemberParams).SetIdentity("a").SetRoleSid("RL" + unknownSID), 400, 50101},
		{new(chat.CreateMemberParams).SetIdentity("a").SetLastConsumedMessageIndex(-1), 400, 50406},
		{new(chat.CreateMemberParams).SetIdentity("a").SetAttributes("{"), 400, 50304},
		{new(chat.CreateMemberParams).SetIdentity("a").SetXTwilioWebhookEnabled("maybe"), 400, 20001},
	} {
		_, err := s.CreateMember(service, ch, c.params)
		refused(t, err, c.status, c.code)
	}
	_, err = s.CreateMember(service, "CH"+unknownSID, full())
	refused(t, err, http.StatusNotFound, 20404)
}

// updateMember changes every field of one, by its identity.
func (s *suite) updateMember(t *testing.T, service, ch, role string) {
	t.Helper()
	before, err := s.FetchMember(service, ch, "jing")
	require.NoError(t, err)
	_, err = s.UpdateMember(service, ch, "jing", nil)
	refused(t, err, http.StatusBadRequest, 20161)
	own, err := s.FetchService(service)
	require.NoError(t, err)
	require.NotEqual(t, role, *own.DefaultChannelRoleSid)
	_, err = s.UpdateMember(service, ch, "jing", new(chat.UpdateMemberParams).SetXTwilioWebhookEnabled("false").
		SetRoleSid(*own.DefaultChannelRoleSid).SetLastConsumedMessageIndex(20).SetLastConsumptionTimestamp(at(12)).
		SetDateCreated(at(10)).SetDateUpdated(at(11)).SetAttributes("{}"))
	require.NoError(t, err)
	after, err := s.FetchMember(service, ch, *before.Sid)
	require.NoError(t, err)
	assert.Equal(t, *own.DefaultChannelRoleSid, *after.RoleSid)
	assert.Equal(t, 20, *after.LastConsumedMessageIndex)
	equalTimes(t, at(12), after.LastConsumptionTimestamp)
	equalTimes(t, at(10), after.DateCreated)
	equalTimes(t, at(11), after.DateUpdated)
	assert.Equal(t, "{}", *after.Attributes)
	_, err = s.UpdateMember(service, ch, "nobody", new(chat.UpdateMemberParams).SetAttributes("{}"))
	refused(t, err, http.StatusNotFound, 20404)
}

// users makes, lists, changes and deletes Users.
func (s *suite) users(t *testing.T, service string) {
	t.Helper()
	own, err := s.FetchService(service)
	require.NoError(t, err)
	admin, err := s.CreateRole(service, new(chat.CreateRoleParams).SetFriendlyName("boss").SetType("deployment").SetPermission([]string{"createChannel"}))
	require.NoError(t, err)
	before, err := s.ListUser(service, new(chat.ListUserParams).SetPageSize(10))
	require.NoError(t, err)
	require.Len(t, before, 25, "every member made its user")
	made, err := s.CreateUser(service, new(chat.CreateUserParams).SetXTwilioWebhookEnabled("false").SetIdentity("wu").
		SetRoleSid(*admin.Sid).SetAttributes(`{"a":1}`).SetFriendlyName("Wu"))
	require.NoError(t, err)
	assert.Equal(t, []string{"wu", *admin.Sid, `{"a":1}`, "Wu"}, []string{*made.Identity, *made.RoleSid, *made.Attributes, *made.FriendlyName})
	_, err = s.CreateUser(service, new(chat.CreateUserParams).SetIdentity("wu"))
	refused(t, err, http.StatusConflict, 50201)
	_, err = s.UpdateUser(service, "wu", new(chat.UpdateUserParams).SetXTwilioWebhookEnabled("false").
		SetRoleSid(*own.DefaultServiceRoleSid).SetAttributes("{}").SetFriendlyName("Wu Wei"))
	require.NoError(t, err)
	after, err := s.FetchUser(service, *made.Sid)
	require.NoError(t, err)
	assert.Equal(t, []string{"wu", *own.DefaultServiceRoleSid, "{}", "Wu Wei"},
		[]string{*after.Identity, *after.RoleSid, *after.Attributes, *after.FriendlyName})
	require.NoError(t, s.DeleteUser(service, "wu"))
	_, err = s.FetchUser(service, "wu")
	refused(t, err, http.StatusNotFound, 20404)
}

// userChannels lists, changes and deletes a user's channels.
func (s *suite) userChannels(t *testing.T, service string) {
	t.Helper()
	var want []string
	for range 5 {
		ch := s.channel(t, service)
		_, err := s.CreateMember(service, ch, new(chat.CreateMemberParams).SetIdentity("ana"))
		require.NoError(t, err)
		want = append(want, ch)
	}
	all, err := s.ListUserChannel(service, "ana", new(chat.ListUserChannelParams).SetPageSize(2))
	require.NoError(t, err)
	assert.Equal(t, want, column(all, func(v chat.ChatV2UserChannel) *string { return v.ChannelSid }))
	user, err := s.FetchUser(service, "ana")
	require.NoError(t, err)
	assert.Equal(t, 5, user.JoinedChannelsCount)
	_, err = s.UpdateUserChannel(service, "ana", want[0], new(chat.UpdateUserChannelParams).SetNotificationLevel("muted").
		SetLastConsumedMessageIndex(4).SetLastConsumptionTimestamp(at(9)))
	require.NoError(t, err)
	one, err := s.FetchUserChannel(service, *user.Sid, want[0])
	require.NoError(t, err)
	assert.Equal(t, []string{want[0], *user.Sid, "joined", "muted"}, []string{*one.ChannelSid, *one.UserSid, *one.Status, *one.NotificationLevel})
	assert.Equal(t, 4, *one.LastConsumedMessageIndex)
	member, err := s.FetchMember(service, want[0], *one.MemberSid)
	require.NoError(t, err)
	equalTimes(t, at(9), member.LastConsumptionTimestamp)
	require.NoError(t, s.DeleteUserChannel(service, "ana", want[0], new(chat.DeleteUserChannelParams).SetXTwilioWebhookEnabled("false")))
	_, err = s.FetchMember(service, want[0], "ana")
	refused(t, err, http.StatusNotFound, 20404)
}
