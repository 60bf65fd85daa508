package app

import (
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/sandbox"
)

// With --redact nothing that is printed says whom a row is about, or what it holds; without it, it does.
func TestRedactedOutput(t *testing.T) {
	t.Parallel()
	s, dir := newService(t, sandbox.Config{}), t.TempDir()
	s.hold(t, serviceA, "secret-room")
	row := func(identity, more string) string {
		return `{"service_sid":"` + serviceA + `","channel_sid":"secret-room","identity":"` + identity + `"` + more + "}\n"
	}
	write(t, dir, "b.ndjson", row("alice", `,"attributes":"{\"pet\":1}"`)+row("bob", `,"date_created":"hush"`)+row("alice", `,"attributes":"{\"pet\":2}"`))
	write(t, dir, "other.ndjson", row("alice", `,"attributes":"{\"pet\":3}"`)+row("carl", ""))
	target := []string{"--api-url", s.url, "--rate", "1000"}
	commands := [][]string{
		append([]string{"restore", "./b.ndjson", "--report", "./1"}, target...),
		{"report", "./1"},
		append([]string{"verify", "./other.ndjson", "--report", "./2"}, target...),
		{"report", "./2"},
		{"report", "-o", "json", "./2"},
		append([]string{"undo", "./1", "--report", "./3"}, target...),
	}
	for _, command := range commands {
		got := rejoin(t, dir, "", append(command, "--redact")...)
		require.NotEmpty(t, got.stdout, got.stderr)
		for _, word := range []string{"alice", "bob", "carl", "secret-room", "hush", "pet"} {
			assert.NotContains(t, got.stdout+got.stderr, word, "%v", command)
		}
	}
	write(t, dir, "gone.ndjson", strings.ReplaceAll(row("alice", `,"pet":"cat"`), "secret-room", "secret room"))
	for i, command := range []string{"restore", "verify"} {
		report := "./gone-" + strconv.Itoa(i)
		got := rejoin(t, dir, "", append([]string{command, "./gone.ndjson", "--report", report, "--redact"}, target...)...)
		for _, word := range []string{"alice", "secret", "pet"} {
			assert.NotContains(t, got.stdout+got.stderr, word, "%v", command)
		}
		assert.Contains(t, got.stderr, "the channel … ")
		assert.Contains(t, got.stderr, "1 name of a column or key (hidden")
		for _, next := range regexp.MustCompile(`rejoin (restore|audit|verify|report) .*`).FindAllString(got.stdout+got.stderr, -1) {
			assert.Contains(t, next, "--redact")
		}
		assert.Regexp(t, `rejoin \w+ .*--redact`, got.stdout+got.stderr)
	}
	got := rejoin(t, dir, "", "report", "./2")
	assert.Contains(t, got.stdout, "alice", "the report itself knows")
}
