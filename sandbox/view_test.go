package sandbox_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/sandbox"
)

// browse asks as a browser does: without credentials.
func browse(s http.Handler, target string, host ...string) answer {
	req := httptest.NewRequestWithContext(context.Background(), http.MethodGet, target, http.NoBody)
	req.Host = append(host, "127.0.0.1:4010")[0]
	w := httptest.NewRecorder()
	s.ServeHTTP(w, req)
	return answer{w.Code, w.Result().Header, w.Body.String()}
}

func TestThePageShowsWhatIsHeldAndWhatWasAsked(t *testing.T) {
	t.Parallel()
	faults, err := sandbox.ParseFaults([]string{"503:on=delete"})
	require.NoError(t, err)
	s := newServer(t, sandbox.Config{Page: true, Keep: 100, Faults: faults})
	for i := range 101 {
		require.Equal(t, http.StatusCreated, post(s, members, "Identity", fmt.Sprintf("member %03d", i), "LastConsumedMessageIndex", "0").status)
	}
	del(s, members+"/jing")
	get(s, users+"?PageSize=1")
	first := browse(s, "/")
	require.Equal(t, http.StatusOK, first.status)
	assert.Equal(t, "text/html; charset=utf-8", first.header.Get("Content-Type"))
	counts := regexp.MustCompile(serviceSID + `</a></td><td></td>((?:<td class="n">\d+</td>)+)`).FindStringSubmatch(first.body)
	require.NotNil(t, counts)
	assert.Equal(t, "1 101 101 5", strings.TrimSpace(regexp.MustCompile(`\D+`).ReplaceAllString(counts[1], " ")))
	assert.Contains(t, first.body, "Identity=member 100  LastConsumedMessageIndex=0")
	assert.Contains(t, first.body, "GET "+users+"?PageSize=1")
	assert.Contains(t, first.body, `<td class="n bad">503</td><td class="warn">503</td>`)
	assert.NotContains(t, first.body, "member 050", "the last fifty requests only, and no channel is open")

	opened := browse(s, "/?channel="+channelSID)
	assert.Contains(t, opened.body, "member 000")
	assert.Contains(t, opened.body, `<td class="n">0</td>`, "the first message was read")
	more := regexp.MustCompile(`href="([^"]*)">more members`).FindStringSubmatch(opened.body)
	require.NotNil(t, more)
	next := browse(s, strings.ReplaceAll(more[1], "&amp;", "&"))
	assert.Contains(t, next.body, "<td>member 100<br>")
	assert.NotContains(t, next.body, "<td>member 099<br>")
	assert.NotContains(t, next.body, "more members")

	assert.NotContains(t, first.body, `http-equiv="refresh"`)
	assert.Contains(t, browse(s, "/?live=1").body, `http-equiv="refresh"`)
	assert.Equal(t, 103, s.Stats().Requests, "looking leaves no trace")
}

// What people send is text, whatever it looks like, and credentials are nowhere.
func TestThePageIsSafeToLookAt(t *testing.T) {
	t.Parallel()
	const script = `<script>alert("1")</script>`
	s := newServer(t, sandbox.Config{Page: true, Keep: -1})
	require.Equal(t, http.StatusCreated, post(s, members, "Identity", script, "Attributes", `{"a":"</td><img src=x onerror=alert(1)>"}`).status)
	require.Equal(t, http.StatusCreated, post(s, channels, "UniqueName", script, "FriendlyName", script).status)
	require.Equal(t, http.StatusOK, post(s, service, "FriendlyName", script).status)
	get(s, members+"/%3Cscript%3E?<script>="+`"><script>`)
	for _, target := range []string{"/", "/?channel=" + channelSID, `/?service="><script>&channel=<script>&live="><script>&members=-1`} {
		got := browse(s, target)
		require.Equal(t, http.StatusOK, got.status)
		assert.NotContains(t, strings.ToLower(got.body), "<script")
		assert.NotContains(t, got.body, "<img")
		assert.NotContains(t, got.body, "Basic ")
		assert.NotContains(t, got.body, "password")
		assert.Contains(t, got.header.Get("Content-Security-Policy"), "default-src 'none'")
		assert.NotRegexp(t, `(src|href)="?(https?:)?//`, got.body, "nothing is fetched from elsewhere")
	}
	assert.Contains(t, browse(s, "/?channel="+channelSID).body, "&lt;script&gt;alert(&#34;1&#34;)&lt;/script&gt;")
	for _, host := range []string{"evil.example", "evil.example:4010", "127.0.0.1.evil.example", "10.0.0.1"} {
		got := browse(s, "/?channel="+channelSID, host)
		assert.Equal(t, http.StatusMisdirectedRequest, got.status)
		assert.NotContains(t, got.body, "alert")
	}
	for _, host := range []string{"localhost", "localhost:4010", "[::1]:4010", "127.0.0.1"} {
		assert.Equal(t, http.StatusOK, browse(s, "/", host).status, host)
	}
}

// A server that is not asked for the page has none: the API has nothing at /.
func TestNoPageUnlessItIsAskedFor(t *testing.T) {
	t.Parallel()
	s := newServer(t, sandbox.Config{})
	assert.Equal(t, http.StatusUnauthorized, browse(s, "/").status)
	assert.Equal(t, http.StatusNotFound, get(s, "/").status)
	s = newServer(t, sandbox.Config{Page: true})
	assert.Equal(t, http.StatusNotFound, post(s, "/").status)
	assert.Contains(t, browse(s, "/").body, "None yet.")
	empty, err := sandbox.New(sandbox.Config{Page: true})
	require.NoError(t, err)
	assert.Contains(t, browse(empty, "/").body, "--seed-file BACKUP")
}

func TestThePageWhileMuchIsWritten(t *testing.T) {
	t.Parallel()
	s := newServer(t, sandbox.Config{Page: true, Keep: 10})
	var group sync.WaitGroup
	for side := range 4 {
		group.Go(func() {
			for i := range 50 {
				id := fmt.Sprintf("%d-%d", side, i)
				post(s, members, "Identity", id)
				post(s, channels, "UniqueName", id)
				post(s, members+"/"+id, "Attributes", "[]")
				del(s, channels+"/"+id)
				assert.Equal(t, http.StatusOK, browse(s, "/?channel="+channelSID).status)
			}
		})
	}
	group.Wait()
}
