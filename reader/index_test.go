package reader

import (
	"bytes"
	"compress/gzip"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// indexed is the index of a text that arrives as wrap has it, with a place at every row.
func indexed(t *testing.T, text []byte, cfg Config, wrap func(io.Reader) io.Reader) *RowIndex {
	t.Helper()
	r, err := New(bytes.NewReader(text), cfg)
	require.NoError(t, err)
	x := r.Index()
	require.NotNil(t, x)
	x.step = 0
	n, err := io.Copy(x, wrap(bytes.NewReader(text)))
	require.NoError(t, err)
	require.EqualValues(t, len(text), n)
	require.NoError(t, r.Close())
	return x
}

// checkIndex checks that what is read from the places of an index on is what stands there in the whole.
func checkIndex(t *testing.T, text []byte, cfg Config) {
	t.Helper()
	r, err := New(bytes.NewReader(text), cfg)
	if err != nil || r.Index() == nil {
		return
	}
	all := told(t, r)
	if n := len(all); n > 0 && strings.Contains(all[n-1], "the first record holds nothing of a member") {
		return // that is found out at the first record alone
	}
	x := indexed(t, text, cfg, iotest.OneByteReader)
	require.Equal(t, x.places, indexed(t, text, cfg, iotest.HalfReader).places)
	for n, place := range x.places {
		require.EqualValues(t, n+1, place.Row)
		found, ok := x.Before(place.Row)
		require.True(t, ok)
		require.Equal(t, place, found)
		if n > 3 && n < len(x.places)-1 {
			continue // reading from each would take long
		}
		cfg.Rest = place
		r, err := New(bytes.NewReader(text[place.Offset:]), cfg)
		require.NoError(t, err)
		rest := told(t, r)
		require.Len(t, rest, len(all)-int(place.Row))
		for i, row := range rest {
			require.Equal(t, all[int(place.Row)+i], row)
		}
	}
}

func TestIndex(t *testing.T) {
	t.Parallel()
	rows := strings.Repeat(`{"identity":"a"}`+"\n\n"+`{"identity":"b"}`+"\r\n  \n"+"{broken\n", 10)
	tooLong := `{"identity":"` + strings.Repeat("x", 500) + "\"}\n"
	tests := map[string]struct {
		text   string
		places int
	}{
		"with a last line end": {rows, 30},
		"without one":          {rows + `{"identity":"last"}`, 30},
		"behind a mark":        {"\xef\xbb\xbf" + rows, 30},
		"a blank first line":   {"\xef\xbb\xbf \n" + rows, 30},
		"too long a row":       {rows + tooLong + rows, 30},
		"too long a blank":     {rows + strings.Repeat(" ", 500) + "\n" + rows, 30},
		"one that is not over": {rows + strings.Repeat("x", 500), 30},
		"one row":              {"{}", 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := Config{Format: NDJSON, MaxRowBytes: 400}
			checkIndex(t, []byte(tt.text), cfg)
			x := indexed(t, []byte(tt.text), cfg, iotest.OneByteReader)
			assert.Len(t, x.places, tt.places)
			_, ok := x.Before(0)
			assert.False(t, ok)
			place, ok := x.Before(1 << 60)
			assert.Equal(t, tt.places > 0, ok)
			assert.EqualValues(t, tt.places, place.Row)
		})
	}
}

// Places lie apart, so that an index stays small.
func TestIndexIsSparse(t *testing.T) {
	t.Parallel()
	row := `{"identity":"` + strings.Repeat("x", 4<<10) + "\"}\n"
	text := strings.Repeat(row, 2000)
	r, err := New(strings.NewReader(text), Config{})
	require.NoError(t, err)
	x := r.Index()
	_, err = io.Copy(x, strings.NewReader(text))
	require.NoError(t, err)
	require.Len(t, x.places, 1+(len(text)-len(row))/(indexStep/len(row)*len(row)+len(row)))
	place, ok := x.Before(1999)
	require.True(t, ok)
	assert.Less(t, int64(len(row))*(1999-place.Row), int64(indexStep+len(row)))
	assert.Equal(t, int64(len(row))*place.Row, place.Offset)
}

func TestNoIndex(t *testing.T) {
	t.Parallel()
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, err := w.Write([]byte(strings.Repeat(`{"identity":"a"}`+"\n", 10)))
	require.NoError(t, err)
	require.NoError(t, w.Close())
	for name, text := range map[string]string{
		"a table":  "identity,attributes\na,\"x\ny\"\nb,z\n",
		"an array": `[{"identity":"a"},` + "\n" + `{"identity":"b"}]`,
		"messages": `{"type":"SCHEMA","stream":"members","schema":{}}` + "\n" + `{"type":"RECORD","stream":"members","record":{"identity":"a"}}` + "\n",
		"packed":   packed.String(),
		"UTF-16":   "\xff\xfe{\x00}\x00\n\x00{\x00}\x00\n\x00",
	} {
		r, err := New(strings.NewReader(text), Config{})
		require.NoError(t, err, name)
		x := r.Index()
		assert.Nil(t, x, name)
		_, ok := x.Before(10)
		assert.False(t, ok, name)
	}
}
