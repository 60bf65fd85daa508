package app

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	backups "rejoin/backup"
	"rejoin/chat"
	"rejoin/reader"
	"rejoin/rules"
	"rejoin/sandbox"
)

// peopled is a Service that holds the members of a made-up backup.
func peopled(t *testing.T, n int) *service {
	t.Helper()
	dir := t.TempDir()
	s := newService(t, sandbox.Config{})
	s.hold(t, serviceA)
	for i := range (n + 99) / 100 {
		require.NoError(t, s.AddChannel(serviceA, fmt.Sprintf("CH%032x", i)))
	}
	write(t, dir, "b.ndjson", asNDJSON(t, samples(n)))
	got := rejoin(t, dir, "", "restore", "./b.ndjson", "--api-url", s.url, "--rate", "auto", "--channel-rate", "0", "--report", "./r")
	require.Equal(t, 0, got.status, got.stderr)
	return s
}

func (s *service) backUp(t *testing.T, dir string, args ...string) result {
	t.Helper()
	return rejoin(t, dir, "", append([]string{"backup", "--service", serviceA, "--api-url", s.url, "--rate", "10000"}, args...)...)
}

// What is backed up is clean, and is all there to whoever restores it, field by field.
func TestABackupIsReadyForARestore(t *testing.T) {
	t.Parallel()
	s := peopled(t, 520)
	dir := t.TempDir()
	for _, name := range []string{"m.ndjson", "m.csv", "m.ndjson.gz", "m.csv.zst"} {
		got := s.backUp(t, dir, "--out", "./"+name)
		require.Equal(t, 0, got.status, got.stderr)
		assert.Empty(t, got.stdout)
		assert.Contains(t, got.stderr, "520 members of 6 channels in the backup")
		assert.NotContains(t, got.stderr, "warning")
		assert.Contains(t, got.stderr, "the backup is in "+filepath.Join(dir, name))

		got = rejoin(t, dir, "", "audit", "./"+name)
		require.Equal(t, 0, got.status, got.stdout)
		for _, conflict := range []string{"skip", "verify"} { // verify compares all fields
			before := s.creates()
			got = rejoin(t, dir, "", "restore", "-n", "--on-conflict", conflict, "--api-url", s.url, "--rate", "auto",
				"--report", "./"+name+conflict+".report", "./"+name)
			require.Equal(t, 0, got.status, got.stderr)
			assert.Contains(t, got.stdout, "520  would_exist")
			assert.Equal(t, before, s.creates())
		}
	}
	for _, file := range []string{"m.ndjson", "m.csv"} {
		info, err := os.Stat(filepath.Join(dir, file))
		require.NoError(t, err)
		assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	}
	left, err := filepath.Glob(filepath.Join(dir, "m.*.[ps]*")) // .partial and .state
	require.NoError(t, err)
	assert.Empty(t, left)
}

func TestABackupOnStandardOutput(t *testing.T) {
	t.Parallel()
	s := peopled(t, 150)
	dir := t.TempDir()
	file := s.backUp(t, dir, "--out", "./m.csv", "-o", "json")
	require.Equal(t, 0, file.status, file.stderr)
	var summary map[string]any
	require.NoError(t, json.Unmarshal([]byte(file.stdout), &summary), "standard output is one line for machines")
	for key, want := range map[string]any{
		"members": 150.0, "channels": 2.0, "channels_done": 2.0, "exit_code": 0.0, "warned": 0.0, "requests": 4.0, "throttled": 0.0,
		"out": filepath.Join(dir, "m.csv"), "command": "backup",
	} {
		assert.Equal(t, want, summary[key], key)
	}
	text, err := os.ReadFile(filepath.Join(dir, "m.csv"))
	require.NoError(t, err)
	assert.InDelta(t, len(text), summary["file_bytes"], 0)

	for _, args := range [][]string{{"--format", "csv"}, {"--format", "csv", "--out", "-"}} {
		got := s.backUp(t, dir, args...)
		require.Equal(t, 0, got.status, got.stderr)
		assert.Equal(t, string(text), got.stdout, "the backup and nothing else")
		assert.Contains(t, got.stderr, "150 members of 2 channels in the backup")
	}
	got := s.backUp(t, dir, "-o", "json", "--progress", "none", "--log-level", "error")
	require.Equal(t, 0, got.status, got.stderr)
	assert.Equal(t, 150, strings.Count(got.stdout, "\n"))
	summary = nil
	require.NoError(t, json.Unmarshal([]byte(got.stderr), &summary), "the summary has no other place: %s", got.stderr)
	assert.NotContains(t, summary, "file_bytes")

	got = s.backUp(t, dir, "--only-channel", channelOf(1), "--progress", "json", "--log-format", "json")
	require.Equal(t, 0, got.status, got.stderr)
	assert.Equal(t, 50, strings.Count(got.stdout, channelOf(1)))
	last := map[string]any{}
	for line := range strings.Lines(got.stderr) {
		var v map[string]any
		require.NoError(t, json.Unmarshal([]byte(line), &v), line)
		if v["type"] == "progress" {
			last = v
		}
	}
	for key, want := range map[string]int{"channels": 1, "channels_done": 1, "members": 50, "in_flight": 0, "throttled": 0} {
		assert.InDelta(t, want, last[key], 0, key)
	}
}

func channelOf(n int) string { return fmt.Sprintf("CH%032x", n) }

func TestBackupsOfNothing(t *testing.T) {
	t.Parallel()
	s := newService(t, sandbox.Config{})
	s.hold(t, serviceA)
	dir := t.TempDir()
	got := s.backUp(t, dir, "--out", "./m.csv")
	require.Equal(t, 0, got.status, got.stderr)
	assert.Contains(t, got.stderr, "warning: the Service "+serviceA+" has no channel")
	text, err := os.ReadFile(filepath.Join(dir, "m.csv"))
	require.NoError(t, err)
	assert.True(t, strings.HasPrefix(string(text), "sid,") && strings.Count(string(text), "\n") == 1, string(text))
}

func TestBackupStatuses(t *testing.T) {
	t.Parallel()
	s := peopled(t, 150)
	empty := func(t *testing.T, dir string) {
		t.Helper()
		files, err := os.ReadDir(dir)
		require.NoError(t, err)
		assert.Empty(t, files, "nothing stays behind where nothing was written")
	}
	t.Run("4: the credentials are refused", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		env := map[string]string{"TWILIO_ACCOUNT_SID": accountSID, "TWILIO_AUTH_TOKEN": "wrong0123456789"}
		got := rejoinEnv(t, dir, "", env, "backup", "--service", serviceA, "--api-url", s.url, "--out", "./m")
		assert.Equal(t, 4, got.status, got.stderr)
		assert.Contains(t, got.stderr, "20003")
		empty(t, dir)
	})
	t.Run("4: there is no such Service", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		got := s.backUp(t, dir, "--service", "ISbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb", "--out", "./m")
		assert.Equal(t, 4, got.status, got.stderr)
		assert.Contains(t, got.stderr, "there is no Service ISbbbb")
		empty(t, dir)
	})
	t.Run("1: there is no such channel", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		got := s.backUp(t, dir, "--only-channel", "general", "--out", "./m")
		assert.Equal(t, 1, got.status, got.stderr)
		assert.Contains(t, got.stderr, `no such channel: "general"`)
		empty(t, dir)
	})
	t.Run("1: the file is there already", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		write(t, dir, "m", "of value")
		got := s.backUp(t, dir, "--out", "./m")
		assert.Equal(t, 1, got.status, got.stderr)
		assert.Contains(t, got.stderr, "nothing is ever overwritten")
	})
	t.Run("1: the folder is not there", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		got := s.backUp(t, dir, "--out", filepath.Join(dir, "no", "m"))
		assert.Equal(t, 1, got.status, got.stderr)
		assert.Contains(t, got.stderr, "no such file or directory")
	})
	t.Run("1: there is nothing to resume", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		got := s.backUp(t, dir, "--out", "./m", "--resume")
		assert.Equal(t, 1, got.status, got.stderr)
		assert.Contains(t, got.stderr, "begin it without --resume")
		empty(t, dir)
	})
	t.Run("5: an outage, and on", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		requests := make(chan struct{}, 3)
		flaky := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
			select {
			case requests <- struct{}{}:
				req.Host = strings.TrimPrefix(s.url, "http://")
				s.ServeHTTP(w, req)
			default:
				panic(http.ErrAbortHandler)
			}
		}))
		defer flaky.Close()
		got := s.backUp(t, dir, "--out", "./m.gz", "--api-url", flaky.URL, "--outage-timeout", "1s", "--workers", "1",
			"--only-channel", channelOf(0), "--only-channel", channelOf(1))
		assert.Equal(t, 5, got.status, got.stderr)
		assert.Contains(t, got.stderr, "the service does not answer: list the members")
		assert.Contains(t, got.stderr, "1 channel so far in ")
		assert.Contains(t, got.stderr, "to go on, run: rejoin backup --resume --service "+serviceA)
		assert.NoFileExists(t, filepath.Join(dir, "m.gz"))

		for range 3 {
			<-requests
		}
		again := s.backUp(t, dir, "--out", "./m.gz", "--api-url", s.url, "--resume",
			"--only-channel", channelOf(0), "--only-channel", channelOf(1))
		assert.Equal(t, 6, again.status, "another address: %s", again.stderr)
		assert.Contains(t, again.stderr, "the API's address was")
		assert.Contains(t, again.stderr, "nothing was sent")
	})
}

func TestBackupUsage(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for want, args := range map[string][]string{
		"which Service?":                      {},
		"32 hexadecimal":                      {"--service", "IS1"},
		"backup takes no argument":            {"--service", serviceA, "b.ndjson"},
		"--resume needs --out":                {"--service", serviceA, "--resume"},
		"expected .gz or .zst":                {"--service", serviceA, "--out", "m.xz"},
		"expected one of ndjson, csv":         {"--service", serviceA, "--format", "json"},
		`--only-channel "..": expected`:       {"--service", serviceA, "--only-channel", ".."},
		"whole number from 1":                 {"--service", serviceA, "--workers", "0"},
		"--rate":                              {"--service", serviceA, "--rate", "fast"},
		"http":                                {"--service", serviceA, "--api-url", "http://chat.example.com"},
		"backup has no flag --channel-rate":   {"--service", serviceA, "--channel-rate", "5"},
		"expected a length of time, like 30s": {"--service", serviceA, "--timeout", "5"},
		"expected one of auto, bar, plain":    {"--service", serviceA, "--progress", "pretty"},
	} {
		got := rejoin(t, dir, "", append([]string{"backup"}, args...)...)
		assert.Equal(t, 2, got.status, args)
		assert.Contains(t, got.stderr, want)
		assert.Empty(t, got.stdout)
	}
	got := rejoinEnv(t, dir, "", nil, "backup", "--service", serviceA, "--out", "./m")
	assert.Equal(t, 2, got.status)
	assert.Contains(t, got.stderr, "TWILIO_API_KEY")
	files, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Empty(t, files)
	got = rejoin(t, dir, "", "help", "backup")
	assert.Contains(t, got.stdout, "EXAMPLES")
	assert.Contains(t, got.stdout, "--only-channel CHANNEL")
}

// single is a Service with one channel, for what no real one would let in.
type single struct{ members []chat.Resource }

const oddName = "a channel, \"odd\"\n"

func (s single) FetchService(context.Context, string) (chat.Service, error) {
	return chat.Service{}, nil
}

func (s single) channel() chat.Channel {
	return chat.Channel{SID: channelOf(7), UniqueName: oddName, MembersCount: len(s.members)}
}

func (s single) FetchChannel(context.Context, string, string) (chat.Channel, error) {
	return s.channel(), nil
}

func (s single) ListChannels(context.Context, string, chat.Page) (chat.ChannelPage, error) {
	return chat.ChannelPage{Channels: []chat.Channel{s.channel()}}, nil
}

func (s single) ListMembers(context.Context, string, string, chat.Page) (chat.MemberPage, error) {
	return chat.MemberPage{Members: s.members}, nil
}

// oddities are texts that some encoding might not bring back.
func oddities(rng *rand.Rand) string {
	parts := []string{
		"", "plain", " lead", "trail ", `"`, `""`, ",", ";", "\t", "\n", "\r", "\r\n", "\u2028", "\u2029", "é", "日本語", "👍🏽", "<&>",
		"\x01", "\x1f", "\x7f", "\u0085", "\ufeff", "\ufffd", `\u0041`, `\n`, `\`, "null", "NULL", `\N`, `\.`, "0", "-1", "=1+1", "#",
	}
	var b strings.Builder
	for range 1 + rng.IntN(4) {
		b.WriteString(parts[rng.IntN(len(parts))])
	}
	return b.String()
}

// anyResource is a member as the API may give it: with any of its fields null.
func anyResource(rng *rand.Rand, n int) chat.Resource {
	m := chat.Resource{SID: fmt.Sprintf("MB%032x", n), ServiceSID: serviceA, ChannelSID: channelOf(7), Identity: oddities(rng)}
	for m.Identity == "" {
		m.Identity = oddities(rng)
	}
	if rng.IntN(3) > 0 {
		m.RoleSID = roleA
	}
	if rng.IntN(3) > 0 {
		m.LastConsumedMessageIndex = chat.Index{N: []int64{0, 1, 1 << 53, 1<<63 - 1}[rng.IntN(4)], Set: true}
	}
	for _, at := range []*time.Time{&m.LastConsumptionTimestamp, &m.DateCreated, &m.DateUpdated} {
		if rng.IntN(3) > 0 {
			*at = time.Unix(rng.Int64N(4e9), []int64{0, 123e6, 1}[rng.IntN(3)]).UTC()
		}
	}
	switch text, _ := json.Marshal(oddities(rng)); rng.IntN(4) {
	case 0:
	case 1:
		m.Attributes = string(text)
	case 2:
		m.Attributes = " { \"a\" : 1.0 , \"b\":\n" + string(text) + "} "
	case 3:
		m.Attributes = []string{"null", "{}", "0", `"null"`, "1152921504606846976"}[rng.IntN(5)]
	}
	return m
}

// What a restore reads from a backup is what the API said, whatever it said.
func TestWhatABackupSaysIsWhatTheAPISaid(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	s := single{}
	for n := range 3000 {
		s.members = append(s.members, anyResource(rng, n))
	}
	for _, format := range []backups.Format{backups.NDJSON, backups.CSV} {
		var text strings.Builder
		sum, err := backups.Run(t.Context(), backups.Stream{W: &text}, backups.Config{
			Client: s, Limiter: unlimited{}, Service: serviceA, Format: format,
		})
		require.NoError(t, err)
		require.EqualValues(t, len(s.members), sum.Members)
		next, stop := iter.Pull(judged(t, text.String(), format))
		for i := range s.members {
			m := &s.members[i]
			want := rules.Verdict{BackupSID: m.SID, Channel: m.ChannelSID, Member: chat.Member{
				ServiceSID: m.ServiceSID, Channel: m.ChannelSID, Identity: m.Identity, RoleSID: m.RoleSID,
				LastConsumedMessageIndex: m.LastConsumedMessageIndex, LastConsumptionTimestamp: m.LastConsumptionTimestamp,
				DateCreated: m.DateCreated, DateUpdated: m.DateUpdated, Attributes: m.Attributes,
			}}
			if format == backups.CSV && m.Attributes == "null" {
				want.Member.Attributes = " null" // a cell with null alone means that there is nothing
			}
			got, ok := next()
			require.True(t, ok)
			require.Equal(t, want, got, "row %d", i)
		}
		_, more := next()
		require.False(t, more)
		stop()
	}
}

// judged are a backup's rows as a restore understands them.
func judged(t *testing.T, text string, format backups.Format) iter.Seq[rules.Verdict] {
	t.Helper()
	// Control characters in the first rows may have the file taken for something else than text: the format is given.
	as, err := reader.ParseFormat(format.String())
	require.NoError(t, err)
	r, err := reader.New(strings.NewReader(text), reader.Config{Format: as})
	require.NoError(t, err)
	judge, err := rules.New(rules.Config{})
	require.NoError(t, err)
	return func(yield func(rules.Verdict) bool) {
		for rec, err := range r.Records() {
			require.NoError(t, err)
			require.Equal(t, oddName, string(rec.Values[reader.ChannelUniqueName].Text))
			if !yield(judge.Judge(&rec)) {
				return
			}
		}
		require.Empty(t, slices.DeleteFunc(r.Info().Unknown, func(s string) bool { return s == "" }))
	}
}

// unlimited is a limiter that lets everything pass.
type unlimited struct{}

func (unlimited) Wait(ctx context.Context) error { return context.Cause(ctx) }
func (unlimited) Accepted()                      {}
func (unlimited) Answered()                      {}
func (unlimited) Throttled(time.Duration, bool)  {}
