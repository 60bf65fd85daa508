package report

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/restore"
)

func TestSettled(t *testing.T) {
	t.Parallel()
	const rows = 2*pageRows + 100
	all := make([]*restore.Outcome, 0, rows)
	for row := int64(1); row <= rows; row++ {
		o := created(row)
		switch row % 10 {
		case 3:
			o.Kind = restore.Rejected
		case 7:
			o.Kind = restore.Duplicate // with other values, so that it is not restored
		}
		all = append(all, o)
	}
	for name, test := range map[string]struct {
		change func([]*restore.Outcome) []*restore.Outcome
		want   int64
	}{
		"all":               {func(o []*restore.Outcome) []*restore.Outcome { return o }, rows},
		"some":              {func(o []*restore.Outcome) []*restore.Outcome { return o[:1000] }, 1000},
		"a page":            {func(o []*restore.Outcome) []*restore.Outcome { return o[:pageRows-1] }, pageRows - 1},
		"a page and a row":  {func(o []*restore.Outcome) []*restore.Outcome { return o[:pageRows] }, pageRows},
		"none":              {func([]*restore.Outcome) []*restore.Outcome { return nil }, 0},
		"not the first":     {func(o []*restore.Outcome) []*restore.Outcome { return o[1:] }, 0},
		"not the fifth":     {func(o []*restore.Outcome) []*restore.Outcome { return append(o[:4:4], o[5:]...) }, 4},
		"of few, not one":   {func(o []*restore.Outcome) []*restore.Outcome { return append(o[:40:40], o[41:100]...) }, 40},
		"far behind":        {func(o []*restore.Outcome) []*restore.Outcome { return append(o[:5000:5000], o[6000:]...) }, 5000},
		"one to send again": {func(o []*restore.Outcome) []*restore.Outcome { o[6000].Kind = restore.Unknown; return o }, 6000},
		"a later failure": {func(o []*restore.Outcome) []*restore.Outcome {
			f := created(9)
			f.Kind = restore.Failed
			return append(o, f)
		}, 8},
	} {
		var outcomes []*restore.Outcome
		for _, o := range all {
			same := *o
			outcomes = append(outcomes, &same)
		}
		o, err := Reopen(written(t, test.change(outcomes)...), false)
		require.NoError(t, err, name)
		l := o.Ledger()
		for _, most := range []int64{math.MaxInt64, 0, 1, 4500} {
			s := l.Settled(most)
			assert.Equal(t, min(test.want, most), s.Rows, "%s, %d at most", name, most)
			var sum, not int64
			for row := range s.Rows {
				kind, restored, _ := l.Outcome(row + 1)
				assert.False(t, kind.Again())
				s.Counts[kind]--
				if !restored {
					not++
				}
			}
			for _, n := range s.Counts {
				sum += max(n, -n)
			}
			assert.Zero(t, sum, name)
			assert.Equal(t, not, s.NotRestored, name)
		}
		var done restore.Settled
		for row := int64(1); row <= rows; row++ {
			done.Take(l, row, new(restore.Progress))
		}
		assert.Equal(t, done, l.Done(), name)
		require.NoError(t, o.Close())
	}
}

func TestMembersMetAgain(t *testing.T) {
	t.Parallel()
	const rows = 10_000
	var outcomes []*restore.Outcome
	for row := int64(1); row <= rows; row++ {
		o := created(row)
		o.Identity = fmt.Sprint("member-", row)
		outcomes = append(outcomes, o)
	}
	o, err := Reopen(written(t, outcomes...), false)
	require.NoError(t, err)
	defer o.Close() //nolint:errcheck // only read
	service, channel := []byte(testService), []byte(testChannel)
	for n := int64(1); n <= rows; n += 777 { // of the first n rows, each is known, and none behind them is
		known := o.Ledger().Members(n)
		assert.False(t, known.Again(), "nobody was met")
		for row := n + 1; row <= n+3*mostMet; row++ {
			known.Meet(service, channel, fmt.Append(nil, "member-", row))
		}
		assert.LessOrEqual(t, len(known.met), mostMet)
		assert.False(t, known.Again(), "of %d rows", n)
		known.Meet(service, []byte("another"), fmt.Append(nil, "member-", n))
		assert.False(t, known.Again(), "in another channel")
		known.Meet(service, channel, fmt.Append(nil, "member-", n))
		assert.True(t, known.Again(), "of %d rows", n)
		known.Meet(service, channel, []byte("somebody"))
		assert.True(t, known.Again(), "it stays")
	}
}

// Of the members that may be known, no more are kept than are looked for at once.
func TestMembersThatMayBeKnown(t *testing.T) {
	t.Parallel()
	o, err := Reopen(written(t, created(1)), false)
	require.NoError(t, err)
	defer o.Close() //nolint:errcheck // only read
	known := o.Ledger().Members(1)
	known.Meet(nil, nil, nil)
	for i := range known.filter {
		known.filter[i] = math.MaxUint64
	}
	for i := range 2 * mostMet {
		known.Meet(nil, nil, fmt.Append(nil, "stranger-", i))
		require.Less(t, len(known.met), mostMet)
	}
	assert.False(t, known.Again())
	first := created(1)
	known.Meet([]byte(first.ServiceSID), []byte(first.Channel), []byte(first.Identity))
	assert.True(t, known.Again())
}

// The filter may hold what was not added, but not often: what it may hold has to be looked for.
func TestFilter(t *testing.T) {
	t.Parallel()
	for _, numbers := range []int64{0, 1, 3, 100, 100_000} {
		f := newFilter(numbers)
		for i := range numbers {
			f.add(keyHash(fmt.Append(nil, i)))
		}
		wrong := 0
		for i := range int64(100_000) {
			if i < numbers {
				require.True(t, f.mayHold(keyHash(fmt.Append(nil, i))))
			} else if f.mayHold(keyHash(fmt.Append(nil, i, "?"))) {
				wrong++
			}
		}
		for i := range int64(100_000) {
			if f.mayHold(keyHash(fmt.Append(nil, i, "!"))) {
				wrong++
			}
		}
		assert.Less(t, wrong, 700, "%d numbers", numbers)
	}
}

// A member that is met has the key that its row's line in the journal has, whatever bytes its texts are.
func TestAKeyIsTheSameOfBytes(t *testing.T) {
	t.Parallel()
	for _, text := range append(slices.Clone(strange), "\xff", "a\xc3", "\xed\xa0\x80z") {
		o := created(1)
		o.Identity = text
		r, err := Reopen(written(t, o), false)
		require.NoError(t, err)
		then, ok := r.Ledger().Key(1)
		require.True(t, ok)
		assert.Equal(t, then, keyHash([]byte(o.ServiceSID), []byte(o.Channel), []byte(text)), "%q", text)
		assert.Equal(t, then, KeyHash(o.ServiceSID, o.Channel, text), "%q", text)
		require.NoError(t, r.Close())
	}
}
