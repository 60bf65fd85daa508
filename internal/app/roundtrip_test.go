package app

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/chat"
	"rejoin/sandbox"
)

// everyone are the members of a Service's channels, by channel and identity.
func (s *service) everyone(service string, channels ...string) []string {
	var all []string
	for _, channel := range channels {
		for _, m := range s.Members(service, channel) {
			all = append(all, channel+" "+m.Identity)
		}
	}
	slices.Sort(all)
	return all
}

// A Service's members are backed up, moved to another Service, compared, and taken out of it again: what was done by
// other hands in between is named, and left alone.
func TestARoundTripBetweenServices(t *testing.T) {
	t.Parallel()
	roundTrip(t, 400, 5)
}

// BenchmarkARoundTrip is the same with 200,000 members, in a process that is the service, too.
func BenchmarkARoundTrip(b *testing.B) {
	for b.Loop() {
		requests := roundTrip(b, 400, 500)
		b.ReportMetric(float64(requests), "requests/op")
	}
	b.ReportMetric(400*500*float64(b.N)/b.Elapsed().Seconds(), "members/s")
}

// roundTrip takes so many members of each of so many channels from one Service to another and back out, and returns how
// many requests that took.
func roundTrip(tb testing.TB, each, rooms int) (requests int64) {
	tb.Helper()
	s, dir := newService(tb, sandbox.Config{}), tb.TempDir()
	names := make([]string, rooms)
	for i := range names {
		names[i] = fmt.Sprintf("room-%03d", i)
	}
	var channels, roles [2][]string
	for i, sid := range []string{serviceA, serviceB} {
		require.NoError(tb, s.AddService(sid))
		for j, name := range names {
			channels[i] = append(channels[i], s.channel(tb, sid, "UniqueName", name, "Type", []string{"public", "private"}[j%2]))
		}
		for _, name := range []string{"member", "moderator", "guest"} {
			roles[i] = append(roles[i], s.role(tb, sid, name))
		}
	}
	api := s.as(tb)
	fast := []string{"--api-url", s.url, "--rate", "50000", "--progress", "none"}
	write := func(args ...string) []string {
		return slices.Concat(args, fast, []string{"--channel-rate", "0"})
	}

	// Service A, as people have left it.
	var b strings.Builder
	for i := range each * len(names) {
		row := map[string]any{
			"service_sid": serviceA, "channel_sid": channels[0][i/each], "identity": fmt.Sprintf("user, %d", i%(7*each/4)),
			"role_sid": roles[0][i%3], "attributes": fmt.Sprintf(`{"n":%d}`, i), "date_created": "2018-03-02T09:16:29Z",
		}
		if i%4 > 0 {
			row["last_consumed_message_index"], row["last_consumption_timestamp"] = i%4-1, "2020-03-07T18:21:45Z"
		}
		line, err := json.Marshal(row)
		require.NoError(tb, err)
		b.Write(append(line, '\n'))
	}
	require.NoError(tb, os.WriteFile(filepath.Join(dir, "a.ndjson"), []byte(b.String()), 0o600))
	got := rejoin(tb, dir, "", write("restore", "./a.ndjson", "--report", "./a.report")...)
	require.Equal(tb, 0, got.status, got.stderr)

	// Backup, map, restore, verify.
	got = rejoin(tb, dir, "", append([]string{"backup", "--service", serviceA, "--out", "./members.csv.gz"}, fast...)...)
	require.Equal(tb, 0, got.status, got.stderr)
	got = rejoin(tb, dir, "", append([]string{"map", "--from", serviceA, "--to", serviceB, "--out", "./map.csv"}, fast...)...)
	require.Equal(tb, 0, got.status, got.stderr)
	mapped := []string{"--map", filepath.Join(dir, "map.csv")}
	before := s.everyone(serviceB, channels[1]...)
	require.Empty(tb, before)
	got = rejoin(tb, dir, "", slices.Concat(write("restore", "./members.csv.gz", "--report", "./b.report"), mapped)...)
	require.Equal(tb, 0, got.status, got.stderr)
	assert.Contains(tb, got.stderr, count(int64(rooms))+" channels: ", "what goes where is told")
	require.Len(tb, s.everyone(serviceB, channels[1]...), each*rooms)
	verify := func(report string) result {
		return rejoin(tb, dir, "", slices.Concat([]string{"verify", "./members.csv.gz", "--extra", "--report", "./" + report}, fast, mapped)...)
	}
	got = verify("same.report")
	require.Equal(tb, 0, got.status, got.stdout+got.stderr)
	assert.Contains(tb, got.stdout, count(int64(each*rooms))+"  same")

	// One is changed, one removed, one added: these are named, and no other.
	_, err := api.UpdateMember(tb.Context(), &chat.Member{ServiceSID: serviceB, Channel: channels[1][0], RoleSID: roles[1][2]}, "user, 0")
	require.NoError(tb, err)
	require.NoError(tb, api.DeleteMember(tb.Context(), serviceB, channels[1][1], "user, 401"))
	_, err = api.CreateMember(tb.Context(), &chat.Member{ServiceSID: serviceB, Channel: channels[1][2], Identity: "newcomer"})
	require.NoError(tb, err)
	got = verify("differs.report")
	require.Equal(tb, statusDifferences, got.status, got.stderr)
	told := make(map[string]string)
	for _, l := range readReport(tb, filepath.Join(dir, "differs.report")) {
		if l.Type == "outcome" && l.Outcome != "same" {
			told[l.ChannelSID+" "+l.Identity] = l.Outcome
		}
	}
	assert.Equal(tb, map[string]string{
		channels[1][0] + " user, 0": "differs", channels[1][1] + " user, 401": "missing", channels[1][2] + " newcomer": "extra",
	}, told)

	// The undo leaves the new Service as it was, but for what others have done since.
	got = rejoin(tb, dir, "", write("undo", "./b.report", "--report", "./undo.report")...)
	require.Equal(tb, 3, got.status, got.stderr)
	assert.Equal(tb, []string{channels[1][0] + " user, 0", channels[1][2] + " newcomer"}, sortedByText(s.everyone(serviceB, channels[1]...), channels[1]))
	assert.Len(tb, s.everyone(serviceA, channels[0]...), each*rooms, "the old Service was only read")
	return int64(s.Stats().Requests)
}

// sortedByText keeps the order of the channels' names, whatever their SIDs are.
func sortedByText(all, channels []string) []string {
	slices.SortFunc(all, func(a, b string) int {
		return slices.Index(channels, a[:34]) - slices.Index(channels, b[:34])
	})
	return all
}

// as is a client of the Chat API, as another program is one.
func (s *service) as(tb testing.TB) *chat.Client {
	tb.Helper()
	c, err := chat.NewClient(chat.Config{BaseURL: s.url, Credentials: chat.Credentials{User: accountSID, Password: authToken}})
	require.NoError(tb, err)
	tb.Cleanup(c.Close)
	return c
}
