package report

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"rejoin/restore"
)

// /dev/full is there already, so that it is never made; it takes the writes of a resumed run to nowhere.
func TestDevFull(t *testing.T) {
	t.Parallel()
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	require.NoError(t, err)
	j := newJournal("/dev/full", full, new(testRun()))
	err = j.Write([]*restore.Outcome{created(1)})
	require.ErrorContains(t, err, "write the report /dev/full")
	require.ErrorContains(t, err, "no space left on device")
	require.Equal(t, err, j.Write([]*restore.Outcome{created(2)}))
	require.Equal(t, err, j.Close())
	_, err = Create("/dev/full", testRun())
	require.ErrorContains(t, err, "no regular file")
	_, _, err = Resume("/dev/full", testRun())
	require.ErrorContains(t, err, "no regular file")
}
