package app

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/sandbox"
)

// The command with which the README opens.
func TestTheReadmesFirstCommand(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	backup := filepath.Join("..", "..", "testdata", "members.ndjson")
	got := rejoinEnv(t, dir, "", nil, "restore", "--sandbox", "--rate", "auto", "--channel-rate", "0", "--report", "./r.ndjson", backup)
	require.Equal(t, 0, got.status, got.stderr)
	assert.Contains(t, got.stderr, "SANDBOX")
	assert.Contains(t, got.stdout, "200  created")
	lines := readReport(t, filepath.Join(dir, "r.ndjson"))
	assert.Len(t, outcomes(lines), 200)
	assert.Equal(t, 0, lines[len(lines)-1].ExitCode)
}

func asNDJSON(t *testing.T, all []sample) string {
	t.Helper()
	var b bytes.Buffer
	for _, s := range all {
		line, err := json.Marshal(s)
		require.NoError(t, err)
		b.Write(append(line, '\n'))
	}
	return b.String()
}

func asCSV(t *testing.T, all []sample) string {
	t.Helper()
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	require.NoError(t, w.Write([]string{
		"ServiceSid", "ChannelSid", "Identity", "RoleSid", "LastConsumedMessageIndex", "LastConsumptionTimestamp", "DateCreated",
		"DateUpdated", "Attributes",
	}))
	text := func(s *string) string {
		if s == nil {
			return ""
		}
		return *s
	}
	for _, s := range all {
		index := ""
		if s.Index != nil {
			index = strconv.FormatInt(*s.Index, 10)
		}
		require.NoError(t, w.Write([]string{
			s.ServiceSID, s.ChannelSID, s.Identity, text(s.RoleSID), index, text(s.Read), text(s.Created), text(s.Updated), text(s.Attributes),
		}))
	}
	w.Flush()
	require.NoError(t, w.Error())
	return b.String()
}

// 2,000 members, from NDJSON and from CSV: every field of every member as the backup has it, and both the same.
func TestEveryFieldOfEveryMember(t *testing.T) {
	t.Parallel()
	all := samples(2000)
	var restored [][]sandbox.Member
	for name, backup := range map[string]string{"b.ndjson": asNDJSON(t, all), "b.csv": asCSV(t, all)} {
		dir := t.TempDir()
		write(t, dir, name, backup)
		s := newService(t, sandbox.Config{})
		s.hold(t, serviceA)
		for i := range 20 {
			require.NoError(t, s.AddChannel(serviceA, fmt.Sprintf("CH%032x", i)))
		}
		got := rejoin(t, dir, "", "restore", "./"+name, "--api-url", s.url, "--rate", "auto", "--channel-rate", "0", "--report", "./r")
		require.Equal(t, 0, got.status, got.stderr)
		var members []sandbox.Member
		for i := range 20 {
			members = append(members, s.Members(serviceA, fmt.Sprintf("CH%032x", i))...)
		}
		require.Len(t, members, 2000)
		for i := range members {
			assertRestored(t, all, &members[i])
			members[i].SID = ""
		}
		restored = append(restored, members)
		for _, req := range s.Requests() {
			if req.Method == http.MethodPost {
				require.Equal(t, []string{"false"}, req.Header["X-Twilio-Webhook-Enabled"])
			}
		}
	}
	// What the service makes up by itself differs from run to run: the date of a member that had none.
	for i := range restored[0] {
		restored[0][i].DateCreated, restored[1][i].DateCreated = time.Time{}, time.Time{}
		require.Equal(t, restored[0][i], restored[1][i])
	}
}

// assertRestored compares a member with the sample that it came from.
func assertRestored(t *testing.T, all []sample, m *sandbox.Member) {
	t.Helper()
	i := slices.IndexFunc(all, func(s sample) bool { return s.ChannelSID == m.ChannelSID && s.Identity == m.Identity })
	require.GreaterOrEqual(t, i, 0, m.Identity)
	want := &all[i]
	if want.RoleSID != nil {
		require.Equal(t, *want.RoleSID, m.RoleSID)
	}
	require.Equal(t, want.Index, m.LastConsumedMessageIndex, m.Identity)
	requireTime(t, want.Read, m.LastConsumptionTimestamp, time.RFC3339)
	if want.Created != nil {
		requireTime(t, want.Created, m.DateCreated, time.RFC3339Nano)
	}
	requireTime(t, want.Updated, m.DateUpdated, "2006-01-02 15:04:05-07:00")
	attributes := "{}"
	if want.Attributes != nil {
		attributes = *want.Attributes
	}
	require.Equal(t, attributes, m.Attributes, "to the letter")
}

func requireTime(t *testing.T, want *string, got time.Time, layout string) {
	t.Helper()
	if want == nil {
		require.True(t, got.IsZero())
		return
	}
	at, err := time.Parse(layout, *want)
	require.NoError(t, err)
	require.True(t, at.Equal(got), "%s, %s", at, got)
}

func TestInputThatIsNoBackup(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, "folder"), 0o700))
	write(t, dir, "empty", "")
	write(t, dir, "header.csv", "identity,channel_sid,service_sid\n")
	write(t, dir, "binary", "\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x03\x00\x3e\x00")
	write(t, dir, "no-identity.csv", "identiy,channel_sid\njing,general\n")
	write(t, dir, "open-quote.csv", "identity,channel_sid,service_sid\n\"jing,general,IS\nmore\n")
	write(t, dir, "cut.json", `[{"identity":"jing","channel_sid":"general","service_sid":"`+serviceA+`"},`)
	tests := map[string][]string{
		"./missing":         {"missing", "no such file"},
		"./folder":          {"directory", "expected a file"},
		"./empty":           {"empty"},
		"./header.csv":      {"header"},
		"./binary":          {"binary"},
		"./no-identity.csv": {"identiy", "did you mean"},
		"./open-quote.csv":  {":2:", "quote"},
		"./cut.json":        {"cut.json:1"},
	}
	for name, wants := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newService(t, sandbox.Config{})
			s.hold(t, serviceA, "general")
			got := rejoin(t, dir, "", "restore", "--api-url", s.url, "--report", "./"+filepath.Base(t.Name())+".report", name)
			assert.Equal(t, 1, got.status, got.stderr)
			for _, want := range wants {
				assert.Contains(t, got.stderr, want)
			}
			assert.Empty(t, got.stdout)
			assert.Empty(t, s.Requests(), "nothing was sent")
		})
	}
}

func row(identity, more string) string {
	return fmt.Sprintf(`{"service_sid":%q,"channel_sid":"general","identity":%q%s}`+"\n", serviceA, identity, more)
}

func TestRowsThatBreakRules(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, "b.ndjson", row("jing", "")+
		row("", `,"last_consumed_message_index":-1,"date_created":"2016-03-24T21:05:50"`)+
		"not json\n"+
		row("jing", "")+
		row("bob", `,"last_consumed_message_index":0,"attributes":{"n":1152921504606846976}`))
	s := newService(t, sandbox.Config{})
	s.hold(t, serviceA, "general")
	got := rejoin(t, dir, "", "restore", "--api-url", s.url, "--report", "./r", "--rejects", "./x.ndjson", "-o", "json", "./b.ndjson")
	require.Equal(t, 3, got.status, got.stderr)
	lines := readReport(t, filepath.Join(dir, "r"))
	rows := outcomes(lines)
	assert.Equal(t, "created", rows[1].Outcome)
	assert.Equal(t, "invalid", rows[2].Outcome)
	assert.Len(t, rows[2].Problems, 3, "every problem of the row: %s", rows[2].Problems)
	assert.Equal(t, "invalid", rows[3].Outcome)
	assert.Equal(t, "duplicate", rows[4].Outcome)
	assert.Equal(t, "created", rows[5].Outcome)

	var summary map[string]any
	require.NoError(t, json.Unmarshal([]byte(got.stdout), &summary))
	assert.InDelta(t, 3, summary["exit_code"], 0)
	members := s.Members(serviceA, "general")
	require.Len(t, members, 2)
	assert.JSONEq(t, `{"n":1152921504606846976}`, members[0].Attributes)
	require.NotNil(t, members[0].LastConsumedMessageIndex)
	assert.Zero(t, *members[0].LastConsumedMessageIndex)
	assert.Nil(t, members[1].LastConsumedMessageIndex)

	rejects, err := os.ReadFile(filepath.Join(dir, "x.ndjson"))
	require.NoError(t, err)
	assert.Equal(t, 2, bytes.Count(rejects, []byte("\n")))
	assert.Contains(t, string(rejects), "not json")
	assert.Contains(t, string(rejects), "rejoin_error")

	// Fed back unchanged, they are rejected again, to the letter.
	again := rejoin(t, dir, "", "restore", "--api-url", s.url, "--report", "./r2", "--rejects", "./x2.ndjson", "./x.ndjson")
	require.Equal(t, 3, again.status, again.stderr)
	rejects2, err := os.ReadFile(filepath.Join(dir, "x2.ndjson"))
	require.NoError(t, err)
	assert.Equal(t, string(rejects), string(rejects2))
}

func many(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(row(fmt.Sprintf("member-%d", i), ""))
	}
	return b.String()
}

// A run that cannot begin leaves nothing behind, and nothing is written over the backup.
func TestFilesThatWouldBeInTheWay(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := newService(t, sandbox.Config{})
	s.hold(t, serviceA, "general")
	write(t, dir, "b.ndjson", many(3))
	write(t, dir, "there", "of value")
	for name, test := range map[string]struct {
		args   []string
		status int
	}{
		"rejects are there already": {[]string{"--report", "./r", "--rejects", "./there"}, 1},
		"one file for both":         {[]string{"--report", "./r", "--rejects", "./r"}, 2},
		"rejects over the backup":   {[]string{"--report", "./r", "--rejects", "./b.ndjson"}, 2},
		"report over the backup":    {[]string{"--report", "./b.ndjson"}, 2},
	} {
		got := rejoin(t, dir, "", append([]string{"restore", "--api-url", s.url, "./b.ndjson"}, test.args...)...)
		assert.Equal(t, test.status, got.status, "%s: %s", name, got.stderr)
	}
	assert.NoFileExists(t, filepath.Join(dir, "r"))
	assert.Empty(t, s.Requests(), "nothing was sent")
	backup, err := os.ReadFile(filepath.Join(dir, "b.ndjson"))
	require.NoError(t, err)
	assert.Equal(t, many(3), string(backup))
}

func TestStandardInput(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := newService(t, sandbox.Config{})
	s.hold(t, serviceA, "general")
	half := many(10)
	got := rejoin(t, dir, half, "restore", "-", "--api-url", s.url, "--report", "./r", "--limit", "4")
	require.Equal(t, 0, got.status, got.stderr)
	got = rejoin(t, dir, half, "restore", "--resume", "-", "--api-url", s.url, "--report", "./r")
	require.Equal(t, 0, got.status, got.stderr)
	assert.Len(t, s.Members(serviceA, "general"), 10)
	assert.Equal(t, 10, s.creates(), "no row was sent twice")
	got = rejoin(t, dir, strings.ReplaceAll(half, "member-1", "member-x"), "restore", "--resume", "-", "--api-url", s.url, "--report", "./r")
	assert.Equal(t, 6, got.status, got.stderr)
}

func TestOnDuplicateLastFromStandardInput(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := newService(t, sandbox.Config{})
	s.hold(t, serviceA, "general")
	backup := row("jing", `,"last_consumed_message_index":1`) + row("jing", `,"last_consumed_message_index":2`)
	got := rejoin(t, dir, backup, "restore", "-", "--on-duplicate", "last", "--api-url", s.url, "--report", "./r")
	require.Equal(t, 0, got.status, got.stderr)
	members := s.Members(serviceA, "general")
	require.Len(t, members, 1)
	assert.EqualValues(t, 2, *members[0].LastConsumedMessageIndex)
}

func TestNothingToRestore(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := newService(t, sandbox.Config{})
	s.hold(t, serviceA, "general")
	write(t, dir, "b.ndjson", many(3))
	write(t, dir, "empty.json", "[]")
	for name, args := range map[string][]string{
		"names the channel": {"./b.ndjson", "--only-channel", "genral"},
		"holds no member":   {"./empty.json"},
	} {
		got := rejoin(t, dir, "", append([]string{"restore", "--api-url", s.url, "--report", "./" + name}, args...)...)
		assert.Equal(t, 1, got.status)
		assert.Contains(t, got.stderr, name)
	}
}

// The default names of rejects never collide: of two runs, and of shards side by side.
func TestRejectsByDefault(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := newService(t, sandbox.Config{})
	s.hold(t, serviceA, "general")
	write(t, dir, "b.csv", "identity,channel_sid,service_sid\n,general,"+serviceA+"\n")
	for _, report := range []string{"r1", "r2"} {
		got := rejoin(t, dir, "", "restore", "--api-url", s.url, "--report", "./"+report, "./b.csv")
		require.Equal(t, 3, got.status, got.stderr)
	}
	assert.FileExists(t, filepath.Join(dir, "b.csv.rejects.csv"))
	assert.FileExists(t, filepath.Join(dir, "b.csv.rejects-2.csv"))
	for _, shard := range []string{"1", "2"} {
		rejoin(t, dir, "", "restore", "--api-url", s.url, "--report", "./s"+shard, "--shard", shard+"/2", "./b.csv")
	}
	rejects, err := filepath.Glob(filepath.Join(dir, "b.csv.shard-?-of-2.rejects.csv"))
	require.NoError(t, err)
	assert.Len(t, rejects, 1, "of the one row")

	// A resumed run goes on with the file that its own first run made.
	got := rejoin(t, dir, "", "restore", "--api-url", s.url, "--report", "./r2", "--resume", "./b.csv")
	require.Equal(t, 3, got.status, got.stderr)
	assert.NoFileExists(t, filepath.Join(dir, "b.csv.rejects-3.csv"))
	assert.NoFileExists(t, filepath.Join(dir, "b.csv.rejects.csv.old-1"))
}
