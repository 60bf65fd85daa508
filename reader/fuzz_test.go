package reader

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// seed adds the files of the folders, of which there have to be some.
func seed(f *testing.F, folders ...string) {
	f.Helper()
	for _, folder := range folders {
		files, err := filepath.Glob(filepath.Join("testdata", "seeds", folder, "*"))
		require.NoError(f, err)
		require.NotEmpty(f, files, "no seeds in %s", folder)
		for _, file := range files {
			text, err := os.ReadFile(file)
			require.NoError(f, err)
			f.Add(text)
		}
	}
}

func FuzzCSV(f *testing.F) {
	seed(f, "csv")
	f.Fuzz(func(t *testing.T, text []byte) {
		cfg := Config{Format: CSV}
		checkInput(t, text, cfg)
		checkIndex(t, text, cfg)
		checkIndex(t, text, Config{Format: CSV, MaxRowBytes: 20})
		checkAgainstCSV(t, text)
		checkCells(t, text)
	})
}

func FuzzNDJSON(f *testing.F) {
	seed(f, "ndjson")
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, format := range []Format{NDJSON, Singer, Airbyte} {
			checkInput(t, text, Config{Format: format})
		}
		checkIndex(t, text, Config{Format: NDJSON})
		checkIndex(t, text, Config{Format: NDJSON, MaxRowBytes: 20})
		checkAgainstJSON(t, text)
	})
}

func FuzzJSON(f *testing.F) {
	seed(f, "json", "ndjson")
	f.Fuzz(func(t *testing.T, text []byte) {
		checkInput(t, text, Config{Format: JSON})
		checkArray(t, text)
	})
}

// FuzzDetect gives any bytes to the reader, compressed ones included.
func FuzzDetect(f *testing.F) {
	seed(f, "csv", "ndjson", "json", "text")
	f.Fuzz(func(t *testing.T, text []byte) {
		want, _, err := read(t, bytes.NewReader(text), Config{Workers: 1})
		got, _, err2 := read(t, iotest.OneByteReader(bytes.NewReader(text)), Config{Workers: 2, piece: 3})
		require.Equal(t, fmt.Sprint(err), fmt.Sprint(err2))
		require.Equal(t, printed(want), printed(got))
	})
}

// printed gives items a form in which errors are compared by their text.
func printed(items []item) []string {
	var out []string
	for _, it := range items {
		out = append(out, fmt.Sprintf("%+v %q %v %v %q %d %q %q %v", it.pos, it.raw, it.values, it.kinds, it.rule, it.column, it.field, it.msg, it.fatal))
	}
	return out
}

// checkInput checks what holds for every input: the same records however it arrives, every byte accounted for, rejects
// that are the same once more, and no silent end before an error of the input.
func checkInput(t *testing.T, text []byte, cfg Config) {
	t.Helper()
	items, r, err := read(t, bytes.NewReader(text), cfg)
	checkArrival(t, text, cfg, printed(items), err)
	short := cfg
	short.MaxRowBytes = 20
	few, _, fewErr := read(t, bytes.NewReader(text), short)
	checkArrival(t, text, short, printed(few), fewErr)
	if err != nil {
		return
	}
	checkBytes(t, text, r, items)
	if len(items) == 0 || items[len(items)-1].fatal != nil {
		return
	}
	checkRejects(t, text, cfg)
	broken := io.MultiReader(bytes.NewReader(text), iotest.ErrReader(os.ErrPermission))
	items, _, err = read(t, broken, cfg)
	if err == nil {
		err = items[len(items)-1].fatal
	}
	require.ErrorIs(t, err, os.ErrPermission)
}

func checkArrival(t *testing.T, text []byte, cfg Config, want []string, wantErr error) {
	t.Helper()
	for _, way := range []struct {
		wrap  func(io.Reader) io.Reader
		piece int
	}{{iotest.OneByteReader, 1}, {iotest.HalfReader, 10}, {iotest.DataErrReader, 64}} {
		cfg.piece = way.piece
		items, _, err := read(t, way.wrap(bytes.NewReader(text)), cfg)
		require.Equal(t, fmt.Sprint(wantErr), fmt.Sprint(err))
		require.Equal(t, want, printed(items), "in pieces of %d", way.piece)
	}
}

// checkBytes checks that the raw pieces stand where their positions say, and that nothing but what belongs to the
// container stands between them.
func checkBytes(t *testing.T, text []byte, r *Reader, items []item) {
	t.Helper()
	if strings.HasPrefix(r.src.encoding, "UTF-16") || r.src.compression != "" {
		return
	}
	at := 0
	if r.header != nil {
		at = int(r.base.Offset)
		require.True(t, bytes.HasSuffix(text[:at], r.header.raw))
	} else if r.base.Offset > 0 {
		at = 3
	}
	blank := map[Format]string{CSV: "\r\n", NDJSON: " \t\r\n", JSON: " \t\r\n[],"}[r.format]
	strict := blank != "" && !bytes.Contains(text, []byte("members")) && !bytes.Contains(text, []byte("meta")) && !bytes.Contains(text, []byte("participants")) && !bytes.Contains(text, []byte(`\u`))
	for i, it := range items {
		if it.fatal != nil {
			return
		}
		require.Equal(t, int64(i+1), it.pos.Row)
		require.GreaterOrEqual(t, int(it.pos.Offset), at)
		gap := string(text[at:it.pos.Offset])
		if strict {
			require.Empty(t, strings.Trim(gap, blank))
		}
		at = int(it.pos.Offset) + len(it.raw)
		require.Equal(t, it.raw, string(text[it.pos.Offset:at]))
		require.Equal(t, lineOf(r.format, text[:it.pos.Offset]), it.pos.Line)
	}
	if strict {
		require.Empty(t, strings.Trim(string(text[at:]), blank))
	}
}

// lineOf counts lines in the plainest way.
func lineOf(format Format, before []byte) int64 {
	text := string(before)
	if format == CSV {
		text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	}
	return int64(strings.Count(text, "\n")) + 1
}

// checkRejects checks that the rejects of rejects are the same.
func checkRejects(t *testing.T, text []byte, cfg Config) {
	t.Helper()
	once := reject(t, text, cfg, "why")
	items, r, err := read(t, bytes.NewReader(once), cfg)
	require.NoError(t, err, "%q", once)
	require.NotEmpty(t, items)
	info := r.Info()
	twice := info.RejectsHeader()
	for _, it := range items {
		require.NoError(t, it.fatal, "%q", once)
		twice = append(twice, info.AppendReject(nil, []byte(it.raw), "why")...)
	}
	require.Equal(t, string(once), string(append(twice, info.RejectsTrailer()...)))
}

// checkAgainstCSV compares what encoding/csv takes with what the reader makes of it.
func checkAgainstCSV(t *testing.T, text []byte) {
	t.Helper()
	r, err := New(bytes.NewReader(text), Config{Format: CSV, Null: []string{}})
	if err != nil || r.header.delim == '\t' || r.src.encoding != "UTF-8" || bytes.IndexByte(text, '\r') >= 0 || !utf8.Valid(text) {
		return
	}
	in := csv.NewReader(bytes.NewReader(text))
	in.Comma = rune(r.header.delim)
	_, err = in.Read()
	require.NoError(t, err)
	for rec, err := range r.Records() {
		want, wantErr := in.Read()
		if err != nil {
			require.Error(t, wantErr)
			return // from here on the two go on differently
		}
		require.NoError(t, wantErr)
		require.Len(t, want, len(r.header.targets))
		for i, target := range r.header.targets {
			if target >= 0 {
				require.Equal(t, want[i], string(rec.Values[target].Text))
			}
		}
	}
	_, err = in.Read()
	require.ErrorIs(t, err, io.EOF)
}

// checkCells checks that cells survive being written and read again.
func checkCells(t *testing.T, text []byte) {
	t.Helper()
	items, _, err := read(t, bytes.NewReader(text), Config{Format: CSV, Null: []string{}})
	if err != nil {
		return
	}
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	require.NoError(t, w.Write(fieldNames[:]))
	var want []map[string]string
	for _, it := range items {
		if it.values == nil {
			continue
		}
		row := make([]string, NumFields)
		for f := range Field(NumFields) {
			row[f] = it.values[f.String()]
		}
		require.NoError(t, w.Write(row))
		want = append(want, it.values)
	}
	w.Flush()
	if len(want) == 0 {
		return
	}
	var got []map[string]string
	for _, it := range readText(t, out.String(), Config{Format: CSV, Null: []string{}}) {
		got = append(got, it.values)
	}
	require.Equal(t, want, got)
}

// checkAgainstJSON compares what encoding/json makes of each line with what the reader makes of it.
func checkAgainstJSON(t *testing.T, text []byte) {
	t.Helper()
	for line := range bytes.Lines(text) {
		line = bytes.TrimSuffix(line, []byte("\n"))
		if len(bytes.TrimSpace(line)) == 0 || bytes.HasPrefix(line, []byte("\xef\xbb\xbf")) || len(line) > 1<<16 {
			continue
		}
		var b batch
		p := lineParser{objects: objectParser{keys: newKeyTable(newColumns(nil))}, format: NDJSON, max: 1 << 20}
		p.parse(&b, append(bytes.Clone(line), '\n'), state{}, true)
		if len(b.recs) == 0 {
			require.Empty(t, strings.Trim(string(line), " \t\r"))
			continue
		}
		var err error
		if len(b.faults) > 0 {
			err = b.faults[0].err
		}
		compareObject(t, bytes.TrimSuffix(line, []byte("\r")), &b.recs[0], err)
	}
}

// compareObject compares what encoding/json makes of a line with a record or row error.
func compareObject(t *testing.T, line []byte, rec *Record, err error) {
	t.Helper()
	keys, values, want := oracle(line)
	if err != nil {
		require.Error(t, want, "%q: %v", line, err)
		return
	}
	require.NoError(t, want, "%q", line)
	got := map[string]string{}
	for i, key := range keys {
		f, ok := ParseField(key)
		if !ok {
			continue
		}
		v := rec.Values[f]
		text := values[i]
		switch {
		case text[0] == '"':
			var s string
			require.NoError(t, json.Unmarshal(text, &s))
			require.Equal(t, String, v.Kind)
			require.Equal(t, s, string(v.Text))
		case string(text) == "null":
			require.Equal(t, Null, v.Kind)
		default:
			require.Equal(t, string(text), string(v.Text))
		}
		got[f.String()] = ""
	}
	n := 0
	for _, v := range rec.Values {
		if v.Kind != Absent {
			n++
		}
	}
	require.Len(t, got, n)
}

// oracle takes a line apart with encoding/json, and refuses what the reader has to refuse beyond it.
func oracle(line []byte) (keys []string, values []json.RawMessage, err error) {
	if !utf8.Valid(line) || !json.Valid(line) {
		return nil, nil, assert.AnError
	}
	dec := json.NewDecoder(bytes.NewReader(line))
	if open, err := dec.Token(); err != nil || open != json.Delim('{') {
		return nil, nil, assert.AnError
	}
	seen := map[string]bool{}
	for dec.More() {
		from := dec.InputOffset()
		token, err := dec.Token()
		if err != nil {
			return nil, nil, err
		}
		key, ok := token.(string)
		if !ok || half(key, line[from:dec.InputOffset()]) {
			return nil, nil, assert.AnError
		}
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return nil, nil, err
		}
		name := "other " + key
		if f, ok := ParseField(key); ok {
			name = f.String()
			var s string
			if json.Unmarshal(value, &s) == nil && half(s, value) {
				return nil, nil, assert.AnError
			}
		}
		if seen[name] {
			return nil, nil, assert.AnError
		}
		seen[name] = true
		keys, values = append(keys, key), append(values, value)
	}
	return keys, values, nil
}

// half reports whether encoding/json has put a replacement character where half of a surrogate pair was.
func half(decoded string, quoted []byte) bool {
	written := strings.Count(string(quoted), "\uFFFD") + strings.Count(strings.ToLower(string(quoted)), `\ufffd`)
	return strings.Count(decoded, "\uFFFD") > written
}

// checkArray compares an array that encoding/json takes with what the reader makes of it.
func checkArray(t *testing.T, text []byte) {
	t.Helper()
	var elements []json.RawMessage
	if !utf8.Valid(text) || json.Unmarshal(text, &elements) != nil || len(elements) == 0 {
		return
	}
	items, _, err := read(t, bytes.NewReader(text), Config{Format: JSON})
	require.NoError(t, err)
	if len(items) > 0 && items[len(items)-1].fatal != nil && strings.Contains(items[len(items)-1].fatal.Error(), "nothing of a member") {
		return
	}
	require.Len(t, items, len(elements))
	for i, it := range items {
		require.NoError(t, it.fatal)
		require.Equal(t, string(elements[i]), it.raw)
	}
}
