package chat_test

import (
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/chat"
)

func TestRefusals(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, body string
		code       int
		message    string
		moreInfo   string
	}{
		{
			"classic", `{"code":50404,"message":"Member already exists","more_info":"https://www.twilio.com/docs/errors/50404","status":409}`,
			50404, "Member already exists", "https://www.twilio.com/docs/errors/50404",
		},
		{
			"with detail", `{"code":20003,"detail":"Your AccountSid or AuthToken was incorrect.","message":"Authentication Error - No credentials provided","status":401}`,
			20003, "Authentication Error - No credentials provided", "",
		},
		{"detail alone", `{"code":20404,"detail":"not here"}`, 20404, "not here", ""},
		{"details", `{"code":20404,"details":"not here"}`, 20404, "not here", ""},
		{"details of another type", `{"code":20404,"message":"not here","details":{"a":1}}`, 20404, "not here", ""},
		{"newer", `{"code":20001,"message":"Bad","httpStatusCode":400,"params":{},"userError":true}`, 20001, "Bad", ""},
		{
			"RFC 9457", `{"type":"https://e.example","title":"Too Many Requests","status":429,"code":20429,"detail":"slow down","errors":[]}`,
			20429, "Too Many Requests: slow down", "",
		},
		{"title alone", `{"title":"Gone"}`, 0, "Gone", ""},
		{"code as text", `{"code":" 50404 ","message":"x"}`, 50404, "x", ""},
		{"code null", `{"code":null,"message":"x"}`, 0, "x", ""},
		{"code in words", `{"code":"many","message":"x"}`, 0, "x", ""},
		{"code too large", `{"code":99999999999999999999,"message":"x"}`, 0, "x", ""},
		{"message of another type", `{"code":1,"message":{"a":1}}`, 1, "", ""},
		{"plain text", "no healthy upstream\n", 0, "no healthy upstream", ""},
		{"JSON of another kind", `["a"]`, 0, `["a"]`, ""},
		{"cut JSON", `{"code":20404,"mess`, 0, `{"code":20404,"mess`, ""},
		{
			"HTML", "<!DOCTYPE html>\n<HTML><head><TITLE>502 Bad&nbsp;Gateway\n &amp; more</TITLE></head><body><h1>x</h1></body></HTML>",
			0, "502 Bad Gateway & more", "",
		},
		{"HTML without a title", "<html><body><h1>Service</h1>\n<p>unavailable</p></body></html>", 0, "Service unavailable", ""},
		{"HTML cut in a tag", "<h1>Oops</h1><p cla", 0, "Oops", ""},
		{"HTML whose letters change in length", "<title>K\u212a\u0130</title>", 0, "K\u212a\u0130", ""},
		{"control characters", "a\x1b[31mb\x00\r\nc\u0085d", 0, "a [31mb c d", ""},
		{"no UTF-8", "a\xff\xfeb", 0, "a\ufffdb", ""},
		{"empty", "", 0, "", ""},
		{"space", " \n", 0, "", ""},
	} {
		client := answer(t, http.StatusConflict, c.body, "Twilio-Request-Id", requestID)
		_, err := client.CreateMember(t.Context(), jing())
		e := asError(t, err)
		want := chat.Error{
			Op: "create member", Method: http.MethodPost,
			Path:   "/base/v2/Services/" + serviceSID + "/Channels/" + channelSID + "/Members",
			Status: http.StatusConflict, RequestID: requestID, Sent: true,
			Code: c.code, Message: c.message, MoreInfo: c.moreInfo,
		}
		assert.Equal(t, want, *e, c.name)
		assert.NotContains(t, err.Error(), "\n", c.name)
	}
}

func TestErrorText(t *testing.T) {
	t.Parallel()
	client := answer(t, http.StatusConflict, `{"code":50404,"message":"Member already exists"}`, "Twilio-Request-Id", requestID)
	_, err := client.CreateMember(t.Context(), jing())
	require.EqualError(t, err, "create member: the API answered 409 Conflict, code 50404: Member already exists [request "+requestID+"]")
	_, err = answer(t, http.StatusBadGateway, "").FetchMember(t.Context(), serviceSID, channelSID, "jing")
	require.EqualError(t, err, "fetch member: the API answered 502 Bad Gateway")
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	const date = "Fri, 02 Jan 2026 03:00:00 GMT"
	for _, c := range []struct {
		value, date string
		want        time.Duration
		has         bool
	}{
		{"", "", 0, false},
		{"0", "", 0, true},
		{"30", "", 30 * time.Second, true},
		{" 30 ", "", 30 * time.Second, true},
		{"1.5", "", 1500 * time.Millisecond, true},
		{"-5", "", 0, true},
		{"99999999999999999999", "", 1<<63 - 1, true},
		{"Fri, 02 Jan 2026 03:05:05 GMT", "", time.Minute, true},
		{"Fri, 02 Jan 2026 03:00:30 GMT", date, 30 * time.Second, true},
		{"Friday, 02-Jan-26 03:00:30 GMT", date, 30 * time.Second, true},
		{"Fri Jan  2 03:00:30 2026", date, 30 * time.Second, true},
		{"Fri, 02 Jan 2026 02:00:00 GMT", date, 0, true},
		{"Fri, 02 Jan 2026 03:05:05 GMT", "yesterday", time.Minute, true},
		{"soon", "", 0, false},
		{"NaN", "", 0, false},
		{"Inf", "", 0, false},
		{"0x10", "", 0, false},
		{"1e3", "", 0, false},
		{"--5", "", 0, false},
		{"-", "", 0, false},
		{"5s", "", 0, false},
	} {
		h := http.Header{}
		if c.value != "" {
			h.Set("Retry-After", c.value)
		}
		h.Set("Date", c.date)
		got, has := chat.RetryAfter(h, now)
		assert.Equal(t, c.want, got, c.value)
		assert.Equal(t, c.has, has, c.value)
	}
	client := answer(t, http.StatusTooManyRequests, `{"code":20429}`, "Retry-After", "7")
	_, err := client.CreateMember(t.Context(), jing())
	e := asError(t, err)
	assert.Equal(t, 7*time.Second, e.RetryAfter)
	assert.True(t, e.HasRetryAfter)
}

// TestServiceThatRepeatsTheCredentials holds that no secret comes back in an error, whatever a service says.
func TestServiceThatRepeatsTheCredentials(t *testing.T) {
	t.Parallel()
	echo := user + " " + secret + " " + basicToken
	for _, body := range []string{echo, "<title>" + echo + "</title>", `{"message":"` + echo + `","more_info":"` + echo + `","code":"` + secret + `"}`} {
		client := answer(t, http.StatusUnauthorized, body, "Twilio-Request-Id", echo, "Retry-After", secret)
		_, err := client.CreateMember(t.Context(), jing())
		e := asError(t, err)
		for _, s := range []string{e.Message, e.MoreInfo, e.RequestID} {
			assert.NotContains(t, s, secret)
			assert.NotContains(t, s, basicToken)
		}
	}
	client := answer(t, http.StatusCreated, `{"sid": "`+secret+`", "date_created": "`+secret+`"}`)
	_, err := client.CreateMember(t.Context(), jing())
	requireNoSecret(t, asError(t, err))
	client = answer(t, http.StatusFound, "", "Location", "https://"+user+":"+secret+"@elsewhere.example/"+secret)
	_, err = client.CreateMember(t.Context(), jing())
	requireNoSecret(t, asError(t, err))
	raw, _ := piped(t, func(_ int64, conn net.Conn) {
		take(conn)
		_, _ = io.WriteString(conn, echo+"\r\n\r\n")
	})
	_, err = raw.CreateMember(t.Context(), jing())
	assert.True(t, asError(t, err).Sent)
	assert.ErrorContains(t, err, "malformed HTTP")
}
