package verify

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/chat"
	"rejoin/reader"
	"rejoin/restore"
	"rejoin/retry"
)

// story is a backup of four channels, and a service that has changed since: one member is changed, one removed, one
// added, in channels of their own; and the outcomes that are not "same".
func story(t *testing.T, b *bench) ([]reader.Record, map[string]string) {
	t.Helper()
	rows := members(4, 250)
	b.service.hold(t, rows...)
	b.service.change(channelSID(0), "member-17", func(m *chat.Resource) {
		m.Attributes, m.RoleSID = `{"of": "another"}`, "RLbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
	})
	b.service.remove(channelSID(1), "member-3")
	b.service.members[channelSID(2)] = append(b.service.members[channelSID(2)], chat.Resource{
		SID: "MB1", ChannelSID: channelSID(2), Identity: "newcomer",
	})
	return rows, map[string]string{
		channelSID(0) + " member-17": `differs role_sid ` + roleA + `→RLbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb ` +
			`attributes {"of": "member-17"}→{"of": "another"}`,
		channelSID(1) + " member-3": "missing",
		channelSID(2) + " newcomer": "extra",
	}
}

// ways are the orders of a backup, and how it is read.
var ways = map[string]struct {
	shuffle, grouped bool
	sizes            sizes
}{
	"sorted":                          {false, true, defaultSizes()},
	"sorted, not known to be":         {false, false, defaultSizes()},
	"shuffled":                        {true, false, defaultSizes()},
	"shuffled, out of a file":         {true, false, sizes{keep: 0, chunk: 100, part: 8 << 20, room: 1}},
	"shuffled, divided":               {true, false, sizes{keep: 0, chunk: 1000, part: 20_000, room: 20_000}},
	"shuffled, channels divided":      {true, false, sizes{keep: 1000, chunk: 1000, part: 500, room: 1000}},
	"sorted, channels divided":        {false, true, sizes{keep: 0, chunk: 1000, part: 500, room: 1000}},
	"sorted, not known to be, divide": {false, false, sizes{keep: 0, chunk: 1000, part: 500, room: 1000}},
}

func TestExactlyWhatDiffersIsTold(t *testing.T) {
	t.Parallel()
	for name, way := range ways {
		for _, workers := range []int{1, 3, 32} {
			t.Run(fmt.Sprint(name, " by ", workers), func(t *testing.T) {
				t.Parallel()
				b := newBench(t)
				rows, want := story(t, b)
				for _, r := range rows {
					key := string(r.Values[reader.ChannelSID].Text) + " " + string(r.Values[reader.Identity].Text)
					if want[key] == "" {
						want[key] = "same"
					}
				}
				if way.shuffle {
					rows = shuffled(rows)
				}
				b.cfg.Extra, b.cfg.Workers, b.cfg.Grouped, b.cfg.sizes = true, workers, way.grouped, way.sizes
				sum, err := b.run(t, records(rows...))
				require.NoError(t, err)
				assert.Equal(t, want, b.sink.found())
				assert.EqualValues(t, 1000, sum.Read)
				assert.EqualValues(t, 998, sum.Counts[restore.Same])
				assert.EqualValues(t, 1, sum.Counts[restore.Extra])
				assert.EqualValues(t, 2, sum.NotRestored)
				assert.EqualValues(t, 1000, b.cfg.Progress.Finished())
				if way.sizes.part >= 20_000 {
					assert.Equal(t, 3+3+3+3, b.service.pages(), "each page once")
				} else {
					assert.Greater(t, b.service.pages(), 12, "it was not divided")
				}
			})
		}
	}
}

// Without --extra, nobody asks for pages that no row needs.
func TestNoMorePagesThanTheRowsNeed(t *testing.T) {
	t.Parallel()
	rows := members(1, 1000)
	b := newBench(t, rows...)
	sum, err := b.run(t, records(rows[:150]...))
	require.NoError(t, err)
	assert.Equal(t, 2, b.service.pages())
	assert.EqualValues(t, 150, sum.Counts[restore.Same])
	assert.Zero(t, sum.Counts[restore.Extra])
	assert.EqualValues(t, 3, sum.Requests, "two pages and the Service")
}

func TestWhatIsCompared(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	bare := record(channelSID(0), "bare")
	for _, f := range []reader.Field{reader.RoleSID, reader.DateCreated, reader.Attributes, reader.SID} {
		bare.Values[f] = reader.Value{}
	}
	empty := record(channelSID(0), "empty")
	set(&empty, reader.Attributes, "{}")
	spaced := record(channelSID(0), "spaced")
	set(&spaced, reader.Attributes, `{"b": 1.0, "a": [1e2]}`)
	zoned := record(channelSID(0), "zoned")
	set(&zoned, reader.DateCreated, "2016-03-24T23:05:50.4+02:00")
	read := record(channelSID(0), "read")
	set(&read, reader.LastConsumedMessageIndex, "0")
	rows := []reader.Record{bare, empty, spaced, zoned, read}
	b.service.hold(t, rows...)
	change := func(identity string, how func(*chat.Resource)) { b.service.change(channelSID(0), identity, how) }
	change("bare", func(m *chat.Resource) {
		m.RoleSID, m.Attributes, m.LastConsumedMessageIndex = roleA, `{"x":1}`, chat.Index{N: 3, Set: true}
	})
	change("spaced", func(m *chat.Resource) { m.Attributes = `{"a":[100],"b":1}` })
	change("zoned", func(m *chat.Resource) { m.DateCreated = m.DateCreated.UTC().Truncate(1e9) })
	change("read", func(m *chat.Resource) { m.LastConsumedMessageIndex = chat.Index{} })
	_, err := b.run(t, records(rows...))
	require.NoError(t, err)
	c := channelSID(0) + " "
	assert.Equal(t, map[string]string{
		c + "bare": "same", c + "empty": "same", c + "spaced": "same", c + "zoned": "same",
		c + "read": "differs last_consumed_message_index 0→null",
	}, b.sink.found())
	for _, o := range b.sink.outcomes {
		assert.Equal(t, 200, o.HTTPStatus)
		assert.True(t, chat.IsMemberSID(o.MemberSID))
		assert.Equal(t, channelSID(0), o.ChannelSID)
		if o.Identity == "zoned" {
			assert.Equal(t, "MB"+serviceA[2:], o.BackupSID)
			assert.EqualValues(t, 5, o.Line)
		}
	}
}

// Several rows for one member, rows that break a rule and rows that cannot be read are told as a restore tells them.
func TestRowsThatAreNotCompared(t *testing.T) {
	t.Parallel()
	c := channelSID(0)
	again, other, bad := record(c, "jing"), record(c, "jing"), record(c, "mia")
	set(&other, reader.Attributes, `{"other": true}`)
	set(&bad, reader.DateCreated, "yesterday")
	nameless := record(c, "")
	rows := []reader.Record{bad, record(c, "jing"), {}, again, other, nameless, record(channelSID(1), "jing")}
	for _, test := range []struct {
		lastWins, chosen, grouped bool
		rows                      map[int64]string
		same                      map[int64]bool
		of                        int64
		notRestored               int64
	}{
		{
			rows: map[int64]string{1: "invalid", 2: "same", 3: "invalid", 4: "duplicate", 5: "duplicate", 6: "invalid", 7: "same"},
			same: map[int64]bool{4: true, 5: false}, of: 3, notRestored: 4,
		},
		{
			lastWins: true, chosen: true, grouped: true,
			rows: map[int64]string{1: "invalid", 2: "duplicate", 3: "invalid", 4: "duplicate", 5: "differs", 6: "invalid", 7: "same"},
			same: map[int64]bool{2: false, 4: false}, of: 6, notRestored: 4,
		},
	} {
		b := newBench(t, record(c, "jing"), record(c, "mia"), record(c, "extra"), record(channelSID(1), "jing"))
		b.cfg.LastWins, b.cfg.Chosen, b.cfg.Grouped, b.cfg.Extra = test.lastWins, test.chosen, test.grouped, true
		sum, err := b.run(t, records(rows...))
		require.NoError(t, err)
		assert.EqualValues(t, 1, sum.Counts[restore.Extra], "mia is in a row, though in none that is right")
		got := b.sink.byRow()
		delete(got, 0)
		assert.Equal(t, test.rows, got)
		assert.Equal(t, test.notRestored, sum.NotRestored)
		for _, o := range b.sink.outcomes {
			if o.Kind == restore.Duplicate {
				assert.Equal(t, test.of, o.DuplicateOf)
				assert.Equal(t, test.same[o.Row], o.Same, "row %d", o.Row)
			}
			assert.Equal(t, o.Kind == restore.Invalid, len(o.Problems) > 0)
		}
	}
}

// A channel that rows name in two ways is one channel.
func TestAChannelWithTwoNames(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.service.names["general"] = channelSID(0)
	b.service.names["lobby"] = channelSID(7)
	rows := members(1, 150)
	byName := []reader.Record{
		record("general", "member-0"), record("general", "by name"), record("general", "lost"), record("lobby", "jing"),
	}
	b.service.hold(t, rows...)
	b.service.hold(t, byName[1], byName[3], record(channelSID(0), "newcomer"))
	rows = slices.Concat(byName[:1], rows, byName[1:])
	b.cfg.Extra = true
	sum, err := b.run(t, records(rows...))
	require.NoError(t, err)
	assert.EqualValues(t, 152, sum.Counts[restore.Same])
	assert.EqualValues(t, 1, sum.Counts[restore.Missing])
	assert.EqualValues(t, 1, sum.Counts[restore.Duplicate])
	assert.EqualValues(t, 1, sum.Counts[restore.Extra])
	assert.Equal(t, map[string]int{"general": 1, channelSID(0): 2, "lobby": 1}, b.service.lists)
	kinds := b.sink.byRow()
	assert.Equal(t, "same", kinds[1], "it stands first")
	assert.Equal(t, "duplicate", kinds[2])
	assert.Equal(t, "missing", kinds[153])
	for _, o := range b.sink.outcomes {
		if o.Identity == "by name" {
			assert.Equal(t, "general", o.Channel)
			assert.Equal(t, channelSID(0), o.ChannelSID)
		}
	}
}

func TestPartOfABackup(t *testing.T) {
	t.Parallel()
	rows := members(8, 10)
	for _, grouped := range []bool{true, false} {
		told := map[string]string{}
		for shard := 1; shard <= 3; shard++ {
			b := newBench(t, rows...)
			b.cfg.Part, b.cfg.Grouped = restore.Part{Shard: shard, Shards: 3}, grouped
			_, err := b.run(t, records(rows...))
			require.NoError(t, err)
			found := b.sink.found()
			for key := range found {
				assert.NotContains(t, told, key)
			}
			maps.Copy(told, found)
		}
		assert.Len(t, told, 80)

		b := newBench(t, rows...)
		b.cfg.Part, b.cfg.Grouped = restore.Part{OnlyChannel: channelSID(3), Limit: 4}, grouped
		sum, err := b.run(t, records(rows...))
		require.NoError(t, err)
		assert.EqualValues(t, 4, sum.Read)
		assert.Equal(t, 1, b.service.pages())
	}
	b := newBench(t)
	b.cfg.Part, b.cfg.Extra = restore.Part{Limit: 4}, true
	_, err := b.run(t, records(rows...))
	require.Error(t, err)
}

func TestAChannelThatIsNotThere(t *testing.T) {
	t.Parallel()
	rows := members(3, 5)
	b := newBench(t, rows...)
	delete(b.service.members, channelSID(1))
	sum, err := b.run(t, records(rows...))
	require.NoError(t, err)
	assert.EqualValues(t, 10, sum.Counts[restore.Same])
	assert.EqualValues(t, 5, sum.Counts[restore.Missing])
	for _, o := range b.sink.outcomes {
		if o.Kind == restore.Missing {
			assert.Equal(t, channelSID(1), o.Channel)
			assert.Contains(t, o.Error, "the channel does not exist in the Service")
			assert.Equal(t, 404, o.HTTPStatus)
		}
	}

	b = newBench(t, rows...)
	b.service.on = func(op, channel string, _ int) error {
		if op == "list" && channel == channelSID(1) {
			return apiError(404, 20404)
		}
		return nil
	}
	sum, err = b.run(t, records(rows...))
	require.NoError(t, err)
	assert.EqualValues(t, 5, sum.Counts[restore.Failed], "the channel is there, whatever its list says")
}

func TestWhatCannotBeAsked(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		answer error
		extra  bool
		want   map[string]int64
		page   int
	}{
		"never answered":               {apiError(500, 20500), false, map[string]int64{"same": 110, "failed": 10}, 2},
		"never answered, with extra":   {apiError(500, 20500), true, map[string]int64{"same": 0, "failed": 120}, 2},
		"refused":                      {apiError(400, 20001), false, map[string]int64{"same": 110, "rejected": 10}, 2},
		"refused from the first":       {apiError(403, 50107), false, map[string]int64{"same": 10, "rejected": 110}, 1},
		"nothing but the extras' page": {apiError(500, 20500), true, map[string]int64{"same": 0, "failed": 120}, 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rows := members(1, 110)
			b := newBench(t, rows...)
			for i := range 200 {
				b.service.hold(t, record(channelSID(0), fmt.Sprint("extra-", i)))
			}
			others := members(2, 10)[10:]
			b.service.hold(t, others...)
			b.cfg.Extra, b.cfg.Retries = test.extra, 2
			b.service.on = func(op, channel string, page int) error {
				if op == "list" && channel == channelSID(0) && page == test.page {
					return test.answer
				}
				return nil
			}
			sum, err := b.run(t, records(append(rows, others...)...))
			require.NoError(t, err)
			if test.extra {
				test.want["same"] += 10 // the other channel's
				test.want["failed"] -= 10
			}
			for _, kind := range restore.KindsOf("verify") {
				if kind != restore.Extra {
					assert.Equal(t, test.want[kind.String()], sum.Counts[kind], kind)
				}
			}
			if test.extra {
				assert.Zero(t, sum.Counts[restore.Extra], "of a channel of which not all is known")
			}
		})
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	rows := members(3, 5)
	for name, prepare := range map[string]func(*service){
		"the Service is missing": func(s *service) { s.missing[serviceA] = true },
		"the credentials": func(s *service) {
			s.on = func(string, string, int) error { return apiError(401, 20003) }
		},
		"the credentials, later": func(s *service) {
			s.on = func(op, _ string, _ int) error {
				if op == "list" {
					return apiError(401, 20003)
				}
				return nil
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, rows...)
			prepare(b.service)
			sum, err := b.run(t, records(rows...))
			require.ErrorIs(t, err, retry.ErrRefused)
			assert.EqualValues(t, 15, sum.Counts[restore.Pending])
			assert.Empty(t, b.sink.outcomes)
		})
	}
}

func TestABackupThatIsCut(t *testing.T) {
	t.Parallel()
	rows := members(3, 5)
	for _, grouped := range []bool{true, false} {
		b := newBench(t, append(members(3, 5), record(channelSID(2), "in the part that is missing"))...)
		b.cfg.Extra, b.cfg.Grouped = true, grouped
		cut := errors.New("the gzip data is cut off")
		sum, err := b.run(t, endingWith(cut, rows...))
		require.ErrorIs(t, err, restore.ErrInput)
		require.ErrorIs(t, err, cut)
		assert.EqualValues(t, 15, sum.Counts[restore.Same])
		assert.Zero(t, sum.Counts[restore.Extra])
	}
}

func TestAReportThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	rows := members(20, 5)
	b := newBench(t, rows...)
	b.sink.failAt = 3
	sum, err := b.run(t, records(rows...))
	require.ErrorIs(t, err, restore.ErrSink)
	require.ErrorIs(t, err, errSinkFull)
	assert.EqualValues(t, 10, sum.Counts[restore.Same])
	assert.EqualValues(t, 90, sum.Counts[restore.Pending])
}

func TestRowsThatCannotBeKept(t *testing.T) {
	t.Parallel()
	for name, sizes := range map[string]sizes{
		"while it is read": {keep: 0, chunk: 10, part: 1 << 20, room: 1000},
		"while divided":    {keep: 1 << 20, chunk: 10, part: 100, room: 1000},
	} {
		for _, grouped := range []bool{false, true} {
			t.Run(fmt.Sprint(name, grouped), func(t *testing.T) {
				t.Parallel()
				rows := members(2, 50)
				b := newBench(t, rows...)
				b.cfg.TempDir, b.cfg.sizes, b.cfg.Grouped = t.TempDir()+"/nowhere", sizes, grouped
				sum, err := b.run(t, records(rows...))
				if name == "while it is read" && grouped {
					require.NoError(t, err, "no file is needed")
					return
				}
				require.ErrorIs(t, err, errSpill)
				require.ErrorContains(t, err, "TMPDIR")
				assert.Positive(t, sum.Counts[restore.Pending])
			})
		}
	}
}
