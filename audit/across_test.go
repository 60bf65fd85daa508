package audit

import (
	"bytes"
	"fmt"
	"hash/maphash"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/internal/spill"
	"rejoin/reader"
	"rejoin/rules"
)

// crowded is a backup of few members and many rows: duplicates, spellings, rows that break a rule, and rows that lack
// their Service.
func crowded(random *rand.Rand, n int) []row {
	names := []string{"jing", "Jing", "JING", "jinG", "zoë", "ZOË", "k", "K", "\u212a", "amira", "x"}
	rows := make([]row, n)
	for i := range rows {
		r := clean(0, 1)
		r["channel_sid"] = fmt.Sprint("channel-", random.IntN(1+random.IntN(20)))
		r["identity"] = names[random.IntN(len(names))]
		r["attributes"] = strconv.Itoa(random.IntN(2))
		switch random.IntN(12) {
		case 0:
			r["role_sid"] = "RL1"
		case 1:
			r["service_sid"] = ""
		case 2:
			r["service_sid"] = serviceB
		case 3:
			r["service_sid"], r["role_sid"] = "", "RL1"
		case 4:
			r["identity"] = fmt.Sprint("user-", random.IntN(n))
		}
		rows[i] = r
	}
	return rows
}

// told is what is told of a row across rows.
type told struct {
	rule string
	row  int64
	of   int64
	same bool
}

// naive says of a backup, with all of it in memory, what should be told across rows, and which rows have a twin.
func naive(rows []row, last bool) (all, twins []told, toSend, channels int64) {
	type key struct{ service, channel, identity string }
	counting := map[key]int64{} // the row that counts
	counts := func(r row) bool { return r["role_sid"] != "RL1" }
	for i, r := range rows {
		k := key{r["service_sid"], r["channel_sid"], r["identity"]}
		if _, ok := counting[k]; counts(r) && (last || !ok) {
			counting[k] = int64(i + 1)
		}
	}
	met := map[key]bool{}
	firsts := map[key][]string{} // by channel, the first spelling of each identity
	seen := map[key]bool{}
	for i, r := range rows {
		k := key{r["service_sid"], r["channel_sid"], r["identity"]}
		of := key{k.service, k.channel, ""}
		seen[of] = true
		if !met[k] {
			met[k] = true
			if slices.ContainsFunc(firsts[of], func(s string) bool { return strings.EqualFold(s, k.identity) }) {
				all = append(all, told{rule: rules.CaseVariants, row: int64(i + 1)})
			} else {
				firsts[of] = append(firsts[of], k.identity)
			}
		}
		other := counting[k]
		if !counts(r) {
			continue
		}
		if other == int64(i+1) {
			if k.service != "" {
				toSend++
			}
			continue
		}
		twin := told{rules.Duplicate, int64(i + 1), other, rows[other-1]["attributes"] == r["attributes"]}
		all = append(all, twin)
		if k.service != "" {
			twins = append(twins, twin)
		}
	}
	return all, twins, toSend, int64(len(seen))
}

// What is told across rows does not depend on how much there is room for, nor on the hashes.
func TestAcrossAgainstAllInMemory(t *testing.T) {
	t.Parallel()
	bad := func(_ maphash.Seed, text []byte) uint64 { return uint64(len(text)) & 1 }
	for seed := range uint64(10) {
		random := rand.New(rand.NewPCG(seed, 7))
		rows := crowded(random, 1+random.IntN(600))
		backup := ndjson(t, rows)
		for name, cfg := range map[string]Config{
			"memory": {}, "file": {keep: 1, chunk: 50}, "one by one": {keep: 1, chunk: 50, most: 1}, "few": {most: 3},
			"bad hash": {hash: bad}, "few and a bad hash": {most: 2, hash: bad},
		} {
			for _, last := range []bool{false, true} {
				cfg.LastCounts, cfg.Twins = last, true
				what := fmt.Sprint(seed, " ", name, " last=", last)
				want, wantTwins, toSend, channels := naive(rows, last)
				res, problems := audit(t, backup, rules.Config{}, cfg)
				var got []told
				for _, p := range problems {
					switch p.Rule {
					case rules.Duplicate:
						got = append(got, told{p.Rule, p.Row, p.FirstLine, p.Same})
					case rules.CaseVariants:
						got = append(got, told{rule: p.Rule, row: p.Row})
						other := rows[p.FirstRow-1]
						assert.True(t, strings.EqualFold(p.Identity, other["identity"]) && p.Identity != other["identity"] && p.Channel == other["channel_sid"], what)
					}
				}
				require.ElementsMatch(t, want, got, what)
				assert.Equal(t, toSend, res.Contents.Members, what)
				assert.Equal(t, channels, res.Contents.Channels, what)
				assert.Equal(t, int64(len(wantTwins)), res.Contents.Duplicates, what)
				c := &res.Contents
				assert.Equal(t, c.Rows, c.Unreadable+c.Invalid+c.Duplicates+c.Members, what)
				require.Equal(t, wantTwins, twinsOf(t, res.Twins, len(rows)), what)
				res.Twins.Close()
			}
		}
	}
}

// twinsOf asks of every row, in the rows' order, and of some out of it.
func twinsOf(t *testing.T, twins *Twins, rows int) (all []told) {
	t.Helper()
	for row := range int64(rows + 2) {
		line, same, ok, err := twins.Twin(row)
		require.NoError(t, err)
		if ok {
			all = append(all, told{rules.Duplicate, row, line, same})
		}
	}
	for _, want := range all {
		for _, row := range []int64{want.row, int64(rows), 1, want.row, want.row} {
			line, same, ok, err := twins.Twin(row)
			require.NoError(t, err)
			if row == want.row {
				assert.Equal(t, want, told{rules.Duplicate, row, line, same})
				assert.True(t, ok)
			}
		}
	}
	return all
}

// A part is audited as if there were no other rows.
func TestAPart(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 3))
	rows := crowded(random, 500)
	rows[3] = row{raw: `{"identity":"a",}`}
	one := func(_, channel string) bool { return channel == "" || channel == "channel-1" }
	var part []row
	for i, r := range rows {
		if i == 3 || r["channel_sid"] == "channel-1" {
			part = append(part, r)
		}
	}
	require.Greater(t, len(part), 30)
	for _, limit := range []int{0, 20} {
		want := part
		if limit > 0 {
			want = part[:limit]
		}
		expected, _ := audit(t, ndjson(t, want), rules.Config{}, Config{})
		got, problems := audit(t, ndjson(t, rows), rules.Config{}, Config{Part: one, Limit: int64(limit)})
		assert.Equal(t, contentsOf(&expected.Contents), contentsOf(&got.Contents))
		assert.Equal(t, expected.Errors, got.Errors)
		for _, p := range problems {
			assert.True(t, p.Row == 4 || p.Rule == rules.SeveralServices || p.Channel == "channel-1", "%+v", p)
		}
	}
	got, _ := audit(t, ndjson(t, rows), rules.Config{}, Config{Part: func(_, channel string) bool { return channel == "nowhere" }})
	assert.Zero(t, got.Contents.Rows)
	assert.Zero(t, got.Errors+got.Warnings, "that a part is empty does not say that the backup is")
}

// Rows that lack their Service are looked at across rows, by channel, before --service is given.
func TestRowsWithoutAService(t *testing.T) {
	t.Parallel()
	rows := cleanRows(100, 50)
	for _, r := range rows {
		r["service_sid"] = ""
	}
	rows = append(rows, maps.Clone(rows[7]))
	rows[60]["identity"] = strings.ToUpper(rows[61]["identity"])
	res, all := audit(t, ndjson(t, rows), rules.Config{}, Config{ChannelMembers: 49})
	byRule := map[string]int{}
	for _, p := range all {
		byRule[p.Rule]++
	}
	assert.Equal(t, map[string]int{
		rules.MissingService: 101, rules.Duplicate: 1, rules.CaseVariants: 1, rules.TooManyMembers: 2, rules.FullPages: 1,
	}, byRule)
	assert.Equal(t, int64(2), res.Contents.Channels)
	assert.Equal(t, int64(101), res.Contents.Invalid)
	assert.Zero(t, res.Contents.Duplicates, "it is invalid, and counted as that")
	assert.Zero(t, res.Contents.Members)
	res, all = audit(t, ndjson(t, rows), rules.Config{Service: serviceA}, Config{ChannelMembers: 49})
	assert.Len(t, all, 5)
	assert.Equal(t, int64(100), res.Contents.Members)
}

// A backup in which nothing is wrong, and nothing is.
func TestNoMembers(t *testing.T) {
	t.Parallel()
	for _, backup := range []string{"[]", `{"members":[]}`, "identity,channel_sid\n"} {
		res, all := audit(t, []byte(backup), rules.Config{}, Config{})
		assert.Equal(t, []place{{0, 0, rules.NoMembers, ""}}, places(all), backup)
		assert.Zero(t, res.Errors)
		assert.Contains(t, all[0].Message, "no member")
	}
}

// Identities are counted exactly, however few there is room for at once.
func TestIdentitiesAreCounted(t *testing.T) {
	t.Parallel()
	rows := cleanRows(3000, 40)
	for i := range 1000 {
		rows[i]["identity"] = "jing"
	}
	for _, most := range []int{0, 1, 7, 100} {
		res, _ := audit(t, ndjson(t, rows), rules.Config{}, Config{keep: 1, chunk: 64, most: most})
		assert.Equal(t, int64(2001), res.Contents.Identities, "%d at once", most)
	}
}

// However many there are of which a part of the hash is the same, there are no more at once than there is room for.
func TestDistinctKeepsToItsRoom(t *testing.T) {
	t.Parallel()
	file := spill.NewFile(t.TempDir(), 64)
	defer file.Close()
	hashes := spill.New(file, 0)
	for i := range uint64(5000) {
		for range 2 {
			require.NoError(t, hashes.Put(0, appendUint64(nil, i<<16)))
		}
	}
	d := distinct{file: file, most: 100}
	require.NoError(t, d.count(t.Context(), hashes, 1))
	assert.Equal(t, int64(5000), d.n)
	assert.LessOrEqual(t, len(d.set.slots), smallIndex)
}

// The names of columns and keys are hidden with the values, since they may be values.
func TestRedactedNames(t *testing.T) {
	t.Parallel()
	backup := []byte("identity,channel_sid,service_sid,geheim\njing,general," + serviceA + ",1\n")
	_, all := audit(t, backup, rules.Config{}, Config{})
	assert.Equal(t, []place{{0, 0, rules.UnknownColumn, "geheim"}}, places(all))
	res, all := audit(t, backup, rules.Config{Redact: true}, Config{})
	assert.Equal(t, []place{{0, 0, rules.UnknownColumn, ""}}, places(all))
	assert.NotContains(t, fmt.Sprintf("%+v %+v", res, all), "geheim")
	backup = []byte(`{"identity":"jing","geheim":1,"geheim":2}` + "\n" + `{"identity":"jing","geheim":+}` + "\n")
	res, all = audit(t, backup, rules.Config{Redact: true}, Config{})
	assert.Equal(t, int64(2), res.Contents.Unreadable)
	assert.NotContains(t, fmt.Sprintf("%+v %+v", res, all), "geheim")
}

// What is kept in memory does not grow with the rows, whatever they have in common.
func TestMemoryOfShapes(t *testing.T) {
	t.Parallel()
	const n = 5000
	for name, of := range map[string]func(i int) (channel, identity string){
		"one member":       func(int) (string, string) { return "c", "jing" },
		"one identity":     func(i int) (string, string) { return fmt.Sprint("c", i), "jing" },
		"one channel":      func(i int) (string, string) { return "c", fmt.Sprint("u", i) },
		"one in all cases": func(i int) (string, string) { return "c", spelled(i) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var backup bytes.Buffer
			for i := range n {
				channel, identity := of(i)
				fmt.Fprintf(&backup, `{"service_sid":%q,"channel_sid":%q,"identity":%q}`+"\n", serviceA, channel, identity)
			}
			r, err := reader.New(&backup, reader.Config{})
			require.NoError(t, err)
			judge, err := rules.New(rules.Config{})
			require.NoError(t, err)
			cfg, err := Config{Rules: judge, TempDir: t.TempDir(), keep: 1, chunk: 64, most: 50}.complete()
			require.NoError(t, err)
			a := newAuditor(cfg)
			defer a.file.Close()
			require.NoError(t, a.read(t.Context(), r.Records()))
			x := newAcross(a)
			require.NoError(t, x.run(t.Context()))
			assert.LessOrEqual(t, cap(x.entries.all), 128)
			assert.LessOrEqual(t, cap(x.channels.all), 128)
			assert.LessOrEqual(t, len(x.entries.exact.slots), smallIndex)
			identities := distinct{file: a.file, most: 50}
			require.NoError(t, identities.count(t.Context(), a.names, 1))
			assert.LessOrEqual(t, len(identities.set.slots), smallIndex)
		})
	}
}

// spelled is one name, with its letters' cases by the bits of a number.
func spelled(i int) string {
	name := []byte("abcdefghijklmnopq")
	for bit := range name {
		if i>>bit&1 == 1 {
			name[bit] -= 'a' - 'A'
		}
	}
	return string(name)
}
