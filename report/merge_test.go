package report

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"flag"
	"math"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/chat"
	"rejoin/internal/prose"
	"rejoin/restore"
	"rejoin/rules"
)

var update = flag.Bool("update", false, "write the golden files")

// golden holds text against a file in testdata.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.WriteFile(path, got, 0o600))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NotEmpty(t, want)
	assert.Equal(t, string(want), string(got))
}

// textOf is a whole report of one run.
func textOf(t *testing.T, run Run, end *restore.Summary, outcomes ...*restore.Outcome) []byte {
	t.Helper()
	text, err := appendRun(nil, &run, false, Mended{})
	require.NoError(t, err)
	for _, o := range outcomes {
		text = appendOutcome(text, o, run.DryRun)
	}
	if end != nil {
		text = appendSummary(text, end, 3, nil)
	}
	return text
}

func save(t *testing.T, name string, text []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, text, 0o600))
	return path
}

func totalsOf(t *testing.T, paths ...string) *Totals {
	t.Helper()
	r, err := Load(paths...)
	require.NoError(t, err)
	totals, err := r.Totals()
	require.NoError(t, err)
	again, err := r.Totals()
	require.NoError(t, err)
	require.Equal(t, totals, again, "reports can be summed up again")
	return totals
}

// variety are outcomes of every kind, and causes of every class.
func variety() []*restore.Outcome {
	out := []*restore.Outcome{created(1), created(2), created(3)}
	out[1].Recovered, out[2].NotApplied = true, []string{"last_consumption_timestamp"}
	add := func(change func(o *restore.Outcome)) {
		o := created(int64(len(out) + 1))
		o.MemberSID, o.HTTPStatus = "", 0
		change(o)
		out = append(out, o)
	}
	for i := range 7 {
		add(func(o *restore.Outcome) {
			o.Kind, o.HTTPStatus, o.ErrorCode, o.RequestID = restore.Rejected, 403, 50403, "RQ1"
			o.Error = "create member: the API answered 403 Forbidden, code 50403: Channel member limit exceeded"
			o.Identity = "user " + string(rune('a'+i))
		})
	}
	add(func(o *restore.Outcome) { o.Kind, o.HTTPStatus, o.ErrorCode = restore.Rejected, 400, 59999 })
	add(func(o *restore.Outcome) { o.Kind, o.HTTPStatus, o.Error = restore.Unknown, 503, "no healthy upstream" })
	add(func(o *restore.Outcome) {
		o.Kind, o.Error = restore.Failed, "dial tcp 127.0.0.1:1: connect: connection refused"
	})
	add(func(o *restore.Outcome) { o.Kind, o.Identity = restore.Exists, "=cmd|' /C calc'!A0" })
	add(func(o *restore.Outcome) { o.Kind = restore.Updated })
	add(func(o *restore.Outcome) {
		o.Kind, o.Differences = restore.Differs, []chat.Difference{{Field: "role_sid", Want: "RL1", Got: "RL2"}}
	})
	add(func(o *restore.Outcome) { o.Kind, o.DuplicateOf, o.Same = restore.Duplicate, 1, true })
	add(func(o *restore.Outcome) { o.Kind, o.DuplicateOf = restore.Duplicate, 1 })
	add(func(o *restore.Outcome) {
		o.Kind, o.Attempts, o.Elapsed, o.Identity = restore.Invalid, 0, 0, "<script>\x1b[31m,\"quoted\"\r\n"
		o.Problems = []rules.Problem{
			{Column: "date_created", Rule: "bad-timestamp", Message: `found "yesterday", expected ISO 8601`},
			{Column: "date_updated", Rule: "bad-timestamp", Message: `found "today", expected ISO 8601`},
			{Rule: "bad-attributes", Message: "no JSON"},
		}
	})
	return out
}

func varietyReport(t *testing.T) string {
	t.Helper()
	s := &restore.Summary{Read: 21, Requests: 40, Throttled: 2, Elapsed: 90 * time.Second}
	s.Counts[restore.Pending] = 2
	return save(t, "members.report.ndjson", textOf(t, testRun(), s, variety()...))
}

func TestTotals(t *testing.T) {
	t.Parallel()
	totals := totalsOf(t, varietyReport(t))
	assert.Equal(t, int64(19), totals.Rows)
	assert.Equal(t, int64(6), totals.Restored)
	assert.Equal(t, int64(13), totals.NotRestored)
	assert.Equal(t, int64(2), totals.Pending)
	assert.Equal(t, int64(1), totals.Recovered)
	assert.Equal(t, int64(48), totals.Latency.Percentile(50))
	var causes []string
	for _, c := range totals.Causes {
		causes = append(causes, string(c.Class)+" "+c.Key)
		assert.NotEmpty(t, c.Title)
		assert.NotEmpty(t, c.Means)
		assert.NotEmpty(t, c.Mend)
		assert.LessOrEqual(t, len(c.Examples), examplesKept)
	}
	assert.Equal(t, []string{
		"code 50403", "code 59999", "difference role_sid", "duplicate other-values", "network connection-refused",
		"not_applied last_consumption_timestamp", "rule bad-attributes", "rule bad-timestamp", "status 503",
	}, causes)
	assert.Equal(t, int64(7), totals.Causes[0].Rows)
	assert.Equal(t, "https://www.twilio.com/docs/api/errors/50403", totals.Causes[0].Link)
}

// inFolder shows the totals of a report under a path that is the same everywhere.
func inFolder(t *testing.T, totals *Totals) *Totals {
	t.Helper()
	for i := range totals.Reports {
		totals.Reports[i].Path = filepath.Base(totals.Reports[i].Path)
	}
	for i := range totals.Causes {
		for j := range totals.Causes[i].Examples {
			totals.Causes[i].Examples[j].Report = filepath.Base(totals.Causes[i].Examples[j].Report)
		}
	}
	return totals
}

func TestText(t *testing.T) {
	t.Parallel()
	totals := inFolder(t, totalsOf(t, varietyReport(t)))
	var plain, color bytes.Buffer
	require.NoError(t, WriteText(&plain, totals, prose.Style{}))
	require.NoError(t, WriteText(&color, totals, prose.Style{Color: true}))
	golden(t, "totals.txt", plain.Bytes())
	var narrow bytes.Buffer
	require.NoError(t, WriteText(&narrow, totals, prose.Style{Width: 80}))
	for line := range strings.Lines(narrow.String()) {
		if !strings.Contains(line, "https://") {
			assert.LessOrEqual(t, len([]rune(line))-1, 80, line)
		}
	}
	assert.NotContains(t, plain.String(), "\x1b")
	bare := color.String()
	for _, code := range []prose.Color{prose.Bold, prose.Green, prose.Yellow, prose.Red, prose.Faint, "\x1b[0m"} {
		bare = strings.ReplaceAll(bare, string(code), "")
	}
	assert.Equal(t, plain.String(), bare, "colours change nothing else, and are all that commands a terminal")
	assert.NotEqual(t, plain.String(), color.String())
}

func TestJSON(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	require.NoError(t, WriteJSON(&out, inFolder(t, totalsOf(t, varietyReport(t)))))
	require.True(t, json.Valid(out.Bytes()))
	golden(t, "totals.json", out.Bytes())
}

func TestCSV(t *testing.T) {
	t.Parallel()
	r, err := Load(varietyReport(t))
	require.NoError(t, err)
	var out bytes.Buffer
	require.NoError(t, WriteCSV(&out, r))
	rows, err := csv.NewReader(&out).ReadAll()
	require.NoError(t, err)
	require.Len(t, rows, 20)
	cell := func(row int, column string) string {
		for i, name := range rows[0] {
			if name == column {
				return rows[row][i]
			}
		}
		require.Fail(t, "no column "+column)
		return ""
	}
	assert.Equal(t, "created", cell(1, "outcome"))
	assert.Equal(t, "true", cell(1, "restored"))
	assert.Equal(t, "48", cell(1, "elapsed_ms"))
	assert.Equal(t, "50403", cell(4, "error_code"))
	assert.Equal(t, "'=cmd|' /C calc'!A0", cell(14, "identity"))
	assert.Equal(t, "false", cell(18, "same"))
	assert.Equal(t, "<script>\x1b[31m,\"quoted\"\n", cell(19, "identity"))
	assert.Contains(t, cell(19, "problems"), `"rule":"bad-timestamp"`)
	for _, c := range formula {
		text := string(c) + "1"
		for _, text := range []string{text, text + `,"`} {
			line := appendCell(nil, []byte(text))
			back, err := csv.NewReader(bytes.NewReader(line)).Read()
			require.NoError(t, err)
			assert.Equal(t, "'"+strings.ReplaceAll(text, "\r\n", "\n"), back[1])
		}
	}
}

// Of a resumed run's report a row's last line counts, compressed or not.
func TestResumedReport(t *testing.T) {
	t.Parallel()
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	_, err := z.Write(twoRuns(t))
	require.NoError(t, err)
	require.NoError(t, z.Close())
	for name, text := range map[string][]byte{"r.ndjson": twoRuns(t), "r.ndjson.gz": zipped.Bytes()} {
		totals := totalsOf(t, save(t, name, text))
		assert.Equal(t, int64(4), totals.Rows)
		assert.Equal(t, int64(2), totals.Outcomes[restore.Created])
		assert.Zero(t, totals.Outcomes[restore.Failed])
		assert.Equal(t, 2, totals.Reports[0].Runs)
		assert.Equal(t, int64(5), totals.Reports[0].Lines)
		assert.Zero(t, totals.Killed)
		assert.Zero(t, totals.Doubled)
	}
	totals := totalsOf(t, save(t, "cut.gz", zipped.Bytes()[:zipped.Len()-20]))
	assert.NotEmpty(t, totals.Reports[0].Damage.Cut)
}

func TestShardsAddUp(t *testing.T) {
	t.Parallel()
	end := &restore.Summary{Requests: 5, Elapsed: time.Second}
	a := save(t, "a", textOf(t, testRun(), end, created(1), created(3)))
	b := save(t, "b", textOf(t, testRun(), end, created(2), created(4)))
	totals := totalsOf(t, a, b)
	assert.Equal(t, int64(4), totals.Rows)
	assert.Equal(t, int64(10), totals.Requests)
	assert.Equal(t, 1, totals.Backups)
	assert.Zero(t, totals.Doubled)
	assert.Zero(t, totals.Superseded)
}

// A row in several reports of one backup counts once, with its latest outcome, whatever the order of the reports.
func TestDoubledRows(t *testing.T) {
	t.Parallel()
	late, early := created(1), created(1)
	early.Kind, early.At = restore.Failed, late.At.Add(-time.Hour)
	a := save(t, "a", textOf(t, testRun(), nil, late, created(2)))
	b := save(t, "b", textOf(t, testRun(), nil, early, created(3)))
	for _, paths := range [][]string{{a, b}, {b, a}, {a, b, a}} {
		totals := totalsOf(t, paths...)
		assert.Equal(t, int64(3), totals.Rows)
		assert.Equal(t, int64(3), totals.Outcomes[restore.Created])
		if len(paths) == 2 {
			assert.Equal(t, int64(1), totals.Doubled)
		} else {
			assert.Equal(t, int64(2), totals.Doubled)
		}
		assert.Equal(t, len(paths), totals.Killed)
	}
}

// A file of rejects that was mended and fed back is another backup; its later outcomes speak for their members.
func TestRejectsFedBack(t *testing.T) {
	t.Parallel()
	named := func(row int64, identity string, kind restore.Kind, after time.Duration) *restore.Outcome {
		o := created(row)
		o.Identity, o.Kind, o.At = identity, kind, o.At.Add(after)
		return o
	}
	rejects := testRun()
	rejects.Backup.SHA256, rejects.Backup.Path = strings.Repeat("cd", 32), "members.rejects.ndjson"
	first := save(t, "a", textOf(t, testRun(), nil, named(1, "a", restore.Created, 0), named(2, "b", restore.Rejected, 0),
		named(3, "c", restore.Rejected, 0), named(4, "d", restore.Created, 0)))
	second := save(t, "b", textOf(t, rejects, nil, named(1, "b", restore.Created, time.Hour), named(2, "c", restore.Rejected, time.Hour),
		named(3, "new", restore.Created, time.Hour), named(4, "d", restore.Failed, -time.Hour)))
	for _, paths := range [][]string{{first, second}, {second, first}} {
		totals := totalsOf(t, paths...)
		assert.Equal(t, int64(5), totals.Rows)
		assert.Equal(t, int64(4), totals.Outcomes[restore.Created])
		assert.Equal(t, int64(1), totals.Outcomes[restore.Rejected])
		assert.Equal(t, int64(3), totals.Superseded)
		assert.Equal(t, 2, totals.Backups)
		var text bytes.Buffer
		require.NoError(t, WriteText(&text, totals, prose.Style{Width: 500}))
		assert.Contains(t, text.String(), "2 different backups")
		assert.Contains(t, text.String(), "for their member: 3")
	}
}

// Damage is told, with its lines, and costs no other line.
func TestDamageIsTold(t *testing.T) {
	t.Parallel()
	text := textOf(t, testRun(), nil, created(1), created(2), created(3))
	damaged := bytes.Replace(text, []byte(`"row":2`), []byte(`"row":9`), 1)
	damaged = append(damaged, "{\"type\":\"outcome\",\"row\":7,\"outcome\":\"exists\"}\nnonsense\n{\"type\":\"outcome\",\"row\":8"...)
	totals := totalsOf(t, save(t, "r", damaged))
	assert.Equal(t, int64(3), totals.Rows)
	assert.Equal(t, Damage{Lines: 2, Where: []int64{3, 6}, Torn: true, Unknown: 1}, totals.Reports[0].Damage)
	var out bytes.Buffer
	require.NoError(t, WriteText(&out, totals, prose.Style{Width: 500}))
	assert.Contains(t, out.String(), "damaged lines that were passed over: 2 (line 3, 6)")
	assert.Contains(t, out.String(), "wrote or changed: 1")
	assert.Contains(t, out.String(), "the last line has no end")
}

func TestLoadOfNothing(t *testing.T) {
	t.Parallel()
	_, err := Load()
	require.Error(t, err)
	_, err = Load(filepath.Join(t.TempDir(), "none"))
	require.ErrorIs(t, err, os.ErrNotExist)
	_, err = Load(t.TempDir())
	require.ErrorIs(t, err, syscall.EISDIR)
	for _, text := range []string{"", "a,b\n1,2\n", "{}\n", "{\"identity\":\"jing\"}\n"} {
		_, err = Load(save(t, "x", []byte(text)))
		require.ErrorContains(t, err, "no report of rejoin", text)
	}
}

func TestDryRunTotals(t *testing.T) {
	t.Parallel()
	run := testRun()
	run.DryRun = true
	totals := totalsOf(t, save(t, "r", textOf(t, run, new(restore.Summary), created(1))))
	assert.True(t, totals.DryRun())
	var text, js bytes.Buffer
	require.NoError(t, WriteText(&text, totals, prose.Style{}))
	assert.Contains(t, text.String(), "would_create")
	assert.Contains(t, text.String(), "every row would be restored")
	require.NoError(t, WriteJSON(&js, totals))
	assert.Contains(t, js.String(), `"would_create": 1`)
}

func TestLatency(t *testing.T) {
	t.Parallel()
	for bucket := 1; bucket < 600; bucket++ {
		top := latencyTop(bucket)
		require.Equal(t, bucket, latencyBucket(top))
		require.Equal(t, bucket+1, latencyBucket(top+1))
	}
	var l Latency
	for ms := range int64(1000) {
		l.Add(time.Duration(ms) * time.Millisecond)
	}
	l.Add(time.Duration(-5) * time.Millisecond)
	l.Add(math.MaxInt64)
	assert.InDelta(t, 500, l.Percentile(50), 500.0/16)
	assert.InDelta(t, 990, l.Percentile(99), 990.0/16)
	assert.Equal(t, time.Duration(math.MaxInt64).Milliseconds(), l.Percentile(100))
	var both Latency
	both.Merge(&l)
	both.Merge(&l)
	assert.Equal(t, 2*l.Rows, both.Rows)
	assert.Equal(t, l.Percentile(99), both.Percentile(99))
	assert.Equal(t, l.Max, both.Max)
	assert.Zero(t, new(Latency).Percentile(50))
}

func TestManyCausesAreBounded(t *testing.T) {
	t.Parallel()
	var all []*restore.Outcome
	for code := range int64(causesKept + 500) {
		o := created(code + 1)
		o.Kind, o.ErrorCode = restore.Rejected, int(100_000+code)
		all = append(all, o)
	}
	totals := totalsOf(t, save(t, "r", textOf(t, testRun(), nil, all...)))
	require.Len(t, totals.Causes, causesKept+1)
	assert.Equal(t, ByOther, totals.Causes[0].Class)
	assert.Equal(t, int64(500), totals.Causes[0].Rows)
}
