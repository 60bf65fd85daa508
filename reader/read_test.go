package reader

import (
	"bytes"
	"io"
	"testing"

	"github.com/stretchr/testify/require"
)

// item is one thing that a reader yielded, in a form that can be kept and compared.
type item struct {
	pos    Pos
	raw    string
	values map[string]string // by field; Null and Absent have none
	kinds  [NumFields]Kind
	rule   string
	column int
	field  string
	msg    string
	fatal  error
}

// read collects everything that a reader yields. A fatal error has to be the last.
func read(tb testing.TB, in io.Reader, cfg Config) ([]item, *Reader, error) {
	tb.Helper()
	r, err := New(in, cfg)
	if err != nil {
		require.ErrorAs(tb, err, new(*InputError))
		return nil, nil, err
	}
	var out []item
	for rec, err := range r.Records() {
		if len(out) > 0 {
			require.NoError(tb, out[len(out)-1].fatal, "something came behind a fatal error")
		}
		out = append(out, newItem(tb, &rec, err))
	}
	return out, r, nil
}

func newItem(tb testing.TB, rec *Record, err error) item {
	tb.Helper()
	if err == nil {
		it := item{pos: rec.Pos, raw: string(rec.Raw), values: map[string]string{}}
		for f, v := range rec.Values {
			it.kinds[f] = v.Kind
			if v.Kind == Absent || v.Kind == Null {
				require.Nil(tb, v.Text)
				continue
			}
			it.values[Field(f).String()] = string(v.Text)
		}
		return it
	}
	row, ok := err.(*RowError) //nolint:errorlint // a row error comes as it is
	if !ok {
		require.ErrorAs(tb, err, new(*InputError))
		return item{fatal: err}
	}
	require.Equal(tb, row.Pos, rec.Pos)
	require.Equal(tb, Record{Pos: row.Pos}, *rec)
	return item{pos: row.Pos, raw: string(row.Raw), rule: row.Rule, column: row.Column, field: row.Field, msg: row.Msg}
}

// readText is read for an input that can be read to its end.
func readText(tb testing.TB, text string, cfg Config) []item {
	tb.Helper()
	items, _, err := read(tb, bytes.NewReader([]byte(text)), cfg)
	require.NoError(tb, err)
	for _, it := range items {
		require.NoError(tb, it.fatal)
	}
	return items
}

// rules lists the rules that the items broke, with a dash for records.
func rules(items []item) []string {
	var out []string
	for _, it := range items {
		switch {
		case it.fatal != nil:
			out = append(out, "fatal")
		case it.rule != "":
			out = append(out, it.rule)
		default:
			out = append(out, "-")
		}
	}
	return out
}

// column lists one field of the records.
func column(items []item, f Field) []string {
	var out []string
	for _, it := range items {
		if it.rule == "" && it.fatal == nil {
			out = append(out, it.values[f.String()])
		}
	}
	return out
}
