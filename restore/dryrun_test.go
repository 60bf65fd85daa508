package restore

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/chat"
	"rejoin/reader"
)

func TestDryRunWritesNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.cfg.DryRun, b.cfg.OnConflict = true, Verify
	b.service.missing["channel-2"] = true
	b.service.members["channel-0 member-0"] = chat.Resource{SID: "MB1", Identity: "member-0", DateCreated: date(t, "2016-03-24T21:05:50Z")}
	b.service.members["channel-0 member-1"] = chat.Resource{SID: "MB2", Identity: "member-1", DateCreated: date(t, "2020-03-24T21:05:50Z")}
	sum, err := b.run(t, records(members(3, 3)...))
	require.NoError(t, err)
	assert.Zero(t, b.service.count("create")+b.service.count("update"))
	assert.Equal(t, map[int64]Kind{
		1: Exists, 2: Differs, 3: Created, 4: Created, 5: Created, 6: Created, 7: Rejected, 8: Rejected, 9: Rejected,
	}, b.sink.kinds())
	assert.True(t, sum.DryRun)
}

// A dry run asks for a channel's members a page at a time: hardly more requests than the pages that there are.
func TestDryRunLooksAtListPages(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.cfg.DryRun, b.cfg.OnConflict = true, Verify
	for _, rec := range members(5, 450) {
		if rec.Row%3 > 0 {
			id := string(rec.Values[reader.Identity].Text)
			b.service.members[string(rec.Values[reader.ChannelSID].Text)+" "+id] = chat.Resource{
				SID: fmt.Sprint("MB", rec.Row), Identity: id, DateCreated: date(t, "2016-03-24T21:05:50Z"),
			}
		}
	}
	sum, err := b.run(t, records(members(5, 450)...))
	require.NoError(t, err)
	assert.EqualValues(t, 1500, sum.Counts[Exists])
	assert.EqualValues(t, 750, sum.Counts[Created])
	assert.Equal(t, 5*3, b.service.count("list"), "300 members in each of 5 channels")
	assert.Zero(t, b.service.count("fetch"))
}

// A page that cannot be had costs requests, and no row.
func TestDryRunWithoutList(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.cfg.DryRun, b.cfg.Retries = true, 1
	b.service.on = func(op, _, _ string, _ int) (bool, error) {
		if op == "list" {
			return false, apiError(500, 20500)
		}
		return false, nil
	}
	sum, err := b.run(t, records(members(2, 20)...))
	require.NoError(t, err)
	assert.EqualValues(t, 40, sum.Counts[Created])
}

// A channel's pages are read once, however many workers are free while its rows are still coming.
func TestDryRunReadsAChannelOnce(t *testing.T) {
	t.Parallel()
	for _, window := range []int{100, 1000, DefaultWindowRows} {
		b := newBench(t)
		b.cfg.DryRun, b.cfg.Workers, b.cfg.WindowRows = true, 64, window
		for _, rec := range members(60, 30) {
			id := string(rec.Values[reader.Identity].Text)
			b.service.members[string(rec.Values[reader.ChannelSID].Text)+" "+id] = chat.Resource{Identity: id}
		}
		sum, err := b.run(t, records(members(60, 30)...))
		require.NoError(t, err)
		assert.EqualValues(t, 1800, sum.Counts[Exists])
		assert.Equal(t, 60, b.service.count("list"), "a window of %d rows", window)
		assert.Zero(t, b.service.count("fetch"))
	}
	b := newBench(t) // one that is larger than the window goes all the same
	b.cfg.DryRun, b.cfg.WindowRows = true, 10
	sum, err := b.run(t, records(members(2, 95)...))
	require.NoError(t, err)
	assert.EqualValues(t, 190, sum.Counts[Created])
}

// A list whose pages go round is no end without an end: its rows are looked for one by one.
func TestDryRunOfPagesThatGoRound(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.cfg.DryRun = true
	b.cfg.Client = round{b.service}
	sum, err := b.run(t, records(members(1, 3)...))
	require.NoError(t, err)
	assert.EqualValues(t, 3, sum.Counts[Created])
	assert.LessOrEqual(t, b.service.count("list"), 3)
}

type round struct{ *service }

func (r round) ListMembers(ctx context.Context, service, channel string, page chat.Page) (chat.MemberPage, error) {
	next := map[string]string{"": "1", "1": "2", "2": "1"}[page.URL]
	if r.count("list") > 50 {
		next = "" // or the test would have no end
	}
	got, err := r.service.ListMembers(ctx, service, channel, chat.Page{})
	got.Next = next
	return got, err
}
