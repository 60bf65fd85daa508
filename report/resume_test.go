package report

import (
	"math/rand/v2"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/restore"
)

// What was written comes back, whatever it is: recover(write(x)) = x.
func TestWhatWasWrittenComesBack(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	var outcomes []*restore.Outcome
	for row := range int64(1000) {
		outcomes = append(outcomes, someOutcome(r, row+1))
	}
	r.Shuffle(len(outcomes), func(i, k int) { outcomes[i], outcomes[k] = outcomes[k], outcomes[i] })
	j, l, err := Resume(written(t, outcomes...), testRun())
	require.NoError(t, err)
	extras := map[uint64]bool{}
	for _, want := range outcomes {
		if want.Kind == restore.Extra {
			require.True(t, l.Extra(want.ServiceSID, want.Channel, want.Identity))
			extras[KeyHash(want.ServiceSID, want.Channel, want.Identity)] = true
			continue
		}
		kind, restored, ok := l.Outcome(want.Row)
		require.True(t, ok)
		require.Equal(t, want.Kind, kind)
		require.Equal(t, want.Restored(false), restored)
		key, ok := l.Key(want.Row)
		require.True(t, ok)
		require.Equal(t, KeyHash(want.ServiceSID, want.Channel, want.Identity), key)
		got, err := l.Earlier(want.Row)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	_, _, ok := l.Outcome(1001)
	assert.False(t, ok)
	require.NotEmpty(t, extras)
	assert.EqualValues(t, len(extras), l.Extras())
	assert.False(t, l.Extra(testService, testChannel, "nobody"))
	assert.Zero(t, j.Mended())
	require.NoError(t, j.Close())
}

func TestResumeOfNothing(t *testing.T) {
	t.Parallel()
	_, _, err := Resume(filepath.Join(t.TempDir(), "none"), testRun())
	assert.ErrorContains(t, err, "without --resume")
}
