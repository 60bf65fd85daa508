package chat_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/chat"
)

func TestDifferences(t *testing.T) {
	t.Parallel()
	shown := func() *chat.Resource {
		return &chat.Resource{
			Identity: "j&+ ü", RoleSID: roleSID, Attributes: `{"a":1.0}`,
			LastConsumedMessageIndex: chat.Index{N: 0, Set: true},
			LastConsumptionTimestamp: at.Add(2 * time.Second),
			DateCreated:              at, DateUpdated: at.Add(time.Second),
		}
	}
	assert.Empty(t, chat.Differences(everyField(), shown()), "a fraction is not held against an answer without any")
	assert.Empty(t, chat.Differences(&chat.Member{}, shown()), "what was not sent is not compared")

	for _, c := range []struct {
		change func(*chat.Resource)
		want   chat.Difference
	}{
		{func(r *chat.Resource) { r.Identity = "J&+ ü" }, chat.Difference{Field: "identity", Want: "j&+ ü", Got: "J&+ ü"}},
		{func(r *chat.Resource) { r.RoleSID = "" }, chat.Difference{Field: "role_sid", Want: roleSID}},
		{
			func(r *chat.Resource) { r.LastConsumedMessageIndex = chat.Index{} },
			chat.Difference{Field: "last_consumed_message_index", Want: "0", Got: "null"},
		},
		{
			func(r *chat.Resource) { r.LastConsumedMessageIndex.N = 7 },
			chat.Difference{Field: "last_consumed_message_index", Want: "0", Got: "7"},
		},
		{
			func(r *chat.Resource) { r.LastConsumptionTimestamp = time.Time{} },
			chat.Difference{Field: "last_consumption_timestamp", Want: "2016-03-24T21:05:52.000000001Z", Got: "null"},
		},
		{
			func(r *chat.Resource) { r.LastConsumptionTimestamp = at.Add(2*time.Second + 2) },
			chat.Difference{Field: "last_consumption_timestamp", Want: "2016-03-24T21:05:52.000000001Z", Got: "2016-03-24T21:05:52.000000002Z"},
		},
		{
			func(r *chat.Resource) { r.DateCreated = at.Add(-time.Second) },
			chat.Difference{Field: "date_created", Want: "2016-03-24T21:05:50Z", Got: "2016-03-24T21:05:49Z"},
		},
		{
			func(r *chat.Resource) { r.DateUpdated = at.Add(2 * time.Second) },
			chat.Difference{Field: "date_updated", Want: "2016-03-24T21:05:51.5Z", Got: "2016-03-24T21:05:52Z"},
		},
		{func(r *chat.Resource) { r.Attributes = "{}" }, chat.Difference{Field: "attributes", Want: `{"a": 1}`, Got: "{}"}},
	} {
		got := shown()
		c.change(got)
		assert.Equal(t, []chat.Difference{c.want}, chat.Differences(everyField(), got))
	}
	assert.Len(t, chat.Differences(everyField(), &chat.Resource{}), 7)
}

func TestSameJSON(t *testing.T) {
	t.Parallel()
	for _, c := range [][2]string{
		{`{}`, ` { } `},
		{`{"a":1,"b":[1,2]}`, "{\"b\": [ 1,\n2 ], \"a\": 1}"},
		{`"ü"`, `"\u00fc"`},
		{`"/"`, `"\/"`},
		{`1.0`, `1`},
		{`100`, `1e2`},
		{`0.001`, `1E-3`},
		{`-0`, `0`},
		{`0e999999999999999999`, `0e999999999999999999`},
		{`1152921504606846976`, `1152921504606846976.000`},
		{`1e400`, `10e399`},
		{`not json`, `not json`},
	} {
		assert.True(t, chat.SameJSON(c[0], c[1]), "%s and %s", c[0], c[1])
		assert.True(t, chat.SameJSON(c[1], c[0]), "%s and %s", c[1], c[0])
	}
	for _, c := range [][2]string{
		{`{}`, `[]`},
		{`{}`, `null`},
		{`{}`, ``},
		{`null`, `false`},
		{`null`, `0`},
		{`"1"`, `1`},
		{`true`, `"true"`},
		{`{"a":1}`, `{"A":1}`},
		{`{"a":1}`, `{"a":1,"b":null}`},
		{`{"a":null}`, `{"b":null}`},
		{`[1,2]`, `[2,1]`},
		{`[1]`, `[1,1]`},
		{`1152921504606846976`, `1152921504606846977`},
		{`0.1`, `0.10000000000000001`},
		{`1`, `-1`},
		{`1`, `10`},
		{`1e5`, `1e6`},
		{`1e99999999999999999999`, `1e99999999999999999998`},
		{`not json`, `not  json`},
		{`{} {}`, `{}`},
		{`{}`, `{}x`},
	} {
		assert.False(t, chat.SameJSON(c[0], c[1]), "%s and %s", c[0], c[1])
		assert.False(t, chat.SameJSON(c[1], c[0]), "%s and %s", c[1], c[0])
	}
}

func TestSIDs(t *testing.T) {
	t.Parallel()
	const digits = "0123456789abcdefABCDEF0123456789"
	for prefix, is := range map[string]func(string) bool{
		"IS": chat.IsServiceSID, "CH": chat.IsChannelSID, "RL": chat.IsRoleSID, "US": chat.IsUserSID, "MB": chat.IsMemberSID,
	} {
		assert.True(t, is(prefix+digits), prefix)
		for _, s := range []string{
			"", prefix, prefix + digits[1:], prefix + digits + "0", prefix + "g" + digits[1:], prefix + digits[1:] + "G",
			"is" + digits, "XX" + digits, "A" + prefix + digits, prefix + digits[1:] + "\n", prefix + digits[2:] + "é", prefix + digits[1:] + "/",
		} {
			assert.False(t, is(s), "%s: %q", prefix, s)
		}
	}
}

func TestCheckPathSegment(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"", ".", ".."} {
		require.ErrorIs(t, chat.CheckPathSegment(s), chat.ErrPathSegment)
	}
	for _, s := range []string{"a", "...", ". ", "/", "%2e", ".a", "é"} {
		require.NoError(t, chat.CheckPathSegment(s))
	}
}
