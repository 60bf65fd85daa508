package audit

import (
	"bytes"
	"testing"

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
