package chat_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/chat"
)

// paged serves three pages of one kind of item, in the API's form.
func paged(t *testing.T, key string, items ...string) *chat.Client {
	t.Helper()
	return setup(t, func(w http.ResponseWriter, req *http.Request) {
		n := 0
		_, _ = fmt.Sscanf(req.URL.Query().Get("Page"), "%d", &n)
		next := "null"
		if n+1 < len(items) {
			next = fmt.Sprintf(`"http://%s/base%s?PageSize=1&Page=%d&PageToken=a%%2Bb"`, req.Host, req.URL.EscapedPath(), n+1)
		}
		if n > 0 {
			assert.Equal(t, "a+b", req.URL.Query().Get("PageToken"))
		}
		_, _ = fmt.Fprintf(w, `{"meta": {"page": %d, "next_page_url": %s, "key": %q}, %q: [%s]}`, n, next, key, key, items[n])
	})
}

func TestListMembers(t *testing.T) {
	t.Parallel()
	c := paged(t, "members", memberBody, "", strings.ReplaceAll(memberBody, "jing", "a/b")+","+memberBody)
	var members []chat.Resource
	var page chat.Page
	for pages := 1; ; pages++ {
		got, err := c.ListMembers(t.Context(), serviceSID, "a channel/name", page)
		require.NoError(t, err)
		members = append(members, got.Members...)
		if got.Next == "" {
			assert.Equal(t, 3, pages)
			break
		}
		page.URL = got.Next
	}
	require.Len(t, members, 3)
	assert.Equal(t, theMember, members[0])
	assert.Equal(t, "a/b", members[1].Identity)
}

func TestListOthers(t *testing.T) {
	t.Parallel()
	channels, err := paged(t, "channels", channelBody).ListChannels(t.Context(), serviceSID, chat.Page{})
	require.NoError(t, err)
	assert.Equal(t, []chat.Channel{theChannel}, channels.Channels)
	roles, err := paged(t, "roles", roleBody).ListRoles(t.Context(), serviceSID, chat.Page{})
	require.NoError(t, err)
	assert.Equal(t, []chat.Role{theRole}, roles.Roles)
	services, err := paged(t, "services", serviceBody, serviceBody).ListServices(t.Context(), chat.Page{})
	require.NoError(t, err)
	assert.Equal(t, []chat.Service{theService}, services.Services)
	assert.NotEmpty(t, services.Next)
}

func TestFetchOthers(t *testing.T) {
	t.Parallel()
	channel, err := answer(t, http.StatusOK, channelBody).FetchChannel(t.Context(), serviceSID, "unique name")
	require.NoError(t, err)
	assert.Equal(t, theChannel, channel)
	role, err := answer(t, http.StatusOK, roleBody).FetchRole(t.Context(), serviceSID, roleSID)
	require.NoError(t, err)
	assert.Equal(t, theRole, role)
	service, err := answer(t, http.StatusOK, serviceBody).FetchService(t.Context(), serviceSID)
	require.NoError(t, err)
	assert.Equal(t, theService, service)

	notified := strings.Replace(serviceBody, `"notifications": {}`, `"notifications": {"added_to_channel": {"enabled": true}}`, 1)
	service, err = answer(t, http.StatusOK, notified).FetchService(t.Context(), serviceSID)
	require.NoError(t, err)
	assert.True(t, service.Notifications.AddedToChannel.Enabled)
	for _, body := range []string{"", "{}", "[]", `{"sid": null}`, `{"sid": 1}`} {
		service, err = answer(t, http.StatusOK, body).FetchService(t.Context(), serviceSID)
		assert.Equal(t, http.StatusOK, asError(t, err).Status, body)
		assert.Zero(t, service, body)
	}
}

// TestNextPageIsFollowedHomeOnly holds that the credentials go nowhere else.
func TestNextPageIsFollowedHomeOnly(t *testing.T) {
	t.Parallel()
	var to string
	cfg := config()
	cfg.DialContext = dialNowhere(&to)
	c := newClient(t, cfg)
	list := func(url string) error {
		to = ""
		_, err := c.ListMembers(t.Context(), serviceSID, channelSID, chat.Page{URL: url})
		return err
	}
	for _, url := range []string{
		"http://chat.twilio.com/v2/Services", "http://chat.twilio.com:443/v2/Services", "https://chat.twilio.com.evil.example/v2/Services", "https://evil.example/v2/Services",
		"https://chat.twilio.com:8443/v2/Services", "//chat.twilio.com/v2/Services", "/v2/Services", "https:v2", "\x7f",
		"https://" + user + ":" + secret + "@chat.twilio.com/v2/Services", "https://chat.twilio.com/v1/Services",
		"https://chat.twilio.com/v2/../admin", "https://chat.twilio.com@evil.example/v2/", "https://evil.example\\@chat.twilio.com/v2/",
	} {
		err := list(url)
		assert.False(t, asError(t, err).Sent, url)
		assert.ErrorIs(t, err, chat.ErrNotFollowed, url)
		assert.Empty(t, to, url)
	}
	for _, url := range []string{"https://chat.twilio.com/v2/Services?Page=1", "https://CHAT.twilio.com:443/v2/Services"} {
		require.ErrorContains(t, list(url), "no network here", url)
		assert.Equal(t, "chat.twilio.com:443", to)
	}
}

func TestPageThatCannotBeUnderstood(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		"", "{}", "[]", "null", `{"members": []}`, `{"meta": {}}`, `{"meta": 1, "members": []}`, `{"meta": {}, "members": {}}`,
		`{"meta": {"next_page_url": 1}, "members": []}`, `{"meta": {}, "members": [{}]}`, `{"meta": {}, "members": [null]}`,
		`{"meta": {}, "members": null}`, `{"meta": null, "members": []}`,
	} {
		page, err := answer(t, http.StatusOK, body).ListMembers(t.Context(), serviceSID, channelSID, chat.Page{})
		if assert.Error(t, err, body) {
			assert.Equal(t, http.StatusOK, asError(t, err).Status, body)
		}
		assert.Zero(t, page, body)
	}
}

// TestLongPage holds that a page of members with long attributes is read whole.
func TestLongPage(t *testing.T) {
	t.Parallel()
	long := strings.Replace(memberBody, `"{}"`, `"\"`+strings.Repeat("a", 32<<10)+`\""`, 1)
	c := setup(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"meta": {}, "members": [`+strings.Repeat(long+",", 99)+long+"]}")
	})
	page, err := c.ListMembers(t.Context(), serviceSID, channelSID, chat.Page{})
	require.NoError(t, err)
	assert.Len(t, page.Members, 100)
}

// The resources of the OpenAPI document's examples.
const (
	channelBody = `{"sid": "CHaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "account_sid": "ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		"service_sid": "ISaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "friendly_name": "friendly_name", "unique_name": "unique_name",
		"attributes": "{ \"foo\": \"bar\" }", "type": "public", "date_created": "2015-12-16T22:18:37Z",
		"date_updated": "2015-12-16T22:18:37Z", "created_by": "system", "members_count": 12, "messages_count": 34,
		"url": "https://chat.twilio.com/v2/Services/ISaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/Channels/CHaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		"links": {"last_message": null}}`
	roleBody = `{"sid": "RLaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "account_sid": "ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		"service_sid": "ISaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "friendly_name": "channel user", "type": "channel",
		"permissions": ["sendMessage", "leaveChannel"], "date_created": "2016-03-03T19:47:15Z",
		"date_updated": "2016-03-03T19:47:15Z", "url": "https://chat.twilio.com/v2/Services/…/Roles/…"}`
	serviceBody = `{"account_sid": "ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "consumption_report_interval": 100,
		"default_channel_creator_role_sid": "RLcccccccccccccccccccccccccccccccc",
		"default_channel_role_sid": "RLaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		"default_service_role_sid": "RLbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb", "friendly_name": "friendly_name",
		"limits": {"channel_members": 100, "user_channels": 250}, "notifications": {}, "reachability_enabled": false,
		"read_status_enabled": true, "sid": "ISaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "webhook_filters": ["webhook_filters"],
		"media": {"size_limit_mb": 150}}`
)

var (
	theChannel = chat.Channel{
		SID: channelSID, ServiceSID: serviceSID, UniqueName: "unique_name", FriendlyName: "friendly_name", Type: "public",
		CreatedBy: "system", MembersCount: 12, MessagesCount: 34,
	}
	theRole = chat.Role{
		SID: roleSID, ServiceSID: serviceSID, FriendlyName: "channel user", Type: "channel",
		Permissions: []string{"sendMessage", "leaveChannel"},
	}
	theService = chat.Service{
		SID: serviceSID, AccountSID: "ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", FriendlyName: "friendly_name",
		DefaultServiceRoleSID:        "RLbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
		DefaultChannelRoleSID:        roleSID,
		DefaultChannelCreatorRoleSID: "RLcccccccccccccccccccccccccccccccc",
		ReadStatusEnabled:            true,
		Limits:                       chat.Limits{ChannelMembers: 100, UserChannels: 250},
	}
)
