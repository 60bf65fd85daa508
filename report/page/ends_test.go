package page

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/report"
)

// endedWith is a report of a row that is restored, of a run that ended with a status, or was killed where it is below 0.
func endedWith(t *testing.T, status int, change line) string {
	t.Helper()
	return small(t, func(l *lines) {
		l.run(t, fixtureStart, change)
		l.outcome(t, fixtureStart, nil)
		if status >= 0 {
			l.summary(t, line{"read": 1, "created": 1, "pending": 0, "exit_code": status, "elapsed_s": 1, "requests": 2})
		}
	})
}

// The page says of a run that did not come to its end what the text and the JSON say, and is never green.
func TestRunsThatDidNotComeToTheirEnd(t *testing.T) {
	t.Parallel()
	for _, status := range []int{-1, 1, 4, 5, 6, 9, 130, 143} {
		path := endedWith(t, status, nil)
		page := pageOf(t, Config{}, path)
		reports, err := report.Load(path)
		require.NoError(t, err)
		totals, err := reports.Totals()
		require.NoError(t, err)
		headline, detail := totals.Unfinished()
		require.NotEmpty(t, headline)
		assert.Contains(t, text(page), headline+" "+detail, "status %d", status)
		assert.Contains(t, page, `<section class="verdict waiting"`, "status %d", status)
		assert.NotContains(t, text(page), "none is missing", "status %d", status)
		assert.NotContains(t, text(page), "It adds up", "status %d", status)
		assert.Contains(t, text(page), "rejoin restore --resume --rate 50 members.ndjson", "status %d", status)
	}
}

// A backup that may be cut off is neither verified nor restored for real as if it were the whole one.
func TestWhatToDoAboutARunThatEndedWithAnError(t *testing.T) {
	t.Parallel()
	got := text(pageOf(t, Config{}, endedWith(t, 1, nil)))
	assert.Contains(t, got, "If the backup is cut off or damaged, put the whole one in its place")
	assert.Contains(t, got, "rejoin restore --report members.ndjson.again.report.ndjson --rate 50 members.ndjson")
	assert.NotContains(t, got, "rejoin verify")

	got = text(pageOf(t, Config{}, endedWith(t, 1, line{
		"target": line{"api_url": report.SandboxURL}, "args": []string{"restore", "--sandbox", "--report", "r", "members.ndjson"},
	})))
	assert.Contains(t, got, "rejoin restore --report members.ndjson.again.report.ndjson --sandbox members.ndjson")
	assert.NotContains(t, got, "when you are content")

	got = text(pageOf(t, Config{}, endedWith(t, 1, line{"args": nil})))
	assert.Contains(t, got, "rejoin restore --service "+fixtureService+" --report members.ndjson.again.report.ndjson members.ndjson")
	got = text(pageOf(t, Config{}, endedWith(t, 1, line{"command": "undo", "args": []string{"undo", "r"}})))
	assert.Contains(t, got, "mend that, and go on where it stopped: rejoin undo --resume r")
	assert.NotContains(t, got, "again.report")
	assert.Contains(t, text(pageOf(t, Config{}, endedWith(t, 130, nil))), "rejoin verify", "of one that was interrupted it is still told")
}

// What a killed run did behind its last line is not known.
func TestTheFactsOfARunThatWasKilled(t *testing.T) {
	t.Parallel()
	path := small(t, func(l *lines) {
		l.run(t, fixtureStart, nil)
		l.outcome(t, fixtureStart.Add(4*time.Second), nil)
		l.progress(t, fixtureStart.Add(2*time.Second), 7, 0, false)
	})
	got := text(pageOf(t, Config{}, path))
	assert.Contains(t, got, "Took at least 4s, at most 0.2 rows a second")
	assert.Contains(t, got, "Requests at least 7, of these")
}
