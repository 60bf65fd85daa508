package report

import (
	"maps"
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
	assert.True(t, o.Fingerprinted())
	require.NoError(t, o.Of(testRun()))
	for what, change := range map[string]func(*Run){
		"":                        func(r *Run) { r.Backup = Backup{Bytes: 1} }, // its contents are not known
		"backup sha256":           func(r *Run) { r.Backup.SHA256 = strings.Repeat("0", 64) },
		"backup size in bytes":    func(r *Run) { r.Backup.Bytes = 1 },
		"command":                 func(r *Run) { r.Command = "verify" },
		"dry run":                 func(r *Run) { r.DryRun = !r.DryRun },
		"choice among duplicates": func(r *Run) { r.Chosen = !r.Chosen },
		"option shard":            func(r *Run) { r.Meaning = maps.Clone(r.Meaning); r.Meaning["shard"] = "2/2" },
	} {
		run := testRun()
		run.Target, run.Backup.Format = Target{}, "" // nor are these, yet
		change(&run)
		err := o.Of(run)
		if what == "" {
			require.NoError(t, err)
			continue
		}
		var mismatch *MismatchError
		require.ErrorAs(t, err, &mismatch, what)
		require.Len(t, mismatch.Differences, 1, what)
		assert.Equal(t, what, mismatch.Differences[0].What)
	}
}
