package report

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/restore"
)

// extra is a member that a verification found and that is in no row.
func extra(identity string) *restore.Outcome {
	return &restore.Outcome{
		Kind: restore.Extra, ServiceSID: testService, Channel: testChannel, ChannelSID: testChannel, Identity: identity,
		MemberSID: testMember, HTTPStatus: 200, At: testStart,
	}
}

// A member that is in no row has a line and is no row: it is told once, however often it was written.
func TestAMemberInNoRow(t *testing.T) {
	t.Parallel()
	same := created(1)
	same.Kind = restore.Same
	path := written(t, extra("mia"), extra("jing"), same, extra("mia"))
	reports, err := Load(path)
	require.NoError(t, err)
	totals, err := reports.Totals()
	require.NoError(t, err)
	assert.EqualValues(t, 1, totals.Rows)
	assert.EqualValues(t, 1, totals.Restored)
	assert.Zero(t, totals.NotRestored)
	assert.EqualValues(t, 1, totals.Outcomes[restore.Same])
	assert.EqualValues(t, 2, totals.Outcomes[restore.Extra])
	require.Len(t, totals.Causes, 1)
	assert.Equal(t, "extra", totals.Causes[0].Key)
	assert.EqualValues(t, 2, totals.Causes[0].Rows)
	var csv bytes.Buffer
	require.NoError(t, WriteCSV(&csv, reports))
	assert.Equal(t, 2, strings.Count(csv.String(), "\n0,,extra,false,"))

	later := extra("mia")
	later.At = testStart.Add(time.Hour)
	other := extra("kofi")
	reports, err = Load(path, written(t, later, other))
	require.NoError(t, err)
	totals, err = reports.Totals()
	require.NoError(t, err)
	assert.EqualValues(t, 3, totals.Outcomes[restore.Extra], "of two reports of one backup")
}

// Row 0 is nothing but a member that is in no row, and such a member has no other row.
func TestRowsThatAreNone(t *testing.T) {
	t.Parallel()
	nowhere, somewhere := created(0), extra("jing")
	somewhere.Row = 4
	for _, o := range []*restore.Outcome{nowhere, somewhere} {
		_, _, err := Resume(written(t, o, created(2)), testRun())
		require.ErrorContains(t, err, "its row is")
	}
}

// A member that is missing because its channel is has the channel for a cause.
func TestMissingWithItsChannel(t *testing.T) {
	t.Parallel()
	alone, withChannel := created(1), created(2)
	alone.Kind, alone.HTTPStatus = restore.Missing, 0
	withChannel.Kind, withChannel.HTTPStatus, withChannel.ErrorCode = restore.Missing, 404, 20404
	reports, err := Load(written(t, alone, withChannel))
	require.NoError(t, err)
	totals, err := reports.Totals()
	require.NoError(t, err)
	require.Len(t, totals.Causes, 2)
	assert.Equal(t, ByCode, totals.Causes[0].Class)
	assert.Equal(t, "missing", totals.Causes[1].Key)
}
