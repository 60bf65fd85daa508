package app

import (
	"bytes"
	"net"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/internal/prose"
	"rejoin/sandbox"
)

func TestASandboxThatCannotBeAsked(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"--addr", ":8080"}, "other machines could reach it"},
		{[]string{"--addr", "0.0.0.0:8080"}, "expected a loopback address"},
		{[]string{"--addr", "[::]:8080"}, "expected a loopback address"},
		{[]string{"--addr", "192.168.1.1:8080"}, "expected a loopback address"},
		{[]string{"--addr", "example.com:8080"}, "expected a loopback address"},
		{[]string{"--addr", "127.0.0.1"}, "expected HOST:PORT"},
		{[]string{"--addr", "127.0.0.1:http"}, "expected a number from 0 to 65535"},
		{[]string{"--addr", "127.0.0.1:65536"}, "expected a number from 0 to 65535"},
		{[]string{"--fault", "lost-aftre=2%"}, "did you mean lost-after?"},
		{[]string{"--fault", "503=2"}, "expected a number from 0 to 1"},
		{[]string{"--latency", "50"}, "50ms±20ms"},
		{[]string{"--seed", "-1"}, "expected a whole number from 0"},
		{[]string{"--limits", "all"}, "expected one of documented, none"},
		{[]string{"--member-rate", "auto"}, "--member-rate"},
		{[]string{"--channel-members", "0"}, "expected a whole number from 1"},
		{[]string{"--retry-after", "date+soon"}, "retry-after"},
		{[]string{"--service", "CH1"}, "expected a Service's SID"},
		{[]string{"members.ndjson"}, "--seed-file"},
	} {
		got := rejoinEnv(t, t.TempDir(), "", nil, append([]string{"sandbox"}, c.args...)...)
		assert.Equal(t, statusUsage, got.status, "%q: %s", c.args, got.stderr)
		assert.Contains(t, got.stderr, c.want, "%q", c.args)
		assert.Empty(t, got.stdout)
	}
}

func TestHalfASandboxsCredentials(t *testing.T) {
	t.Parallel()
	for _, env := range []map[string]string{
		{"TWILIO_API_KEY": "SK1"},
		{"TWILIO_API_SECRET": authToken},
		{"TWILIO_AUTH_TOKEN": authToken},
		{"TWILIO_ACCOUNT_SID": "me", "TWILIO_AUTH_TOKEN": authToken},
	} {
		got := rejoinEnv(t, t.TempDir(), "", env, "sandbox")
		assert.Equal(t, statusUsage, got.status, got.stderr)
	}
}

func TestASandboxThatCannotBeServed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	taken, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { require.NoError(t, taken.Close()) }()
	write(t, dir, "cut.json", `[{"identity":"jing"`)
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"--addr", taken.Addr().String()}, "cannot be listened on"},
		{[]string{"--seed-file", "./absent.ndjson"}, "the backup cannot be opened"},
		{[]string{"--seed-file", "./cut.json"}, "cut.json"},
	} {
		got := rejoinEnv(t, dir, "", nil, append([]string{"sandbox"}, c.args...)...)
		assert.Equal(t, statusFailed, got.status, "%q: %s", c.args, got.stderr)
		assert.Contains(t, got.stderr, c.want, "%q", c.args)
		assert.Empty(t, got.stdout, "no address is told that does not answer")
	}
}

func TestTheSandboxesBannerFitsATerminal(t *testing.T) {
	t.Parallel()
	server, err := sandbox.New(sandbox.Config{})
	require.NoError(t, err)
	key, account := "SK"+strings.Repeat("0", 32), "AC"+strings.Repeat("1", 32)
	for name, c := range map[string]struct {
		cfg  sandbox.Config
		want []string
	}{
		"any":     {sandbox.Config{}, []string{"    export TWILIO_ACCOUNT_SID=" + server.AccountSID(), "    export TWILIO_AUTH_TOKEN=sandbox"}},
		"a key":   {sandbox.Config{APIKey: key, APISecret: authToken}, []string{"    export TWILIO_API_KEY=" + key, "    export TWILIO_API_SECRET=…"}},
		"a token": {sandbox.Config{AccountSID: account, AuthToken: authToken}, []string{"    export TWILIO_ACCOUNT_SID=" + account, "    export TWILIO_AUTH_TOKEN=…"}},
	} {
		var out, shown bytes.Buffer
		a := &app{World: World{Stdout: &out, Stderr: &shown}, out: &sticky{w: &out}}
		s := &host{app: a, serving: &serving{server: c.cfg}, chat: server}
		s.introduce("http://127.0.0.1:65535")
		assert.Equal(t, "http://127.0.0.1:65535\n", out.String())
		lines := strings.Split(shown.String(), "\n")
		for _, line := range lines[1:] { // the first is laid out for a terminal alone
			assert.LessOrEqual(t, prose.Width(line), 80, "%s: %s", name, line)
		}
		assert.Subset(t, lines, append(c.want, "    rejoin restore --api-url http://127.0.0.1:65535 BACKUP"), name)
		assert.NotContains(t, shown.String(), authToken)
	}
}
