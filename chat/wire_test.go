package chat_test

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/chat"
)

// wireClient returns a client of a service that reads one request as bytes, whole, and answers it.
func wireClient(t *testing.T, status int, body string) (*chat.Client, <-chan string) {
	t.Helper()
	seen := make(chan string, 1)
	c, _ := piped(t, func(_ int64, conn net.Conn) {
		seen <- takeRaw(conn)
		give(conn, status, body)
	})
	return c, seen
}

// takeRaw reads the bytes of one request, without any package's idea of what a request is.
func takeRaw(conn net.Conn) string {
	var raw bytes.Buffer
	chunk := make([]byte, 4096)
	for {
		n, err := conn.Read(chunk)
		raw.Write(chunk[:n])
		head, body, whole := strings.Cut(raw.String(), "\r\n\r\n")
		if err != nil || whole && len(body) >= contentLength(head) {
			return raw.String()
		}
	}
}

func contentLength(head string) int {
	n := 0
	for line := range strings.SplitSeq(head, "\r\n") {
		if value, ok := strings.CutPrefix(line, "Content-Length: "); ok {
			for _, digit := range value {
				n = n*10 + int(digit-'0')
			}
		}
	}
	return n
}

// wire is a request as it was sent.
type wire struct {
	line    string
	headers map[string]string
	body    string
}

func parseWire(t *testing.T, raw string) wire {
	t.Helper()
	head, body, ok := strings.Cut(raw, "\r\n\r\n")
	require.True(t, ok, "headers end in an empty line")
	lines := strings.Split(head, "\r\n")
	w := wire{line: lines[0], headers: map[string]string{}, body: body}
	for _, line := range lines[1:] {
		name, value, ok := strings.Cut(line, ": ")
		require.True(t, ok, line)
		require.NotContains(t, w.headers, name, "sent twice")
		w.headers[name] = value
	}
	return w
}

// example is the curl command of the reference page: what each option says.
type example struct {
	method, url, user, data string
	headers                 []string
}

func readExample(t *testing.T) example {
	t.Helper()
	text, err := os.ReadFile("testdata/create-member.curl")
	require.NoError(t, err)
	var e example
	option := func(name string) []string {
		var values []string
		for line := range strings.SplitSeq(string(text), "\n") {
			line = strings.TrimSuffix(strings.TrimSpace(line), " \\")
			if value, ok := strings.CutPrefix(line, "--"+name+" "); ok {
				values = append(values, value)
			}
		}
		require.NotEmpty(t, values, name)
		return values
	}
	unquote := func(s string) string { return strings.Trim(s, `'"`) }
	e.method, e.url, _ = strings.Cut(option("request")[0], " ")
	e.url, e.user, e.data = unquote(e.url), unquote(option("user")[0]), unquote(option("data")[0])
	for _, h := range option("header") {
		e.headers = append(e.headers, unquote(h))
	}
	return e
}

// TestCreateAsTheReferencePageShows holds a request as it stands on the wire against the reference page's example. It
// differs from it in one thing, on purpose: the example lets webhooks fire.
func TestCreateAsTheReferencePageShows(t *testing.T) {
	t.Parallel()
	e := readExample(t)
	target, err := url.Parse(strings.NewReplacer("{ServiceSid}", serviceSID, "{ChannelSid}", channelSID).Replace(e.url))
	require.NoError(t, err)
	name, password, _ := strings.Cut(e.user, ":")

	seen := make(chan string, 1)
	p := &pipes{serve: func(_ int64, conn net.Conn) {
		seen <- takeRaw(conn)
		give(conn, http.StatusCreated, memberBody)
	}}
	c := newClient(t, chat.Config{
		BaseURL:     "http://localhost", // the example's own address is asserted by TestDefaultBaseURL
		Credentials: chat.Credentials{User: name, Password: password},
		UserAgent:   "rejoin/1.2.3 (linux amd64) go/go1.26",
		DialContext: p.dial,
	})
	_, err = c.CreateMember(t.Context(), &chat.Member{
		ServiceSID: serviceSID, Channel: channelSID, Identity: "Twilio", Attributes: "{}",
	})
	require.NoError(t, err)

	got := parseWire(t, <-seen)
	assert.Equal(t, e.method+" "+target.EscapedPath()+" HTTP/1.1", got.line)
	assert.Equal(t, e.data, got.body)
	want := map[string]string{
		"Host":           "localhost",
		"User-Agent":     "rejoin/1.2.3 (linux amd64) go/go1.26",
		"Content-Length": strconv.Itoa(len(e.data)),
		"Accept":         "application/json",
		"Authorization":  "Basic dXNlcm5hbWU6cGFzc3dvcmQ=",
	}
	for _, h := range e.headers {
		key, value, _ := strings.Cut(h, ": ")
		want[key] = value
	}
	want["X-Twilio-Webhook-Enabled"] = "false"
	assert.Equal(t, want, got.headers)
}

func TestDefaultBaseURL(t *testing.T) {
	t.Parallel()
	assert.True(t, strings.HasPrefix(readExample(t).url, chat.DefaultBaseURL+"/v2/Services/"))
	cfg := config()
	var to string
	cfg.DialContext = dialNowhere(&to)
	_, err := newClient(t, cfg).CreateMember(t.Context(), jing())
	require.Error(t, err)
	assert.Equal(t, "chat.twilio.com:443", to)
}

// TestCreateWithEveryField holds the order of the fields and their text.
func TestCreateWithEveryField(t *testing.T) {
	t.Parallel()
	c, seen := wireClient(t, http.StatusCreated, memberBody)
	_, err := c.CreateMember(t.Context(), everyField())
	require.NoError(t, err)
	got := parseWire(t, <-seen)
	assert.Equal(t, "POST /v2/Services/"+serviceSID+"/Channels/general%20%231/Members HTTP/1.1", got.line)
	assert.Equal(t, "Identity=j%26%2B+%C3%BC"+
		"&RoleSid="+roleSID+
		"&LastConsumedMessageIndex=0"+
		"&LastConsumptionTimestamp=2016-03-24T21%3A05%3A52.000000001Z"+
		"&DateCreated=2016-03-24T21%3A05%3A50Z"+
		"&DateUpdated=2016-03-24T21%3A05%3A51.5Z"+
		"&Attributes=%7B%22a%22%3A+1%7D", got.body)
}

func everyField() *chat.Member {
	return &chat.Member{
		ServiceSID:               serviceSID,
		Channel:                  "general #1",
		Identity:                 "j&+ ü",
		RoleSID:                  roleSID,
		LastConsumedMessageIndex: chat.Index{N: 0, Set: true},
		LastConsumptionTimestamp: at.Add(2*time.Second + 1),
		DateCreated:              at.In(time.FixedZone("", 3600)),
		DateUpdated:              at.Add(1500 * time.Millisecond),
		Attributes:               `{"a": 1}`,
	}
}

func TestUpdateOnTheWire(t *testing.T) {
	t.Parallel()
	c, seen := wireClient(t, http.StatusOK, memberBody)
	m := everyField()
	m.LastConsumedMessageIndex = chat.Index{}
	m.DateUpdated = time.Time{}
	_, err := c.UpdateMember(t.Context(), m, "a/b")
	require.NoError(t, err)
	got := parseWire(t, <-seen)
	assert.Equal(t, "POST /v2/Services/"+serviceSID+"/Channels/general%20%231/Members/a%2Fb HTTP/1.1", got.line)
	assert.Equal(t, "RoleSid="+roleSID+
		"&LastConsumptionTimestamp=2016-03-24T21%3A05%3A52.000000001Z"+
		"&DateCreated=2016-03-24T21%3A05%3A50Z"+
		"&Attributes=%7B%22a%22%3A+1%7D", got.body, "no identity: the operation does not take one")
	assert.Equal(t, "false", got.headers["X-Twilio-Webhook-Enabled"])
	assert.Equal(t, "application/x-www-form-urlencoded", got.headers["Content-Type"])
}

// TestRequestsWithoutABody holds the requests that only read, or take away.
func TestRequestsWithoutABody(t *testing.T) {
	t.Parallel()
	for line, call := range map[string]struct {
		status int
		do     func(c *chat.Client) error
	}{
		"GET /v2/Services/" + serviceSID + "/Channels/general/Members/jing HTTP/1.1": {http.StatusOK, func(c *chat.Client) error {
			_, err := c.FetchMember(t.Context(), serviceSID, "general", "jing")
			return err
		}},
		"GET /v2/Services/" + serviceSID + "/Channels/general/Members?PageSize=100 HTTP/1.1": {http.StatusOK, func(c *chat.Client) error {
			_, err := c.ListMembers(t.Context(), serviceSID, "general", chat.Page{})
			return err
		}},
		"GET /v2/Services/" + serviceSID + "/Channels?Type=public&Type=private&PageSize=20 HTTP/1.1": {http.StatusOK, func(c *chat.Client) error {
			_, err := c.ListChannels(t.Context(), serviceSID, chat.Page{Size: 20})
			return err
		}},
		"DELETE /v2/Services/" + serviceSID + "/Channels/general/Members/jing HTTP/1.1": {http.StatusNoContent, func(c *chat.Client) error {
			return c.DeleteMember(t.Context(), serviceSID, "general", "jing")
		}},
	} {
		seen := make(chan string, 1)
		c, _ := piped(t, func(_ int64, conn net.Conn) {
			seen <- takeRaw(conn)
			if call.status == http.StatusNoContent {
				_, _ = io.WriteString(conn, "HTTP/1.1 204 No Content\r\n\r\n")
				return
			}
			give(conn, call.status, `{"sid": "MB1", "members": [], "channels": [], "meta": {}}`)
		})
		require.NoError(t, call.do(c), line)
		got := parseWire(t, <-seen)
		assert.Equal(t, line, got.line)
		assert.Empty(t, got.body)
		assert.NotContains(t, got.headers, "Content-Type", line)
		assert.NotContains(t, got.headers, "Content-Length", line)
		assert.NotContains(t, got.headers, "Transfer-Encoding", line)
		if strings.HasPrefix(line, "DELETE") {
			assert.Equal(t, "false", got.headers["X-Twilio-Webhook-Enabled"], line)
		} else {
			assert.NotContains(t, got.headers, "X-Twilio-Webhook-Enabled", line)
		}
	}
}

// TestPathSegments holds that any text travels as one segment, and arrives as it was.
func TestPathSegments(t *testing.T) {
	t.Parallel()
	for _, segment := range []string{
		"a/b?c#d%", "a b+c", "../..", "...", "%2e%2e", "jürgen@example.com", "日本語", "😀", "a|b;c=d&e", "~._-", "\x00\x7f", "//", "*", "\\",
	} {
		c, seen := wireClient(t, http.StatusOK, memberBody)
		_, err := c.FetchMember(t.Context(), serviceSID, segment, segment)
		require.NoError(t, err)
		line := parseWire(t, <-seen).line
		path := strings.TrimSuffix(strings.TrimPrefix(line, "GET "), " HTTP/1.1")
		parts := strings.Split(path, "/")
		require.Len(t, parts, 8, "%q sent as %s", segment, path)
		for _, i := range []int{5, 7} {
			got, err := url.PathUnescape(parts[i])
			require.NoError(t, err)
			assert.Equal(t, segment, got)
			form, err := url.QueryUnescape(parts[i])
			require.NoError(t, err)
			assert.Equal(t, segment, form, "also where a server reads paths as forms")
		}
	}
}
