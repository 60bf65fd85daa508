package reader

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"io"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/require"
)

const benchRows = 20000

// benchBackups are the containers whose speed is measured, each with the same members.
func benchBackups(tb testing.TB, rows int) map[string][]byte {
	tb.Helper()
	members := generate(rows)
	lines := ndjson(members)
	all := map[string][]byte{"ndjson": lines, "ndjson-nested": nested(members)}
	var table bytes.Buffer
	w := csv.NewWriter(&table)
	require.NoError(tb, w.WriteAll(cells(members)))
	all["csv"] = table.Bytes()
	array := append([]byte{'['}, bytes.ReplaceAll(bytes.TrimSpace(lines), []byte("\n"), []byte(",\n"))...)
	array = append(array, ']')
	all["json"] = array
	var pretty bytes.Buffer
	require.NoError(tb, json.Indent(&pretty, array, "", "  "))
	all["json-pretty"] = pretty.Bytes()
	return all
}

func BenchmarkRecords(b *testing.B) {
	for name, backup := range benchBackups(b, benchRows) {
		b.Run(name, func(b *testing.B) { benchmarkRead(b, backup, len(backup)) })
	}
}

func BenchmarkCompressed(b *testing.B) {
	plain := benchBackups(b, benchRows)["ndjson"]
	var zipped, packed bytes.Buffer
	gz := gzip.NewWriter(&zipped)
	zs, err := zstd.NewWriter(&packed)
	require.NoError(b, err)
	for _, w := range []io.WriteCloser{gz, zs} {
		_, err := w.Write(plain)
		require.NoError(b, err)
		require.NoError(b, w.Close())
	}
	b.Run("gzip", func(b *testing.B) { benchmarkRead(b, zipped.Bytes(), len(plain)) })
	b.Run("zstd", func(b *testing.B) { benchmarkRead(b, packed.Bytes(), len(plain)) })
	b.Run("gzip-alone", func(b *testing.B) {
		b.SetBytes(int64(len(plain)))
		for b.Loop() {
			in, err := gzip.NewReader(bytes.NewReader(zipped.Bytes()))
			require.NoError(b, err)
			_, err = io.Copy(io.Discard, in)
			require.NoError(b, err)
		}
	})
	b.Run("zstd-alone", func(b *testing.B) {
		b.SetBytes(int64(len(plain)))
		for b.Loop() {
			in, err := zstd.NewReader(bytes.NewReader(packed.Bytes()), zstd.WithDecoderConcurrency(1))
			require.NoError(b, err)
			_, err = io.Copy(io.Discard, in)
			require.NoError(b, err)
			in.Close()
		}
	})
}

// benchmarkRead reads a backup whose text has the given size.
func benchmarkRead(b *testing.B, backup []byte, size int) {
	b.Helper()
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		r, err := New(bytes.NewReader(backup), Config{})
		if err != nil {
			b.Fatal(err)
		}
		rows := 0
		for _, err := range r.Records() {
			if err != nil {
				b.Fatal(err)
			}
			rows++
		}
		if rows != benchRows {
			b.Fatalf("read %d rows", rows)
		}
	}
}

// BenchmarkStandardLibrary gives the figures to compare with, over the same bytes.
func BenchmarkStandardLibrary(b *testing.B) {
	all := benchBackups(b, benchRows)
	b.Run("csv", func(b *testing.B) {
		b.SetBytes(int64(len(all["csv"])))
		for b.Loop() {
			in := csv.NewReader(bytes.NewReader(all["csv"]))
			in.ReuseRecord = true
			for {
				if _, err := in.Read(); err != nil {
					break
				}
			}
		}
	})
	b.Run("ndjson", func(b *testing.B) {
		b.SetBytes(int64(len(all["ndjson"])))
		for b.Loop() {
			for line := range bytes.Lines(all["ndjson"]) {
				var m member
				if err := json.Unmarshal(line, &m); err != nil {
					b.Fatal(err)
				}
			}
		}
	})
}

// BenchmarkParse measures the parsers alone, on one core and without the hand-over between goroutines.
func BenchmarkParse(b *testing.B) {
	for name, backup := range benchBackups(b, benchRows) {
		b.Run(name, func(b *testing.B) {
			r, err := New(bytes.NewReader(backup), Config{})
			require.NoError(b, err)
			defer func() { require.NoError(b, r.Close()) }()
			cut := r.cutter()
			text := r.sample[:cut(r.sample)]
			p := r.newParser()
			var out batch
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				p.parse(&out, text, state{}, false)
			}
			if len(out.recs) < 50 || len(out.faults) > 0 {
				b.Fatal(len(out.recs), out.faults)
			}
		})
	}
}
