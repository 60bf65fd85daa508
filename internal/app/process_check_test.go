//go:build unix

package app

import (
	"bytes"
	"encoding/json"
	"os"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// intactLines reads the report of a run that was ended in any way. Its last line alone may be torn.
func (s *stage) intactLines() []reportLine {
	s.t.Helper()
	text, err := os.ReadFile(s.path(s.report))
	require.NoError(s.t, err)
	var lines []reportLine
	for len(text) > 0 {
		line, rest, ended := bytes.Cut(text, []byte{'\n'})
		text = rest
		var l reportLine
		if err := json.Unmarshal(line, &l); err != nil {
			require.False(s.t, ended && len(rest) > 0, "a line in the middle is torn: %s", line)
			break
		}
		lines = append(lines, l)
		if l.Type == "summary" {
			checkSummary(s.t, line)
		}
	}
	return lines
}

func isFinal(outcome string) bool {
	return outcome != "failed" && outcome != "unknown" && outcome != "pending"
}

func (l *reportLine) member() string { return l.ChannelSID + "/" + l.Identity }

// remember notes which rows are final in the report: nothing may be sent for them from now on. It returns the lines.
func (s *stage) remember() []reportLine {
	s.t.Helper()
	lines := s.intactLines()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.final = make(map[string]bool)
	for _, l := range lines {
		// A duplicate has its outcome from the row that stands for it, which may still be sent.
		if l.Type == "outcome" && isFinal(l.Outcome) && l.Outcome != "duplicate" && l.Outcome != "invalid" {
			s.final[l.member()] = true
		}
	}
	return lines
}

// there are the members that are there, by channel and identity.
func (s *stage) there(channels ...string) map[string]bool {
	all := make(map[string]bool)
	for _, channel := range channels {
		for _, m := range s.Members(serviceA, channel) {
			all[channel+"/"+m.Identity] = true
		}
	}
	return all
}

// requireWhole holds what must hold of a report once the run has come to its end, however often it was ended before:
// each of the rows has exactly one final outcome, the counts are those of the outcomes, nothing that was final was sent
// again. It returns the outcomes by row.
func (s *stage) requireWhole(rows int) map[int64]reportLine {
	s.t.Helper()
	lines := readReport(s.t, s.path(s.report))
	final := make(map[int64]int)
	for _, l := range lines {
		if l.Type == "outcome" && isFinal(l.Outcome) {
			final[l.Row]++
		}
	}
	require.Len(s.t, final, rows)
	for row, n := range final {
		require.Equal(s.t, 1, n, "row %d has %d final outcomes", row, n)
	}
	last := outcomes(lines)
	require.Equal(s.t, countOutcomes(last), s.summaryCounts(), "the summary counts what the report holds")
	s.mu.Lock()
	defer s.mu.Unlock()
	assert.Empty(s.t, s.resent, "something was sent for rows that were final in the report")
	return last
}

func countOutcomes(rows map[int64]reportLine) map[string]int {
	counts := map[string]int{"read": len(rows)}
	for _, l := range rows {
		counts[l.Outcome]++
	}
	return counts
}

// summaryCounts are the numbers by outcome in the report's last line, without those that are zero.
func (s *stage) summaryCounts() map[string]int {
	s.t.Helper()
	text, err := os.ReadFile(s.path(s.report))
	require.NoError(s.t, err)
	text = bytes.TrimSuffix(text, []byte{'\n'})
	text = text[bytes.LastIndexByte(text, '\n')+1:]
	var numbers map[string]any
	require.NoError(s.t, json.Unmarshal(text, &numbers))
	require.Equal(s.t, "summary", numbers["type"])
	counts := make(map[string]int)
	for _, word := range []string{
		"read", "created", "updated", "exists", "differs", "duplicate", "invalid", "rejected", "failed", "unknown", "pending",
	} {
		n, ok := numbers[word].(float64)
		require.True(s.t, ok, "the summary says how many are %s", word)
		if n != 0 {
			counts[word] = int(n)
		}
	}
	return counts
}

// roster is a backup of members of some channels, all of which can be restored, and the members' names.
func roster(rows int, channels ...string) (backup string, members map[string]bool) {
	var b bytes.Buffer
	members = make(map[string]bool)
	for i := range rows {
		channel, identity := channels[i%len(channels)], "member-"+strconv.Itoa(i)
		line, err := json.Marshal(map[string]any{
			"service_sid": serviceA, "channel_sid": channel, "identity": identity, "role_sid": roleA,
			"last_consumed_message_index": i % 7, "attributes": `{"n":` + strconv.Itoa(i) + `}`,
			"date_created": "2016-03-24T21:05:50.123Z",
		})
		if err != nil {
			panic(err)
		}
		b.Write(append(line, '\n'))
		members[channel+"/"+identity] = true
	}
	return b.String(), members
}

func (s *stage) write(name, text string) {
	s.t.Helper()
	write(s.t, s.dir, name, text)
}

func (s *stage) read(name string) string {
	s.t.Helper()
	text, err := os.ReadFile(s.path(name))
	require.NoError(s.t, err)
	return string(text)
}

// requireStatus shows what the process said where it did not end as it had to.
func requireStatus(t *testing.T, want int, got result) {
	t.Helper()
	require.Equal(t, want, got.status, "standard error: %s", got.stderr)
}
