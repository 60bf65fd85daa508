package audit

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"

	"rejoin/rules"
)

// BenchmarkRun reads, judges and compares: rows of the API's own shape, sorted by channel as its lists are, or not.
func BenchmarkRun(b *testing.B) {
	const n = 100_000
	rows := cleanRows(n, 200)
	shuffled := make([]row, n)
	for i := range rows {
		shuffled[i*7919%n] = rows[i]
	}
	for name, backup := range map[string][]byte{
		"ndjson": ndjson(b, rows), "csv": table(b, rows), "ndjson-shuffled": ndjson(b, shuffled),
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(backup)))
			b.ReportAllocs()
			for b.Loop() {
				if res := run(b, bytes.NewReader(backup), rules.Config{}, Config{}); res.Contents.Members != n {
					b.Fatal(res.Contents)
				}
			}
		})
	}
}

// A row without a fault is read, judged and compared without an allocation of its own: what is allocated are pieces,
// chunks and tables, and they are larger for a longer backup by a few.
func TestAllocationsOfARow(t *testing.T) {
	rows := cleanRows(12_000, 200)
	shuffled := make([]row, len(rows))
	for i := range rows {
		shuffled[i*7919%len(rows)] = rows[i]
	}
	dir := t.TempDir()
	for name, write := range map[string]func(n int) []byte{
		"ndjson":   func(n int) []byte { return ndjson(t, rows[:n]) },
		"csv":      func(n int) []byte { return table(t, rows[:n]) },
		"shuffled": func(n int) []byte { return ndjson(t, shuffled[:n]) },
	} {
		allocs := func(n int) float64 {
			backup := write(n)
			return testing.AllocsPerRun(1, func() { run(t, bytes.NewReader(backup), rules.Config{}, Config{TempDir: dir}) })
		}
		assert.Less(t, (allocs(12_000)-allocs(6_000))/6_000, 0.25, name)
	}
}
