package app

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/internal/prose"
	"rejoin/report"
	"rejoin/sandbox"
)

// A verification says what it is about to do, and with which file, before its first request.
func TestPlanOfAVerification(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := newService(t, sandbox.Config{})
	s.hold(t, serviceA, "general")
	write(t, dir, "b", many(3))
	args := []string{"verify", "--api-url", s.url, "--report", "./v", "./b"}
	got := rejoin(t, dir, "", args...)
	require.Equal(t, 7, got.status, got.stderr)
	plan, _, _ := strings.Cut(got.stderr, "rejoin: 3 rows compared")
	assert.Regexp(t, `^rejoin: backup   /.*/b: NDJSON, UTF-8, \d+ bytes
rejoin: rows     3 rows for 1 channel to compare; nothing is written to the Service
rejoin: target   the Service `+serviceA+`, at `+s.url+`
rejoin: pace     at most 25 requests a second, 32 in flight
rejoin: report   /.*/v
$`, plan)
	got = rejoin(t, dir, "", append([]string{"verify", "--resume"}, args[1:]...)...)
	require.Equal(t, 7, got.status, got.stderr)
	assert.Contains(t, got.stderr, "channels that earlier runs have compared are not asked for again")
}

// No line of a difference is wider than the terminal, and neither value takes the room of the other.
func TestLinesOfADifference(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a word and ", 100)
	for name, text := range map[string]string{
		"short":      "is 7, expected 9",
		"got":        "is got " + long + ", expected want",
		"want":       "is got, expected want " + long,
		"both":       "is got " + long + ", expected want " + long,
		"one word":   "is got, expected want" + strings.Repeat("x", 2000),
		"wide words": "is got " + strings.Repeat("世界", 400) + ", expected want",
	} {
		both := report.CutDifference(text, longestValue)
		assert.LessOrEqual(t, prose.Width(both), longestValue, name)
		got, want, found := strings.Cut(both, ", expected ")
		require.True(t, found, "%s: %s", name, both)
		if name != "short" {
			assert.True(t, strings.HasPrefix(got, "is got") && strings.HasPrefix(want, "want"), "%s: %s", name, both)
			assert.GreaterOrEqual(t, prose.Width(both), longestValue-1, "%s: the room is used", name)
		}
		lines := exampleLines("line 12  general  jing  "+both, prose.Style{Width: 80})
		for _, line := range lines {
			assert.LessOrEqual(t, prose.Width(line), 80, name)
		}
		assert.Len(t, exampleLines(both, prose.Style{}), 1, "through a pipe it is one line")
	}
	assert.Equal(t, []string{"  line 1  a  b  is a,", "      expected", "      something"},
		exampleLines("line 1  a  b  is a, expected something", prose.Style{Width: 23}))
}
