package report

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/internal/filelock"
)

// A report that was only looked at is as it was, and is another process's to go on with.
func TestReopenChangesNothing(t *testing.T) {
	t.Parallel()
	path := written(t, created(1), created(2))
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, append(text, `{"type":"outco`...), 0o600))
	before, err := os.ReadFile(path)
	require.NoError(t, err)

	o, err := Reopen(path, false)
	require.NoError(t, err)
	_, err = Reopen(path, false)
	require.ErrorIs(t, err, filelock.ErrLocked)
	_, _, ok := o.Ledger().Outcome(2)
	assert.True(t, ok)
	require.NoError(t, o.Close())
	require.NoError(t, o.Close(), "again")
	after, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, before, after)

	o, err = Reopen(path, false)
	require.NoError(t, err)
	j, err := o.Continue(testRun())
	require.NoError(t, err)
	require.NoError(t, o.Close(), "the file is the journal's")
	assert.Equal(t, Mended{Bytes: 14, Lines: 1}, j.Mended())
	require.NoError(t, j.Close())
	var none *Reopened
	require.NoError(t, none.Close())
}

func TestReopenedOf(t *testing.T) {
	t.Parallel()
	o, err := Reopen(written(t, created(1)), false)
	require.NoError(t, err)
	defer o.Close() //nolint:errcheck // only read
	then := testRun().Backup
	assert.True(t, o.Fingerprinted())
	require.NoError(t, o.Of(then))
	require.NoError(t, o.Of(Backup{Bytes: 1}), "it is not known")
	for _, other := range []Backup{{Bytes: then.Bytes, SHA256: strings.Repeat("0", 64)}, {Bytes: 1, SHA256: then.SHA256}} {
		var mismatch *MismatchError
		require.ErrorAs(t, o.Of(other), &mismatch)
		assert.Len(t, mismatch.Differences, 1)
	}
}
