package sandbox_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/sandbox"
)

func TestRequestsAreKeptAsTheyWereSent(t *testing.T) {
	t.Parallel()
	s := newServer(t, sandbox.Config{Keep: 2, Faults: faults(t, "500-after:on=update")})
	get(s, service)
	created := send(s, "POST", members, "Identity=a%2fb", "X-Twilio-Webhook-Enabled", "false")
	send(s, "POST", members+"/a%2fb?x=%20", "Attributes=1")

	kept := s.Requests()
	require.Len(t, kept, 2)
	first, second := kept[0], kept[1]
	assert.Equal(t, "create member", first.Operation)
	assert.Equal(t, "POST", first.Method)
	assert.Equal(t, members, first.Path)
	assert.Equal(t, "Identity=a%2fb", string(first.Body))
	assert.Equal(t, "false", first.Header.Get("X-Twilio-Webhook-Enabled"))
	assert.Equal(t, created.header.Get("Twilio-Request-Id"), first.ID)
	assert.Equal(t, 201, first.Status)
	assert.Empty(t, first.Fault)
	assert.True(t, first.Done)

	assert.Equal(t, members+"/a%2fb", second.Path, "escaped as it was sent")
	assert.Equal(t, "x=%20", second.Query)
	assert.Equal(t, 500, second.Status)
	assert.Equal(t, "500-after", second.Fault)
	assert.Equal(t, "1", s.Members(serviceSID, channelSID)[0].Attributes)

	assert.Equal(t, sandbox.Stats{
		Requests:      3,
		Operations:    map[string]int{"fetch service": 1, "create member": 1, "update member": 1},
		Statuses:      map[int]int{200: 1, 201: 1, 500: 1},
		Faults:        map[string]int{"500-after": 1},
		MaxConcurrent: 1,
	}, s.Stats())
}

func TestNoRequestIsKeptUnlessAsked(t *testing.T) {
	t.Parallel()
	s := newServer(t, sandbox.Config{})
	get(s, "/nowhere")
	assert.Empty(t, s.Requests())
	assert.Equal(t, map[string]int{"other": 1}, s.Stats().Operations)
	all := newServer(t, sandbox.Config{Keep: -1})
	for range 100 {
		get(all, service)
	}
	assert.Len(t, all.Requests(), 100)
}

func TestMembersForTests(t *testing.T) {
	t.Parallel()
	s := newServer(t, sandbox.Config{})
	require.Equal(t, 201, send(s, "POST", members, "Identity=b"+lastRow).status)
	require.Equal(t, 201, send(s, "POST", members, "Identity=a&LastConsumedMessageIndex=0").status)
	held := s.Members(serviceSID, channelSID)
	require.Len(t, held, 2)
	assert.Equal(t, "a", held[0].Identity, "ordered by identity")
	assert.Equal(t, new(int64(0)), held[0].LastConsumedMessageIndex)
	assert.True(t, held[0].DateUpdated.IsZero())
	b := held[1]
	assert.Equal(t, new(int64(20)), b.LastConsumedMessageIndex)
	assert.Equal(t, roleSID, b.RoleSID)
	assert.Equal(t, "2016-03-24 21:05:52 +0000 UTC", b.LastConsumptionTimestamp.String())
	assert.Equal(t, "2016-03-24 21:05:50 +0000 UTC", b.DateCreated.String())
	assert.Equal(t, "2016-03-24 21:05:51 +0000 UTC", b.DateUpdated.String())
	assert.Equal(t, `{"a":1}`, b.Attributes)
	assert.Empty(t, s.Members(serviceSID, "nowhere"))
	assert.Empty(t, s.Members("nowhere", channelSID))
}
