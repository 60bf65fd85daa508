package sandbox_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/sandbox"
)

func faults(t *testing.T, specs ...string) sandbox.Faults {
	t.Helper()
	f, err := sandbox.ParseFaults(specs)
	require.NoError(t, err)
	return f
}

// try sends one create over the client and returns what a client sees of it: a status, and how the answer failed.
func try(t *testing.T, client *http.Client) (status int, body string, err error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://chat.test"+members,
		strings.NewReader("Identity=jing"))
	require.NoError(t, err)
	req.SetBasicAuth("user", "password")
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := client.Do(req)
	if err != nil {
		return 0, "", err
	}
	text, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(text), errors.Join(err, resp.Body.Close())
}

// Every fault, as a client on a connection sees it, and whether the request was applied.
func TestFaultsOnTheWire(t *testing.T) {
	t.Parallel()
	for kind, row := range map[string]struct {
		status  int // 0: no answer
		code    int
		applied bool
		body    string // part of it
		broken  bool   // the body ends early
	}{
		"401":            {status: 401, code: 20003},
		"408":            {status: 408, body: "<html>"},
		"429":            {status: 429, code: 20429},
		"500":            {status: 500, code: 20500},
		"502":            {status: 502, code: 20500},
		"503":            {status: 503, code: 20503},
		"504":            {status: 504, code: 20500},
		"500-after":      {status: 500, code: 20500, applied: true},
		"502-after":      {status: 502, code: 20500, applied: true},
		"503-after":      {status: 503, code: 20503, applied: true},
		"504-after":      {status: 504, code: 20500, applied: true},
		"404-after":      {status: 404, code: 20404, applied: true, body: "The requested resource /Services/"},
		"409-busy":       {status: 409},
		"lost-before":    {},
		"lost-after":     {applied: true},
		"html":           {status: 503, body: "<html>"},
		"html-200":       {status: 200, body: "<html>"},
		"html-200-after": {status: 200, body: "<html>", applied: true},
		"redirect":       {status: 307, body: "<html>"},
		"cut":            {status: 201, applied: true, body: `{"sid":"MB`, broken: true},
		"slow":           {status: 201, applied: true, body: `{"sid":"MB`},
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newServer(t, sandbox.Config{Faults: faults(t, kind+":times=1"), Keep: -1})
				client := over(t, s)
				client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
				status, body, err := try(t, client)
				assert.Equal(t, row.status, status)
				assert.Equal(t, row.status == 0 || row.broken, err != nil, "%v", err)
				assert.Contains(t, body, row.body)
				if row.code != 0 {
					assert.Contains(t, body, fmt.Sprintf(`"code":%d,`, row.code))
				}
				assert.Equal(t, row.applied, len(s.Members(serviceSID, channelSID)) == 1)

				synctest.Wait() // the server notes a lost answer when its handler has ended
				requests := s.Requests()
				require.Len(t, requests, 1)
				assert.Equal(t, kind, requests[0].Fault)
				assert.Equal(t, row.status, requests[0].Status)
				assert.Equal(t, 1, s.Stats().Faults[kind])

				status, _, err = try(t, client)
				require.NoError(t, err)
				assert.Equal(t, map[bool]int{true: 409, false: 201}[row.applied], status, "the second try meets no fault")
			})
		})
	}
}

func TestEveryFaultIsTested(t *testing.T) {
	t.Parallel()
	// The table above and the two that hang.
	assert.Len(t, sandbox.FaultKinds(), 21+2)
}

func TestHangEndsWithTheClient(t *testing.T) {
	t.Parallel()
	for kind, applied := range map[string]int{"hang": 0, "hang-after": 1} {
		synctest.Test(t, func(t *testing.T) {
			s := newServer(t, sandbox.Config{Faults: faults(t, kind)})
			client := over(t, s)
			client.Timeout = 30 * time.Second
			started := time.Now()
			_, err := create(client)
			require.Error(t, err)
			assert.Equal(t, 30*time.Second, time.Since(started))
			assert.Len(t, s.Members(serviceSID, channelSID), applied)
			synctest.Wait()
			assert.Zero(t, s.Stats().InFlight)
			assert.Equal(t, map[int]int{0: 1}, s.Stats().Statuses)
		})
	}
}

// Stopping does not wait for a request that hangs.
func TestStopEndsWhatHangs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t, sandbox.Config{Faults: faults(t, "hang")})
		pipe := sandbox.Pipe()
		stop := s.Serve(pipe)
		client := &http.Client{Transport: &http.Transport{DialContext: pipe.DialContext}}
		failed := make(chan error)
		go func() {
			_, err := create(client)
			failed <- err
		}()
		synctest.Wait()
		require.NoError(t, stop())
		assert.Zero(t, s.Stats().InFlight)
		require.Error(t, <-failed)
		require.NoError(t, stop(), "twice")
		_, err := create(client)
		require.ErrorContains(t, err, "use of closed network connection")
	})
}

func TestSlowAndLate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t, sandbox.Config{Faults: faults(t, "slow:over=8s")})
		started := time.Now()
		_, _, err := try(t, over(t, s))
		require.NoError(t, err)
		assert.Equal(t, 8*time.Second, time.Since(started))
	})
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t, sandbox.Config{Faults: sandbox.Faults{
			Latency: sandbox.Latency{Mean: 50 * time.Millisecond, Jitter: 20 * time.Millisecond},
		}})
		var sum, least, longest time.Duration
		for i := range 1000 {
			started := time.Now()
			newMember(s, i)
			took := time.Since(started)
			if sum += took; i == 0 {
				least = took
			}
			least, longest = min(least, took), max(longest, took)
		}
		assert.InDelta(t, 50, float64(sum.Milliseconds())/1000, 2)
		assert.Less(t, least, 31*time.Millisecond)
		assert.GreaterOrEqual(t, least, 30*time.Millisecond)
		assert.Greater(t, longest, 69*time.Millisecond)
		assert.LessOrEqual(t, longest, 70*time.Millisecond)
	})
}

// Half of the latency passes before a request is applied: a client that gives up later has been heard.
func TestGivingUpEarlyAndLate(t *testing.T) {
	t.Parallel()
	for timeout, applied := range map[time.Duration]int{400 * time.Millisecond: 0, 600 * time.Millisecond: 1} {
		synctest.Test(t, func(t *testing.T) {
			s := newServer(t, sandbox.Config{Faults: sandbox.Faults{Latency: sandbox.Latency{Mean: time.Second}}})
			client := over(t, s)
			client.Timeout = timeout
			_, err := create(client)
			require.Error(t, err)
			synctest.Wait()
			assert.Len(t, s.Members(serviceSID, channelSID), applied)
		})
	}
}

// struck returns, for each of n new members in order, the statuses of its tries.
func struck(s http.Handler, n, tries int, order func(i int) int) [][]int {
	statuses := make([][]int, n)
	for range tries {
		for i := range n {
			i = order(i)
			statuses[i] = append(statuses[i], newMember(s, i).status)
		}
	}
	return statuses
}

// What a probability hits depends on the seed and on the request, not on the order in which requests arrive.
func TestProbabilitiesAreReproducible(t *testing.T) {
	t.Parallel()
	const n = 2000
	forwards := func(i int) int { return i }
	backwards := func(i int) int { return n - 1 - i }
	run := func(seed uint64, order func(int) int) [][]int {
		return struck(newServer(t, sandbox.Config{
			Seed: seed, Faults: faults(t, "503=10%", "500=0.05"), Limits: sandbox.Limits{ChannelMembers: n},
		}), n, 2, order)
	}
	first := run(1, forwards)
	assert.Equal(t, first, run(1, backwards))
	assert.NotEqual(t, first, run(2, forwards))

	counts := map[int]int{}
	for _, tries := range first {
		for _, status := range tries {
			counts[status]++
		}
	}
	assert.InDelta(t, 0.10*2*n, counts[503], 60)
	assert.InDelta(t, 0.90*0.05*2*n, counts[500], 45)
}

func TestSchedules(t *testing.T) {
	t.Parallel()
	for spec, want := range map[string]string{
		"503:every=3":            "..x..x..x..x",
		"503:from=4:to=6":        "...xxx......",
		"503:from=10":            ".........xxx",
		"503:every=2:from=5":     ".....x.x.x.x",
		"503:times=2":            "xx..........",
		"503:every=4:times=2":    "...x...x....",
		"503:to=2":               "xx..........",
		"503:since=3s:until=6s":  "...xxx......",
		"503:since=10s":          "..........xx",
		"503:on=fetch":           "............",
		"503:on=create":          "xxxxxxxxxxxx",
		"503=0":                  "............",
		"404-after,503:times=1":  "xx..........", // each once
		"503:first=1:on=write":   "xxxxxxxxxxxx",
		"503:first=1:on=members": "xxxxxxxxxxxx",
	} {
		synctest.Test(t, func(t *testing.T) {
			s := newServer(t, sandbox.Config{Faults: faults(t, spec)})
			var got strings.Builder
			for i := range 12 {
				got.WriteString(map[bool]string{true: ".", false: "x"}[newMember(s, i).status == 201])
				time.Sleep(time.Second)
			}
			assert.Equal(t, want, got.String(), spec)
		})
	}
}

func TestFirstTriesOfEachMember(t *testing.T) {
	t.Parallel()
	s := newServer(t, sandbox.Config{Faults: faults(t, "503:first=2")})
	for _, tries := range struck(s, 5, 4, func(i int) int { return i }) {
		assert.Equal(t, []int{503, 503, 201, 409}, tries)
	}
	// A member that is read is another request than one that is created: it has first tries of its own.
	assert.Equal(t, 503, get(s, members+"/1").status)
	assert.Equal(t, 503, get(s, members+"/1").status)
	assert.Equal(t, 200, get(s, members+"/1").status)
}

func TestScopes(t *testing.T) {
	t.Parallel()
	requests := []struct{ name, method, target, body string }{
		{"create", "POST", members, "Identity=b"},
		{"fetch", "GET", members + "/jing", ""},
		{"list", "GET", members, ""},
		{"update", "POST", members + "/jing", "Attributes=1"},
		{"channel", "GET", channels + "/" + channelSID, ""},
		{"service", "GET", service, ""},
		{"user", "POST", users, "Identity=c"},
		{"delete", "DELETE", members + "/jing", ""},
	}
	for spec, want := range map[string]string{
		"503":           "create fetch list update delete",
		"503:on=any":    "create fetch list update channel service user delete",
		"503:on=read":   "fetch list",
		"503:on=write":  "create update delete",
		"503:on=create": "create",
		"503:on=fetch":  "fetch",
		"503:on=list":   "list",
		"503:on=update": "update",
		"503:on=delete": "delete",
		"409-busy":      "create update delete",
		"404-after":     "create update delete",
		"429:on=any":    "create fetch list update channel service user delete",
	} {
		var got []string
		for _, r := range requests {
			s := newServer(t, sandbox.Config{Faults: faults(t, spec)})
			send(s, r.method, r.target, r.body)
			if len(s.Stats().Faults) > 0 {
				got = append(got, r.name)
			}
		}
		assert.Equal(t, want, strings.Join(got, " "), spec)
	}
}

func TestBusyCodes(t *testing.T) {
	t.Parallel()
	s := newServer(t, sandbox.Config{Faults: faults(t, "409-busy")})
	codes := map[any]bool{}
	for i := range 100 {
		codes[newMember(s, i).object(t)["code"]] = true
	}
	assert.Equal(t, map[any]bool{20162.0: true, 50419.0: true, 50213.0: true, 50349.0: true, 20409.0: true}, codes)

	one := newServer(t, sandbox.Config{Faults: faults(t, "409-busy:code=50419")})
	assertHas(t, `{"code":50419,"status":409}`, newMember(one, 1))
	slow := newServer(t, sandbox.Config{Faults: faults(t, "429:code=50063")})
	assertHas(t, `{"code":50063,"status":429}`, newMember(slow, 1))
}

func TestRetryAfterOfAFault(t *testing.T) {
	t.Parallel()
	s := newServer(t, sandbox.Config{Faults: faults(t, "429:retry-after=2:times=1", "html:retry-after=soon:times=1")})
	assert.Equal(t, "2", newMember(s, 1).header.Get("Retry-After"))
	assert.Equal(t, "soon", newMember(s, 1).header.Get("Retry-After"))
	assert.Empty(t, newMember(s, 1).header.Get("Retry-After"))
}
