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

// indexOf is the index of a text that arrives as wrap has it, with a place at every row.
func indexOf(t *testing.T, text []byte, cfg Config, wrap func(io.Reader) io.Reader) *RowIndex {
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
	beginning, all := r.Info(), told(t, r)
	if n := len(all); n > 0 && strings.Contains(all[n-1], "the first record holds nothing of a member") {
		return // that is found out at the first record alone
	}
	x := indexOf(t, text, cfg, iotest.OneByteReader)
	require.Equal(t, x.places, indexOf(t, text, cfg, iotest.HalfReader).places)
	for n, place := range x.places {
		require.EqualValues(t, n+1, place.Row)
		found, ok := x.Before(place.Row)
		require.True(t, ok)
		require.Equal(t, place, found)
		if n > 1 && n < len(x.places)-1 {
			continue // reading from each would take long
		}
		r, err := r.Rest(bytes.NewReader(text[place.Offset:]), place)
		require.NoError(t, err)
		info := r.Info()
		require.Equal(t, beginning.Encoding, info.Encoding)
		require.Equal(t, beginning.Header, info.Header)
		rest := told(t, r)
		require.Len(t, rest, len(all)-int(place.Row))
		for i, row := range rest {
			require.Equal(t, all[int(place.Row)+i], row)
		}
	}
}

func TestIndex(t *testing.T) {
	t.Parallel()
	const header = "identity,attributes\n"
	lines := strings.Repeat(`{"identity":"a"}`+"\n\n"+`{"identity":"b"}`+"\r\n  \n"+"{broken\n", 10)
	cells := strings.Repeat("a,b\n\n\"c\",\"{\"\"d\"\":1}\"\r\n\r\n\"e\n\nf,\r\n\",\n,\"\"\n\"\",\nshort\ns\n", 5)
	long := strings.Repeat("x", 500)
	tests := map[string]struct {
		format Format
		text   string
		places int
	}{
		"with a last line end":  {NDJSON, lines, 30},
		"without one":           {NDJSON, lines + `{"identity":"last"}`, 30},
		"behind a mark":         {NDJSON, "\xef\xbb\xbf" + lines, 30},
		"a blank first line":    {NDJSON, "\xef\xbb\xbf \n" + lines, 30},
		"too long a row":        {NDJSON, lines + `{"identity":"` + long + "\"}\n" + lines, 30},
		"too long a blank":      {NDJSON, lines + strings.Repeat(" ", 500) + "\n" + lines, 30},
		"one that is not over":  {NDJSON, lines + long, 30},
		"one row":               {NDJSON, "{}", 0},
		"cells":                 {CSV, header + cells, 35},
		"quotes at the start":   {CSV, header + "\"a\",b\n" + cells, 36},
		"cells behind a mark":   {CSV, "\xef\xbb\xbf" + header + cells, 35},
		"cells behind blanks":   {CSV, "\r\n\n" + header + cells + "g,h", 35},
		"semicolons":            {CSV, strings.ReplaceAll(header+cells, ",", ";"), 35},
		"too long a cell":       {CSV, header + cells + "\"" + long + "\",\n" + cells, 35},
		"a quote in a cell":     {CSV, header + cells + "a\"b,c\n" + cells, 35},
		"a quote behind blanks": {CSV, header + cells + "a, \"b\"\n" + cells, 35},
		"text behind a quote":   {CSV, header + cells + "\"a\"b,c\n" + cells, 35},
		"blanks behind a quote": {CSV, header + cells + "\"a\" ,c\n" + cells, 35},
		"a return alone":        {CSV, header + cells + "a,b\rc,d\n" + cells, 35},
		"a return in a cell":    {CSV, header + cells + "\"a\rb\",c\n" + cells, 35},
		"a quote never closed":  {CSV, header + cells + "\"a,b\n", 35},
		"a header alone":        {CSV, header, 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := Config{Format: tt.format, MaxRowBytes: 400}
			checkIndex(t, []byte(tt.text), cfg)
			x := indexOf(t, []byte(tt.text), cfg, iotest.OneByteReader)
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
		"tabs":     "identity\tattributes\na\tb\n",
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
