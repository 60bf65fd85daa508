package bychannel

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/reader"
	"rejoin/rules"
)

func judge(t *testing.T) *rules.Rules {
	t.Helper()
	r, err := rules.New(rules.Config{Service: "ISaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"})
	require.NoError(t, err)
	return r
}

// given are records of so many channels in any order, each as a reader gives it: its memory is used again for the next.
func given(channels, rows int, end error) iter.Seq2[reader.Record, error] {
	return func(yield func(reader.Record, error) bool) {
		random := rand.New(rand.NewPCG(1, 2))
		raw, id := make([]byte, 0, 100), make([]byte, 0, 100)
		for n := range rows {
			channel := fmt.Sprint("channel-", random.IntN(channels))
			var rec reader.Record
			rec.Pos = reader.Pos{Row: int64(n + 1), Line: int64(n + 3), Offset: int64(n * 100)}
			raw = fmt.Appendf(raw[:0], "%s row %d", channel, n+1)
			rec.Raw = raw
			rec.Values[reader.ChannelSID] = reader.Value{Kind: reader.String, Text: raw[:len(channel)]}
			id = fmt.Append(id[:0], n+1)
			rec.Values[reader.Identity] = reader.Value{Kind: reader.Number, Text: id}
			rec.Values[reader.RoleSID] = reader.Value{Kind: reader.Null}
			rec.Values[reader.Attributes] = reader.Value{Kind: reader.String, Text: []byte{}}
			var err error
			if n%10 == 3 {
				err = &reader.RowError{Pos: rec.Pos, Msg: "cannot be read"}
			}
			if n%10 == 4 {
				rec.Values[reader.ChannelSID] = reader.Value{}
			}
			if !yield(rec, err) {
				return
			}
		}
		if end != nil {
			yield(reader.Record{}, end)
		}
	}
}

func TestRecordsComeByChannel(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		sizes   sizes
		grouped bool
	}{
		"in memory":           {sizes{}, true},
		"out of a file":       {sizes{keep: 0, chunk: 100, part: 1 << 20}, true},
		"divided":             {sizes{keep: 1000, chunk: 200, part: 8000}, true},
		"too large, whatever": {sizes{keep: 1000, chunk: 200, part: 200}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const rows = 4000
			seen := make(map[int64]bool)
			runs := make(map[string]int)
			last, lastRow := "", int64(0)
			for rec, err := range Records(t.Context(), given(100, rows, nil), Config{Rules: judge(t), TempDir: t.TempDir(), sizes: test.sizes}) {
				n := rec.Row - 1
				require.False(t, seen[rec.Row])
				seen[rec.Row] = true
				require.Equal(t, reader.Pos{Row: n + 1, Line: n + 3, Offset: n * 100}, rec.Pos)
				if n%10 == 3 {
					_, bad := errors.AsType[*reader.RowError](err)
					require.True(t, bad)
					continue
				}
				require.NoError(t, err)
				require.Equal(t, strconv.FormatInt(n+1, 10), string(rec.Values[reader.Identity].Text))
				require.Equal(t, reader.Number, rec.Values[reader.Identity].Kind)
				require.Equal(t, reader.Value{Kind: reader.Null}, rec.Values[reader.RoleSID])
				require.Equal(t, reader.Value{}, rec.Values[reader.ServiceSID])
				require.NotNil(t, rec.Values[reader.Attributes].Text)
				channel := string(rec.Values[reader.ChannelSID].Text)
				if channel == "" {
					continue
				}
				require.Equal(t, fmt.Sprintf("%s row %d", channel, n+1), string(rec.Raw))
				if channel != last {
					runs[channel]++
				} else {
					require.Greater(t, rec.Row, lastRow, "in the backup's order")
				}
				last, lastRow = channel, rec.Row
			}
			require.Len(t, seen, rows)
			require.Len(t, runs, 100)
			together := true
			for _, n := range runs {
				together = together && n == 1
			}
			if test.grouped { // else it depends on which channels fall into one part
				assert.True(t, together)
			}
		})
	}
}

// ignoring gives the records alone.
func ignoring(records iter.Seq2[reader.Record, error]) iter.Seq[reader.Record] {
	return func(yield func(reader.Record) bool) {
		records(func(rec reader.Record, _ error) bool { return yield(rec) })
	}
}

func TestTheEnd(t *testing.T) {
	t.Parallel()
	cut := errors.New("the file is cut")
	var last error
	rows := 0
	for _, err := range Records(t.Context(), given(5, 100, cut), Config{Rules: judge(t)}) {
		last = err
		rows++
	}
	require.ErrorIs(t, last, cut)
	assert.Equal(t, 101, rows)

	rows = 0
	enough := 0
	for range ignoring(Records(t.Context(), given(5, 100, cut), Config{Rules: judge(t), Enough: func(*rules.View) bool { enough++; return enough == 17 }})) {
		rows++
	}
	assert.Equal(t, 17, rows)

	for _, stopAt := range []int{1, 4, 50} {
		rows = 0
		for range ignoring(Records(t.Context(), given(5, 100, nil), Config{Rules: judge(t)})) {
			if rows++; rows == stopAt {
				break
			}
		}
		assert.Equal(t, stopAt, rows)
	}

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	rows = 0
	for range ignoring(Records(ctx, given(5, 100, nil), Config{Rules: judge(t)})) {
		if rows++; rows == 50 {
			cancel()
		}
	}
	assert.Equal(t, 50, rows)

	last = nil
	for _, err := range Records(t.Context(), given(5, 100, nil), Config{
		Rules: judge(t), TempDir: t.TempDir() + "/nowhere", sizes: sizes{chunk: 10, part: 1000},
	}) {
		last = err
	}
	require.ErrorContains(t, last, "TMPDIR")
}
