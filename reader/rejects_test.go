package reader

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// reject makes a file of rejects of all rows of a backup.
func reject(tb testing.TB, backup []byte, cfg Config, reason string) []byte {
	tb.Helper()
	items, r, err := read(tb, bytes.NewReader(backup), cfg)
	require.NoError(tb, err)
	info := r.Info()
	out := info.RejectsHeader()
	for _, it := range items {
		require.NoError(tb, it.fatal)
		out = append(out, info.AppendReject(nil, []byte(it.raw), reason)...)
	}
	return append(out, info.RejectsTrailer()...)
}

func TestRejects(t *testing.T) {
	t.Parallel()
	const reason = `it "is" so, \ and` + "\tso"
	tests := []struct{ name, text, want string }{
		{"csv", "identity,sid\na,b\n\"c\nd\",\"e\"\"\"\n", "identity,sid,rejoin_error\na,b,\"it \"\"is\"\" so, \\ and so\"\n\"c\nd\",\"e\"\"\",\"it \"\"is\"\" so, \\ and so\"\n"},
		{"csv, \\r\\n, no last line end", "identity;sid\r\na;b", "identity;sid;rejoin_error\r\na;b;\"it \"\"is\"\" so, \\ and so\"\r\n"},
		{"csv with reasons", "rejoin_error,identity\nold,a\n", "rejoin_error,identity\n\"it \"\"is\"\" so, \\ and so\",a\n"},
		{"csv, short, long and faulty rows", "identity,sid\na\nb,c,d\ne,f\"g\n", "identity,sid,rejoin_error\na\nb,c,d,\"it \"\"is\"\" so, \\ and so\"\ne,f\"g\n"},
		{"csv, quote that opens by mistake", "identity,sid\n\"a,b\nc,\"d\"\n", "identity,sid,rejoin_error\n\"\"\"a,b\"\nc,\"d\",\"it \"\"is\"\" so, \\ and so\"\n"},
		{"ndjson", `{"identity":"a" }` + "\n" + `{}` + "\n" + `{"identity":"b","x":{"rejoin_error":1}}`, `{"identity":"a","rejoin_error":"it \"is\" so, \\ and so" }` + "\n" + `{"rejoin_error":"it \"is\" so, \\ and so"}` + "\n" + `{"identity":"b","x":{"rejoin_error":1},"rejoin_error":"it \"is\" so, \\ and so"}` + "\n"},
		{"ndjson with reasons", `{"rejoin_error":"old" , "identity":"a"}` + "\n" + `{"identity":"a","rejoin_error":"old","sid":"b"}` + "\n" + `{"rejoin_error":"old"}`, `{"identity":"a","rejoin_error":"it \"is\" so, \\ and so"}` + "\n" + `{"identity":"a","sid":"b","rejoin_error":"it \"is\" so, \\ and so"}` + "\n" + `{"rejoin_error":"it \"is\" so, \\ and so"}` + "\n"},
		{"ndjson, faulty rows", "{\"identity\":x}\nnull\n{\"identity\":\"a\"} b\n", "{\"identity\":x}\nnull\n{\"identity\":\"a\"} b\n"},
		{"ndjson, rows that begin like something else", "{}\n\xef\xbb\xbf{\"identity\":\"b\"}\n\x1f\x8bx\n", "{\"rejoin_error\":\"it \\\"is\\\" so, \\\\ and so\"}\n\n\xef\xbb\xbf{\"identity\":\"b\"}\n\n\x1f\x8bx\n"},
		{"json", "[\n  {\n    \"identity\": \"a\"\n  }, 5\n]", "[\n{\n    \"identity\": \"a\",\"rejoin_error\":\"it \\\"is\\\" so, \\\\ and so\"\n  },\n5\n]\n"},
		{"pages", `{"meta":{},"members":[{"identity":"a"}]}{"meta":{},"members":[{"identity":"b"}]}`, "[\n{\"identity\":\"a\",\"rejoin_error\":\"it \\\"is\\\" so, \\\\ and so\"},\n{\"identity\":\"b\",\"rejoin_error\":\"it \\\"is\\\" so, \\\\ and so\"}\n]\n"},
		{"singer", `{"type":"RECORD","record":{"identity":"a"},"stream":"members"}`, `{"type":"RECORD","record":{"identity":"a","rejoin_error":"it \"is\" so, \\ and so"},"stream":"members"}` + "\n"},
		{"airbyte", `{"_airbyte_data":{"identity":"a"},"_airbyte_ab_id":1}`, `{"_airbyte_data":{"identity":"a","rejoin_error":"it \"is\" so, \\ and so"},"_airbyte_ab_id":1}` + "\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			once := reject(t, []byte(tt.text), Config{}, reason)
			assert.Equal(t, tt.want, string(once))
			assert.Equal(t, tt.want, string(reject(t, once, Config{}, reason)), "rejects of rejects are the same rejects")
		})
	}
}

func TestRejectsOfEveryShapeHoldTheSameMembers(t *testing.T) {
	t.Parallel()
	members, plain := generate(50), generate(50)
	for i := range plain {
		plain[i].Identity = strings.NewReplacer("\n", "", "\t", "").Replace(plain[i].Identity)
	}
	for _, s := range shapes(t, members, plain) {
		if s.name == "bzip2" {
			continue // a file made before, of other members
		}
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			want := members
			if s.plain {
				want = plain
			}
			once := reject(t, s.backup, Config{piece: 5000}, "because")
			items, r, err := read(t, bytes.NewReader(once), Config{})
			require.NoError(t, err)
			requireMembers(t, want, items)
			assert.Empty(t, r.Info().Unknown)
			assert.Equal(t, string(once), string(reject(t, once, Config{}, "because")))
			assert.NotEqual(t, string(once), string(reject(t, once, Config{}, "for another reason")))
		})
	}
}

func TestRejectsOfRowsThatWereNotKept(t *testing.T) {
	t.Parallel()
	for _, format := range []Format{CSV, NDJSON, JSON, Singer, Airbyte} {
		assert.Equal(t, "x", string(Info{Format: format}.AppendReject([]byte("x"), nil, "too long")), fmt.Sprint(format))
	}
}
