package report

import (
	"bytes"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/restore"
)

// progressLines are the counters' lines of a journal.
func progressLines(text []byte) (points []Point) {
	for line := range bytes.Lines(text) {
		if p, ok := parseProgress(line); ok && bytes.HasPrefix(line, []byte(`{"type":"progress",`)) {
			points = append(points, p)
		}
	}
	return points
}

func TestWatchWritesWhatHasChanged(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &faulty{room: -1}
		j := newJournal("r.ndjson", f, new(testRun()))
		p := new(restore.Progress)
		began := time.Now().UTC()
		j.Watch(p)
		time.Sleep(5500 * time.Millisecond)
		assert.Empty(t, f.text, "nothing has changed")

		p.Requests.Store(40)
		p.Throttled.Store(3)
		time.Sleep(time.Second)
		p.Outage.Store(true)
		time.Sleep(10 * time.Second)
		p.Outage.Store(false)
		p.Requests.Store(41)
		require.NoError(t, j.Finish(restore.Summary{Read: 1}, 0))
		p.Requests.Store(99)
		time.Sleep(5 * time.Second)
		require.NoError(t, j.Close())

		assert.Equal(t, []Point{
			{At: began.Add(6 * time.Second), Requests: 40, Throttled: 3},
			{At: began.Add(7 * time.Second), Requests: 40, Throttled: 3, Outage: true},
			{At: began.Add(16500 * time.Millisecond), Requests: 41, Throttled: 3},
		}, progressLines(f.text))
		for line := range strings.Lines(string(f.text)) {
			assert.Equal(t, intact, sealOf([]byte(strings.TrimSuffix(line, "\n"))), line)
		}
		assert.True(t, strings.HasPrefix(lastLine(f.text), `{"type":"summary"`), "the summary is the last line")
	})
}

func lastLine(text []byte) string {
	lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	return lines[len(lines)-1]
}

func TestCountersThatCannotBeWrittenStopTheRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &faulty{room: 10}
		j := newJournal("r.ndjson", f, new(testRun()))
		p := new(restore.Progress)
		j.Watch(p)
		p.Requests.Store(1)
		time.Sleep(3 * time.Second)
		require.ErrorIs(t, j.Write([]*restore.Outcome{created(1)}), errFault)
		require.ErrorIs(t, j.Close(), errFault)
		assert.Len(t, f.text, 10, "nothing follows what could not be written")
	})
}

// A run that was killed has no summary; its last counters say what is known of it.
func TestCountersOfARunThatWasKilled(t *testing.T) {
	t.Parallel()
	run := testRun()
	text := textOf(t, run, nil, created(1))
	text = appendProgress(text, testStart.Add(2*time.Second), &Point{Requests: 30, Throttled: 1})
	text = appendProgress(text, testStart.Add(4*time.Second), &Point{Requests: 70, Throttled: 5})
	run.StartedAt = testStart.Add(time.Hour)
	resumed, err := appendRun(nil, &run, true, Mended{Bytes: 7, Lines: 1})
	require.NoError(t, err)
	text = append(text, resumed...)
	text = appendProgress(text, run.StartedAt.Add(time.Second), &Point{Requests: 10})
	text = appendSummary(text, &restore.Summary{Read: 1, Requests: 12, Elapsed: 3 * time.Second}, 0, nil)

	totals := totalsOf(t, save(t, "r.ndjson", text))
	assert.Equal(t, int64(82), totals.Requests)
	assert.Equal(t, int64(5), totals.Throttled)
	assert.Equal(t, 7*time.Second, totals.Elapsed)
	past := totals.Reports[0].Past
	require.Len(t, past, 2)
	assert.False(t, past[0].Ended)
	assert.Len(t, past[0].Points, 2)
	assert.Equal(t, RunInfo{
		Version: "1.2.3", StartedAt: testStart.Add(time.Hour), Mended: Mended{Bytes: 7, Lines: 1}, Ended: true, Read: 1,
		Requests: 12, Elapsed: 3 * time.Second, Points: past[1].Points, Every: time.Second,
	}, past[1])
}

// The time of a run that was killed lasts to its last line at least, so that no pace is told that it cannot have had.
func TestThePaceOfARunThatWasKilled(t *testing.T) {
	t.Parallel()
	late := created(3)
	late.At = testStart.Add(10 * time.Second)
	text := textOf(t, testRun(), nil, created(1), created(2))
	text = appendProgress(text, testStart.Add(2*time.Second), &Point{Requests: 30, Throttled: 1})
	text = appendOutcome(text, late, false)
	totals := totalsOf(t, save(t, "r", text))
	assert.Equal(t, 10*time.Second, totals.Elapsed, "the last outcome is later than the last counters")
	assert.InDelta(t, 0.3, totals.RowsPerSecond(), 1e-9)
	assert.Contains(t, asText(t, totals, false), "\ntook at least 10s, at most 0.3 rows/s, at least 30 requests, at least 1 of them answered 429\n")
	assert.True(t, jsonOf(t, totals).AtLeast)

	early := totalsOf(t, save(t, "r", textOf(t, testRun(), nil, late)))
	assert.Equal(t, 10*time.Second, early.Elapsed, "there are no counters at all")

	_, headless, _ := bytes.Cut(text, []byte("\n"))
	assert.Zero(t, totalsOf(t, save(t, "r", headless)).RowsPerSecond(), "when it began is not known")

	done := totalsOf(t, endedWith(t, testRun(), 0, 0))
	assert.False(t, done.AtLeast)
	assert.Contains(t, asText(t, done, false), "took 1s, 2.0 rows/s, 4 requests\n")
}

// A later rejoin may write lines of a kind that this one does not know.
func TestLinesOfUnknownKindsArePassedOver(t *testing.T) {
	t.Parallel()
	text := textOf(t, testRun(), nil, created(1))
	var err error
	text, err = appendJSON(text, map[string]string{"type": "weather"})
	require.NoError(t, err)
	text = appendOutcome(text, created(2), false)
	path := save(t, "r.ndjson", text)
	totals := totalsOf(t, path)
	assert.Equal(t, int64(2), totals.Rows)
	assert.Equal(t, Damage{}, totals.Reports[0].Damage)
	j, l, err := Resume(path, testRun())
	require.NoError(t, err)
	assert.Equal(t, int64(2), l.Counts()[restore.Created])
	require.NoError(t, j.Close())
}

func TestPointsAreThinnedOut(t *testing.T) {
	t.Parallel()
	var run RunInfo
	const all = 1_000_000
	for i := range int64(all) {
		run.add(Point{At: testStart.Add(time.Duration(i) * time.Second), Requests: i, Outage: i == 500_000})
	}
	points := run.Points
	assert.Less(t, len(points), pointsKept)
	assert.Equal(t, run.Every, points[9].At.Sub(points[8].At))
	assert.GreaterOrEqual(t, len(points), pointsKept/2)
	away := 0
	for i := range points {
		if points[i].Outage {
			away++
		}
		if i > 0 {
			require.Greater(t, points[i].Requests, points[i-1].Requests)
		}
	}
	assert.Equal(t, 1, away, "an outage is not forgotten")
	assert.Greater(t, points[len(points)-1].Requests, int64(all-2*all/pointsKept*2))
}

// That the backup was changed under a run is told before its totals are trusted, also where a later run went well.
func TestABackupThatWasChangedIsTold(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "r")
	j, err := Create(path, testRun())
	require.NoError(t, err)
	require.NoError(t, errors.Join(j.Write([]*restore.Outcome{created(1)}), j.Finish(restore.Summary{Read: 1}, 1, BackupChanged()), j.Close()))
	told := func() []string {
		reports, err := Load(path)
		require.NoError(t, err)
		totals, err := reports.Totals()
		require.NoError(t, err)
		return totals.Notices()
	}
	require.Len(t, told(), 1)
	assert.Contains(t, told()[0], "the backup was changed while its rows were sent")
	j, l, err := Resume(path, testRun())
	require.NoError(t, err)
	assert.True(t, l.BackupChanged())
	require.NoError(t, errors.Join(j.Finish(restore.Summary{Read: 1}, 0), j.Close()))
	assert.Len(t, told(), 1)
}
