package restore

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/reader"
	"rejoin/retry"
)

// withRole gives all rows the role.
func withRole(rows []reader.Record) []reader.Record {
	for i := range rows {
		rows[i].Values[reader.RoleSID] = reader.Value{Kind: reader.String, Text: []byte(roleA)}
	}
	return rows
}

// The questions before the first write take one answer's time together, unless a single worker may have one request in
// flight alone.
func TestTheFirstQuestionsAreAskedSideBySide(t *testing.T) {
	t.Parallel()
	for workers, took := range map[int]time.Duration{1: 150 * time.Millisecond, 2: 100 * time.Millisecond} {
		b := newBench(t)
		b.cfg.Workers = workers
		sum, err := b.run(t, records(withRole(members(1, 1))...))
		require.NoError(t, err)
		assert.Equal(t, took, sum.Elapsed, "%d workers", workers)
		assert.Equal(t, 1, b.service.count("service"))
		assert.Equal(t, 1, b.service.count("role"))
	}
}

// Where the Service is not there, its role is not either, and that says nothing more.
func TestAMissingServiceIsToldWithoutItsRole(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.service.missing[serviceA], b.service.missing[roleA] = true, true
	b.cfg.Warn = func(message string) { t.Error("warned: " + message) }
	sum, err := b.run(t, records(withRole(members(1, 3))...))
	require.ErrorIs(t, err, retry.ErrRefused)
	assert.Equal(t, sum.Read, sum.Counts[Pending])
	assert.Zero(t, b.service.count("create"))
}

// A role that is asked for beside its Service is judged as any other.
func TestTheFirstRowsRoleIsNotThere(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.service.missing[roleA] = true
	var warnings []string
	b.cfg.Warn = func(message string) { warnings = append(warnings, message) }
	_, err := b.run(t, records(withRole(members(1, 3))...))
	require.NoError(t, err)
	assert.Equal(t, map[int64]Kind{1: Rejected, 2: Rejected, 3: Rejected}, b.sink.kinds())
	require.Len(t, warnings, 1)
	assert.True(t, strings.HasPrefix(warnings[0], "the role "+roleA+" does not exist"), warnings[0])
	assert.Equal(t, 1, b.service.count("role"))
}

func TestWhatToDoWhereAChannelIsTooSmall(t *testing.T) {
	t.Parallel()
	assert.Contains(t, moreRoom(100), "raise Limits.ChannelMembers")
	assert.Contains(t, moreRoom(1000), "no Service lets one hold more")
}
