package sandbox_test

import (
	"fmt"
	"math"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/sandbox"
)

// accepted sends a request every step until the time is over, and returns the moments of those that were not limited.
func accepted(t *testing.T, code string, step, during time.Duration, ask func(i int) answer) (moments []time.Duration) {
	t.Helper()
	started := time.Now()
	for i := 0; time.Since(started) < during; i++ {
		a := ask(i)
		if a.status == http.StatusTooManyRequests {
			assertHas(t, `{"status":429,"code":`+code+`}`, a)
		} else {
			require.Less(t, a.status, 300, "%s", a.body)
			moments = append(moments, time.Since(started))
		}
		time.Sleep(step)
	}
	return moments
}

// most is the largest number of moments in any half-open stretch of the length.
func most(moments []time.Duration, length time.Duration) (n int) {
	for i := range moments {
		j := i
		for j < len(moments) && moments[j] < moments[i]+length {
			j++
		}
		n = max(n, j-i)
	}
	return n
}

func newMember(s http.Handler, i int) answer { return post(s, members, "Identity", strconv.Itoa(i)) }

// 30 a second over 5 s: a burst of 150 passes, and then no 5 s hold more.
func TestChannelWritesAreLimited(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t, sandbox.Config{Limits: sandbox.DocumentedLimits()})
		moments := accepted(t, "50063", 10*time.Millisecond, 20*time.Second, func(i int) answer { return newMember(s, i) })
		assert.Len(t, moments, 4*150)
		assert.Equal(t, 150, most(moments, 5*time.Second))
		assert.Equal(t, 150, most(moments, 2*time.Second), "within the window, a burst passes")
		assert.Equal(t, 2000-600, s.Stats().Statuses[429])
	})
}

func TestChannelsHaveTheirOwnRates(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t, sandbox.Config{Limits: sandbox.Limits{ChannelWrites: 1, Window: time.Second}})
		require.NoError(t, s.AddChannel(serviceSID, "other"))
		assert.Equal(t, 201, newMember(s, 1).status)
		assert.Equal(t, 429, newMember(s, 2).status)
		assert.Equal(t, 201, post(s, channels+"/other/Members", "Identity", "2").status)
		assert.Equal(t, 200, get(s, members+"/1").status, "reads are not counted")
		assert.Equal(t, 429, del(s, members+"/1").status)
		assert.Equal(t, 429, post(s, members+"/1", "Attributes", "1").status)
		assert.Equal(t, 429, post(s, channels+"/"+channelSID, "FriendlyName", "n").status)
		assert.Equal(t, 400, post(s, members).status, "what is refused for itself is not counted")
		time.Sleep(time.Second)
		assert.Equal(t, 200, post(s, members+"/1", "Attributes", "1").status)
	})
}

// What a channel refuses is not counted against the Service, whose other channels go on.
func TestAWriteIsCountedInBothRatesOrInNone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t, sandbox.Config{Limits: sandbox.Limits{ChannelWrites: 1, MemberWrites: 3, Window: time.Second}})
		require.NoError(t, s.AddChannel(serviceSID, "other"))
		require.NoError(t, s.AddChannel(serviceSID, "third"))
		require.NoError(t, s.AddChannel(serviceSID, "fourth"))
		assert.Equal(t, 201, newMember(s, 1).status)
		for i := range 5 {
			assertHas(t, `{"status":429,"code":50063}`, newMember(s, 2+i))
		}
		assert.Equal(t, 201, post(s, channels+"/other/Members", "Identity", "2").status)
		assert.Equal(t, 201, post(s, channels+"/third/Members", "Identity", "2").status)
		for range 5 {
			assertHas(t, `{"status":429,"code":50074}`, post(s, channels+"/fourth/Members", "Identity", "2"))
		}
		assert.Equal(t, 200, post(s, channels+"/fourth", "FriendlyName", "n").status, "nor the other way round")
	})
}

// A user's channel is its member: to end or to change it is a write of the member.
func TestWritesOfAUsersChannelAreLimited(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t, sandbox.Config{Limits: sandbox.Limits{ChannelWrites: 1, Window: time.Second}})
		require.Equal(t, 201, newMember(s, 1).status)
		at := users + "/1/Channels/" + channelSID
		assertHas(t, `{"status":429,"code":50063}`, post(s, at, "NotificationLevel", "muted"))
		assertHas(t, `{"status":429,"code":50063}`, del(s, at))
		assert.Equal(t, 200, get(s, at).status)
		time.Sleep(time.Second)
		assert.Equal(t, 204, del(s, at).status)
	})
}

func TestServiceWritesAreLimited(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t, sandbox.Config{Limits: sandbox.DocumentedLimits()})
		made := 0
		moments := accepted(t, "50074", 10*time.Millisecond, 10*time.Second, func(i int) answer {
			switch made++; i % 3 {
			case 0:
				return post(s, channels, "UniqueName", strconv.Itoa(i))
			case 1:
				return post(s, users, "Identity", strconv.Itoa(i))
			default:
				return post(s, roles, "FriendlyName", "r", "Type", "channel", "Permission", "sendMessage")
			}
		})
		assert.Len(t, moments, 2*150)
		assert.Equal(t, 150, most(moments, 5*time.Second))
		assert.Equal(t, 201, newMember(s, 1).status, "a member is not counted, nor is the user that is made with it")
	})
}

// A capacity that no document names, found by asking, and changed while the server runs.
func TestServiceRateChanges(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t, sandbox.Config{Limits: sandbox.Limits{
			MemberWrites: 200, Window: 100 * time.Millisecond, ChannelMembers: math.MaxInt, UserChannels: math.MaxInt,
		}})
		next := 0
		ask := func(int) answer { next++; return newMember(s, next) }
		assert.Len(t, accepted(t, "50074", time.Millisecond, 10*time.Second, ask), 2000)
		s.SetServiceRate(100)
		time.Sleep(100 * time.Millisecond)
		assert.Len(t, accepted(t, "50074", time.Millisecond, 10*time.Second, ask), 1000)
		s.SetServiceRate(0)
		assert.Len(t, accepted(t, "50074", time.Millisecond, time.Second, ask), 1000)
	})
}

func TestConcurrencyIsLimited(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t, sandbox.Config{
			Limits: sandbox.Limits{Concurrency: 5, RetryAfter: "1"},
			Faults: sandbox.Faults{Latency: sandbox.Latency{Mean: time.Second}},
		})
		var group sync.WaitGroup
		answers := make([]answer, 12)
		for i := range answers {
			group.Go(func() {
				time.Sleep(time.Duration(i) * time.Millisecond)
				answers[i] = newMember(s, i)
			})
		}
		group.Wait()
		for i, a := range answers {
			if i < 5 {
				assert.Equal(t, 201, a.status)
				assert.Equal(t, strconv.Itoa(i+1), a.header.Get("Twilio-Concurrent-Requests"))
				continue
			}
			assertHas(t, `{"status":429,"code":20429}`, a)
			assert.Equal(t, "1", a.header.Get("Retry-After"))
		}
		assert.Equal(t, 6, s.Stats().MaxConcurrent)
		assert.Zero(t, s.Stats().InFlight)
	})
}

func TestMembersAndChannelsAreLimited(t *testing.T) {
	t.Parallel()
	s := newServer(t, sandbox.Config{Limits: sandbox.Limits{ChannelMembers: 3, UserChannels: 2}})
	for i := range 3 {
		require.Equal(t, 201, newMember(s, i).status)
	}
	assertHas(t, `{"code":50403,"status":403}`, newMember(s, 3))
	assertHas(t, `{"code":50404,"status":409}`, newMember(s, 1))
	assert.Equal(t, 404, get(s, users+"/3").status, "a member that was refused makes no user")
	require.Equal(t, 204, del(s, members+"/0").status)
	assert.Equal(t, 201, newMember(s, 3).status)

	for i, want := range []int{201, 403} {
		require.Equal(t, 201, post(s, channels, "UniqueName", fmt.Sprint("c", i)).status)
		a := post(s, fmt.Sprintf("%s/c%d/Members", channels, i), "Identity", "1")
		assert.Equal(t, want, a.status)
		if want == 403 {
			assertHas(t, `{"code":50208}`, a)
		}
	}
	require.Equal(t, 200, post(s, service, "Limits.ChannelMembers", "4").status)
	assert.Equal(t, 201, newMember(s, 5).status, "the Service's own limit counts")
	assert.Equal(t, 403, newMember(s, 6).status)
}

func TestRetryAfterForms(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for order, want := range map[string]string{
			"": "", "7": "7", "soon": "soon", "-1": "-1", "99999999999999999999": "99999999999999999999",
			"date+90s": time.Now().Add(90 * time.Second).UTC().Format(http.TimeFormat),
		} {
			s := newServer(t, sandbox.Config{Limits: sandbox.Limits{ChannelWrites: 1, Window: time.Second, RetryAfter: order}})
			require.Equal(t, 201, newMember(s, 1).status)
			a := newMember(s, 2)
			assert.Equal(t, 429, a.status)
			assert.Equal(t, want, a.header.Get("Retry-After"))
		}
	})
}

func TestConfigIsChecked(t *testing.T) {
	t.Parallel()
	for want, cfg := range map[string]sandbox.Config{
		"AccountSID":    {AccountSID: "AC1", AuthToken: "t"},
		"AuthToken":     {AuthToken: "t"},
		"APISecret":     {APIKey: "k"},
		"ChannelWrites": {Limits: sandbox.Limits{ChannelWrites: -1}},
		"MemberWrites":  {Limits: sandbox.Limits{MemberWrites: math.NaN()}},
		"negative":      {Limits: sandbox.Limits{Concurrency: -1}},
		"retry-after":   {Limits: sandbox.Limits{RetryAfter: "date+x"}},
		"latency":       {Faults: sandbox.Faults{Latency: sandbox.Latency{Mean: -1}}},
		"did you mean":  {Faults: sandbox.Faults{Orders: []sandbox.Fault{{Kind: "lost-afer"}}}},
		"probability":   {Faults: sandbox.Faults{Orders: []sandbox.Fault{{Kind: "500", Probability: 2}}}},
	} {
		_, err := sandbox.New(cfg)
		assert.ErrorContains(t, err, want)
	}
}
