package report

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/internal/prose"
	"rejoin/restore"
)

// wholeLines are the lines of a report of four rows, and of some that are pending.
func wholeLines(t *testing.T, pending int64) [][]byte {
	t.Helper()
	s := &restore.Summary{Read: 4 + pending, Elapsed: time.Second}
	s.Counts[restore.Pending] = pending
	text := textOf(t, testRun(), nil, created(1), created(2), created(3), created(4))
	return bytes.SplitAfter(bytes.TrimSuffix(appendSummary(text, s, 0, nil), []byte("\n")), []byte("\n"))
}

func lostIn(t *testing.T, paths ...string) (lost []string) {
	t.Helper()
	r, err := Load(paths...)
	require.NoError(t, err)
	for _, d := range r.Damaged() {
		lost = append(lost, d.Lost())
	}
	return lost
}

// A report without its first line says that it is missing, and nothing in its place.
func TestAReportWithoutItsBeginning(t *testing.T) {
	t.Parallel()
	lines := wholeLines(t, 1)
	flipped := bytes.Replace(lines[0], []byte("restore"), []byte("Restore"), 1)
	for name, text := range map[string][][]byte{
		"gone":     lines[1:],
		"damaged":  append([][]byte{flipped}, lines[1:]...),
		"more too": lines[3:],
	} {
		path := save(t, "r", bytes.Join(text, nil))
		totals := totalsOf(t, path)
		assert.True(t, totals.Reports[0].Damage.NoBeginning, name)
		got := asText(t, totals, false)
		assert.Contains(t, got, "command   not known: the report's beginning is missing\n", name)
		assert.NotContains(t, got, "backup  ", name)
		assert.NotContains(t, got, "Nothing is lost", name)
		assert.Contains(t, got, "the report's beginning is missing, so that what was run", name)
		assert.NotContains(t, asText(t, totals, true), string(prose.Green)+"every row", name)
		assert.Equal(t, true, jsonOf(t, totals).Reports[0].Damage["no_beginning"], name)
		require.NotEmpty(t, lostIn(t, path), name)
		assert.Contains(t, lostIn(t, path)[0], path+": its beginning is missing, so that what was run, on which backup and against what is not known; put back", name)
	}
	whole := totalsOf(t, save(t, "r", bytes.Join(lines, nil)))
	assert.Equal(t, Damage{}, whole.Reports[0].Damage)

	// What is left may begin with a run that went on with the report.
	_, later, _ := bytes.Cut(twoRuns(t), []byte(`{"type":"summary"`))
	_, later, _ = bytes.Cut(later, []byte("\n"))
	totals := totalsOf(t, save(t, "r", later))
	assert.True(t, totals.Reports[0].Damage.NoBeginning)
	assert.Contains(t, asText(t, totals, false), "backup    members.ndjson")
}

// Lines that are missing from a report's midst are noticed where its last run has a summary.
func TestAReportWithoutItsMidst(t *testing.T) {
	t.Parallel()
	lines := wholeLines(t, 0)
	without := append(append([][]byte{}, lines[:2]...), lines[4:]...)
	path := save(t, "r", bytes.Join(without, nil))
	totals := totalsOf(t, path)
	assert.Equal(t, Damage{Missing: 2}, totals.Reports[0].Damage)
	assert.Contains(t, asText(t, totals, false), "lines are missing: the summary counts 2 rows more than have a line; the report is damaged")
	assert.Contains(t, asText(t, totals, true), string(prose.Yellow)+"every row is restored, of those that can be read; the report is damaged")
	assert.InDelta(t, 2, jsonOf(t, totals).Reports[0].Damage["missing_lines"], 0)
	lost := lostIn(t, path)
	require.Len(t, lost, 1)
	assert.Equal(t, path+": lines are missing: the summary counts 2 rows more than have a line, and what became of them does not count here; "+
		"put back an undamaged copy, or go on with --resume: it looks at such rows again, and does nothing twice", lost[0])

	// Beside others of one backup, too, and beside damaged lines.
	other := save(t, "o", bytes.Join(lines, nil))
	both := totalsOf(t, path, other)
	assert.Equal(t, int64(2), both.Reports[0].Damage.Missing)
	assert.Zero(t, both.Reports[1].Damage.Missing)
	without[1] = bytes.Replace(without[1], []byte("created"), []byte("Created"), 1)
	totals = totalsOf(t, save(t, "r", bytes.Join(without, nil)))
	assert.Equal(t, Damage{Lines: 1, Where: []int64{2}, Missing: 2}, totals.Reports[0].Damage)

	pending := wholeLines(t, 3)
	pending[4] = nil
	assert.Equal(t, int64(1), totalsOf(t, save(t, "r", bytes.Join(pending, nil))).Reports[0].Damage.Missing, "rows that are pending have no line")
	// Of rows with several lines each counts once.
	again := bytes.Join(append(append([][]byte{}, lines[:3]...), lines[2], lines[2], lines[5]), nil)
	assert.Equal(t, int64(2), totalsOf(t, save(t, "r", again)).Reports[0].Damage.Missing)
	// Without a summary nobody knows.
	assert.Zero(t, totalsOf(t, save(t, "r", bytes.Join(lines[:3], nil))).Reports[0].Damage.Missing)
}
