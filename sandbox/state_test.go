package sandbox_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/sandbox"
)

const stateName = "chat.state"

func open(t *testing.T, dir string) *sandbox.Server {
	t.Helper()
	s, err := sandbox.Open(sandbox.Config{Keep: -1}, dir)
	require.NoError(t, err)
	return s
}

func dump(t *testing.T, s *sandbox.Server) string {
	t.Helper()
	text, err := s.Dump()
	require.NoError(t, err)
	return text
}

// reopen ends a server and starts another on the same folder, which must hold the same.
func reopen(t *testing.T, s *sandbox.Server, dir string) *sandbox.Server {
	t.Helper()
	before := dump(t, s)
	require.NoError(t, s.Close())
	s = open(t, dir)
	require.Equal(t, before, dump(t, s))
	return s
}

// wanderer asks for random writes of every kind; among them are conflicts, and writes of what is not there.
type wanderer struct {
	*rand.Rand
	h http.Handler
	n int
}

func wander(h http.Handler, seed uint64) *wanderer {
	return &wanderer{rand.New(rand.NewPCG(seed, 1)), h, 0}
}

func (w *wanderer) of(words ...string) string { return words[w.IntN(len(words))] }

func (w *wanderer) service() string {
	return services + "/" + w.of(serviceSID, serviceSID, w.any(services))
}

// any is the SID of something that is in a list.
func (w *wanderer) any(list string) string {
	all := listed(get(w.h, list+"?PageSize=100"))
	if len(all) == 0 {
		return "none"
	}
	return all[w.IntN(len(all))]
}

// listed are the SIDs of the list that an answer is.
func listed(a answer) (sids []string) {
	var list map[string]json.RawMessage
	if json.Unmarshal([]byte(a.body), &list) != nil {
		return nil
	}
	for key, items := range list {
		var all []struct {
			SID string `json:"sid"`
		}
		if key != "meta" && json.Unmarshal(items, &all) == nil {
			for _, one := range all {
				sids = append(sids, one.SID)
			}
		}
	}
	return sids
}

func (w *wanderer) channel(service string) string {
	return service + "/Channels/" + w.of(channelSID, "a", "b", w.any(service+"/Channels"))
}

func (w *wanderer) identity() string { return w.of("jing", "wu", "ana", "é/%", "<script>") }

// step makes one write.
func (w *wanderer) step() answer {
	w.n++
	v, id := w.service(), w.identity()
	ch := w.channel(v)
	role := w.any(v + "/Roles")
	switch w.IntN(20) {
	case 0:
		return post(w.h, services, "FriendlyName", id)
	case 1:
		return post(w.h, v, "FriendlyName", id, "Limits.ChannelMembers", strconv.Itoa(3+w.IntN(5)), "DefaultChannelRoleSid", role)
	case 2:
		return post(w.h, v, "Notifications.NewMessage.Enabled", "true", "WebhookFilters", "onMemberAdd", "ReadStatusEnabled", "false")
	case 3:
		if w.IntN(4) == 0 {
			return del(w.h, v)
		}
		return post(w.h, services, "FriendlyName", id)
	case 4:
		return post(w.h, v+"/Roles", "FriendlyName", id, "Type", w.of("channel", "deployment"), "Permission", "sendMessage")
	case 5:
		return post(w.h, v+"/Roles/"+role, "Permission", w.of("leaveChannel", "sendMessage"))
	case 6:
		return del(w.h, v+"/Roles/"+role)
	case 7:
		return post(w.h, v+"/Channels", "UniqueName", w.of("a", "b", "c"), "Type", w.of("public", "private"), "FriendlyName", id)
	case 8:
		return post(w.h, ch, "UniqueName", w.of("a", "b", "c", ""), "Attributes", `{"n":`+strconv.Itoa(w.n)+`}`)
	case 9:
		return del(w.h, ch)
	case 10:
		return post(w.h, v+"/Users", "Identity", id, "FriendlyName", "f")
	case 11:
		return post(w.h, v+"/Users/"+url.PathEscape(id), "Attributes", `["`+strconv.Itoa(w.n)+`"]`)
	case 12:
		return del(w.h, v+"/Users/"+url.PathEscape(id))
	case 13:
		return post(w.h, ch+"/Members/"+url.PathEscape(id), "LastConsumedMessageIndex", strconv.Itoa(w.n), "LastConsumptionTimestamp", "2019-05-01T00:00:00.123Z")
	case 14:
		return del(w.h, ch+"/Members/"+url.PathEscape(id))
	case 15:
		return post(w.h, v+"/Users/"+url.PathEscape(id)+"/Channels/"+channelSID, "NotificationLevel", w.of("muted", "default"))
	case 16:
		return del(w.h, v+"/Users/"+url.PathEscape(id)+"/Channels/"+channelSID)
	default:
		return post(w.h, ch+"/Members", "Identity", id, "DateCreated", "2016-03-24T21:05:50+02:00")
	}
}

func seedState(t *testing.T, s *sandbox.Server) {
	t.Helper()
	require.NoError(t, s.AddService(serviceSID))
	require.NoError(t, s.AddChannel(serviceSID, channelSID))
	require.NoError(t, s.AddChannel(serviceSID, "a"))
	require.NoError(t, s.AddRole(serviceSID, roleSID))
	require.NoError(t, s.Sync())
}

// Whatever is written, another server on the same folder holds the same: read from the changes, and read from the
// snapshot that was made of them.
func TestWhatASandboxHoldsSurvivesItsEnd(t *testing.T) {
	t.Parallel()
	succeeded := map[string]bool{}
	for seed := range uint64(4) {
		dir := filepath.Join(t.TempDir(), "made", "by it")
		s := open(t, dir)
		if seed%2 == 1 {
			s.CompactAt(2000)
		}
		seedState(t, s)
		w := wander(s, seed)
		for range 2 {
			for range 80 {
				w.step()
			}
			for _, req := range s.Requests() {
				if req.Method != http.MethodGet && req.Status < http.StatusBadRequest {
					succeeded[req.Operation] = true
				}
			}
			s = reopen(t, reopen(t, s, dir), dir)
			w.h = s
			require.NoError(t, s.AddService(serviceSID)) // it may have been deleted
			require.NoError(t, s.AddChannel(serviceSID, channelSID))
		}
		require.NoError(t, s.Close())
		require.NoError(t, s.Close(), "twice")
	}
	assert.Len(t, succeeded, 17, "every kind of write")
}

// Every field that can be set, and every way to a resource, the ways that are closed included.
func TestEveryFieldOfAStateSurvives(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir)
	seedState(t, s)
	for _, a := range []answer{
		post(s, service, "FriendlyName", "f", "ReadStatusEnabled", "false", "ReachabilityEnabled", "true",
			"TypingIndicatorTimeout", "7", "ConsumptionReportInterval", "8", "Limits.ChannelMembers", "9", "Limits.UserChannels", "11",
			"PreWebhookUrl", "https://a.example", "PostWebhookUrl", "https://b.example", "WebhookMethod", "GET",
			"WebhookFilters", "onMemberAdd", "PreWebhookRetryCount", "2", "PostWebhookRetryCount", "3",
			"Notifications.LogEnabled", "true", "Notifications.NewMessage.Enabled", "true", "Notifications.NewMessage.Template", "t",
			"Notifications.NewMessage.Sound", "s", "Notifications.NewMessage.BadgeCountEnabled", "true",
			"Media.CompatibilityMessage", "m", "DefaultChannelRoleSid", roleSID),
		post(s, channels, "UniqueName", "old", "FriendlyName", "f", "Attributes", "[1]", "Type", "private", "CreatedBy", "jing",
			"DateCreated", "2016-03-24T21:05:50.5Z", "DateUpdated", "2017-03-24T21:05:50Z"),
		post(s, channels+"/old", "UniqueName", "new"),
		post(s, users, "Identity", "wu", "Attributes", "[2]", "FriendlyName", "Wu"),
		post(s, members, "Identity", "jing", "LastConsumedMessageIndex", "0", "LastConsumptionTimestamp", "2018-03-24T21:05:50Z",
			"DateCreated", "2016-03-24T21:05:50.5Z", "DateUpdated", "2017-03-24T21:05:50Z", "Attributes", "[3]", "RoleSid", roleSID),
		post(s, users+"/jing/Channels/"+channelSID, "NotificationLevel", "muted"),
		post(s, members, "Identity", "ana"),
		del(s, members+"/ana"),
		post(s, members, "Identity", "ana"),
	} {
		require.Less(t, a.status, http.StatusBadRequest, a.body)
	}
	look := func(s *sandbox.Server) (all []string) {
		for _, target := range []string{
			services, service, roles, channels + "?Type=public&Type=private", channels + "/old", channels + "/new", users,
			users + "/wu", members, members + "/jing", members + "/ana", users + "/jing/Channels", users + "/jing/Channels/" + channelSID,
		} {
			got := get(s, target)
			all = append(all, fmt.Sprint(target, got.status, got.body))
		}
		return all
	}
	before := look(s)
	require.Contains(t, before[len(before)-1], "muted")
	again := get(s, members+"/ana").text(t, "sid")
	for range 2 {
		s = reopen(t, s, dir)
		require.Equal(t, before, look(s))
	}
	require.Equal(t, http.StatusNoContent, del(s, members+"/ana").status)
	require.NotEqual(t, again, post(s, members, "Identity", "ana").text(t, "sid"), "a new member has a new SID")
	require.Equal(t, http.StatusCreated, post(s, channels, "UniqueName", "old").status, "the name is free")
	require.NoError(t, s.Close())
}

// A file that ends anywhere holds all changes whose lines are whole, and nothing else.
func TestAStateThatEndsAnywhere(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir)
	seedState(t, s)
	held := []string{dump(t, s)}
	path := filepath.Join(dir, stateName)
	start, err := os.ReadFile(path)
	require.NoError(t, err)
	w := wander(s, 3)
	for len(held) < 12 {
		if w.step().status < http.StatusBadRequest {
			held = append(held, dump(t, s))
		}
	}
	require.NoError(t, s.Close())
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, len(held)-1, bytes.Count(text[len(start):], []byte("\n")), "a line for each write")
	for size := len(start); size <= len(text); size++ {
		if size%241 > 0 && !bytes.ContainsRune(text[size-2:min(size+2, len(text))], '\n') {
			continue // the ends of lines are what matters
		}
		torn := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(torn, stateName), text[:size], 0o600))
		s := open(t, torn)
		whole := bytes.Count(text[len(start):size], []byte("\n"))
		require.Equal(t, held[whole], dump(t, s), "%d bytes", size)
		require.NoError(t, s.Close())
	}
}

// A line that is not whole, and is not the last, is told; so is a file that is something else.
func TestADamagedState(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir)
	seedState(t, s)
	for range 20 {
		wander(s, 3).step()
	}
	require.NoError(t, s.Close())
	text, err := os.ReadFile(filepath.Join(dir, stateName))
	require.NoError(t, err)
	last := bytes.LastIndexByte(text[:len(text)-1], '\n')
	for at := 0; at <= last; at += 61 {
		damaged := bytes.Clone(text)
		damaged[at] ^= 1
		broken := t.TempDir()
		path := filepath.Join(broken, stateName)
		require.NoError(t, os.WriteFile(path, damaged, 0o600))
		_, err := sandbox.Open(sandbox.Config{}, broken)
		require.Error(t, err, "byte %d", at)
		require.Contains(t, err.Error(), broken)
		kept, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, damaged, kept, "what cannot be read is left as it is")
	}
	for _, size := range []int{0, 1, 20} {
		lost := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(lost, stateName), text[:size], 0o600))
		_, err := sandbox.Open(sandbox.Config{}, lost)
		require.ErrorContains(t, err, "is no state", "a file of %d bytes is not one that holds nothing", size)
	}
	stray := sandbox.AppendFrame(bytes.Clone(text), []byte(`{"member":{"service":"`+serviceSID+`","channel":"CH1","identity":"x"}}`))
	require.NoError(t, os.WriteFile(filepath.Join(dir, stateName), stray, 0o600))
	_, err = sandbox.Open(sandbox.Config{}, dir)
	require.ErrorContains(t, err, "belongs to nothing")
}

func TestAFolderHasOneServer(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir)
	_, err := sandbox.Open(sandbox.Config{}, dir)
	require.ErrorIs(t, err, sandbox.ErrLocked)
	require.NoError(t, s.Close())
	s = open(t, dir)
	require.NoError(t, s.Close())
	assert.Equal(t, http.StatusInternalServerError, post(s, services, "FriendlyName", "late").status)
	assert.Error(t, s.AddService("IS00000000000000000000000000000009"))
}

func TestAStateIsItsOwners(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "state")
	s := open(t, dir)
	seedState(t, s)
	require.NoError(t, s.Close())
	info, err := os.Stat(dir)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o700), info.Mode().Perm())
	files, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Len(t, files, 2, "the state and the lock")
	for _, file := range files {
		info, err := file.Info()
		require.NoError(t, err)
		assert.Equal(t, os.FileMode(0o600), info.Mode().Perm(), file.Name())
	}
}

// Many writers at once, while the file is written anew again and again: all that was answered is there.
func TestManyWritersOfAState(t *testing.T) {
	t.Parallel()
	const writers, each = 16, 40
	dir := t.TempDir()
	s := open(t, dir)
	s.CompactAt(1000)
	seedState(t, s)
	var group sync.WaitGroup
	for writer := range writers {
		group.Go(func() {
			for i := range each {
				id := fmt.Sprintf("%d-%d", writer, i)
				assert.Equal(t, http.StatusCreated, post(s, members, "Identity", id).status)
				if i%4 == 0 {
					assert.Equal(t, http.StatusNoContent, del(s, members+"/"+id).status)
				}
				get(s, members)
			}
		})
	}
	group.Wait()
	s = reopen(t, s, dir)
	assert.Len(t, s.Members(serviceSID, channelSID), writers*each*3/4)
	require.NoError(t, s.Close())
}

// Where the file cannot be written, no write is answered as if it had been.
func TestAStateThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir)
	seedState(t, s)
	require.NoError(t, s.BreakFile())
	got := post(s, members, "Identity", "jing")
	assert.Equal(t, http.StatusInternalServerError, got.status, got.body)
	<-s.Failed()
	assert.Equal(t, http.StatusInternalServerError, post(s, members, "Identity", "wu").status, "and so from then on")
	assert.Equal(t, http.StatusOK, get(s, members).status)
	require.ErrorContains(t, s.Sync(), "cannot be written")
	require.Error(t, s.Close())
	s = open(t, dir)
	assert.Empty(t, s.Members(serviceSID, channelSID))
	require.NoError(t, s.Close())
}

// What was begun of a new file is taken away when it cannot take the old one's place.
func TestAStateThatCannotBeRenewed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir)
	seedState(t, s)
	path := filepath.Join(dir, stateName)
	require.NoError(t, os.Remove(path))
	require.NoError(t, os.MkdirAll(filepath.Join(path, "in the way"), 0o700))
	s.CompactAt(1)
	for range 20 { // the file is renewed when the changes outweigh the snapshot
		if post(s, service, "FriendlyName", strings.Repeat("n", 1000)).status != http.StatusOK {
			break
		}
	}
	<-s.Failed()
	require.Error(t, s.Close())
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	for _, e := range entries {
		assert.NotContains(t, e.Name(), ".new")
	}
}
