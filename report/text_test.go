package report

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/internal/prose"
	"rejoin/restore"
	"rejoin/rules"
)

// What was found in a row stands nowhere else: on a terminal what was expected is cut in its place, and through a pipe
// nothing is.
func TestWhatWasFoundIsNotCut(t *testing.T) {
	t.Parallel()
	o := created(1)
	o.Kind, o.Identity = restore.Invalid, strings.Repeat("long ", 30)+"end"
	const found = `last_consumed_message_index: found "twelve"`
	o.Problems = []rules.Problem{{
		Column: "last_consumed_message_index", Rule: "bad-index", Message: `found "twelve", expected a whole number from 0 to 9223372036854775807`,
	}}
	totals := totalsOf(t, save(t, "r", textOf(t, testRun(), &restore.Summary{Read: 1}, o)))
	write := func(width int) string {
		var text, causes bytes.Buffer
		require.NoError(t, WriteText(&text, totals, prose.Style{Width: width}))
		require.NoError(t, WriteCauses(&causes, totals, prose.Style{Width: width}))
		require.Contains(t, text.String(), causes.String())
		return causes.String()
	}
	assert.Contains(t, write(0), found+", expected a whole number from 0 to 9223372036854775807\n")
	assert.Contains(t, write(0), o.Identity+"\n")
	assert.Contains(t, write(80), found+", expected a ")
	assert.NotContains(t, write(80), "9223372036854775807")
	assert.NotContains(t, write(80), o.Identity)
}

// What a CSV cannot be written to is no report that cannot be read.
func TestACSVThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	var all []*restore.Outcome
	for row := range int64(1000) { // more than is kept until the end
		all = append(all, created(row+1))
	}
	r, err := Load(save(t, "r", textOf(t, testRun(), &restore.Summary{Read: 1000}, all...)))
	require.NoError(t, err)
	err = WriteCSV(&faulty{room: 100}, r)
	require.ErrorIs(t, err, errFault)
	assert.NotContains(t, err.Error(), "cannot be read")
}
