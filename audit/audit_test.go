package audit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/reader"
	"rejoin/rules"
)

// fault is a fault to plant in a clean row.
type fault struct {
	rule  string
	field string
	plant func(r row)
}

func set(column, value string) func(row) { return func(r row) { r[column] = value } }

// faults are those that a row can have in NDJSON and in CSV.
func faults() []fault {
	return []fault{
		{rules.MissingService, "service_sid", set("service_sid", "")},
		{rules.BadServiceSID, "service_sid", set("service_sid", serviceA+"0")},
		{rules.MissingChannel, "channel_sid", set("channel_sid", "")},
		{rules.BadChannel, "channel_sid", set("channel_sid", "..")},
		{rules.MissingIdentity, "identity", set("identity", "")},
		{rules.BadIdentity, "identity", set("identity", "US"+strings.Repeat("0f", 16))},
		{rules.BadRoleSID, "role_sid", set("role_sid", "RL1")},
		{rules.BadIndex, "last_consumed_message_index", set("last_consumed_message_index", "-1")},
		{rules.BadIndex, "last_consumed_message_index", set("last_consumed_message_index", "9223372036854775808")},
		{rules.BadTimestamp, "date_created", set("date_created", "yesterday\nor so")},
		{rules.BadTimestamp, "last_consumption_timestamp", set("last_consumption_timestamp", "1458853550")},
		{rules.NoTimeZone, "date_updated", set("date_updated", "2019-03-24 21:05:50")},
		{rules.BadAttributes, "attributes", set("attributes", "{\n\"a\":\n1,}")},
		{rules.LongIdentity, "identity", func(r row) { r["identity"] += strings.Repeat("x", 250) }},
		{rules.ReservedIdentity, "identity", func(r row) { r["identity"] += ",b\n\"c\"" }},
		{rules.LargeAttributes, "attributes", set("attributes", `["`+strings.Repeat("\\n", 2048)+`"]`)},
		{rules.UpdatedBeforeCreated, "date_updated", set("date_updated", "2015-01-01T00:00:00Z")},
		{rules.FutureDate, "date_updated", set("date_updated", "2034-01-01T00:00:00Z")},
		{rules.EarlyDate, "date_created", set("date_created", "1970-01-01T00:00:00Z")},
		{rules.ReadWithoutIndex, "last_consumption_timestamp", func(r row) { delete(r, "last_consumed_message_index") }},
	}
}

type place struct {
	row, line int64
	rule      string
	column    string
}

func places(all []Problem) []place {
	out := []place{}
	for _, p := range all {
		out = append(out, place{p.Row, p.Line, p.Rule, p.Column})
	}
	slices.SortFunc(out, func(a, b place) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	return out
}

// linesOf says on which line each row of a backup starts.
func linesOf(rows []row, asTable bool) []int64 {
	lines, at := make([]int64, len(rows)), int64(1)
	if asTable {
		at++
	}
	for i, r := range rows {
		lines[i] = at
		at++
		for _, v := range r {
			if asTable {
				at += int64(strings.Count(v, "\n"))
			}
		}
	}
	return lines
}

// A backup without a fault has no problem; each fault that is planted in it is found, there and nowhere else.
func TestPlantedFaultsAreFound(t *testing.T) {
	t.Parallel()
	for seed := range uint64(12) {
		for _, asTable := range []bool{false, true} {
			t.Run(fmt.Sprintf("%d table=%v", seed, asTable), func(t *testing.T) {
				t.Parallel()
				random := rand.New(rand.NewPCG(seed, 1))
				rows := cleanRows(100+random.IntN(400), 1+random.IntN(49))
				if seed%3 == 1 {
					random.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
				}
				write := ndjson
				if asTable {
					write = table
				}
				cfg := Config{}
				if seed%2 == 1 {
					cfg.keep, cfg.chunk, cfg.most = 1, 20, 3 // everything through the file, and every part divided
				}
				res, all := audit(t, write(t, rows), rules.Config{}, cfg)
				require.Empty(t, all)
				assert.Equal(t, int64(len(rows)), res.Contents.Members)

				var planted []fault
				var at []int
				for i, where := range random.Perm(len(rows))[:60] {
					f := faults()[(i+int(seed))%len(faults())]
					f.plant(rows[where])
					planted, at = append(planted, f), append(at, where)
				}
				want := []place{}
				lines := linesOf(rows, asTable)
				for i, f := range planted {
					want = append(want, place{int64(at[i] + 1), lines[at[i]], f.rule, f.field})
				}
				slices.SortFunc(want, func(a, b place) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
				res, all = audit(t, write(t, rows), rules.Config{}, cfg)
				require.Equal(t, want, places(all))
				assert.Equal(t, int64(len(want)), res.Errors+res.Warnings)
			})
		}
	}
}

func TestUnreadableRows(t *testing.T) {
	t.Parallel()
	rows := cleanRows(30, 7)
	rows[4] = row{raw: `{"identity":"a",}`}
	rows[9] = row{raw: `[1]`}
	rows[20] = row{raw: `{"identity":"a","Identity":"b"}`}
	res, all := audit(t, ndjson(t, rows), rules.Config{}, Config{})
	assert.Equal(t, []int64{5, 10, 21}, []int64{all[0].Row, all[1].Row, all[2].Row})
	assert.Equal(t, reader.RuleBadJSON, all[0].Rule)
	assert.Equal(t, 17, all[0].Byte)
	assert.Equal(t, int64(3), res.Contents.Unreadable)
	assert.Equal(t, int64(27), res.Contents.Members)
	assert.Equal(t, int64(30), res.Contents.Rows)

	rows[4], rows[9], rows[20] = clean(4, 7), row{raw: `a,b`}, clean(20, 7)
	_, all = audit(t, table(t, rows), rules.Config{}, Config{})
	require.Len(t, all, 1)
	assert.Equal(t, reader.RuleFieldCount, all[0].Rule)
	assert.Equal(t, int64(10), all[0].Row)
	assert.Equal(t, linesOf(rows, true)[9], all[0].Line)
}

// everyWay runs a test in memory, and with everything through the file.
func everyWay(t *testing.T, test func(t *testing.T, cfg Config)) {
	t.Helper()
	for name, cfg := range map[string]Config{"memory": {}, "file": {keep: 1, chunk: 100}, "divided": {keep: 1, chunk: 100, most: 2}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, cfg)
		})
	}
}

func TestDuplicates(t *testing.T) {
	t.Parallel()
	everyWay(t, func(t *testing.T, cfg Config) {
		t.Helper()
		rows := cleanRows(3000, 40)
		copyOf := func(to, from int, change func(row)) {
			rows[to] = maps.Clone(rows[from])
			change(rows[to])
		}
		copyOf(500, 3, func(row) {})
		copyOf(900, 3, set("date_created", "2018-03-02T09:16:32+00:00")) // the same instant
		copyOf(901, 3, set("date_created", "2018-03-02T09:16:33Z"))
		copyOf(902, 7, set("attributes", "{}"))
		copyOf(903, 8, set("channel_sid", "other")) // another member
		copyOf(904, 9, set("service_sid", serviceB))
		set("date_created", "never")(rows[20])
		copyOf(905, 20, set("date_created", "2018-03-02T09:16:33Z")) // the first that may be sent
		copyOf(906, 905, func(row) {})
		res, all := audit(t, ndjson(t, rows), rules.Config{}, cfg)
		var got []string
		for _, p := range all {
			if p.Rule == rules.Duplicate {
				got = append(got, fmt.Sprintf("%d of %d same=%v", p.Row, p.FirstLine, p.Same))
			}
		}
		assert.ElementsMatch(t, []string{"501 of 4 same=true", "901 of 4 same=true", "902 of 4 same=false", "903 of 8 same=false", "907 of 906 same=true"}, got)
		assert.Equal(t, int64(5), res.Contents.Duplicates)
		assert.Equal(t, int64(2), res.Contents.Differing)
		assert.Equal(t, int64(2994), res.Contents.Members)
		assert.Equal(t, res.Contents.Rows, res.Contents.Unreadable+res.Contents.Invalid+res.Contents.Duplicates+res.Contents.Members)
	})
}

// Hashes only say where to look: with four of them for all members nothing changes.
func TestDuplicatesDoNotDependOnHashes(t *testing.T) {
	t.Parallel()
	rows := cleanRows(400, 40)
	rows = append(rows, clean(3, 40), clean(333, 40))
	few := func(_ maphash.Seed, text []byte) uint64 { return uint64(len(text)+int(text[len(text)-1])) & 3 }
	res, all := audit(t, ndjson(t, rows), rules.Config{}, Config{hash: few})
	assert.Equal(t, []place{{401, 401, rules.Duplicate, "identity"}, {402, 402, rules.Duplicate, "identity"}}, places(all))
	assert.Equal(t, int64(400), res.Contents.Members)
}

func TestManyMembers(t *testing.T) {
	t.Parallel()
	everyWay(t, func(t *testing.T, cfg Config) {
		t.Helper()
		cfg.ChannelMembers = 60
		rows := cleanRows(240, 60)
		_, all := audit(t, ndjson(t, rows), rules.Config{}, cfg)
		assert.Empty(t, all, "as many as it can hold")
		rows = append(rows, clean(0, 60), clean(10_000, 60)) // a duplicate is no further member
		rows[241]["channel_sid"] = rows[70]["channel_sid"]
		_, all = audit(t, ndjson(t, rows), rules.Config{}, cfg)
		assert.Equal(t, []place{{241, 241, rules.Duplicate, "identity"}, {61, 61, rules.TooManyMembers, "channel_sid"}}, places(all))
	})
}

func TestCaseVariants(t *testing.T) {
	t.Parallel()
	everyWay(t, func(t *testing.T, cfg Config) {
		t.Helper()
		rows := cleanRows(200, 40)
		for i, identity := range []string{"Zoë", "zoë", "zoe", "ZOË", "Zoë."} {
			rows[10+i]["identity"] = identity
		}
		rows[50]["identity"] = "zOË" // in another channel
		_, all := audit(t, ndjson(t, rows), rules.Config{}, cfg)
		assert.Equal(t, []place{{12, 12, rules.CaseVariants, "identity"}, {14, 14, rules.CaseVariants, "identity"}}, places(all))
		assert.Equal(t, int64(11), all[0].FirstLine)
		assert.Contains(t, all[0].Message, `"Zoë"`)
	})
}

func TestFullPages(t *testing.T) {
	t.Parallel()
	everyWay(t, func(t *testing.T, cfg Config) {
		t.Helper()
		rows := cleanRows(120, 50) // 50, 50, 20
		_, all := audit(t, ndjson(t, rows), rules.Config{}, cfg)
		require.Len(t, all, 1)
		assert.Equal(t, rules.FullPages, all[0].Rule)
		assert.Contains(t, all[0].Message, "2 channels")
		assert.Equal(t, int64(1), all[0].Row)
		_, all = audit(t, ndjson(t, cleanRows(49, 50)), rules.Config{}, cfg)
		assert.Empty(t, all)
		rows = append(rows, clean(5000, 50))
		rows[120]["channel_sid"] = rows[0]["channel_sid"] // 51
		_, all = audit(t, ndjson(t, rows), rules.Config{}, cfg)
		assert.Empty(t, all)
	})
}

func TestWhetherRowsOfAChannelStandTogether(t *testing.T) {
	t.Parallel()
	const a, b = "CHaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "CHbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
	for _, c := range []struct {
		channels []string
		grouped  bool
	}{
		{[]string{b, b, a, a}, true},
		{[]string{a, b, a}, false},
		{[]string{"general", "general", "lobby"}, true},
		{[]string{"general", "lobby", "general"}, false},
		{[]string{a, a, "general"}, false}, // it may be the same channel
	} {
		var rows []row
		for i, channel := range c.channels {
			rows = append(rows, row{raw: fmt.Sprintf(`{"service_sid":%q,"channel_sid":%q,"identity":"%d"}`, serviceA, channel, i)})
		}
		res, _ := audit(t, ndjson(t, rows), rules.Config{}, Config{})
		assert.Equal(t, c.grouped, res.Contents.Grouped, "%q", c.channels)
	}
}

func TestSeveralServicesAndUnknownColumns(t *testing.T) {
	t.Parallel()
	rows := cleanRows(20, 5)
	rows[6]["service_sid"] = serviceB
	res, all := audit(t, ndjson(t, rows), rules.Config{}, Config{})
	assert.Equal(t, []place{{7, 7, rules.SeveralServices, "service_sid"}}, places(all))
	assert.Equal(t, serviceA, res.Contents.Services[0].SID)
	assert.Equal(t, int64(19), res.Contents.Services[0].Rows)
	_, all = audit(t, ndjson(t, rows), rules.Config{Service: serviceA}, Config{})
	assert.Equal(t, rules.UnmappedChannel, all[0].Rule, "a SID of one Service means nothing in another")
	assert.Contains(t, all[len(all)-1].Message, "--service")

	rows = []row{{raw: `{"service_sid":"` + serviceA + `","channel_sid":"x","identity":"y","rolle_sid":1,"role_sid":null}`}}
	_, all = audit(t, ndjson(t, rows), rules.Config{}, Config{})
	assert.Equal(t, []place{{0, 0, rules.UnknownColumn, "rolle_sid"}}, places(all))
}

func TestContentsAndEstimate(t *testing.T) {
	t.Parallel()
	rows := cleanRows(1000, 40)
	rows[3]["role_sid"], rows[4]["last_consumed_message_index"], rows[4]["last_consumption_timestamp"] = "", "", ""
	rows[5]["identity"] = rows[100]["identity"]
	rows[999]["date_created"] = "2023-01-01T00:00:00Z"
	rows[999]["date_updated"] = "2023-01-01T00:00:00Z"
	res, _ := audit(t, ndjson(t, rows), rules.Config{}, Config{Rate: 10, ChannelRate: 10})
	c := res.Contents
	assert.Equal(t, int64(25), c.Channels)
	assert.Equal(t, int64(999), c.Identities)
	assert.Equal(t, int64(1), c.NoRole)
	assert.Equal(t, int64(999), c.Roles[0].Rows)
	assert.Equal(t, int64(1), c.WithoutIndex)
	assert.Equal(t, int64(999), c.Consumed.Rows)
	assert.Equal(t, 2018, c.Created.First.Year())
	assert.Equal(t, 2023, c.Created.Last.Year())
	assert.Equal(t, int64(40), c.Largest)
	for _, bin := range c.PerChannel {
		assert.Equal(t, bin.From == 26, bin.Channels == 25, "%+v", bin)
	}
	assert.InDelta(t, 100, res.Estimate.Time.Seconds(), 0)
	assert.False(t, res.Estimate.ChannelRateIsTheOne)
	res, _ = audit(t, ndjson(t, rows), rules.Config{}, Config{ChannelRate: 4})
	assert.InDelta(t, 10, res.Estimate.Time.Seconds(), 0)
	assert.True(t, res.Estimate.ChannelRateIsTheOne)
}

// Of each rule the first few are kept, and all are counted, whether or not every one is asked for.
func TestFirstFew(t *testing.T) {
	t.Parallel()
	rows := cleanRows(300, 40)
	for i := 20; i < 60; i++ {
		set("role_sid", "x")(rows[i])
	}
	for i := 200; i < 240; i++ {
		rows[i] = maps.Clone(rows[340-i]) // the later the row, the earlier its twin
	}
	backup := ndjson(t, rows)
	res := run(t, bytes.NewReader(backup), rules.Config{}, Config{})
	full, all := audit(t, backup, rules.Config{}, Config{})
	assert.Equal(t, full, res)
	assert.Len(t, all, int(res.Errors+res.Warnings))
	for _, f := range res.Findings {
		require.Len(t, f.First, firstFew)
		for i, p := range f.First {
			assert.NotEmpty(t, p.Message)
			if f.Name == rules.Duplicate {
				assert.Equal(t, int64(201+i), p.Row)
			} else {
				assert.Equal(t, int64(21+i), p.Row)
			}
		}
	}
}

// Nothing of what rows hold shows where values are hidden.
func TestRedact(t *testing.T) {
	t.Parallel()
	rows := cleanRows(100, 50)
	for i, f := range faults() {
		f.plant(rows[i])
	}
	for i := 60; i < 70; i++ {
		rows[i]["identity"] = "secret" + strings.ToUpper("case")[:i%2]
	}
	rows[70] = row{raw: `{"identity":secret}`}
	rows[71]["service_sid"] = serviceB
	res, all := audit(t, ndjson(t, rows), rules.Config{Redact: true}, Config{ChannelMembers: 20})
	require.NotEmpty(t, all)
	text := fmt.Sprintf("%+v %+v", res, all)
	for _, value := range []string{"secret", serviceA, serviceB, roleA, "user-", "CH0000", "yesterday", "1458853550", ",b", "xxxx"} {
		assert.NotContains(t, text, value)
	}
}

// The temporary file is used, and gone when the audit has ended.
func TestTheFileIsGone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	_, _ = audit(t, ndjson(t, cleanRows(5000, 40)), rules.Config{}, Config{keep: 1, chunk: 64, TempDir: dir})
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Empty(t, left)
}

func TestRunFails(t *testing.T) {
	t.Parallel()
	judge, err := rules.New(rules.Config{})
	require.NoError(t, err)
	backup := ndjson(t, cleanRows(5000, 40))
	open := func(text []byte) *reader.Reader {
		r, err := reader.New(bytes.NewReader(text), reader.Config{Name: "members.json"})
		require.NoError(t, err)
		return r
	}
	dir := t.TempDir()

	_, err = Run(t.Context(), open([]byte(`[{"identity":"a"},`)).Records(), Config{Rules: judge, TempDir: dir})
	var input *reader.InputError
	require.ErrorAs(t, err, &input, "an end is no end if the backup is cut off")

	ctx, cancel := context.WithCancelCause(t.Context())
	stop := errors.New("stop")
	cancel(stop)
	_, err = Run(ctx, open(backup).Records(), Config{Rules: judge, TempDir: dir})
	require.ErrorIs(t, err, stop)

	_, err = Run(t.Context(), open(backup).Records(), Config{Rules: judge, keep: 1, chunk: 64, TempDir: dir + "/nowhere"})
	require.ErrorContains(t, err, "temporary file")

	full := errors.New("no space left")
	_, err = Run(t.Context(), open([]byte(`{"identity":"a"}`)).Records(), Config{Rules: judge, Every: func(*Problem) error { return full }})
	require.ErrorIs(t, err, full)

	_, err = Run(t.Context(), open(backup).Records(), Config{})
	require.Error(t, err)
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Empty(t, left)
}
