package report

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/internal/prose"
	"rejoin/restore"
)

// endedWith is a report of rows that are restored, of a run that ended with a status, or was killed where it is below 0.
func endedWith(t *testing.T, run Run, status int, pending int64) string {
	t.Helper()
	text := textOf(t, run, nil, created(1), created(2))
	if status >= 0 {
		s := &restore.Summary{Read: 2 + pending, Requests: 4, Elapsed: time.Second}
		s.Counts[restore.Created], s.Counts[restore.Pending] = 2, pending
		text = appendSummary(text, s, status, nil)
	}
	return save(t, "r.ndjson", text)
}

func asText(t *testing.T, totals *Totals, color bool) string {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, WriteText(&out, totals, prose.Style{Width: 2000, Color: color}))
	return out.String()
}

// asJSON is what the JSON says of the totals: the keys that the tests ask for.
type asJSON struct {
	Finished   bool   `json:"finished"`
	Unfinished string `json:"unfinished"`
	Rehearsal  bool   `json:"rehearsal"`
	AtLeast    bool   `json:"at_least"`
	Reports    []struct {
		Finished bool           `json:"finished"`
		Damage   map[string]any `json:"damage"`
	} `json:"reports"`
}

func jsonOf(t *testing.T, totals *Totals) (got asJSON) {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, WriteJSON(&out, totals))
	require.NoError(t, json.Unmarshal(out.Bytes(), &got))
	return got
}

// Whatever a run's end was, if it was not the end of its rows that is said first, with why, and nothing is green.
func TestRunsThatDidNotComeToTheirEnd(t *testing.T) {
	t.Parallel()
	const stopped = "The run is not finished."
	for status, want := range map[int][2]string{
		-1:  {stopped, "There is no summary: the run was killed, or is still going on."},
		1:   {"The run ended with an error: the rows behind the last may be missing.", "on its standard error"},
		4:   {stopped, "refused the credentials"},
		5:   {stopped, "too many errors"},
		6:   {stopped, "no longer the one"},
		9:   {stopped, "with the status 9"},
		130: {stopped, "SIGINT"},
		143: {stopped, "SIGTERM"},
	} {
		for _, pending := range []int64{0, 7} {
			totals := totalsOf(t, endedWith(t, testRun(), status, pending))
			headline, detail := totals.Unfinished()
			assert.False(t, totals.Finished(), "status %d", status)
			assert.Equal(t, want[0], headline, "status %d", status)
			assert.Contains(t, detail, want[1], "status %d", status)
			assert.Contains(t, detail, "2 of 2 with an outcome", "status %d", status)
			if status >= 0 && pending > 0 {
				assert.Contains(t, detail, "It stopped before 7 rows.")
			}
			text := asText(t, totals, false)
			assert.Regexp(t, `(?s)target[^\n]*\n\n`+want[0]+`.*outcome +share`, text, "it stands before the numbers")
			assert.Contains(t, text, detail)
			assert.Contains(t, text, "with an outcome; the run is not finished")
			assert.NotContains(t, asText(t, totals, true), string(prose.Green)+"every row", "status %d", status)
			got := jsonOf(t, totals)
			assert.False(t, got.Finished)
			assert.False(t, got.Reports[0].Finished)
			assert.Equal(t, headline+" "+detail, got.Unfinished)
		}
	}
	for _, status := range []int{0, 3, 7} {
		totals := totalsOf(t, endedWith(t, testRun(), status, 0))
		assert.True(t, totals.Finished(), "status %d", status)
		assert.Contains(t, asText(t, totals, true), string(prose.Green)+"every row is restored")
		assert.NotContains(t, asText(t, totals, false), "not finished")
		got := jsonOf(t, totals)
		assert.True(t, got.Finished)
		assert.True(t, got.Reports[0].Finished)
		assert.Empty(t, got.Unfinished)
	}
}

// Of several reports those are named of which the runs did not come to their end.
func TestSomeOfSeveralRunsDidNotComeToTheirEnd(t *testing.T) {
	t.Parallel()
	run := testRun()
	run.Backup.SHA256 = "cd"
	done, cut := endedWith(t, testRun(), 0, 0), endedWith(t, run, 1, 0)
	headline, detail := totalsOf(t, done, cut).Unfinished()
	assert.Equal(t, "Of 2 reports 1 is of a run that did not come to its end, with an error: the rows behind the last may be missing.", headline)
	assert.Contains(t, detail, cut+": What went wrong")
	assert.NotContains(t, detail, done)
}

// What is to be done fits the command.
func TestGoingOn(t *testing.T) {
	t.Parallel()
	run := testRun()
	run.Command = "undo"
	_, detail := totalsOf(t, endedWith(t, run, 1, 0)).Unfinished()
	assert.NotContains(t, detail, "the backup is cut off")
	assert.Contains(t, detail, "Mend what went wrong; then the same command with --resume")
	_, detail = totalsOf(t, endedWith(t, testRun(), 1, 0)).Unfinished()
	assert.Contains(t, detail, "Where the backup is cut off or damaged, put the whole one in its place")
	_, detail = totalsOf(t, endedWith(t, testRun(), 6, 0)).Unfinished()
	assert.Contains(t, detail, "Put back the backup")
}

// What the report knows of an error is told in place of what it may have been.
func TestAnErrorThatTheReportKnows(t *testing.T) {
	t.Parallel()
	text := textOf(t, testRun(), nil, created(1))
	text = appendSummary(text, &restore.Summary{Read: 1}, 1, []Note{BackupChanged()})
	_, detail := totalsOf(t, save(t, "r", text)).Unfinished()
	assert.Contains(t, detail, "The backup was changed while its rows were sent.")
	assert.NotContains(t, detail, "standard error")
}
