package reader

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// told is what a reader tells of its rows, from the first on.
func told(t *testing.T, r *Reader) (rows []string) {
	t.Helper()
	for rec, err := range r.Records() {
		rows = append(rows, fmt.Sprintf("%d %d %d %q %v", rec.Row, rec.Line, rec.Offset, rec.Raw, err))
	}
	return rows
}

// What is passed over is as it would have been read, and what is read behind it has the place that it always has.
func TestPassing(t *testing.T) {
	t.Parallel()
	long := `{"identity":"` + strings.Repeat("x", 3000) + `"}`
	rows := strings.Repeat(`{"identity":"a"}`+"\n\n"+`{"identity":"b"}`+"\r\n  \n"+"{broken\n"+long+"\n", 40)
	for name, text := range map[string]string{
		"with a last line end": rows,
		"without one":          rows + `{"identity":"last"}`,
		"cut in its last row":  rows + `{"identity":"la`,
		"too long a row":       rows + `{"identity":"` + strings.Repeat("x", 5000) + `"}` + "\n" + rows,
		"one that is not over": rows + strings.Repeat("x", 5000),
		"behind a mark":        "\xef\xbb\xbf" + rows,
		"a stranger later":     rows + `{"color":"red"}` + "\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			open := func() *Reader {
				r, err := New(iotest.OneByteReader(strings.NewReader(text)), Config{Format: NDJSON, MaxRowBytes: 4000, piece: 512})
				require.NoError(t, err)
				return r
			}
			all := told(t, open())
			for _, n := range []int64{0, 1, 2, 3, 4, 100, 159, 160, 161, 1000} {
				r := open()
				var passed []string
				require.NoError(t, r.Pass(n, func(row int64, raw []byte) error {
					assert.EqualValues(t, len(passed)+1, row)
					passed = append(passed, string(raw))
					return nil
				}))
				assert.LessOrEqual(t, int64(len(passed)), n)
				assert.GreaterOrEqual(t, int64(len(passed)), min(n, 160), "all that are whole and not too long")
				for i, raw := range passed {
					if !strings.Contains(raw, "broken") { // of a row that cannot be read the record holds no bytes
						assert.Contains(t, all[i], fmt.Sprintf("%q", raw))
					}
				}
				rest := told(t, r)
				require.Len(t, rest, len(all)-len(passed))
				for i, row := range rest {
					assert.Equal(t, all[len(passed)+i], row, "behind %d", len(passed))
				}
			}
		})
	}
}

// Where a row's end is not told by a line end alone, Records gives all rows.
func TestNothingIsPassedOverInOtherFormats(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"a table":  "identity,attributes\na,\"x\ny\"\nb,z\n",
		"an array": `[{"identity":"a"},` + "\n" + `{"identity":"b"}]`,
		"messages": `{"type":"SCHEMA","stream":"members","schema":{}}` + "\n" + `{"type":"RECORD","stream":"members","record":{"identity":"a"}}` + "\n",
	} {
		r, err := New(strings.NewReader(text), Config{})
		require.NoError(t, err, name)
		all := told(t, r)
		r, err = New(strings.NewReader(text), Config{})
		require.NoError(t, err, name)
		require.NoError(t, r.Pass(1, func(int64, []byte) error { return errors.New("a row was passed over") }), name)
		assert.Equal(t, all, told(t, r), name)
	}
}

func TestPassingEnds(t *testing.T) {
	t.Parallel()
	text := strings.Repeat(`{"identity":"a"}`+"\n", 30_000)
	enough := errors.New("enough")
	r, err := New(strings.NewReader(text), Config{})
	require.NoError(t, err)
	require.ErrorIs(t, r.Pass(10, func(row int64, _ []byte) error {
		if row == 5 {
			return enough
		}
		return nil
	}), enough)
	require.NoError(t, r.Close())

	broken := errors.New("the disk is gone")
	r, err = New(io.MultiReader(strings.NewReader(text), iotest.ErrReader(broken)), Config{})
	require.NoError(t, err)
	require.NoError(t, r.Pass(40_000, nil), "it comes with the records")
	got := told(t, r)
	require.Len(t, got, 1)
	assert.Contains(t, got[0], broken.Error())
	assert.Contains(t, got[0], ":30001:")

	require.NoError(t, r.Pass(1, func(int64, []byte) error { return enough }), "the records have been given")
}

func BenchmarkPass(b *testing.B) {
	row := []byte(`{"identity":"` + strings.Repeat("x", 700) + `"}` + "\n")
	text := bytes.Repeat(row, 100_000)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		r, err := New(bytes.NewReader(text), Config{})
		if err != nil {
			b.Fatal(err)
		}
		if err := r.Pass(100_000, nil); err != nil || r.base.Row != 100_000 {
			b.Fatal(err, r.base)
		}
		_ = r.Close()
	}
}

// Bytes that say at the beginning of an input how it is packed or encoded are bytes of a row where rows stand before them:
// where files were put behind one another, a mark stands in the middle.
func TestTheRestIsReadAsItStands(t *testing.T) {
	t.Parallel()
	const row = `{"identity":"a"}` + "\n"
	for name, start := range map[string]string{
		"a byte order mark": "\xef\xbb\xbf", "one of UTF-16LE": "\xff\xfe", "one of UTF-16BE": "\xfe\xff",
		"gzip": "\x1f\x8b\x08", "zstd": "\x28\xb5\x2f\xfd", "bzip2": "BZh91AY&SY",
	} {
		text := row + start + row + row
		r, err := New(strings.NewReader(text), Config{})
		require.NoError(t, err, name)
		all := told(t, r)
		require.Len(t, all, 3, name)
		x := r.Index()
		_, err = x.Write([]byte(text))
		require.NoError(t, err, name)
		place, ok := x.Before(1)
		require.True(t, ok, name)
		rest, err := r.Rest(strings.NewReader(text[place.Offset:]), place)
		require.NoError(t, err, name)
		assert.Equal(t, all[1:], told(t, rest), name)
		passed, err := New(strings.NewReader(text), Config{})
		require.NoError(t, err, name)
		require.NoError(t, passed.Pass(1, nil), name)
		assert.Equal(t, all[1:], told(t, passed), name)
	}
}
