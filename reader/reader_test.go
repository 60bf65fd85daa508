package reader

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestStoppingEarlyEndsAllGoroutines(t *testing.T) {
	t.Parallel()
	for _, backup := range [][]byte{ndjson(generate(2000)), zstded(t, ndjson(generate(2000)))} {
		// A bubble is left only when every goroutine in it has ended, and panics when one is stuck.
		synctest.Test(t, func(t *testing.T) {
			for _, stop := range []int{1, 2, 100, 1999} {
				r, err := New(bytes.NewReader(backup), Config{Workers: 3, piece: 4096})
				require.NoError(t, err)
				rows := 0
				for _, err := range r.Records() {
					require.NoError(t, err)
					if rows++; rows == stop {
						break
					}
				}
				require.NoError(t, r.Close())
			}
		})
	}
}

func TestStoppingDoesNotWaitForTheInput(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		in, feed := io.Pipe()
		go func() { _, _ = io.WriteString(feed, strings.Repeat(`{"identity":"a"}`+"\n", 20_000)) }()
		r, err := New(in, Config{piece: 16, MaxRowBytes: 100, Workers: 2})
		require.NoError(t, err)
		for _, err := range r.Records() {
			require.NoError(t, err)
			break
		}
		require.NoError(t, feed.Close())
	})
}

func TestRecordsCanBeRangedOnce(t *testing.T) {
	t.Parallel()
	r, err := New(strings.NewReader("identity\na\n"), Config{})
	require.NoError(t, err)
	for _, err := range r.Records() {
		require.NoError(t, err)
	}
	rows := 0
	for _, err := range r.Records() {
		rows++
		require.ErrorIs(t, err, errRangedTwice)
	}
	assert.Equal(t, 1, rows)
	require.NoError(t, r.Close())
}

func TestUnknownNamesAreToldOnce(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&text, `{"identity":"a%d","friendly_name":"x","k%d":1,"role-sidd":{},"url":"u","links":{},"_version":1,"_solution":{},"account_sid":"AC","rejoin_error":"","_airbyte_raw_id":1}`+"\n", i, i%5)
	}
	r, err := New(strings.NewReader(text.String()), Config{Workers: 4, piece: 1000})
	require.NoError(t, err)
	var watch sync.WaitGroup
	watch.Go(func() {
		for range 100 {
			_ = r.Info().String()
		}
	})
	for _, err := range r.Records() {
		require.NoError(t, err)
	}
	watch.Wait()
	assert.Equal(t, []string{"friendly_name", "k0", "role-sidd", "k1", "k2", "k3", "k4"}, r.Info().Unknown)
	assert.Equal(t, "NDJSON, UTF-8; not restored: friendly_name, k0, role-sidd (did you mean role_sid? if so, use --column role-sidd=role_sid), k1, k2, k3, k4", r.Info().String())

	items, r, err := read(t, strings.NewReader("sid,identity,x,Rejoin Error,\n1,a,b,c,d\n"), Config{})
	require.NoError(t, err)
	assert.Equal(t, []string{"a"}, column(items, Identity))
	assert.Equal(t, []string{"x"}, r.Info().Unknown)
	assert.Equal(t, []string{"sid", "identity", "x", "Rejoin Error", ""}, r.Info().HeaderColumns)
	assert.Equal(t, "sid,identity,x,Rejoin Error,\n", string(r.Info().Header))
}

func TestManyUnknownKeysAreBounded(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	for i := range 3 * maxKeys {
		fmt.Fprintf(&text, `{"identity":"a","k%d":1}`+"\n", i)
	}
	r, err := New(strings.NewReader(text.String()), Config{Workers: 1})
	require.NoError(t, err)
	for _, err := range r.Records() {
		require.NoError(t, err)
	}
	assert.Len(t, r.Info().Unknown, maxUnknown)
}

// A table without a row is as whole as an array without an element.
func TestNoRecords(t *testing.T) {
	t.Parallel()
	for _, backup := range []string{"[]", `{"members":[]}`, "identity,role_sid\r\n\r\n", "identity,role_sid\n", "identity", "\n\nidentity\troom\n"} {
		items, _, err := read(t, strings.NewReader(backup), Config{})
		require.NoError(t, err, backup)
		assert.Empty(t, items, backup)
	}
}

func TestNamedColumnsWin(t *testing.T) {
	t.Parallel()
	named := map[string]Field{"user": Identity, "When Made": DateCreated}
	for name, text := range map[string]string{
		"csv":    "identity,user,When Made\na,b,c\n",
		"ndjson": `{"identity":"a","user":"b","When Made":"c"}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			items, r, err := read(t, strings.NewReader(text), Config{Columns: named})
			require.NoError(t, err)
			assert.Equal(t, map[string]string{"identity": "b", "date_created": "c"}, items[0].values)
			assert.Equal(t, []string{"identity"}, r.Info().Unknown, "another column's name is told, not silently dropped")
		})
	}
}

func TestParseField(t *testing.T) {
	t.Parallel()
	for f := range Field(NumFields) {
		for _, name := range []string{f.String(), camel(f.String()), strings.ToUpper(f.String()), strings.ReplaceAll(f.String(), "_", " ")} {
			got, ok := ParseField(name)
			assert.True(t, ok, name)
			assert.Equal(t, f, got, name)
		}
	}
	for _, name := range []string{"", "friendly_name", "account_sid", "ıdentity"} {
		_, ok := ParseField(name)
		assert.False(t, ok, name)
	}
}

func TestParseFormat(t *testing.T) {
	t.Parallel()
	for _, f := range []Format{Auto, CSV, NDJSON, JSON, Singer, Airbyte} {
		got, err := ParseFormat(strings.ToUpper(f.String()))
		require.NoError(t, err)
		assert.Equal(t, f, got)
	}
	for name, want := range map[string]Format{"tsv": CSV, "jsonl": NDJSON, "": Auto} {
		got, err := ParseFormat(name)
		require.NoError(t, err)
		assert.Equal(t, want, got)
	}
	_, err := ParseFormat("xml")
	assert.EqualError(t, err, `unknown format "xml": expected auto, csv, ndjson, json, singer, airbyte`)
}

func TestFormatIsFoundOut(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text string
		want Format
	}{
		{"identity\na\n", CSV},
		{" \n{\"identity\":1}\n", NDJSON},
		{`{"identity":1}`, NDJSON},
		{"{\"identity\":\n{\"identity\":2}\n", NDJSON}, // the first row is cut off
		{"{\n\"identity\":1}", JSON},
		{"{\"identity\":\n1}", JSON},
		{"{\n{\"identity\":1}", JSON},
		{"[", JSON},
		{`{"meta":{}}`, JSON},
		{`{"members":[]}`, JSON},
		{`{"type":"SCHEMA"}`, Singer},
		{`{"type":"RECORD","record":{"data":{}}}`, Singer},
		{`{"type":"RECORD","record":{"data":{},"stream":"x"}}`, Airbyte},
		{`{"type":"LOG","log":{}}`, Airbyte},
		{`{"_airbyte_data":{}}`, Airbyte},
		{`{"identity":"a","type":"user"}`, NDJSON},
	}
	for _, tt := range tests {
		assert.Equal(t, tt.want, detectFormat([]byte(tt.text), true), tt.text)
	}
}

func TestDelimiterIsFoundOut(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]byte{
		"identity\na\n":                          ',',
		"identity;role_sid\na;b\n":               ';',
		"\"a,b\";identity\n1;2\n":                ';',
		"x,y,z|identity|role_sid\n1|2|3\n":       '|',
		"identity\trole_sid,channel_sid\nx\ty\n": '\t',
	} {
		r, err := New(strings.NewReader(text), Config{})
		require.NoError(t, err)
		assert.Equal(t, want, r.Info().Delimiter, text)
		require.NoError(t, r.Close())
	}
	items := readText(t, "identity^sid\na,b^c\n", Config{Delimiter: '^'})
	assert.Equal(t, "a,b", items[0].values["identity"])
}

func TestCloneStaysValid(t *testing.T) {
	t.Parallel()
	for name, backup := range map[string][]byte{"ndjson": ndjson(generate(500)), "csv": quoteAll(generate(500))} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want, _, err := read(t, bytes.NewReader(backup), Config{})
			require.NoError(t, err)
			r, err := New(bytes.NewReader(backup), Config{piece: 2000, Workers: 2})
			require.NoError(t, err)
			var kept []Record
			for rec, err := range r.Records() {
				require.NoError(t, err)
				kept = append(kept, rec.Clone())
			}
			for i := range kept {
				require.Equal(t, want[i], newItem(t, &kept[i], nil))
			}
		})
	}
}

func TestCloneTakesOneAllocation(t *testing.T) {
	raw := []byte(`{"identity":"a","sid":"b"}`)
	rec := Record{Raw: raw}
	rec.Values[Identity] = Value{Text: raw[13:14], Kind: String}
	rec.Values[SID] = Value{Text: []byte("not in raw"), Kind: String}
	rec.Values[Attributes] = Value{Text: []byte{}, Kind: String}
	var out Record
	assert.InDelta(t, 1, testing.AllocsPerRun(100, func() { out = rec.Clone() }), 0)
	assert.Equal(t, rec, out)
	assert.Same(t, &out.Raw[13], &out.Values[Identity].Text[0], "text within raw lies in the copy of raw")
	assert.NotSame(t, &rec.Raw[0], &out.Raw[0])
}

func TestAllocationsDoNotGrowWithTheRows(t *testing.T) {
	const rows = 1000
	all, twice := benchBackups(t, 2*rows), benchBackups(t, 4*rows)
	for name := range all {
		t.Run(name, func(t *testing.T) {
			count := func(backup []byte) float64 {
				return testing.AllocsPerRun(5, func() {
					r, err := New(bytes.NewReader(backup), Config{Workers: 1, piece: 8 << 10})
					require.NoError(t, err)
					for _, err := range r.Records() {
						require.NoError(t, err)
					}
				})
			}
			assert.Less(t, count(twice[name])-count(all[name]), 0.02*2*rows)
		})
	}
}

func TestCloneOfTextBesideRaw(t *testing.T) {
	t.Parallel()
	all := []byte("raw and text behind it")
	rec := Record{Raw: all[:3]}
	rec.Values[Identity] = Value{Text: all[8:12], Kind: String}
	rec.Values[SID] = Value{Text: all[2:5], Kind: String}
	assert.Equal(t, rec, rec.Clone())
}

// endless is a backup without an end.
type endless struct{ row []byte }

func (e *endless) Read(p []byte) (int, error) {
	n := 0
	for n+len(e.row) <= len(p) {
		n += copy(p[n:], e.row)
	}
	if n == 0 {
		return 0, errors.New("asked for less than a row")
	}
	return n, nil
}

func TestMemoryDoesNotGrowWithTheBackup(t *testing.T) {
	for _, tt := range []struct {
		name, start string
		row         []byte
		rows, most  int
	}{
		{"ndjson", "", ndjson(generate(1)), 50_000, 6 << 20},
		{"short csv", "identity\n", []byte("a\n"), 300_000, 8 << 20},
		{"short json", "[", []byte("{},"), 300_000, 8 << 20},
	} {
		t.Run(tt.name, func(t *testing.T) {
			rows := io.LimitReader(&endless{tt.row}, int64(len(tt.row)*tt.rows))
			r, err := New(io.MultiReader(strings.NewReader(tt.start), rows), Config{Workers: 2})
			require.NoError(t, err)
			before := heap()
			most, n := uint64(0), 0
			for rec, err := range r.Records() {
				if err != nil {
					require.Equal(t, "short json", tt.name)
					require.ErrorContains(t, err, "expected a member: the backup is cut off")
					break
				}
				if n++; n%(tt.rows/10) == 0 {
					most = max(most, heap())
				}
				require.NotEmpty(t, rec.Raw)
			}
			assert.Equal(t, tt.rows, n)
			assert.Less(t, int(most), int(before)+tt.most)
		})
	}
}

// heap returns the bytes that are in use.
func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
