package report

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/chat"
	"rejoin/restore"
	"rejoin/rules"
)

// lineOf is an outcome's line without its seal, which is checked.
func lineOf(t *testing.T, o *restore.Outcome, dryRun bool) string {
	t.Helper()
	line := appendOutcome(nil, o, dryRun)
	require.Equal(t, byte('\n'), line[len(line)-1])
	require.Equal(t, intact, sealOf(line[:len(line)-1]))
	require.True(t, json.Valid(line))
	return string(line[:len(line)-1-sealLen]) + "}"
}

func TestOutcomeLines(t *testing.T) {
	t.Parallel()
	recovered := created(7)
	recovered.Recovered, recovered.Attempts, recovered.NotApplied = true, 3, []string{"attributes"}
	recovered.Channel = "general"
	at := testStart
	for name, c := range map[string]struct {
		outcome *restore.Outcome
		dryRun  bool
		want    string
	}{
		"created": {created(1), false, `{"type":"outcome","row":1,"line":1,"outcome":"created","service_sid":"` + testService +
			`","channel_sid":"` + testChannel + `","identity":"jing","backup_sid":"` + testMember + `","member_sid":"` + testMember +
			`","attempts":1,"http_status":201,"elapsed_ms":48,"at":"2026-03-04T05:06:07.090Z"}`},
		"would create": {
			&restore.Outcome{Row: 1, Line: 2, Kind: restore.Created, At: at}, true,
			`{"type":"outcome","row":1,"line":2,"outcome":"would_create","at":"2026-03-04T05:06:07.089Z"}`,
		},
		"recovered": {recovered, false, `{"type":"outcome","row":7,"line":7,"outcome":"created","service_sid":"` + testService +
			`","channel_sid":"` + testChannel + `","channel":"general","identity":"jing","backup_sid":"` + testMember +
			`","member_sid":"` + testMember + `","attempts":3,"recovered":true,"http_status":201,"not_applied":["attributes"],` +
			`"elapsed_ms":48,"at":"2026-03-04T05:06:07.096Z"}`},
		"rejected": {&restore.Outcome{
			Row: 2, Line: 2, Kind: restore.Rejected, Channel: "general", Identity: "a", Attempts: 1, HTTPStatus: 404, ErrorCode: 20404,
			Error: "not found", RequestID: "RQ1", At: at,
		}, false, `{"type":"outcome","row":2,"line":2,"outcome":"rejected","channel_sid":"general","identity":"a","attempts":1,` +
			`"http_status":404,"error_code":20404,"error":"not found","request_id":"RQ1","elapsed_ms":0,"at":"2026-03-04T05:06:07.089Z"}`},
		"invalid": {&restore.Outcome{Row: 3, Line: 9, Kind: restore.Invalid, Problems: []rules.Problem{
			{Column: "date_created", Rule: "bad-timestamp", Message: "found \"x\""}, {Rule: "bad-json", Message: "m"},
		}, At: at}, false, `{"type":"outcome","row":3,"line":9,"outcome":"invalid","problems":[{"column":"date_created",` +
			`"rule":"bad-timestamp","message":"found \"x\""},{"rule":"bad-json","message":"m"}],"at":"2026-03-04T05:06:07.089Z"}`},
		"differs": {&restore.Outcome{Row: 4, Line: 4, Kind: restore.Differs, Differences: []chat.Difference{
			{Field: "attributes", Want: "{}", Got: ""},
		}, At: at}, false, `{"type":"outcome","row":4,"line":4,"outcome":"differs",` +
			`"differences":[{"field":"attributes","want":"{}","got":""}],"at":"2026-03-04T05:06:07.089Z"}`},
		"duplicate": {
			&restore.Outcome{Row: 5, Line: 5, Kind: restore.Duplicate, DuplicateOf: 2, At: at}, false,
			`{"type":"outcome","row":5,"line":5,"outcome":"duplicate","duplicate_of":2,"same":false,"at":"2026-03-04T05:06:07.089Z"}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, c.want, lineOf(t, c.outcome, c.dryRun))
		})
	}
}

func TestSummaryLine(t *testing.T) {
	t.Parallel()
	s := restore.Summary{Read: 3, NotRestored: 2, Requests: 9, Throttled: 1, Elapsed: 1500 * time.Millisecond}
	s.Counts[restore.Created], s.Counts[restore.Failed], s.Counts[restore.Pending] = 1, 1, 1
	line := string(appendSummary(nil, &s, 3, []Note{{"stopped", `"why"`}}))
	want := `{"type":"summary","read":3,"created":1,"updated":0,"exists":0,"differs":0,"duplicate":0,"invalid":0,` +
		`"rejected":0,"failed":1,"unknown":0,"pending":1,"not_restored":2,"requests":9,"throttled":1,"elapsed_s":1.500,` +
		`"exit_code":3,"stopped":"\"why\"","crc":"`
	require.True(t, strings.HasPrefix(line, want), line)
	assert.Equal(t, intact, sealOf([]byte(line[:len(line)-1])))
	s.DryRun = true
	line = string(appendSummary(nil, &s, 0, nil))
	assert.Contains(t, line, `"read":3,"would_create":1,"would_update":0,"would_exist":0,"would_differ":0,"duplicate":0,`)
}

// checkString holds appendString against encoding/json.
func checkString(t *testing.T, s string) {
	t.Helper()
	got := appendString(nil, s)
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	require.NoError(t, enc.Encode(s))
	var ours, theirs string
	require.NoError(t, json.Unmarshal(got, &ours), "%q", s)
	require.NoError(t, json.Unmarshal(buf.Bytes(), &theirs))
	require.Equal(t, theirs, ours)
	require.True(t, utf8.Valid(got))
	if utf8.ValidString(s) {
		require.Equal(t, s, ours)
	} else {
		require.Contains(t, ours, "\uFFFD")
	}
	require.NotContains(t, string(got), "\n")
}

func FuzzString(f *testing.F) {
	for _, s := range strange {
		f.Add(s)
	}
	for _, s := range []string{"\xff", "a\xc3", "\xed\xa0\x80", "\xf0\x9f\x98", "é\x80é", "\u2028"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		checkString(t, s)
		if got := journalled(s); utf8.ValidString(s) {
			require.Equal(t, s, got)
		} else {
			var back string
			require.NoError(t, json.Unmarshal(appendString(nil, s), &back))
			require.Equal(t, back, got, "a key must be the same before and after the journal")
		}
	})
}

func TestTimes(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	for range 20_000 {
		at := time.Unix(r.Int64N(253402300800+62167219200)-62167219200, r.Int64N(1e9)).In(time.FixedZone("", r.IntN(80000)-40000))
		text := appendTime(nil, at)
		require.Equal(t, at.UTC().Format("2006-01-02T15:04:05.000Z"), string(text))
		back, ok := parseTime(text)
		require.True(t, ok)
		require.Equal(t, at.UTC().Truncate(time.Millisecond), back)
	}
	for _, bad := range []string{
		"", "2026-03-04T05:06:07Z", "2026-13-04T05:06:07.000Z", "2026-02-30T05:06:07.000Z", "2026-02-03T24:06:07.000Z",
		"2026-02-03T23:60:07.000Z", "2026-02-03T23:00:60.000Z", "2026-02-03 23:00:00.000Z", "2026-02-03T23:00:0x.000Z",
		"2026-00-03T23:00:00.000Z", "2026-01-00T23:00:00.000Z",
	} {
		_, ok := parseTime([]byte(bad))
		assert.False(t, ok, bad)
	}
}

func TestLongTextsAreClipped(t *testing.T) {
	t.Parallel()
	o := created(1)
	o.Error = strings.Repeat("é", maxText)
	var e entry
	require.NoError(t, new(scanner).parse(bytes.TrimSuffix(appendOutcome(nil, o, false), []byte("\n")), &e))
	assert.Less(t, len(e.failure), maxText+8)
	assert.True(t, utf8.Valid(e.failure))
	assert.True(t, strings.HasSuffix(string(e.failure), "é…"))
}

func TestWritingDoesNotAllocate(t *testing.T) {
	j := newJournal("", discard{}, new(testRun()))
	outcomes := []*restore.Outcome{created(1), created(2), created(3)}
	require.NoError(t, j.Write(outcomes))
	assert.Zero(t, testing.AllocsPerRun(1000, func() { _ = j.Write(outcomes) }))
	require.NoError(t, j.Close())
}

// discard is a file that takes everything.
type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }
func (discard) Sync() error                 { return nil }
func (discard) Close() error                { return nil }

func BenchmarkJournal(b *testing.B) {
	j := newJournal("", discard{}, new(testRun()))
	var outcomes []*restore.Outcome
	for row := range int64(64) {
		outcomes = append(outcomes, created(row+1))
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := j.Write(outcomes); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/64, "ns/row")
}

// BenchmarkJournalFile writes one row at a time into a real file, as a slow run does: the dearest way there is.
func BenchmarkJournalFile(b *testing.B) {
	j, err := Create(b.TempDir()+"/r", testRun())
	require.NoError(b, err)
	outcomes := []*restore.Outcome{created(1)}
	b.ReportAllocs()
	for b.Loop() {
		if err := j.Write(outcomes); err != nil {
			b.Fatal(err)
		}
	}
	require.NoError(b, j.Close())
}
