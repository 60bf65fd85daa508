package restore

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Rows that the source leaves out count with the outcomes that they have.
func TestSettledRowsCount(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.cfg.Settled = Settled{Rows: 30, NotRestored: 4}
	b.cfg.Settled.Counts[Created] = 26
	b.cfg.Settled.Counts[Invalid] = 4
	b.settled, b.cfg.Progress = 30, new(Progress)
	sum, err := b.run(t, records(members(7, 30)[30:]...))
	require.NoError(t, err)
	assert.EqualValues(t, 210, sum.Read)
	assert.EqualValues(t, 206, sum.Counts[Created])
	assert.EqualValues(t, 4, sum.Counts[Invalid])
	assert.EqualValues(t, 4, sum.NotRestored)
	assert.Equal(t, 180, b.service.count("create"))
	p := b.cfg.Progress
	assert.EqualValues(t, 30, p.Earlier.Load())
	assert.EqualValues(t, 210, p.Read.Load())
	assert.EqualValues(t, 210, p.Finished())
}

// A limit counts them, too.
func TestSettledRowsAndALimit(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.cfg.Settled.Rows = 30
	b.cfg.Settled.Counts[Created] = 30
	b.settled = 30
	b.cfg.Part.Limit = 31
	sum, err := b.run(t, records(members(7, 30)[30:]...))
	require.NoError(t, err)
	assert.EqualValues(t, 31, sum.Read)
	b.cfg.Part.Limit = 30
	_, err = Run(t.Context(), records(), b.cfg)
	require.ErrorContains(t, err, "30 rows are settled, of at most 30")
}
