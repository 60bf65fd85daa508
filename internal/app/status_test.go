package app

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/restore"
	"rejoin/sandbox"
)

func TestStatuses(t *testing.T) {
	t.Parallel()
	t.Run("4: the credentials are refused", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		s := newService(t, sandbox.Config{})
		s.hold(t, serviceA, "general")
		write(t, dir, "b", many(20))
		env := map[string]string{"TWILIO_ACCOUNT_SID": accountSID, "TWILIO_AUTH_TOKEN": "wrong0123456789"}
		got := rejoinEnv(t, dir, "", env, "restore", "--api-url", s.url, "--report", "./r", "./b")
		assert.Equal(t, 4, got.status, got.stderr)
		assert.Contains(t, got.stderr, "20003")
		assert.Zero(t, s.creates())
		// With the right ones the same report goes on.
		got = rejoin(t, dir, "", "restore", "--resume", "--api-url", s.url, "--rate", "auto", "--channel-rate", "0", "--report", "./r", "./b")
		assert.Equal(t, 0, got.status, got.stderr)
		assert.Len(t, s.Members(serviceA, "general"), 20)
	})
	t.Run("4: there is no such Service", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		s := newService(t, sandbox.Config{})
		write(t, dir, "b", many(20))
		got := rejoin(t, dir, "", "restore", "--api-url", s.url, "--report", "./r", "./b")
		assert.Equal(t, 4, got.status, got.stderr)
		lines := readReport(t, filepath.Join(dir, "r"))
		assert.Empty(t, outcomes(lines))
		assert.Equal(t, lines[len(lines)-1].Read, lines[len(lines)-1].Pending)
	})
	t.Run("5: too many errors", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		s := newService(t, sandbox.Config{})
		s.hold(t, serviceA, "general")
		write(t, dir, "b", strings.Repeat("nonsense\n", 50)+many(10))
		got := rejoin(t, dir, "", "restore", "--api-url", s.url, "--report", "./r", "--max-errors", "5", "./b")
		assert.Equal(t, 1, got.status, "a file whose beginning is no backup is refused as a whole: %s", got.stderr)
		write(t, dir, "b2", many(1)+strings.Repeat("nonsense\n", 50)+many(10))
		got = rejoin(t, dir, "", "restore", "--api-url", s.url, "--report", "./r2", "--max-errors", "5", "./b2")
		assert.Equal(t, 5, got.status, got.stderr)
		assert.Contains(t, got.stderr, "--resume")
		before, after, planned := strings.Cut(got.stderr, "rejoin: target ")
		require.True(t, planned, got.stderr)
		assert.Contains(t, before, "rejoin: warning: the run may stop before its end: 50 rows cannot be restored, and --max-errors 5 allows fewer;")
		assert.Contains(t, after, "what was in flight, at most 32 requests, has its outcome; a row that breaks a rule counts when it is read")
		got = rejoin(t, dir, "", "restore", "--api-url", s.url, "--report", "./r3", "--max-errors", "60", "./b2")
		assert.Equal(t, 3, got.status, got.stderr)
		assert.NotContains(t, got.stderr, "may stop")
	})
	t.Run("5: too many errors, and those of earlier runs", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		s := newService(t, sandbox.Config{})
		s.hold(t, serviceA, "general")
		bad := func(n int) string {
			rows := new(strings.Builder)
			for i := range n {
				fmt.Fprintf(rows, `{"service_sid":"%s","channel_sid":"general","identity":"bad-%d","role_sid":"RL1"}`+"\n", serviceA, i)
			}
			return rows.String()
		}
		write(t, dir, "b", many(4)+bad(4)+many(8)+bad(6)+many(60))
		// Of one channel alone, so that no row is passed over.
		args := []string{"restore", "--api-url", s.url, "--report", "./r", "--only-channel", "general", "./b"}
		require.Equal(t, 3, rejoin(t, dir, "", append(args, "--limit", "8")...).status)
		got := rejoin(t, dir, "", append(args, "--limit", "16", "--resume", "--max-errors", "3")...)
		assert.Equal(t, 3, got.status, got.stderr)
		assert.Contains(t, got.stderr, "of which 4 cannot be restored as they are")
		assert.NotContains(t, got.stderr, "may stop", "they count against no other run than the first")
		got = rejoin(t, dir, "", append(args, "--resume", "--max-errors", "3")...)
		assert.Equal(t, 5, got.status, got.stderr)
		assert.Contains(t, got.stderr, "the run may stop before its end: 6 rows cannot be restored, and --max-errors 3 allows fewer")
	})
	t.Run("6: another backup", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		s := newService(t, sandbox.Config{})
		s.hold(t, serviceA, "general")
		write(t, dir, "b", many(5))
		first := rejoin(t, dir, "", "restore", "--api-url", s.url, "--report", "./r", "./b")
		require.Equal(t, 0, first.status, first.stderr)
		sent := s.creates()
		for name, args := range map[string][]string{
			"other content": {"./other"},
			"other options": {"./b", "--on-conflict", "verify"},
			"other target":  {"./b", "--service", serviceA},
		} {
			write(t, dir, "other", many(6))
			got := rejoin(t, dir, "", append([]string{"restore", "--resume", "--api-url", s.url, "--report", "./r"}, args...)...)
			assert.Equal(t, 6, got.status, "%s: %s", name, got.stderr)
		}
		assert.Equal(t, sent, s.creates(), "nothing was sent")
	})
	t.Run("1: the report's folder is not there", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		s := newService(t, sandbox.Config{})
		s.hold(t, serviceA, "general")
		write(t, dir, "b", many(5))
		got := rejoin(t, dir, "", "restore", "--api-url", s.url, "--report", "./no/such/r", "./b")
		assert.Equal(t, 1, got.status)
		assert.Contains(t, got.stderr, "the report cannot be made: the folder "+filepath.Join(dir, "no", "such")+" is not there")
		assert.Empty(t, s.Requests())
	})
	t.Run("1: the report is there already", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		s := newService(t, sandbox.Config{})
		s.hold(t, serviceA, "general")
		write(t, dir, "b", many(5))
		write(t, dir, "r", "something of value")
		got := rejoin(t, dir, "", "restore", "--api-url", s.url, "--report", "./r", "./b")
		assert.Equal(t, 1, got.status)
		assert.Contains(t, got.stderr, "nothing is ever overwritten")
		assert.Zero(t, s.creates())
		kept, err := os.ReadFile(filepath.Join(dir, "r"))
		require.NoError(t, err)
		assert.Equal(t, "something of value", string(kept))
	})
}

func TestOverBudget(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		budget         restore.Budget
		withheld, rows int64
		over           bool
	}{
		"none is given":       {restore.Budget{}, 10, 10, false},
		"as many":             {restore.Budget{Rows: 3}, 3, 1000, false},
		"one more":            {restore.Budget{Rows: 3}, 4, 1000, true},
		"not one is allowed":  {restore.Budget{None: true}, 1, 1000, true},
		"and there is none":   {restore.Budget{None: true}, 0, 1000, false},
		"a share":             {restore.Budget{Percent: 5}, 51, 1000, true},
		"as large a share":    {restore.Budget{Percent: 5}, 50, 1000, false},
		"a share of few rows": {restore.Budget{Percent: 5}, 99, 99, false},
	} {
		assert.Equal(t, c.over, overBudget(c.budget, c.withheld, c.rows), name)
	}
}
