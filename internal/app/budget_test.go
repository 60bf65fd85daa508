package app

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/sandbox"
)

const mayStop = "the run may stop before its end"

// A run that goes on is not said to stop by rows that earlier runs have done: they do not count again.
func TestBudgetOfARunThatGoesOn(t *testing.T) {
	t.Parallel()
	for name, flags := range map[string][]string{"a number": {"--max-errors", "9"}, "a share": {"--max-errors", "20%"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			s := newService(t, sandbox.Config{Faults: faults(t, "503:on=create:times=1")})
			s.hold(t, serviceA, "general")
			write(t, dir, "b", many(100)+strings.Repeat("nonsense\n", 40))
			run := func(status int, flags ...string) string {
				got := rejoin(t, dir, "", append([]string{"restore", "--api-url", s.url, "--report", "./r", "--rate", "auto", "--channel-rate", "0", "--retries", "0", "./b"}, flags...)...)
				require.Equal(t, status, got.status, got.stderr)
				return got.stderr
			}
			assert.NotContains(t, run(3), mayStop)
			said := run(3, append(flags, "--resume")...)
			assert.Contains(t, said, "to restore, less those that earlier runs have done")
			assert.NotContains(t, said, mayStop)
		})
	}
}

// A dry run makes nobody, so that no channel is full in it: it looks for all, and stops by none of them.
func TestBudgetOfADryRun(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := newService(t, sandbox.Config{})
	s.hold(t, serviceA, "general")
	rows := new(strings.Builder)
	for i := range 1020 {
		fmt.Fprintf(rows, `{"service_sid":%q,"channel_sid":"general","identity":"m%d"}`+"\n", serviceA, i)
	}
	write(t, dir, "b", rows.String())
	run := func(report string, flags ...string) result {
		return rejoin(t, dir, "", append([]string{"restore", "--api-url", s.url, "--report", report, "--rate", "auto", "--channel-rate", "0", "--max-errors", "9", "./b"}, flags...)...)
	}
	dry := run("./dry", "-n")
	require.Equal(t, 0, dry.status, dry.stderr)
	assert.Contains(t, dry.stderr, "of which 20 cannot be restored as they are")
	assert.Contains(t, dry.stderr, "rejoin: rows     1,020 rows for 1 channel to look for")
	assert.NotContains(t, dry.stderr, mayStop)
	wet := run("./wet")
	require.Contains(t, []int{statusNotRestored, statusStopped}, wet.status, "the rows that it stops by are the last")
	assert.Contains(t, wet.stderr, "rejoin: rows     1,000 of 1,020 rows, for 1 channel, to restore")
	assert.Contains(t, wet.stderr, mayStop+": 20 rows cannot be restored, and --max-errors 9 allows fewer;")
}
