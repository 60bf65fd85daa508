package sandbox_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/sandbox"
)

// Of two that create the same member at the same time, one does and the other hears that it exists.
func TestTheSameMemberAtTheSameTime(t *testing.T) {
	t.Parallel()
	s := newServer(t, sandbox.Config{})
	const pairs, racers = 200, 4
	for i := range pairs {
		var group sync.WaitGroup
		statuses := make([]int, racers)
		for r := range racers {
			group.Go(func() { statuses[r] = newMember(s, i).status })
		}
		group.Wait()
		slices.Sort(statuses)
		require.Equal(t, []int{201, 409, 409, 409}, statuses)
	}
	assert.Len(t, s.Members(serviceSID, channelSID), pairs)
}

// A place in a full channel goes to one.
func TestTheLastPlaceAtTheSameTime(t *testing.T) {
	t.Parallel()
	for range 100 {
		s := newServer(t, sandbox.Config{Limits: sandbox.Limits{ChannelMembers: 3}})
		var group sync.WaitGroup
		for i := range 8 {
			group.Go(func() { newMember(s, i) })
		}
		group.Wait()
		assert.Len(t, s.Members(serviceSID, channelSID), 3)
		assert.Equal(t, map[int]int{201: 3, 403: 5}, s.Stats().Statuses)
	}
}

// Everything at once, in any order: no request gets an answer that is none, and what is left agrees with itself.
func TestEverythingAtOnce(t *testing.T) {
	t.Parallel()
	s := newServer(t, sandbox.Config{Keep: 50})
	const workers, rounds = 8, 300
	var group sync.WaitGroup
	for w := range workers {
		group.Go(func() {
			dice := rand.New(rand.NewPCG(1, uint64(w)))
			for range rounds {
				a := anyRequest(s, dice)
				assert.Contains(t, []int{200, 201, 204, 400, 404, 409}, a.status, "%s", a.body)
			}
		})
	}
	group.Wait()
	assert.Len(t, s.Requests(), 50)
	agrees(t, s)
}

func anyRequest(s *sandbox.Server, dice *rand.Rand) answer {
	name := fmt.Sprintf("c%d", dice.IntN(4))
	user := fmt.Sprintf("u%d", dice.IntN(6))
	_ = s.AddChannel(serviceSID, "seeded-"+name)
	switch of := channels + "/" + name; dice.IntN(12) {
	case 0:
		return post(s, channels, "UniqueName", name)
	case 1:
		if dice.IntN(4) > 0 {
			return get(s, of)
		}
		return del(s, of)
	case 2:
		return post(s, of, "UniqueName", fmt.Sprintf("c%d", dice.IntN(4)))
	case 3:
		if dice.IntN(4) > 0 {
			return post(s, users+"/"+user, "FriendlyName", name)
		}
		return del(s, users+"/"+user)
	case 4:
		return del(s, of+"/Members/"+user)
	case 5:
		return post(s, of+"/Members/"+user, "Attributes", "1")
	case 6:
		return get(s, users+"/"+user+"/Channels")
	case 7:
		return get(s, of+"/Members")
	case 8:
		return get(s, channels)
	case 9:
		return post(s, service, "FriendlyName", name)
	default:
		return post(s, of+"/Members", "Identity", user)
	}
}

// agrees checks that the channels' members and the users' channels tell the same.
func agrees(t *testing.T, s *sandbox.Server) {
	t.Helper()
	joined := map[string]int{}
	sids, _ := walk(t, s, channels+"?PageSize=2", "sid", func() {})
	for _, sid := range sids {
		held := s.Members(serviceSID, sid)
		assertHas(t, fmt.Sprintf(`{"members_count":%d}`, len(held)), get(s, channels+"/"+sid))
		listed, _ := walk(t, s, channels+"/"+sid+"/Members?PageSize=2", "identity", func() {})
		assert.Len(t, listed, len(held))
		for _, m := range held {
			joined[m.Identity]++
			assert.Equal(t, m.SID, get(s, channels+"/"+sid+"/Members/"+m.Identity).text(t, "sid"))
		}
	}
	all, _ := walk(t, s, users+"?PageSize=2", "identity", func() {})
	assert.NotEmpty(t, all)
	for _, user := range all {
		assertHas(t, fmt.Sprintf(`{"joined_channels_count":%d}`, joined[user]), get(s, users+"/"+user))
		own, _ := walk(t, s, users+"/"+user+"/Channels?PageSize=2", "channel_sid", func() {})
		assert.Len(t, own, joined[user])
		delete(joined, user)
	}
	assert.Empty(t, joined, "members without a user")
}

// Whoever joins a channel, or as a user, that is deleted at the same time is either refused or goes with it.
func TestJoiningWhatIsDeleted(t *testing.T) {
	t.Parallel()
	s := newServer(t, sandbox.Config{})
	for round := range 300 {
		name := fmt.Sprintf("c%d", round)
		require.Equal(t, 201, post(s, channels, "UniqueName", name).status)
		doomed := []string{channels + "/" + name, users + "/u0"}[round%2]
		post(s, users, "Identity", "u0")
		var group sync.WaitGroup
		group.Go(func() { del(s, doomed) })
		for i := range 4 {
			group.Go(func() { post(s, channels+"/"+name+"/Members", "Identity", fmt.Sprintf("u%d", i)) })
		}
		group.Wait()
	}
	agrees(t, s)
}
