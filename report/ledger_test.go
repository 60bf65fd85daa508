package report

import (
	"math/rand/v2"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/restore"
)

func TestTableHoldsWhatWasSet(t *testing.T) {
	t.Parallel()
	for _, spread := range []int64{3_000, 30_000, 3_000_000} {
		r := rand.New(rand.NewPCG(9, uint64(spread)))
		table, want := newTable(), make(map[int64][2]uint64)
		for range 20_000 {
			row, first, second := 1+r.Int64N(spread), 1+r.Uint64N(1<<63), r.Uint32()
			table.set(row, first, second)
			want[row] = [2]uint64{first, uint64(second)}
		}
		for row := range spread {
			if first, second := table.get(row); want[row] != [2]uint64{first, uint64(second)} {
				require.Failf(t, "lost", "row %d of %d: %v", row, spread, want[row])
			}
		}
	}
}

// A row costs at most 16 bytes, whether rows stand close together, half apart, or far apart in one shard of many.
func TestTableIsSmall(t *testing.T) {
	for name, every := range map[string]int64{"all rows": 1, "every 2nd": 2, "every 4th": 4, "every 30th": 30} {
		t.Run(name, func(t *testing.T) {
			const rows = 1_000_000
			before := heapInUse()
			table := newTable()
			for i := range int64(rows) {
				table.set(i*every, 1, 1)
			}
			table.settle()
			perRow := float64(heapInUse()-before) / rows
			t.Logf("%.1f bytes a row", perRow)
			assert.LessOrEqual(t, perRow, 16.0)
			runtime.KeepAlive(table)
		})
	}
}

func heapInUse() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func TestKeyHash(t *testing.T) {
	t.Parallel()
	// The value is written down: it must be the same on every machine.
	assert.Equal(t, uint64(0x6cee15c86df218), KeyHash(testService, testChannel, "jing"))
	seen := map[uint64]string{}
	for _, key := range [][3]string{
		{"a", "b", "c"},
		{"ab", "", "c"},
		{"", "ab", "c"},
		{"a", "bc", ""},
		{"", "", "abc"},
		{"", "", ""},
		{"", "", "\x00"},
		{"", "", "\x00\x00"},
		{"a", "b", "c\x00"},
		{"a", "b", "C"},
		{"12345678", "", ""},
		{"", "12345678", ""},
		{"1234567", "8", ""},
	} {
		h := KeyHash(key[0], key[1], key[2])
		assert.Less(t, h, uint64(1)<<keyBits)
		assert.Empty(t, seen[h], "%q", key)
		seen[h] = key[0] + "|" + key[1] + "|" + key[2]
	}
	assert.Equal(t, KeyHash("a", "b", "\uFFFD"), KeyHash("a", "b", "\xff"))
}

func TestLedgerCountsEachRowOnce(t *testing.T) {
	t.Parallel()
	first := []*restore.Outcome{created(1), created(2), created(3), created(4)}
	first[1].Kind, first[2].Kind, first[3].Kind = restore.Failed, restore.Rejected, restore.Unknown
	path := written(t, append(first, created(2))...)
	j, l, err := Resume(path, testRun())
	require.NoError(t, err)
	defer j.Close() //nolint:errcheck // only read
	counts := l.Counts()
	assert.Equal(t, int64(2), counts[restore.Created])
	assert.Equal(t, int64(1), counts[restore.Rejected])
	assert.Equal(t, int64(1), counts[restore.Unknown])
	assert.Zero(t, counts[restore.Failed])
	assert.Equal(t, int64(2), l.unrestored)
	assert.Equal(t, 1, l.Runs())
	_, ok := l.Key(99)
	assert.False(t, ok)
}

// What a run announced before it was killed it may have sent, unless an outcome tells; and so it stays for the rows that
// the runs after it did not come to, however these ended.
func TestRowsThatAKilledRunMayHaveSent(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "r")
	j, err := Create(path, testRun())
	require.NoError(t, err)
	require.NoError(t, j.Announce([]int64{1, 2, 3, 7, 10_000, 10_001, 5}))
	require.NoError(t, j.Write([]*restore.Outcome{created(2), created(10_000)}))
	require.NoError(t, j.Announce([]int64{8}))
	require.NoError(t, j.Close())
	sent := func(l *Ledger) (rows []int64) {
		for row := range int64(10_100) {
			if l.Sent(row) {
				rows = append(rows, row)
			}
		}
		return rows
	}

	j, l, err := Resume(path, testRun())
	require.NoError(t, err)
	assert.Equal(t, []int64{1, 3, 5, 7, 8, 10_001}, sent(l))
	require.NoError(t, j.Announce([]int64{1, 3, 20, 21}))
	unknown := created(3)
	unknown.Kind = restore.Unknown
	require.NoError(t, j.Write([]*restore.Outcome{created(1), unknown}))
	require.NoError(t, j.Finish(restore.Summary{}, 130))
	require.NoError(t, j.Close())

	j, l, err = Resume(path, testRun())
	require.NoError(t, err)
	assert.Equal(t, []int64{5, 7, 8, 10_001}, sent(l), "a run that ended in good order has told of all that it sent")
	require.NoError(t, j.Announce([]int64{20, 5}))
	require.NoError(t, j.Close())

	j, l, err = Resume(path, testRun())
	require.NoError(t, err)
	assert.Equal(t, []int64{5, 7, 8, 20, 10_001}, sent(l))
	require.NoError(t, j.Close())
}

func TestAnnouncedRowsAreWrittenShort(t *testing.T) {
	t.Parallel()
	for text, rows := range map[string][]int64{
		"1": {1}, "1-3": {1, 2, 3}, "5,3-4,9,1": {5, 3, 4, 9, 1}, "1-2,2": {1, 2, 2}, "7,7": {7, 7},
	} {
		assert.Equal(t, text, string(appendRows(nil, rows)))
		var set rowSet
		require.True(t, set.addText(text))
		for row := range int64(12) {
			assert.Equal(t, slices.Contains(rows, row), set.has(row), "%d of %s", row, text)
		}
	}
	for _, text := range []string{"", ",", "0", "-1", "1-", "3-2", "x", "1-99999999999", "1,,2"} {
		assert.False(t, new(rowSet).addText(text), text)
	}
}

func TestCheckpoints(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "r")
	j, err := Create(path, testRun())
	require.NoError(t, err)
	require.NoError(t, j.Checkpoint(100, "aa"))
	require.NoError(t, j.Checkpoint(200, "bb"))
	require.NoError(t, j.Finish(restore.Summary{}, 0))
	require.NoError(t, j.Close())
	j, l, err := Resume(path, testRun())
	require.NoError(t, err)
	n, sum, ok := l.Checkpoint()
	assert.True(t, ok)
	assert.Equal(t, int64(200), n)
	assert.Equal(t, "bb", sum)
	assert.Equal(t, testRun(), l.First())
	require.NoError(t, j.Close())
}

// BenchmarkResume reads journals back, and asks for each of their rows.
func BenchmarkResume(b *testing.B) {
	const rows = 200_000
	path := filepath.Join(b.TempDir(), "r")
	j, err := Create(path, testRun())
	require.NoError(b, err)
	var batch []*restore.Outcome
	for row := range int64(rows) {
		batch = append(batch, created(row+1))
	}
	require.NoError(b, j.Write(batch))
	require.NoError(b, j.Close())
	b.ReportAllocs()
	for b.Loop() {
		j, l, err := Resume(path, testRun())
		if err != nil {
			b.Fatal(err)
		}
		for row := range int64(rows) {
			if _, _, ok := l.Outcome(row + 1); !ok {
				b.Fatal("lost")
			}
		}
		if err := j.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

// The engine asks the ledger while the rejects do.
func TestLedgerIsSafeForConcurrentUse(t *testing.T) {
	t.Parallel()
	const rows = 20_000
	var outcomes []*restore.Outcome
	for row := range int64(rows) {
		outcomes = append(outcomes, created(row+1))
	}
	j, l, err := Resume(written(t, outcomes...), testRun())
	require.NoError(t, err)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for row := range int64(rows) {
				_, _, ok := l.Outcome(row + 1)
				if _, known := l.Key(row + 1); !ok || !known {
					assert.Fail(t, "lost")
					return
				}
				if row%500 == 0 {
					o, err := l.Earlier(row + 1)
					if !assert.NoError(t, err) || !assert.Equal(t, row+1, o.Row) {
						return
					}
				}
			}
		})
	}
	wg.Wait()
	require.NoError(t, j.Close())
}
