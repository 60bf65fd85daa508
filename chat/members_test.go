package chat_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/chat"
)

// theMember is memberBody, understood.
var theMember = chat.Resource{
	SID:         memberSID,
	AccountSID:  "ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	ServiceSID:  serviceSID,
	ChannelSID:  channelSID,
	Identity:    "jing",
	RoleSID:     roleSID,
	Attributes:  "{}",
	URL:         "https://chat.twilio.com/v2/Services/" + serviceSID + "/Channels/" + channelSID + "/Members/" + memberSID,
	DateCreated: at,
	DateUpdated: at,
}

func TestCreateMember(t *testing.T) {
	t.Parallel()
	c := answer(t, http.StatusCreated, memberBody, "Twilio-Request-Id", requestID)
	got, err := c.CreateMember(t.Context(), jing())
	require.NoError(t, err)
	assert.Equal(t, chat.Answer{Status: http.StatusCreated, RequestID: requestID, Member: theMember}, got)
}

func TestFetchAndUpdateMember(t *testing.T) {
	t.Parallel()
	full := strings.NewReplacer(
		`"last_consumption_timestamp": null`, `"last_consumption_timestamp": "2016-03-24T21:05:52Z"`,
		`"last_consumed_message_index": null`, `"last_consumed_message_index": 0`,
		`"attributes": "{}"`, `"attributes": "{\"a\":\"\u00fc\"}"`,
	).Replace(memberBody)
	want := theMember
	want.LastConsumptionTimestamp = at.Add(2 * time.Second)
	want.LastConsumedMessageIndex = chat.Index{N: 0, Set: true}
	want.Attributes = `{"a":"ü"}`

	c := answer(t, http.StatusOK, full)
	got, err := c.FetchMember(t.Context(), serviceSID, channelSID, "jing")
	require.NoError(t, err)
	assert.Equal(t, chat.Answer{Status: http.StatusOK, Member: want}, got)
	got, err = c.UpdateMember(t.Context(), everyField(), memberSID)
	require.NoError(t, err)
	assert.Equal(t, want, got.Member)
}

func TestDeleteMember(t *testing.T) {
	t.Parallel()
	require.NoError(t, answer(t, http.StatusNoContent, "").DeleteMember(t.Context(), serviceSID, channelSID, "jing"))
	err := answer(t, http.StatusOK, "{}").DeleteMember(t.Context(), serviceSID, channelSID, "jing")
	assert.Equal(t, http.StatusOK, asError(t, err).Status, "204 is what the documents promise")
}

// TestOnlyThePromisedStatus holds that a success that was not promised is no success.
func TestOnlyThePromisedStatus(t *testing.T) {
	t.Parallel()
	for _, status := range []int{200, 202, 204, 206, 226} {
		body := memberBody
		if status == http.StatusNoContent {
			body = ""
		}
		_, err := answer(t, status, body).CreateMember(t.Context(), jing())
		e := asError(t, err)
		assert.Equal(t, status, e.Status)
		assert.True(t, e.Sent)
	}
	_, err := answer(t, http.StatusCreated, memberBody).UpdateMember(t.Context(), everyField(), "jing")
	assert.Equal(t, http.StatusCreated, asError(t, err).Status)
}

func TestAnswerThatCannotBeUnderstood(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"empty":                 "",
		"no JSON":               "<html>Created</html>",
		"null":                  "null",
		"array":                 "[]",
		"no sid":                `{"identity": "jing"}`,
		"a null sid":            `{"sid": null, "identity": "jing"}`,
		"sid of another type":   `{"sid": 1}`,
		"an index in words":     strings.Replace(memberBody, `_index": null`, `_index": "many"`, 1),
		"an index with a point": strings.Replace(memberBody, `_index": null`, `_index": 1.5`, 1),
		"an index too large":    strings.Replace(memberBody, `_index": null`, `_index": 9223372036854775808`, 1),
		"a date that is none":   strings.Replace(memberBody, "2016-03-24T21", "2016-02-30T21", 1),
		"something behind it":   memberBody + "}",
		"two members":           memberBody + memberBody,
		"cut":                   memberBody[:len(memberBody)-2],
	} {
		_, err := answer(t, http.StatusCreated, body, "Twilio-Request-Id", requestID).CreateMember(t.Context(), jing())
		require.Error(t, err, name)
		e := asError(t, err)
		assert.Equal(t, http.StatusCreated, e.Status, name)
		assert.True(t, e.Sent, name)
		assert.Equal(t, requestID, e.RequestID, name)
		require.Error(t, e.Err, name)
	}
}

func TestAnswerTooLong(t *testing.T) {
	t.Parallel()
	long := strings.Replace(memberBody, `"{}"`, `"`+strings.Repeat("a", 1<<20)+`"`, 1)
	_, err := answer(t, http.StatusCreated, long).CreateMember(t.Context(), jing())
	e := asError(t, err)
	assert.Equal(t, http.StatusCreated, e.Status)
	assert.Contains(t, err.Error(), "longer than 1048576 bytes")

	_, err = answer(t, http.StatusInternalServerError, strings.Repeat("oh no ", 1<<20)).CreateMember(t.Context(), jing())
	assert.Equal(t, http.StatusInternalServerError, asError(t, err).Status)
	assert.Less(t, len(err.Error()), 1000)
}

func TestPackedAnswer(t *testing.T) {
	t.Parallel()
	packed := func(body string) string {
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		_, err := w.Write([]byte(body))
		require.NoError(t, err)
		require.NoError(t, w.Close())
		return b.String()
	}
	body := packed(memberBody)
	got, err := answer(t, http.StatusCreated, body, "Content-Encoding", "gzip").CreateMember(t.Context(), jing())
	require.NoError(t, err)
	assert.Equal(t, theMember, got.Member)

	for name, broken := range map[string]string{"cut": body[:len(body)-9], "no gzip": memberBody} {
		_, err = answer(t, http.StatusCreated, broken, "Content-Encoding", "gzip").CreateMember(t.Context(), jing())
		assert.Equal(t, http.StatusCreated, asError(t, err).Status, name)
	}

	bomb := packed(strings.Repeat(" ", 64<<20))
	_, err = answer(t, http.StatusCreated, bomb, "Content-Encoding", "gzip").CreateMember(t.Context(), jing())
	requireNoSecret(t, asError(t, err))
	assert.ErrorContains(t, err, "longer than")
}

// TestConnectionsAreReused holds that each answer is read to its end, refusals and pages of HTML too.
func TestConnectionsAreReused(t *testing.T) {
	t.Parallel()
	var n atomic.Int64
	var peers atomic.Int64
	seen := make(map[string]bool)
	c := setup(t, func(w http.ResponseWriter, req *http.Request) {
		if !seen[req.RemoteAddr] { // one call at a time
			seen[req.RemoteAddr] = true
			peers.Add(1)
		}
		switch n.Add(1) % 4 {
		case 0:
			w.WriteHeader(http.StatusCreated)
			_, _ = w.Write([]byte(memberBody))
		case 1:
			w.WriteHeader(http.StatusBadGateway)
			_, _ = w.Write(bytes.Repeat([]byte("<p>bad gateway</p>"), 10_000))
		case 2:
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(http.StatusFound)
		case 3:
			w.WriteHeader(http.StatusNoContent)
		}
	})
	for range 40 {
		_, _ = c.CreateMember(t.Context(), jing())
	}
	assert.EqualValues(t, 40, n.Load())
	assert.EqualValues(t, 1, peers.Load())
}

func TestRefusedBeforeSending(t *testing.T) {
	t.Parallel()
	c, network := piped(t, nil)
	update := everyField()
	for name, call := range map[string]func() error{
		"no identity": func() error {
			_, err := c.CreateMember(t.Context(), &chat.Member{ServiceSID: serviceSID, Channel: channelSID})
			return err
		},
		"no service": func() error {
			_, err := c.CreateMember(t.Context(), &chat.Member{Channel: channelSID, Identity: "jing"})
			return err
		},
		"channel ..": func() error {
			_, err := c.CreateMember(t.Context(), &chat.Member{ServiceSID: serviceSID, Channel: "..", Identity: "jing"})
			return err
		},
		"member .":   func() error { _, err := c.FetchMember(t.Context(), serviceSID, channelSID, "."); return err },
		"no member":  func() error { return c.DeleteMember(t.Context(), serviceSID, channelSID, "") },
		"update all": func() error { _, err := c.UpdateMember(t.Context(), update, ""); return err },
		"update nothing": func() error {
			_, err := c.UpdateMember(t.Context(), jing(), memberSID)
			return err
		},
		"list ..":   func() error { _, err := c.ListMembers(t.Context(), serviceSID, "..", chat.Page{}); return err },
		"page size": func() error { _, err := c.ListMembers(t.Context(), serviceSID, "a", chat.Page{Size: 101}); return err },
		"role":      func() error { _, err := c.FetchRole(t.Context(), serviceSID, ""); return err },
		"service":   func() error { _, err := c.FetchService(t.Context(), "."); return err },
	} {
		err := call()
		require.Error(t, err, name)
		e := asError(t, err)
		assert.False(t, e.Sent, name)
		assert.Zero(t, e.Status, name)
	}
	assert.Zero(t, network.made.Load())
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	for _, status := range []int{301, 302, 303, 307, 308} {
		var requests atomic.Int64
		c := setup(t, func(w http.ResponseWriter, req *http.Request) {
			requests.Add(1)
			http.Redirect(w, req, "https://elsewhere.example/v2?token="+secret, status)
		})
		_, err := c.CreateMember(t.Context(), jing())
		e := asError(t, err)
		assert.Equal(t, status, e.Status)
		assert.EqualValues(t, 1, requests.Load())
		assert.Equal(t, "a redirect to https://elsewhere.example/v2, which is not followed", e.Message, strconv.Itoa(status))
	}
}

func TestSwitchingProtocolsIsNoAnswer(t *testing.T) {
	t.Parallel()
	c := setup(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Connection", "Upgrade")
		w.Header().Set("Upgrade", "other")
		w.WriteHeader(http.StatusSwitchingProtocols)
	})
	_, err := c.CreateMember(t.Context(), jing())
	assert.Equal(t, http.StatusSwitchingProtocols, asError(t, err).Status)
}

// TestEndlessAnswer holds that an answer is given up at its cap, packed or not.
func TestEndlessAnswer(t *testing.T) {
	t.Parallel()
	for _, packed := range []bool{false, true} {
		c := setup(t, func(w http.ResponseWriter, _ *http.Request) {
			var dst io.Writer = w
			if packed {
				w.Header().Set("Content-Encoding", "gzip")
				dst = gzip.NewWriter(w)
			}
			w.WriteHeader(http.StatusCreated)
			for line := bytes.Repeat([]byte(" "), 64<<10); ; {
				if _, err := dst.Write(line); err != nil {
					return
				}
			}
		})
		_, err := c.CreateMember(t.Context(), jing())
		requireNoSecret(t, asError(t, err))
		require.ErrorContains(t, err, "longer than")
		assert.False(t, asError(t, err).Timeout)
	}
}
