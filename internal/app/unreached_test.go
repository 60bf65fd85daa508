package app

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/chat"
	"rejoin/retry"
	"rejoin/sandbox"
)

// A stranger is told that nothing happened, why, and what to look at, before what the system says.
func TestNobodyIsReached(t *testing.T) {
	t.Parallel()
	const url = "http://127.0.0.1:1" // nobody listens there
	for _, c := range []struct {
		command string
		args    []string
		read    string
	}{
		{"restore", []string{"--report", "./r", "./b.ndjson"}, "1 of 3 rows read in "},
		{"verify", []string{"--report", "./r", "./b.ndjson"}, "3 rows read in "},
		{"backup", []string{"--service", serviceA, "--out", "./out.ndjson"}, ""},
	} {
		dir := t.TempDir()
		write(t, dir, "b.ndjson", many(3))
		got := rejoin(t, dir, "", append([]string{c.command, "--api-url", url, "--outage-timeout", "100ms"}, c.args...)...)
		assert.Equal(t, statusStopped, got.status, got.stderr)
		assert.Contains(t, got.stderr, "rejoin: this run has sent nothing, and changed nothing: "+url+" cannot be reached: the connection was refused. "+
			"Nothing listens at the address. Check --api-url and the proxy.\nrejoin: after ", c.command)
		assert.Contains(t, got.stderr, "connect: connection refused", "what the system says is still there")
		assert.Contains(t, got.stdout, c.read)
		assert.Equal(t, c.read != "", strings.Contains(got.stdout, ", nothing was sent)"), got.stdout)
	}
}

// Where anything was answered, or may have been sent, nothing is said of nothing.
func TestSomebodyIsReached(t *testing.T) {
	t.Parallel()
	refused := fmt.Errorf("%w: %w", retry.ErrOutage, &chat.Error{Op: "create member", Err: errors.New("connection refused")})
	counts := func(meanings ...retry.Meaning) *retry.Counters {
		c := new(retry.Counters)
		for _, m := range meanings {
			c.Requests.Add(1)
			c.Heard(m, 0)
		}
		return c
	}
	for name, c := range map[string]struct {
		err    error
		counts *retry.Counters
		says   bool
	}{
		"all unsent":     {refused, counts(retry.Unsent, retry.Unsent), true},
		"one answered":   {refused, counts(retry.Unsent, retry.Done), false},
		"one in doubt":   {refused, counts(retry.Doubtful, retry.Unsent), false},
		"one on its way": {refused, func() *retry.Counters { c := counts(retry.Unsent); c.Requests.Add(1); return c }(), false},
		"none made":      {refused, counts(), false},
		"none counted":   {refused, nil, false},
		"another error":  {errors.New("full"), counts(retry.Unsent), false},
	} {
		text := unreached(c.err, c.counts, "https://chat.example.com")
		assert.Equal(t, c.says, strings.Contains(text, "has sent nothing"), name)
		assert.Contains(t, text, c.err.Error(), name)
	}
	assert.Contains(t, unreached(refused, counts(retry.Unsent), "u"), "after 1 try: ")
}

// Whom the API refuses is told what to look at, and an address that says nothing is left out on the screen, and there alone.
func TestWhatTheAPIRefusesSaysWhatToDo(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := newService(t, sandbox.Config{})
	s.hold(t, serviceA, "general")
	write(t, dir, "b", many(3)+member("CH"+strings.Repeat("f", 32), "jing", ""))
	write(t, dir, "nowhere", strings.ReplaceAll(many(3), serviceA, serviceB))
	const gone = "the Service is not there. No Chat Service of this SID is in the account or region. Check --service, the account and TWILIO_REGION.\n"
	for _, args := range [][]string{
		{"restore", "--report", "./r1", "./nowhere"}, {"verify", "--report", "./r2", "./nowhere"}, {"backup", "--service", serviceB, "--out", "./o"},
	} {
		got := rejoin(t, dir, "", append(args[:1:1], append([]string{"--api-url", s.url}, args[1:]...)...)...)
		require.Equal(t, 4, got.status, got.stderr)
		assert.Contains(t, got.stderr, "\nrejoin: "+gone, args[0])
		assert.NotContains(t, got.stderr, "The requested resource", args[0])
	}
	got := rejoinEnv(t, dir, "", map[string]string{"TWILIO_ACCOUNT_SID": accountSID, "TWILIO_AUTH_TOKEN": "another"}, "restore", "--api-url", s.url, "--report", "./r3", "./b")
	require.Equal(t, 4, got.status, got.stderr)
	assert.Contains(t, got.stderr, "\nrejoin: the credentials are refused. They are wrong, ")
	assert.Contains(t, got.stderr, "Check TWILIO_ACCOUNT_SID and the key or token")

	got = rejoin(t, dir, "", "restore", "--api-url", s.url, "--report", "./r4", "--rejects", "./x4", "./b")
	require.Equal(t, 3, got.status, got.stderr)
	assert.Contains(t, got.stderr, "takes no members, so that its other rows are rejected without a request: create member: the API answered 404 Not Found, code 20404 [request RQ")
	assert.NotContains(t, got.stdout+got.stderr, "The requested resource")
	assert.Regexp(t, `\n {15}\[request RQ[0-9a-f]{32}\]\n`, got.stdout)
	for _, kept := range []string{"r4", "x4"} {
		text, err := os.ReadFile(filepath.Join(dir, kept))
		require.NoError(t, err)
		assert.Contains(t, string(text), "The requested resource", "a file keeps the whole")
	}
	got = rejoin(t, dir, "", "restore", "--api-url", s.url, "--report", "./r5", "--rejects", "./x5", "--log-format", "json", "./b")
	assert.Contains(t, got.stderr, "The requested resource", "so does a log for machines")
}
