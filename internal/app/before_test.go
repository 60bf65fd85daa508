package app

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/restore"
	"rejoin/sandbox"
)

// allOf tells one outcome of every row, and counts how often it is asked.
type allOf struct {
	outcome restore.Outcome
	asked   int
}

func (a *allOf) Earlier(int64) (*restore.Outcome, error) {
	a.asked++
	return &a.outcome, nil
}

// However many rows are done, not all of them are read back, whatever became of them.
func TestMembersBeforeAreLookedForInSomeRows(t *testing.T) {
	t.Parallel()
	for _, kind := range []restore.Kind{restore.Created, restore.Invalid, restore.Duplicate} {
		for _, channel := range []string{"general", ""} {
			all := &allOf{outcome: restore.Outcome{Kind: kind, ServiceSID: serviceA, Channel: channel}}
			membersBefore(all, 1_000_000)
			assert.LessOrEqual(t, all.asked, mostBefore, "%v in %q", kind, channel)
			all.asked = 0
			b := membersBefore(all, 20)
			assert.Equal(t, 20, all.asked)
			assert.Equal(t, kind == restore.Created, b.members == 20)
		}
	}
}

// The audit of the rows behind those that are done knows how many members these have put into the channel that goes on:
// what it says of room is what the audit of all rows says.
func TestRoomInAChannelThatGoesOn(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := newService(t, sandbox.Config{})
	s.hold(t, serviceA, "general", "other")
	rows := new(strings.Builder)
	for i := range 40 {
		fmt.Fprintf(rows, `{"service_sid":%q,"channel_sid":"other","identity":"m%d"}`+"\n", serviceA, i)
	}
	for i := range 1020 {
		fmt.Fprintf(rows, `{"service_sid":%q,"channel_sid":"general","identity":"m%d"}`+"\n", serviceA, i)
	}
	write(t, dir, "b", rows.String())
	dryRun := func(status int, flags ...string) string {
		got := rejoin(t, dir, "", append([]string{"restore", "-n", "--api-url", s.url, "--report", "./r", "./b"}, flags...)...)
		require.Equal(t, status, got.status, got.stderr)
		return got.stderr
	}
	assert.Contains(t, dryRun(0, "--limit", "30"), "rejoin: 30 rows for 1 channel: no problems found")
	said := dryRun(0, "--resume", "--limit", "800")
	assert.Contains(t, said, "rejoin: the 770 rows behind those that are done, for 2 channels: no problems found", "of the other channel there are members before")
	said = dryRun(0, "--resume", "--limit", "1040")
	assert.Contains(t, said, "rejoin: the 240 rows behind those that are done, for 1 channel: no problems found", "it is full, and no more")
	said = dryRun(0, "--resume")
	assert.Contains(t, said, "error: too-many-members, 1×: line 1,041\n")
	assert.Contains(t, said, "the 20 rows behind those that are done, for 1 channel, of which 20 cannot be restored as they are;")
	assert.Contains(t, said, "rejoin: rows     20 rows for 1 channel to look for", "a dry run looks for those, too")
}
