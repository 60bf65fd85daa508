package report

import (
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rejoin/chat"
	"rejoin/restore"
	"rejoin/rules"
)

const (
	testService = "IS0123456789abcdef0123456789abcdef"
	testChannel = "CH0123456789abcdef0123456789abcdef"
	testMember  = "MB0123456789abcdef0123456789abcdef"
)

var testStart = time.Date(2026, 3, 4, 5, 6, 7, 89e6, time.UTC)

// testRun is a run as the program begins one.
func testRun() Run {
	return Run{
		Version: "1.2.3", Command: "restore", StartedAt: testStart,
		Backup:  Backup{Path: "members.ndjson", Bytes: 700, SHA256: strings.Repeat("ab", 32), Format: "ndjson"},
		Target:  Target{APIURL: "https://chat.twilio.com", ServiceSID: testService},
		Meaning: map[string]string{"on_conflict": "skip", "on_duplicate": "first"},
		Options: map[string]string{"rate": "25", "workers": "32"},
	}
}

// created is an outcome as most rows have it.
func created(row int64) *restore.Outcome {
	return &restore.Outcome{
		Row: row, Line: row, Kind: restore.Created,
		ServiceSID: testService, Channel: testChannel, ChannelSID: testChannel, Identity: "jing",
		BackupSID: testMember, MemberSID: testMember, Attempts: 1, HTTPStatus: 201,
		Elapsed: 48 * time.Millisecond, At: testStart.Add(time.Duration(row) * time.Millisecond),
	}
}

// strange are texts that a backup or a proxy may hold.
var strange = []string{
	"", "jing", "a\"b", `back\slash`, "tab\tand\nline", "\x00\x1f\x7f", "日本語", "😀", "\u2028\u2029", "</script>", "=1+1",
	"{\"type\":\"outcome\"}", `","crc":"00000000"}`, strings.Repeat("long ", 200),
}

func someText(r *rand.Rand) string { return strange[r.IntN(len(strange))] }

// someOutcome is an outcome with anything in it that an outcome may hold.
func someOutcome(r *rand.Rand, row int64) *restore.Outcome {
	o := &restore.Outcome{
		Row: row, Line: row + r.Int64N(5), Kind: restore.Kind(1 + r.IntN(restore.NumKinds-1)),
		ServiceSID: testService, Channel: testChannel, ChannelSID: testChannel, Identity: someText(r),
		At: testStart.Add(time.Duration(r.Int64N(1e6)) * time.Millisecond),
	}
	switch r.IntN(4) {
	case 0:
		o.Channel = "general " + someText(r)
	case 1:
		o.Channel, o.ChannelSID = "general", ""
	case 2:
		o.Channel, o.ChannelSID, o.ServiceSID = "", "", ""
	}
	if o.Kind == restore.Extra {
		o.Row, o.Line = 0, 0
	}
	someAnswer(r, o)
	if o.Kind == restore.Duplicate {
		o.DuplicateOf, o.Same = 1+r.Int64N(100), r.IntN(2) == 0
	}
	return o
}

func someAnswer(r *rand.Rand, o *restore.Outcome) {
	if r.IntN(2) == 0 {
		o.Attempts, o.HTTPStatus, o.ErrorCode = r.IntN(9), r.IntN(600), r.IntN(60000)
		o.Error, o.RequestID, o.MemberSID, o.BackupSID = someText(r), someText(r), testMember, someText(r)
		o.Elapsed, o.Recovered = time.Duration(r.IntN(1e6))*time.Millisecond, r.IntN(2) == 0
	}
	for range r.IntN(3) {
		o.NotApplied = append(o.NotApplied, someText(r))
		o.Differences = append(o.Differences, chat.Difference{Field: someText(r), Want: someText(r), Got: someText(r)})
		o.Problems = append(o.Problems, rules.Problem{Column: someText(r), Rule: "bad-index", Message: someText(r)})
	}
}

// written is the path of a report of these outcomes.
func written(t *testing.T, outcomes ...*restore.Outcome) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "run.report.ndjson")
	j, err := Create(path, testRun())
	require.NoError(t, err)
	require.NoError(t, j.Write(outcomes))
	require.NoError(t, j.Close())
	return path
}
