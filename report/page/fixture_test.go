package page

import (
	"encoding/json"
	"fmt"
	"hash/crc32"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rejoin/report"
)

var fixtureStart = time.Date(2026, 11, 20, 8, 30, 0, 0, time.UTC)

const (
	fixtureService = "IS9df6b026a8c6c26e3c3acd2370a16e93"
	// evil are texts that a page must show as they are, or not at all.
	evil = `<script>alert(1)</script>`
)

// line is a line of a report.
type line map[string]any

// lines are a report that is written by hand, so that it can hold what no run of a test would leave behind.
type lines struct {
	text []byte
	rows int64
}

// add appends a sealed line, its type first.
func (l *lines) add(tb testing.TB, kind string, fields line) {
	tb.Helper()
	text, err := json.Marshal(fields)
	require.NoError(tb, err)
	sealed := fmt.Appendf(nil, `{"type":%q,%s`, kind, text[1:len(text)-1])
	sum := crc32.Checksum(sealed, crc32.MakeTable(crc32.Castagnoli))
	l.text = fmt.Appendf(append(l.text, sealed...), `,"crc":"%08x"}`+"\n", sum)
}

func (l *lines) run(tb testing.TB, at time.Time, change line) {
	tb.Helper()
	fields := line{
		"schema": 1, "version": "1.4.0", "command": "restore", "started_at": stamp(at),
		"backup":  line{"path": "members.ndjson", "bytes": 31_204_118, "sha256": strings.Repeat("ab", 32), "format": "ndjson"},
		"target":  line{"api_url": "https://chat.twilio.com", "service_sid": fixtureService},
		"options": line{"rejects": "members.ndjson.rejects.ndjson", "rate": "50", "on_conflict": "skip"},
		"meaning": []string{"on_conflict"}, "args": []string{"restore", "--rate", "50", "members.ndjson"},
	}
	maps.Copy(fields, change)
	l.add(tb, "run", fields)
}

// outcome appends the outcome of the next row.
func (l *lines) outcome(tb testing.TB, at time.Time, change line) {
	tb.Helper()
	l.rows++
	fields := line{
		"row": l.rows, "line": l.rows, "outcome": "created", "service_sid": fixtureService,
		"channel_sid": fmt.Sprintf("CH%032x", 7919*(1+l.rows%90)), "identity": fmt.Sprintf("user-%05d", l.rows),
		"attempts": 1, "http_status": 201, "elapsed_ms": 60, "at": stamp(at),
	}
	maps.Copy(fields, change)
	l.add(tb, "outcome", fields)
}

func (l *lines) progress(tb testing.TB, at time.Time, requests, throttled int64, away bool) {
	tb.Helper()
	fields := line{"at": stamp(at), "requests": requests, "throttled": throttled}
	if away {
		fields["outage"] = true
	}
	l.add(tb, "progress", fields)
}

func (l *lines) summary(tb testing.TB, fields line) {
	tb.Helper()
	l.add(tb, "summary", fields)
}

// save writes the report into a folder of its own.
func (l *lines) save(tb testing.TB, name string) string {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), name)
	require.NoError(tb, os.WriteFile(path, l.text, 0o600))
	return path
}

func stamp(at time.Time) string { return at.UTC().Format("2006-01-02T15:04:05.000Z") }

// refusals are ways in which rows are not restored, and how many of a thousand rows each befalls.
func refusals() []struct {
	of     int
	change line
} {
	const api = "create member: the API answered "
	return []struct {
		of     int
		change line
	}{
		{14, line{"outcome": "rejected", "http_status": 403, "error_code": 50403, "error": api + "403 Forbidden, code 50403: Channel member limit exceeded", "request_id": "RQ3b1c0d5f5a8e4f0b9d6d2c7a11e0f4aa"}},
		{4, line{"outcome": "rejected", "http_status": 404, "error_code": 50300, "error": api + "404 Not Found, code 50300: Channel not found", "request_id": "RQ77d1c0d5f5a8e4f0b9d6d2c7a11e0f4b"}},
		{3, line{"outcome": "invalid", "attempts": 0, "http_status": 0, "elapsed_ms": 0, "problems": []line{{"column": "date_created", "rule": "bad-timestamp", "message": `found "yesterday", expected a date and a time`}}}},
		{2, line{"outcome": "rejected", "http_status": 400, "error_code": 50100, "error": api + "400 Bad Request, code 50100: Role not found"}},
		{2, line{"outcome": "unknown", "http_status": 503, "attempts": 9, "error": "create member: the API answered 503 Service Unavailable: upstream connect error"}},
		{1, line{"outcome": "failed", "http_status": 0, "attempts": 9, "error": "Post \"https://chat.twilio.com/v2/…\": dial tcp: connect: connection refused"}},
		{1, line{"outcome": "duplicate", "attempts": 0, "http_status": 0, "elapsed_ms": 0, "duplicate_of": 12, "same": false}},
	}
}

// demos are the reports that [demo] has made. Each is made once.
var demos struct {
	sync.Mutex
	made map[bool][]byte
}

// demo is a report on its own, with all that the page shows.
func demo(tb testing.TB, finished bool) string {
	tb.Helper()
	demos.Lock()
	defer demos.Unlock()
	if demos.made == nil {
		demos.made = map[bool][]byte{}
	}
	if demos.made[finished] == nil {
		demos.made[finished] = makeDemo(tb, finished)
	}
	return (&lines{text: demos.made[finished]}).save(tb, "members.ndjson.report.ndjson")
}

// makeDemo is a report such as a long day leaves: two runs, the first interrupted, with limits met, an outage, and rows of
// every kind that are not restored. finished says whether nothing is left to do.
func makeDemo(tb testing.TB, finished bool) []byte {
	tb.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	l := new(lines)
	at := fixtureStart
	l.run(tb, at, nil)
	counts := map[string]int64{}
	var requests, throttled int64
	second := func(i int, pace float64) {
		slow := math.Max(0, math.Sin(float64(i)/120)) // the service has better and worse minutes
		held := i%400 > 300 && i%400 < 360
		if held {
			pace *= 0.45
		}
		n := int64(pace * (0.9 + r.Float64()*0.2))
		for k := range n {
			change := line{"elapsed_ms": int64(45 + slow*60 + 25*r.ExpFloat64())}
			if r.IntN(60) == 0 {
				change["elapsed_ms"], change["attempts"] = int64(400+900*slow+300*r.ExpFloat64()), 2
			}
			pick := r.IntN(1000)
			for _, bad := range refusals() {
				if pick -= bad.of; pick < 0 {
					maps.Copy(change, bad.change)
					break
				}
			}
			if change["outcome"] == "rejected" && change["error_code"] == 50403 {
				change["channel_sid"] = fmt.Sprintf("CH%032x", 7919*(1+r.IntN(4)))
			}
			if change["outcome"] == "invalid" && l.rows%5 == 0 {
				change["identity"] = evil
			}
			if _, ok := change["outcome"]; !ok && r.IntN(12) == 0 {
				change["outcome"] = "exists"
			}
			outcome, ok := change["outcome"].(string)
			if !ok {
				outcome = "created"
			}
			counts[outcome]++
			l.outcome(tb, at.Add(time.Duration(k)*time.Second/time.Duration(n)), change)
		}
		requests += n + n/40
		if held {
			more := int64(pace * 0.5)
			requests, throttled = requests+more, throttled+more
		}
		at = at.Add(time.Second)
		l.progress(tb, at, requests, throttled, false)
	}
	end := func(status int, pending int64) {
		fields := line{
			"read": l.rows + pending, "pending": pending, "requests": requests, "throttled": throttled,
			"elapsed_s": 1000.0, "exit_code": status, "not_restored": 0,
		}
		for outcome, n := range counts {
			fields[outcome] = n
		}
		l.summary(tb, fields)
	}
	for i := range 620 {
		second(i, 24)
	}
	l.progress(tb, at, requests+3, throttled, true)
	at = at.Add(90 * time.Second)
	requests += 8
	for i := range 290 {
		second(i, 24)
	}
	end(130, 9000)
	requests, throttled = 0, 0
	at = at.Add(26 * time.Hour)
	l.run(tb, at, line{"resumed": true})
	for i := range 380 {
		second(i+500, 24)
	}
	if finished {
		end(3, 0)
	} else {
		end(5, 1234)
	}
	return l.text
}

// pageOf is the page of some reports.
func pageOf(tb testing.TB, cfg Config, paths ...string) string {
	tb.Helper()
	reports, err := report.Load(paths...)
	require.NoError(tb, err)
	var out strings.Builder
	if cfg.Made.IsZero() {
		cfg.Version, cfg.Made = "1.4.0", fixtureStart.Add(48*time.Hour)
	}
	_, err = Write(&out, reports, cfg)
	require.NoError(tb, err)
	return out.String()
}
