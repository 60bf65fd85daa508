//go:build unix

package app

import (
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/sandbox"
)

const killed = -int(syscall.SIGKILL)

// killing is one place in the way of a row at which the process is killed.
type killing struct {
	fate      fate
	atCreate  int  // the parent kills it when this create has arrived
	applied   bool // and the create is then carried out all the same
	sayAtDead string
	done      bool // nothing is left to be sent
}

// The process is killed at each step of the journal, and the run then resumed: every row has exactly one final outcome,
// every member is there, and nothing was sent for a row that was final. What was made and not written down is found
// again, as made by this run.
func TestKilledAtEachStep(t *testing.T) {
	t.Parallel()
	for name, k := range map[string]killing{
		"before the send":                     {fate: fate{Send: 20}, sayAtDead: "before the send of"},
		"after the send, not applied":         {atCreate: 20},
		"after the send, applied":             {atCreate: 20, applied: true},
		"after the answer, before the write":  {fate: fate{Step: beforeWrite, Nth: 4}, sayAtDead: "at before-write"},
		"in the middle of the line":           {fate: fate{Step: afterWrite, Nth: 4, Cut: -1}, sayAtDead: "at after-write"},
		"a byte before the line's last":       {fate: fate{Step: afterWrite, Nth: 4, Cut: 2}, sayAtDead: "at after-write"},
		"before the line's end":               {fate: fate{Step: afterWrite, Nth: 4, Cut: 1}, sayAtDead: "at after-write"},
		"after the write, before the sync":    {fate: fate{Step: afterWrite, Nth: 4}, sayAtDead: "at after-write"},
		"after the sync":                      {fate: fate{Step: afterWrite, Nth: 4, Sync: true}, sayAtDead: "at after-write"},
		"before the summary":                  {fate: fate{Step: beforeSummary, Nth: 1}, sayAtDead: "at before-summary", done: true},
		"in the middle of the summary":        {fate: fate{Step: afterSummary, Nth: 1, Cut: -1}, sayAtDead: "at after-summary", done: true},
		"after the summary, before its death": {fate: fate{Step: afterSummary, Nth: 1}, sayAtDead: "at after-summary", done: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k.test(t)
		})
	}
}

func (k *killing) test(t *testing.T) {
	t.Helper()
	const rows = 60
	channels := channelSIDs(3)
	s := newStage(t, sandbox.Config{}, channels...)
	backup, members := roster(rows, channels...)
	s.write("b.ndjson", backup)

	lost := k.kill(s)
	then := finals(s.remember())
	made := s.there(channels...)

	resumed := s.run(fate{}, s.restores("--resume", "b.ndjson")...)
	requireStatus(t, statusDone, resumed)
	last := s.requireWhole(rows)
	assert.Equal(t, members, s.there(channels...))
	for _, l := range last {
		assert.Equal(t, "created", l.Outcome, "it was not there before: %s", l.Identity)
		if made[l.member()] && !then[l.member()] {
			assert.True(t, l.Recovered, "it was made by the run that was killed: %s", l.Identity)
		}
		if l.Identity == lost {
			assert.Equal(t, k.applied, l.Recovered)
		}
	}
	if k.done {
		s.mu.Lock()
		defer s.mu.Unlock()
		assert.Zero(t, s.all, "there was nothing left to ask")
	}
}

// kill runs the process until it is killed. It returns whose create was on its way then, where that is known.
func (k *killing) kill(s *stage) (lost string) {
	s.t.Helper()
	if k.atCreate > 0 {
		s.onRequest(func(x *arrival) {
			if x.create != k.atCreate {
				x.pass()
				return
			}
			lost = x.identity
			x.process.kill()
			if k.applied {
				x.apply()
			}
			x.onRequest(nil)
		})
	}
	got := s.run(k.fate, s.restores("b.ndjson")...)
	requireStatus(s.t, killed, got)
	require.Contains(s.t, got.stderr, k.sayAtDead)
	s.quiet()
	if _, rest, ok := strings.Cut(got.stderr, "before the send of "); ok {
		lost, _, _ = strings.Cut(rest, ".")
	}
	return lost
}

// finals are the members of the rows that have a final outcome.
func finals(lines []reportLine) map[string]bool {
	all := make(map[string]bool)
	for _, l := range lines {
		if l.Type == "outcome" && isFinal(l.Outcome) {
			all[l.member()] = true
		}
	}
	return all
}
