package restore

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/reader"
)

func TestLimitAndParts(t *testing.T) {
	t.Parallel()
	rows := members(9, 10)
	t.Run("limit", func(t *testing.T) {
		t.Parallel()
		b := newBench(t)
		b.cfg.Part = Part{Limit: 7}
		sum, err := b.run(t, records(rows...))
		require.NoError(t, err)
		assert.EqualValues(t, 7, sum.Read)
	})
	t.Run("one channel", func(t *testing.T) {
		t.Parallel()
		b := newBench(t)
		b.cfg.Part = Part{OnlyChannel: "channel-4"}
		sum, err := b.run(t, records(rows...))
		require.NoError(t, err)
		assert.EqualValues(t, 10, sum.Read)
		assert.Contains(t, b.service.members, "channel-4 member-9")
	})
	t.Run("shards partition the backup", func(t *testing.T) {
		t.Parallel()
		all := make(map[int64]Kind)
		for k := 1; k <= 4; k++ {
			b := newBench(t)
			b.cfg.Part = Part{Shard: k, Shards: 4}
			_, err := b.run(t, records(rows...))
			require.NoError(t, err)
			for row, kind := range b.sink.kinds() {
				assert.NotContains(t, all, row)
				all[row] = kind
			}
		}
		assert.Len(t, all, len(rows))
	})
}

func TestDuplicates(t *testing.T) {
	t.Parallel()
	rows := []reader.Record{
		record(1, "ch", "jing"), record(2, "ch", "Jing"), record(3, "ch", "jing"), record(4, "other", "jing"), record(5, "ch", "jing"),
	}
	rows[4].Values[reader.Attributes] = reader.Value{Kind: reader.String, Text: []byte(`{"a":1}`)}

	t.Run("the first is sent", func(t *testing.T) {
		t.Parallel()
		b := newBench(t)
		sum, err := b.run(t, records(rows...))
		require.NoError(t, err)
		assert.Equal(t, map[int64]Kind{1: Created, 2: Created, 3: Duplicate, 4: Created, 5: Duplicate}, b.sink.kinds())
		assert.EqualValues(t, 1, sum.NotRestored, "the one whose values differ")
		for _, o := range b.sink.outcomes {
			if o.Kind == Duplicate {
				assert.EqualValues(t, 1, o.DuplicateOf)
				assert.Equal(t, o.Row == 3, o.Same)
			}
		}
	})
	t.Run("the last is sent", func(t *testing.T) {
		t.Parallel()
		b := newBench(t)
		b.cfg.Twins, b.cfg.Chosen = twins{1: {line: 5}, 3: {line: 5}}, true
		sum, err := b.run(t, records(rows...))
		require.NoError(t, err)
		assert.Equal(t, map[int64]Kind{1: Duplicate, 2: Created, 3: Duplicate, 4: Created, 5: Created}, b.sink.kinds())
		assert.Zero(t, sum.NotRestored, "the choice was the user's")
		assert.JSONEq(t, `{"a":1}`, b.service.members["ch jing"].Attributes)
	})
	t.Run("what is known of them decides", func(t *testing.T) {
		t.Parallel()
		b := newBench(t)
		b.cfg.Twins = twins{3: {line: 2, same: true}, 5: {line: 2, same: true}} // not what the run itself would find
		sum, err := b.run(t, records(rows...))
		require.NoError(t, err)
		assert.EqualValues(t, 2, sum.Counts[Duplicate])
		for _, o := range b.sink.outcomes {
			if o.Kind == Duplicate {
				assert.EqualValues(t, 2, o.DuplicateOf)
				assert.True(t, o.Same)
			}
		}
	})
	t.Run("what cannot be known stops the run", func(t *testing.T) {
		t.Parallel()
		b := newBench(t)
		b.cfg.Twins = twins{3: {line: -1}}
		sum, err := b.run(t, records(rows...))
		require.ErrorIs(t, err, ErrInput)
		require.ErrorIs(t, err, errTwin)
		assert.EqualValues(t, 3, sum.Read)
		assert.NotContains(t, b.sink.kinds(), int64(3))
		assert.NotContains(t, b.service.members, "other jing", "nothing is sent of what stands behind it")
	})
}

// twins are those of rows, by the row's number. One on line -1 cannot be told.
type twins map[int64]twin

var errTwin = errors.New("the disk is gone")

func (t twins) Twin(row int64) (line int64, same, ok bool, err error) {
	found, ok := t[row]
	if found.line < 0 {
		return 0, false, false, errTwin
	}
	return found.line, found.same, ok, nil
}
