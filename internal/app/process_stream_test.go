//go:build unix

package app

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// eachLine are a text's lines, each of which ends as a line does.
func eachLine(t *testing.T, text string) []string {
	t.Helper()
	require.True(t, strings.HasSuffix(text, "\n"), "%q", text)
	return strings.Split(strings.TrimSuffix(text, "\n"), "\n")
}

// requirePlain holds that a text has nothing in it that is for a terminal.
func requirePlain(t *testing.T, text string) {
	t.Helper()
	require.NotContains(t, text, "\x1b")
	require.NotContains(t, text, "\r")
}

// Standard output holds the summary, standard error the rest, whatever the environment says of terminals.
func TestStreamsThatAreNoTerminal(t *testing.T) {
	t.Parallel()
	for name, env := range map[string][]string{
		"as it is":     nil,
		"NO_COLOR":     {"NO_COLOR=1", "TERM=xterm-256color"},
		"TERM=dumb":    {"TERM=dumb"},
		"a terminal's": {"TERM=xterm-256color", "COLORTERM=truecolor", "CLICOLOR_FORCE=1", "FORCE_COLOR=1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, _, _ := stopping(t)
			s.env = append(s.env, env...)
			got := s.run(fate{}, s.restores("b.ndjson")...)
			requireStatus(t, statusDone, got)
			requirePlain(t, got.stdout+got.stderr)
			for _, line := range eachLine(t, got.stderr) {
				assert.True(t, strings.HasPrefix(line, "rejoin: "), line)
			}
			out := eachLine(t, got.stdout)
			assert.Contains(t, out[0], "60 rows read in ")
			assert.Equal(t, "report   r.ndjson", out[len(out)-1])
			assert.NotContains(t, got.stdout, "rejoin:")
		})
	}
}

// For machines, standard output is one line of JSON, also where the run went wrong.
func TestStandardOutputIsOneJSONLine(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		more   string
		meet   func(*arrival)
		status int
	}{
		"done":         {status: statusDone},
		"not restored": {more: "no json\n", status: statusNotRestored},
		"refused": {status: statusRefused, meet: func(x *arrival) {
			if x.create > 20 {
				x.refuse()
				return
			}
			x.pass()
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, _, _ := stopping(t)
			s.write("b.ndjson", s.read("b.ndjson")+test.more)
			s.onRequest(test.meet)
			got := s.run(fate{}, s.restores("-o", "json", "b.ndjson")...)
			requireStatus(t, test.status, got)
			lines := eachLine(t, got.stdout)
			require.Len(t, lines, 1)
			var summary map[string]any
			require.NoError(t, json.Unmarshal([]byte(lines[0]), &summary))
			assert.InDelta(t, test.status, summary["exit_code"], 0)
			assert.Equal(t, "r.ndjson", summary["report"])
			for word, n := range s.summaryCounts() {
				assert.InDelta(t, n, summary[word], 0, word)
			}
		})
	}
	t.Run("not begun", func(t *testing.T) {
		t.Parallel()
		s, _, _ := stopping(t)
		got := s.run(fate{}, s.restores("-o", "json", "missing.ndjson")...)
		requireStatus(t, statusFailed, got)
		assert.Empty(t, got.stdout)
	})
}

// Every line of standard error is JSON where that was asked for, the last word of a run that went wrong among them.
func TestStandardErrorIsJSON(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		meet   func(*arrival)
		args   []string
		status int
	}{
		"done": {status: statusDone},
		"refused": {status: statusRefused, meet: func(x *arrival) {
			if x.create > 0 {
				x.refuse()
				return
			}
			x.pass()
		}},
		"no such backup": {status: statusFailed, args: []string{"missing.ndjson"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, _, _ := stopping(t)
			s.onRequest(test.meet)
			args := test.args
			if args == nil {
				args = []string{"b.ndjson"}
			}
			got := s.run(fate{}, s.restores(append(args, "--progress", "json", "--log-format", "json", "--log-level", "debug")...)...)
			requireStatus(t, test.status, got)
			for _, line := range eachLine(t, got.stderr) {
				var v map[string]any
				assert.NoError(t, json.Unmarshal([]byte(line), &v), line)
			}
		})
	}
}

func TestProgressAsJSON(t *testing.T) {
	t.Parallel()
	s, _, _ := stopping(t)
	got := s.run(fate{}, s.restores("--progress", "json", "b.ndjson")...)
	requireStatus(t, statusDone, got)
	requirePlain(t, got.stderr)
	var last map[string]any
	for _, line := range eachLine(t, got.stderr) {
		if !strings.HasPrefix(line, "rejoin: ") {
			last = nil
			require.NoError(t, json.Unmarshal([]byte(line), &last), line)
		}
	}
	require.Equal(t, "progress", last["type"])
	for key, want := range map[string]int{"read": 60, "finished": 60, "total": 60, "not_restored": 0, "in_flight": 0} {
		assert.InDelta(t, want, last[key], 0, key)
	}
}

func TestProgressAsLinesAndNone(t *testing.T) {
	t.Parallel()
	s, _, _ := stopping(t)
	got := s.run(fate{}, s.restores("--progress", "plain", "b.ndjson")...)
	requireStatus(t, statusDone, got)
	requirePlain(t, got.stderr)
	assert.Contains(t, got.stderr, "rejoin: 60 rows done of 60, ")

	got = s.run(fate{}, s.restores("--progress", "none", "--log-level", "error", "--report", "other.ndjson", "b.ndjson")...)
	requireStatus(t, statusDone, got)
	assert.Empty(t, got.stderr, "nothing was asked for")
}
