package app

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rejoin/sandbox"
)

const (
	serviceA = "ISaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	roleA    = "RLaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

	accountSID = "ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	authToken  = "never-to-be-seen"
)

// service is a Chat API on loopback, to be restored into.
type service struct {
	*sandbox.Server
	url string
}

// newService serves a sandbox that holds the Services, roles and channels given, with this account's credentials.
func newService(tb testing.TB, cfg sandbox.Config) *service {
	tb.Helper()
	cfg.AccountSID, cfg.AuthToken = accountSID, authToken
	if cfg.Keep == 0 {
		cfg.Keep = -1
	}
	server, err := sandbox.New(cfg)
	require.NoError(tb, err)
	listening := httptest.NewServer(server)
	tb.Cleanup(listening.Close)
	return &service{Server: server, url: listening.URL}
}

func (s *service) hold(t *testing.T, service string, channels ...string) { //nolint:unparam // the next test may want two
	t.Helper()
	require.NoError(t, s.AddService(service))
	require.NoError(t, s.AddRole(service, roleA))
	for _, channel := range channels {
		require.NoError(t, s.AddChannel(service, channel))
	}
}

// creates counts the requests that made, or tried to make, a member.
func (s *service) creates() int {
	n := 0
	for _, req := range s.Requests() {
		if req.Method == http.MethodPost {
			n++
		}
	}
	return n
}

// result is what a command did.
type result struct {
	status         int
	stdout, stderr string
}

// rejoin runs a command in a folder of its own, and looks for the secret in whatever it leaves behind.
func rejoin(tb testing.TB, dir, stdin string, args ...string) result {
	tb.Helper()
	return rejoinEnv(tb, dir, stdin, map[string]string{"TWILIO_ACCOUNT_SID": accountSID, "TWILIO_AUTH_TOKEN": authToken}, args...)
}

func rejoinEnv(tb testing.TB, dir, stdin string, env map[string]string, args ...string) result {
	tb.Helper()
	for i, arg := range args { // the tests name files, and run in parallel in one process
		if strings.HasPrefix(arg, "./") {
			args[i] = filepath.Join(dir, arg)
		}
	}
	var stdout, stderr bytes.Buffer
	status := Main(World{
		Args: append([]string{"rejoin"}, args...), Stdin: strings.NewReader(stdin), Stdout: &stdout, Stderr: &stderr,
		Getenv: func(name string) string { return env[name] },
	})
	require.NotContains(tb, stdout.String()+stderr.String(), authToken)
	files, err := os.ReadDir(dir)
	require.NoError(tb, err)
	for _, file := range files {
		if file.Type().IsRegular() {
			text, err := os.ReadFile(filepath.Join(dir, file.Name()))
			require.NoError(tb, err)
			require.NotContains(tb, string(text), authToken, file.Name())
		}
	}
	return result{status, stdout.String(), stderr.String()}
}

// inShell is a file's path as a command shows it: the folder may have a name that a shell has to be told in quotes.
func inShell(dir, name string) string { return shellWords([]string{filepath.Join(dir, name)}) }

// wordsOf are the words of a command line, of which parts may stand in single quotes, as a shell reads them.
func wordsOf(line string) (words []string) {
	var word strings.Builder
	quoted, begun := false, false
	for _, c := range strings.TrimSuffix(line, "\n") + " " {
		switch {
		case c == '\'':
			quoted, begun = !quoted, true
		case c == ' ' && !quoted:
			if begun {
				words = append(words, word.String())
			}
			word.Reset()
			begun = false
		default:
			word.WriteRune(c)
			begun = true
		}
	}
	return words
}

func write(tb testing.TB, dir, name, text string) {
	tb.Helper()
	require.NoError(tb, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
}

// line is a line of a report.
type reportLine struct {
	Type       string            `json:"type"`
	Row        int64             `json:"row"`
	Line       int64             `json:"line"`
	Outcome    string            `json:"outcome"`
	Identity   string            `json:"identity"`
	ChannelSID string            `json:"channel_sid"`
	MemberSID  string            `json:"member_sid"`
	Recovered  bool              `json:"recovered"`
	Error      string            `json:"error"`
	ErrorCode  int               `json:"error_code"`
	Problems   []json.RawMessage `json:"problems"`
	Read       int64             `json:"read"`
	Created    int64             `json:"created"`
	Pending    int64             `json:"pending"`
	ExitCode   int               `json:"exit_code"`
}

// readReport reads a report and holds what must hold of each: a summary last whose counts add up, and one final outcome for
// each row that is not pending.
func readReport(tb testing.TB, path string) []reportLine {
	tb.Helper()
	file, err := os.Open(path)
	require.NoError(tb, err)
	defer func() { require.NoError(tb, file.Close()) }()
	var lines []reportLine
	scanner := bufio.NewScanner(file)
	scanner.Buffer(nil, 1<<20)
	for scanner.Scan() {
		var line reportLine
		require.NoError(tb, json.Unmarshal(scanner.Bytes(), &line), scanner.Text())
		lines = append(lines, line)
		if line.Type == "summary" {
			checkSummary(tb, scanner.Bytes())
		}
	}
	require.NoError(tb, scanner.Err())
	require.NotEmpty(tb, lines)
	require.Equal(tb, "run", lines[0].Type)
	info, err := os.Stat(path)
	require.NoError(tb, err)
	require.Equal(tb, os.FileMode(0o600), info.Mode().Perm())
	return lines
}

func checkSummary(tb testing.TB, text []byte) {
	tb.Helper()
	var numbers map[string]any
	require.NoError(tb, json.Unmarshal(text, &numbers))
	sum := 0.0
	for _, word := range []string{
		"created", "updated", "exists", "differs", "would_create", "would_update", "would_exist", "would_differ",
		"duplicate", "invalid", "rejected", "failed", "unknown", "pending", "same", "missing",
		"deleted", "would_delete", "gone", "kept", "would_keep",
	} {
		if n, ok := numbers[word].(float64); ok {
			sum += n
		}
	}
	require.InDelta(tb, numbers["read"], sum, 0, "the counts add up: %s", text)
}

// outcomes is each row's last outcome.
func outcomes(lines []reportLine) map[int64]reportLine {
	rows := make(map[int64]reportLine)
	for _, line := range lines {
		if line.Type == "outcome" {
			rows[line.Row] = line
		}
	}
	return rows
}

// sample is a member of a made-up backup, and how it must look when it is restored.
type sample struct {
	ServiceSID string  `json:"service_sid"`
	ChannelSID string  `json:"channel_sid"`
	Identity   string  `json:"identity"`
	RoleSID    *string `json:"role_sid"`
	Index      *int64  `json:"last_consumed_message_index"`
	Read       *string `json:"last_consumption_timestamp"`
	Created    *string `json:"date_created"`
	Updated    *string `json:"date_updated"`
	Attributes *string `json:"attributes"`
}

// samples makes members of every kind: with and without each field, an index of 0, dates in other zones, identities and
// attributes that try every encoding.
func samples(n int) []sample {
	identities := []string{"jing-%d", "é %d", "a+b@example.com %d", "%d/..?#%%", `q"uote,%d`, "日本語-%d", "tab\t%d", "new\nline %d"}
	attributes := []string{"{}", `{"a":"ü","n":1152921504606846976}`, `{"q":"\"x\"","l":[1,2,{"z":null}]}`, "[]", `"text"`}
	all := make([]sample, n)
	for i := range all {
		s := &all[i]
		s.ServiceSID = serviceA
		s.ChannelSID = fmt.Sprintf("CH%032x", i/100)
		s.Identity = fmt.Sprintf(identities[i%len(identities)], i)
		if i%3 > 0 {
			s.RoleSID = new(roleA)
		}
		if i%4 > 0 {
			s.Index = new(int64(i % 5)) // 0 among them
			s.Read = new(time.Date(2019, 5, 1, 0, 0, i, 0, time.UTC).Format(time.RFC3339))
		}
		if i%5 > 0 {
			s.Created = new(time.Date(2016, 1, 1, 0, 0, i, 123e6, time.FixedZone("", 2*3600)).Format(time.RFC3339Nano))
		}
		if i%7 > 0 {
			s.Updated = new(time.Date(2017, 1, 1, 0, 0, i, 0, time.UTC).Format("2006-01-02 15:04:05-07:00"))
		}
		if i%2 > 0 {
			s.Attributes = new(attributes[i%len(attributes)])
		}
	}
	return all
}

// channelSIDs are made-up channels: SIDs, so that reports name them as requests do.
func channelSIDs(n int) []string {
	sids := make([]string, n)
	for i := range sids {
		sids[i] = "CH" + string(bytes.Repeat([]byte{'0'}, 30)) + strconv.Itoa(10+i)
	}
	return sids
}
