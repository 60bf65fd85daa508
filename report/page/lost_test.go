package page

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
)

// cutReport is a report of three rows without some of its lines.
func cutReport(t *testing.T, from, to int) string {
	t.Helper()
	l := new(lines)
	l.run(t, fixtureStart, nil)
	for range 3 {
		l.outcome(t, fixtureStart, nil)
	}
	l.summary(t, line{"read": 3, "created": 3, "exit_code": 0, "elapsed_s": 1, "requests": 4})
	all := bytes.SplitAfter(l.text, []byte("\n"))
	l.text = bytes.Join(append(append([][]byte{}, all[:from]...), all[to:]...), nil)
	return l.save(t, "cut.ndjson")
}

// A page of a report without its beginning makes nothing up in its place.
func TestAReportWithoutItsBeginning(t *testing.T) {
	t.Parallel()
	page := pageOf(t, Config{}, cutReport(t, 0, 1))
	got := text(page)
	assert.Contains(t, got, "the report's beginning is missing, so that what was run")
	assert.Contains(t, got, "Put back an undamaged copy of the report whose beginning is missing")
	assert.NotContains(t, got, "rejoin verify")
	assert.NotContains(t, got, "stdin")
	assert.Contains(t, page, `<section class="verdict waiting"`)

	// Beside a report that is whole its own commands are still told.
	got = text(pageOf(t, Config{}, cutReport(t, 0, 1), cutReport(t, 0, 0)))
	assert.Contains(t, got, "Put back an undamaged copy")
	assert.Contains(t, got, "rejoin verify --service "+fixtureService+" members.ndjson")
	assert.NotContains(t, got, "''")
}

func TestAReportWithoutItsMidst(t *testing.T) {
	t.Parallel()
	page := pageOf(t, Config{}, cutReport(t, 2, 3))
	assert.Contains(t, text(page), "Every row that can be read in this report is restored. The report is damaged.")
	assert.Contains(t, text(page), "lines are missing: the summary counts 1 row more than have a line")
	assert.Contains(t, page, `<section class="verdict waiting"`)
	assert.NotContains(t, text(page), "every line is whole")
	assert.Contains(t, text(page), "Look again at the rows whose lines are missing, and at any that failed; nothing is done twice: rejoin restore --resume")
}
