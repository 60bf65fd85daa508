package sandbox_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/sandbox"
)

// exchange is one row of the tables: what was sent before, what is sent, and what comes back.
type exchange struct {
	name   string
	given  []string // requests, each of which must succeed
	do     string   // METHOD PATH [BODY]
	header []string // pairs of a name and a value
	status int
	want   string // fields of the answer, as JSON: these, and maybe others
}

func runTable(t *testing.T, table []exchange) {
	t.Helper()
	known := readFields(t)
	for _, row := range table {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t, sandbox.Config{})
			for _, before := range row.given {
				method, target, body := words(before)
				a := send(s, method, target, body)
				require.Less(t, a.status, 300, "%s: %s", before, a.body)
			}
			method, target, body := words(row.do)
			a := send(s, method, target, body, row.header...)
			assert.Equal(t, row.status, a.status, "%s", a.body)
			known.conforms(t, method, target, a)
			if row.want != "" {
				assertHas(t, row.want, a)
			}
		})
	}
}

// words splits a request; the body is the rest of the line.
func words(request string) (method, target, body string) {
	method, rest, _ := strings.Cut(request, " ")
	target, body, _ = strings.Cut(rest, " ")
	return method, target, body
}

func assertHas(t *testing.T, want string, a answer) {
	t.Helper()
	var fields map[string]any
	require.NoError(t, json.Unmarshal([]byte(want), &fields), "%s", want)
	got := a.object(t)
	for name, value := range fields {
		assert.Equal(t, value, got[name], "%s in %s", name, a.body)
	}
}

const (
	member  = "POST " + members
	jing    = member + " Identity=jing"
	atJing  = members + "/jing"
	anyDate = "2016-03-24T21:05:50Z"
)

func TestMembers(t *testing.T) {
	t.Parallel()
	runTable(t, []exchange{
		// Create.
		{name: "identity alone", do: jing, status: 201, want: `{"identity":"jing","attributes":"{}","date_updated":null,
			"last_consumed_message_index":null,"last_consumption_timestamp":null,
			"channel_sid":"CH00000000000000000000000000000001","service_sid":"IS00000000000000000000000000000001"}`},
		{name: "all fields", do: jing + lastRow, status: 201, want: `{"role_sid":"RL00000000000000000000000000000001",
			"last_consumed_message_index":20,"last_consumption_timestamp":"2016-03-24T21:05:52Z",
			"date_created":"2016-03-24T21:05:50Z","date_updated":"2016-03-24T21:05:51Z","attributes":"{\"a\":1}"}`},
		{
			name: "index 0 is not null", do: jing + "&LastConsumedMessageIndex=0", status: 201,
			want: `{"last_consumed_message_index":0}`,
		},
		{
			name: "an empty index is null", do: jing + "&LastConsumedMessageIndex=", status: 201,
			want: `{"last_consumed_message_index":null}`,
		},
		{
			name: "a read timestamp without an index is not kept", do: jing + "&LastConsumptionTimestamp=" + anyDate,
			status: 201, want: `{"last_consumption_timestamp":null}`,
		},
		{
			name: "a date with an offset is shown in UTC", do: jing + "&DateCreated=2016-03-25T01:35:50%2B04:30", status: 201,
			want: `{"date_created":"2016-03-24T21:05:50Z"}`,
		},
		{
			name: "a fraction is kept", do: jing + "&DateCreated=2016-03-24T21:05:50.123456789Z", status: 201,
			want: `{"date_created":"2016-03-24T21:05:50.123456789Z"}`,
		},
		{
			name: "attributes stay the text that was sent", do: jing + `&Attributes=%7B+%22n%22+%3A+1152921504606846976+%7D`,
			status: 201, want: `{"attributes":"{ \"n\" : 1152921504606846976 }"}`,
		},
		{name: "attributes may be any JSON", do: jing + "&Attributes=null", status: 201, want: `{"attributes":"null"}`},
		{
			name: "any Unicode", do: member + " Identity=%E9%9D%99%F0%9F%90%88%22%5C%01%E2%80%A8", status: 201,
			want: `{"identity":"静🐈\"\\\u0001\u2028"}`,
		},
		{name: "case counts", given: []string{jing}, do: member + " Identity=Jing", status: 201, want: `{"identity":"Jing"}`},
		{name: "the webhook header off", do: jing, header: []string{"X-Twilio-Webhook-Enabled", "false"}, status: 201},
		{name: "the webhook header on", do: jing, header: []string{"X-Twilio-Webhook-Enabled", "true"}, status: 201},
		{
			name: "a charset beside the form", do: jing, status: 201,
			header: []string{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"},
		},
		{
			name: "by the channel's unique name", given: []string{"POST " + channels + " UniqueName=a/b+%25"},
			do: "POST " + channels + "/a%2Fb%20%25/Members Identity=jing", status: 201,
		},

		// Create refused.
		{name: "twice", given: []string{jing}, do: jing + "&Attributes=%7B%7D", status: 409, want: `{"code":50404}`},
		{
			name: "no identity", do: member + " Attributes=%7B%7D", status: 400,
			want: `{"code":20001,"message":"Missing required parameter Identity in the post body"}`,
		},
		{name: "no body", do: member, status: 400, want: `{"code":20001}`},
		{
			name: "JSON is not understood", do: member + ` {"Identity":"jing"}`, status: 400,
			header: []string{"Content-Type", "application/json"},
			want: `{"code":20001,"message":"Missing required parameter Identity in the post body","status":400,
				"more_info":"https://www.twilio.com/docs/errors/20001"}`,
		},
		{name: "identity in another spelling", do: member + " identity=jing", status: 400, want: `{"code":20001}`},
		{name: "empty identity", do: member + " Identity=", status: 400, want: `{"code":50204}`},
		{
			name: "identity like a user's SID", do: member + " Identity=US0123456789abcdef0123456789ABCDEF", status: 400,
			want: `{"code":50206}`,
		},
		{name: "identity almost like a user's SID", do: member + " Identity=US0123456789abcdef0123456789abcdeg", status: 201},
		{name: "longest identity", do: member + " Identity=" + strings.Repeat("%C3%A9", 256), status: 201},
		{name: "identity too long", do: member + " Identity=" + strings.Repeat("e", 257), status: 400, want: `{"code":50207}`},
		{name: "identity is no UTF-8", do: member + " Identity=%FF", status: 400, want: `{"code":20001}`},
		{name: "broken escape", do: member + " Identity=%zz", status: 400, want: `{"code":20001}`},
		{name: "unknown parameter", do: jing + "&DateCreate=x", status: 400, want: `{"code":20001}`},
		{name: "role unknown", do: jing + "&RoleSid=RL99999999999999999999999999999999", status: 400, want: `{"code":50101}`},
		{name: "role empty", do: jing + "&RoleSid=", status: 400, want: `{"code":50101}`},
		{name: "attributes no JSON", do: jing + "&Attributes=%7B", status: 400, want: `{"code":50304}`},
		{name: "attributes empty", do: jing + "&Attributes=", status: 400, want: `{"code":50304}`},
		{
			name: "attributes too long", do: jing + "&Attributes=%22" + strings.Repeat("x", 16<<10) + "%22", status: 400,
			want: `{"code":50303}`,
		},
		{name: "body too long", do: jing + "&Attributes=" + strings.Repeat("1", 1<<20), status: 413, want: `{"code":20413}`},
		{name: "created without a zone", do: jing + "&DateCreated=2016-03-24T21:05:50", status: 400, want: `{"code":50308}`},
		{
			name: "created in words", do: jing + "&DateCreated=Thu,+24+Mar+2016+21:05:50+%2B0000", status: 400,
			want: `{"code":50308}`,
		},
		{name: "created on no day", do: jing + "&DateCreated=2016-02-30T21:05:50Z", status: 400, want: `{"code":50308}`},
		{
			name: "created before the year 1", do: jing + "&DateCreated=0001-01-01T00:00:00%2B02:00", status: 400,
			want: `{"code":50308}`,
		},
		{name: "updated never", do: jing + "&DateUpdated=null", status: 400, want: `{"code":50309}`},
		{name: "read at no time", do: jing + "&LastConsumptionTimestamp=yesterday", status: 400, want: `{"code":50405}`},
		{name: "index below 0", do: jing + "&LastConsumedMessageIndex=-1", status: 400, want: `{"code":50406}`},
		{name: "index not whole", do: jing + "&LastConsumedMessageIndex=12.0", status: 400, want: `{"code":50406}`},
		{name: "index of words", do: jing + "&LastConsumedMessageIndex=null", status: 400, want: `{"code":50406}`},
		{
			name: "index too large", do: jing + "&LastConsumedMessageIndex=9223372036854775808", status: 400,
			want: `{"code":50406}`,
		},
		{
			name: "webhook header in capitals", do: jing, header: []string{"X-Twilio-Webhook-Enabled", "False"}, status: 400,
			want: `{"code":20001}`,
		},
		{
			name: "no such channel", do: "POST " + channels + "/CH99999999999999999999999999999999/Members Identity=jing",
			status: 404, want: `{"code":20404,"status":404,"message":"The requested resource /Services/IS00000000000000000000000000000001/Channels/CH99999999999999999999999999999999/Members was not found"}`,
		},
		{name: "no such Service", do: "POST /v2/Services/IS99999999999999999999999999999999/Channels/" + channelSID +
			"/Members Identity=jing", status: 404, want: `{"code":20404}`},
		{name: "a SID in another case", do: "POST " + services + "/is00000000000000000000000000000001/Channels/" +
			channelSID + "/Members Identity=jing", status: 404, want: `{"code":20404}`},

		// Fetch, update, delete.
		{
			name: "fetch by identity", given: []string{jing + lastRow}, do: "GET " + atJing, status: 200,
			want: `{"identity":"jing","last_consumed_message_index":20}`,
		},
		{
			name: "fetch by an identity that needs escapes", given: []string{member + " Identity=a%2Fb%3Fc%23d+%2541"},
			do: "GET " + members + "/a%2Fb%3Fc%23d%20%2541", status: 200, want: `{"identity":"a/b?c#d %41"}`,
		},
		{
			name: "a plus in a path is a plus", given: []string{member + " Identity=a%2Bb"}, do: "GET " + members + "/a+b",
			status: 200, want: `{"identity":"a+b"}`,
		},
		{
			name: "fetch in another case", given: []string{jing}, do: "GET " + members + "/Jing", status: 404,
			want: `{"code":20404}`,
		},
		{
			name: "update everything", given: []string{jing}, do: "POST " + atJing + " " + lastRow[1:], status: 200,
			want: `{"role_sid":"RL00000000000000000000000000000001","last_consumed_message_index":20,
				"last_consumption_timestamp":"2016-03-24T21:05:52Z","date_created":"2016-03-24T21:05:50Z",
				"date_updated":"2016-03-24T21:05:51Z","attributes":"{\"a\":1}","identity":"jing"}`,
		},
		{
			name: "update leaves the rest", given: []string{jing + lastRow}, do: "POST " + atJing + " Attributes=2", status: 200,
			want: `{"attributes":"2","last_consumed_message_index":20,"date_created":"2016-03-24T21:05:50Z"}`,
		},
		{
			name: "update with an empty index", given: []string{jing + lastRow},
			do: "POST " + atJing + " LastConsumedMessageIndex=", status: 200,
			want: `{"last_consumed_message_index":null,"last_consumption_timestamp":null}`,
		},
		{
			name: "update with a read timestamp beside the index", given: []string{jing + "&LastConsumedMessageIndex=0"},
			do: "POST " + atJing + " LastConsumptionTimestamp=" + anyDate, status: 200,
			want: `{"last_consumption_timestamp":"2016-03-24T21:05:50Z"}`,
		},
		{
			name: "update with a read timestamp alone", given: []string{jing},
			do: "POST " + atJing + " LastConsumptionTimestamp=" + anyDate, status: 200,
			want: `{"last_consumption_timestamp":null}`,
		},
		{name: "update with nothing", given: []string{jing}, do: "POST " + atJing, status: 400, want: `{"code":20161}`},
		{
			name: "update with JSON", given: []string{jing}, do: "POST " + atJing + ` {"Attributes":"{}"}`, status: 400,
			header: []string{"Content-Type", "application/json"}, want: `{"code":20161}`,
		},
		{
			name: "update the identity", given: []string{jing}, do: "POST " + atJing + " Identity=other", status: 400,
			want: `{"code":20001}`,
		},
		{
			name: "update with a bad date", given: []string{jing}, do: "POST " + atJing + " DateUpdated=x", status: 400,
			want: `{"code":50309}`,
		},
		{name: "update nobody", do: "POST " + atJing + " Attributes=2", status: 404, want: `{"code":20404}`},
		{name: "delete", given: []string{jing}, do: "DELETE " + atJing, status: 204},
		{
			name: "delete twice", given: []string{jing, "DELETE " + atJing}, do: "DELETE " + atJing, status: 404,
			want: `{"code":20404}`,
		},
		{
			name: "delete with a wrong header", given: []string{jing}, do: "DELETE " + atJing, status: 400,
			header: []string{"X-Twilio-Webhook-Enabled", "no"}, want: `{"code":20001}`,
		},
		{name: "create after delete", given: []string{jing, "DELETE " + atJing}, do: jing, status: 201},

		// Paths and methods.
		{name: "put", given: []string{jing}, do: "PUT " + atJing, status: 405, want: `{"code":20004}`},
		{name: "delete all", do: "DELETE " + members, status: 405, want: `{"code":20004}`},
		{name: "no version", do: "GET /Services", status: 404, want: `{"code":20404}`},
		{name: "an older version", do: "GET /v1/Services", status: 404, want: `{"code":20404}`},
		{name: "the root", do: "GET /", status: 404, want: `{"code":20404}`},
		{
			name: "messages are not served", do: "GET " + channels + "/" + channelSID + "/Messages", status: 404,
			want: `{"code":20404}`,
		},
		{name: "a slash at the end", do: "GET " + members + "/", status: 404, want: `{"code":20404}`},
		{name: "too deep", do: "GET " + members + "/a/b/c/d", status: 404, want: `{"code":20404}`},
	})
}

func TestAMemberIsWhereItsURLSays(t *testing.T) {
	t.Parallel()
	s := newServer(t, sandbox.Config{})
	made := post(s, members, "Identity", "jing")
	sid := made.text(t, "sid")
	assert.Equal(t, "http://example.com"+members+"/"+sid, made.text(t, "url"))
	assert.JSONEq(t, made.body, get(s, made.text(t, "url")).body)

	assert.Equal(t, http.StatusNoContent, del(s, members+"/"+sid).status)
	again := post(s, members, "Identity", "jing")
	assert.NotEqual(t, sid, again.text(t, "sid"), "a new member has a new SID")
}

func TestCredentials(t *testing.T) {
	t.Parallel()
	const account, key = "AC00000000000000000000000000000001", "SK00000000000000000000000000000001"
	s := newServer(t, sandbox.Config{AccountSID: account, AuthToken: "token", APIKey: key, APISecret: "secret"})
	open := newServer(t, sandbox.Config{})
	known := readFields(t)
	for name, row := range map[string]struct {
		server         *sandbox.Server
		user, password string
		status         int
	}{
		"account":             {s, account, "token", 200},
		"key":                 {s, key, "secret", 200},
		"mixed":               {s, account, "secret", 401},
		"wrong":               {s, account, "Token", 401},
		"none":                {s, "", "", 401},
		"any, where any does": {open, "a", "b", 200},
		"empty password":      {open, "a", "", 401},
		"empty user":          {open, "", "b", 401},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, service, http.NoBody)
			require.NoError(t, err)
			req.SetBasicAuth(row.user, row.password)
			a := send(row.server, http.MethodGet, service, "", "Authorization", req.Header.Get("Authorization"))
			assert.Equal(t, row.status, a.status)
			known.conforms(t, http.MethodGet, service, a)
			if row.status == http.StatusUnauthorized {
				assertHas(t, `{"code":20003,"more_info":"https://www.twilio.com/docs/errors/20003"}`, a)
			}
		})
	}
}
