package page

import (
	"encoding/json"
	"errors"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/internal/prose"
	"rejoin/report"
)

// text is a page as it is read: without its style, its script and its markup, and with its texts' spaces made one.
func text(page string) string {
	for _, part := range []string{`(?s)<style>.*?</style>`, `(?s)<script.*?</script>`, `(?s)<[^>]*>`} {
		page = regexp.MustCompile(part).ReplaceAllString(page, " ")
	}
	return strings.Join(strings.Fields(strings.NewReplacer("&#34;", `"`, "&#39;", "'", "&lt;", "<", "&gt;", ">", "&amp;", "&").Replace(page)), " ")
}

// dataOf is what the page's script reads.
func dataOf(t *testing.T, page string) (data tableData) {
	t.Helper()
	_, rest, ok := strings.Cut(page, `<script type="application/json" id="data">`)
	require.True(t, ok, "there is a table")
	raw, _, ok := strings.Cut(rest, "</script>")
	require.True(t, ok)
	require.NoError(t, json.Unmarshal([]byte(raw), &data), raw)
	return data
}

// small is a report of a few rows.
func small(t *testing.T, build func(l *lines)) string {
	t.Helper()
	l := new(lines)
	build(l)
	return l.save(t, "small.report.ndjson")
}

func TestEveryRowIsRestored(t *testing.T) {
	t.Parallel()
	page := pageOf(t, Config{}, small(t, func(l *lines) {
		l.run(t, fixtureStart, nil)
		for i := range 40 {
			l.outcome(t, fixtureStart.Add(time.Duration(i)*100*time.Millisecond), nil)
		}
		l.progress(t, fixtureStart.Add(4*time.Second), 41, 0, false)
		l.summary(t, line{"read": 40, "created": 40, "requests": 41, "elapsed_s": 4, "exit_code": 0})
	}))
	got := text(page)
	assert.Contains(t, page, `<section class="verdict done"`)
	assert.Contains(t, got, "Every row is restored. 40 rows read. Every one has its outcome, and none is missing.")
	assert.Contains(t, got, "40 read = 40 created + 0 updated + 0 exists")
	assert.Contains(t, got, "It adds up, as it must")
	assert.Contains(t, got, "rejoin verify --service "+fixtureService+" members.ndjson")
	assert.Contains(t, got, "No request was answered 429")
	assert.Contains(t, got, "Took 4s, 10.0 rows a second")
	assert.Contains(t, got, "none was found: every line is whole")
	assert.NotContains(t, got, "--resume", "there is nothing to go on with")
	assert.NotContains(t, got, "Why rows are not restored")
	assert.NotContains(t, page, `id="data"`, "there is no row to list")
	for _, chart := range []string{"pace", "requests", "latency"} {
		assert.Contains(t, page, `id="`+chart+`"`)
	}
}

func TestRowsThatAreNotRestored(t *testing.T) {
	t.Parallel()
	path := demo(t, true)
	page := pageOf(t, Config{}, path)
	got := text(page)
	assert.Contains(t, page, `<section class="verdict missing"`)
	assert.Contains(t, got, "781 of 28,738 rows are not restored. 27,957 (97.28 %) are restored.")
	assert.Contains(t, got, "The most frequent cause, in 387 rows: the channel is full.")
	assert.Contains(t, got, "rejoin restore --resume --rate 50 members.ndjson")
	assert.Contains(t, got, "rejoin restore --rate 50 members.ndjson.rejects.ndjson")
	assert.Contains(t, got, "28,738 read = 25,653 created + 0 updated + 2,304 exists + 0 differs + 25 duplicate + 87 invalid + 583 rejected")
	assert.Contains(t, got, "50403 the channel is full 387 49.55 % of the rows that are not restored")
	assert.Contains(t, got, "To mend it: Raise Limits.ChannelMembers")
	assert.Contains(t, got, "interrupted (SIGINT); 9,000 rows pending", "every run is told")
	assert.Equal(t, 6, strings.Count(page, "<rect class=\"away\""), "the outage is in each chart, in both sizes")
	assert.Contains(t, page, `class="break"`, "the night between the runs is left out")
	assert.Contains(t, page, `href="#cause=code%3a50403"`)

	data := dataOf(t, page)
	assert.Len(t, data.Rows, 781)
	assert.Len(t, data.Causes, 7)
	full := 0
	for i := range data.Rows {
		if data.Causes[data.Rows[i].Causes[0]].ID == "code:50403" {
			full++
			assert.Equal(t, "403 50403: create member: the API answered 403 Forbidden, code 50403: Channel member limit exceeded", data.Rows[i].Reason)
		}
	}
	assert.Equal(t, 387, full)
}

// Whatever a report says is text: no element, no attribute and no script of the page is of its making.
func TestWhatAReportSaysIsText(t *testing.T) {
	t.Parallel()
	hostile := []string{
		evil, `"><img src=x onerror=alert(1)>`, `</script><script>alert(2)</script>`, `'-alert(3)-'`, "a\u2028b\u2029c", "\x1b[31mred\x1b[0m",
		`<!--`, `]]>`, `javascript:alert(4)`, `{{.}}`, "\u202egnp.exe", `&lt;b&gt;`, "back`tick${x}", `</title></style><svg onload=alert(5)>`,
	}
	plain := pageOf(t, Config{}, small(t, func(l *lines) { hostileReport(t, l, "harmless", "no-harm", len(hostile)) }))
	elements := regexp.MustCompile(`<[a-zA-Z/!][^<>\s]*`)
	for _, bad := range hostile {
		page := pageOf(t, Config{}, small(t, func(l *lines) { hostileReport(t, l, bad, bad, len(hostile)) }))
		assert.Equal(t, elements.FindAllString(withoutData(plain), -1), elements.FindAllString(withoutData(page), -1),
			"%q changes no markup", bad)
		assert.False(t, strings.ContainsAny(page, "\u2028\u2029\x1b\u202e"), "%q", bad)
		assert.Equal(t, 1, strings.Count(page, "</style>"), "%q", bad)
		assert.Equal(t, 2, strings.Count(page, "</script>"), "%q: that of the data and that of the script", bad)
		data := dataOf(t, page)
		require.NotEmpty(t, data.Rows)
		assert.Equal(t, prose.Visible(bad), data.Rows[0].Identity, "it is still there, as text")
		if strings.ContainsAny(bad, "<>") {
			assert.Zero(t, strings.Count(page, bad), "%q stands nowhere as it is", bad)
		}
	}
}

// withoutData is a page without what its script reads, which is no markup.
func withoutData(page string) string {
	before, rest, _ := strings.Cut(page, `id="data">`)
	_, after, _ := strings.Cut(rest, "</script>")
	return before + after
}

// hostileReport says something wherever a report can.
func hostileReport(t *testing.T, l *lines, bad, key string, n int) {
	t.Helper()
	l.run(t, fixtureStart, line{
		"version": bad, "command": bad, "backup": line{"path": bad, "format": bad}, "target": line{"api_url": bad, "service_sid": bad},
		"options": line{"rejects": bad, "limit": bad}, "meaning": []string{}, "args": []string{bad, bad, "--x=" + bad},
	})
	for range n {
		row := line{"outcome": "rejected", "identity": bad, "channel_sid": bad, "service_sid": bad, "error": bad, "request_id": bad, "http_status": 400}
		l.outcome(t, fixtureStart.Add(time.Second), row)
		l.outcome(t, fixtureStart.Add(time.Second), line{"outcome": "invalid", "identity": bad, "problems": []line{{"column": bad, "rule": key, "message": bad}}})
		l.outcome(t, fixtureStart.Add(time.Second), line{"outcome": "differs", "identity": bad, "differences": []line{{"field": key, "want": bad, "got": bad}}})
		l.outcome(t, fixtureStart.Add(time.Second), line{"not_applied": []string{key}, "identity": bad})
	}
	l.summary(t, line{"read": 4 * n, "exit_code": 3, "elapsed_s": 1, "requests": 4})
}

// The policy allows the page's own style and script, and nothing is in the page that it would refuse.
func TestThePageObeysItsPolicy(t *testing.T) {
	t.Parallel()
	page := withoutData(pageOf(t, Config{}, demo(t, true)))
	assert.Contains(t, page, `default-src &#39;none&#39;`)
	for _, name := range []string{"page.css", "page.js"} {
		raw, allowed, err := source(name)
		require.NoError(t, err)
		assert.Contains(t, page, ">"+raw+"</", "%s stands there as it is", name)
		assert.Contains(t, page, strings.NewReplacer("'", "&#39;", "+", "&#43;").Replace(allowed))
		for _, form := range []string{"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "@import", "url("} {
			assert.NotContains(t, raw, form, name)
		}
	}
	markup := regexp.MustCompile(`(?s)<(style|script)>.*?</(style|script)>`).ReplaceAllString(page, "")
	assert.NotRegexp(t, `<[^>]+\s(style|on\w+|src)=`, markup)
	assert.NotRegexp(t, `<(link|img|iframe|object|embed|base)\b`, markup)
}

func TestRedactedPagesHoldNothingOfABackup(t *testing.T) {
	t.Parallel()
	const secret = "zz-secret-zz"
	path := small(t, func(l *lines) {
		l.run(t, fixtureStart, line{
			"options": line{"only_channel": secret + "-1"}, "meaning": []string{"only_channel"},
			"args": []string{"restore", "--only-channel=" + secret + "-1", "members.ndjson"},
		})
		for _, channel := range []string{secret + "-1", secret + "-2", secret + "-1"} {
			l.outcome(t, fixtureStart, line{"outcome": "rejected", "identity": secret, "channel_sid": channel, "error": secret, "error_code": 50403})
			l.outcome(t, fixtureStart, line{"outcome": "invalid", "identity": secret, "channel_sid": channel, "problems": []line{{"rule": "bad-timestamp", "message": secret}}})
			l.outcome(t, fixtureStart, line{"outcome": "differs", "identity": secret, "channel_sid": channel, "differences": []line{{"field": "role_sid", "want": secret, "got": secret}}})
			l.outcome(t, fixtureStart, line{"not_applied": []string{"date_created"}, "identity": secret, "channel_sid": channel, "channel": secret})
		}
	})
	assert.Contains(t, pageOf(t, Config{}, path), secret, "the test looks for the right thing")
	page := pageOf(t, Config{Redact: true}, path)
	assert.NotContains(t, page, secret)
	data := dataOf(t, page)
	assert.Len(t, data.Rows, 9)
	assert.Equal(t, data.Rows[0].Channel, data.Rows[6].Channel, "a channel is called the same everywhere")
	assert.NotEqual(t, data.Rows[0].Channel, data.Rows[3].Channel)
	assert.Contains(t, text(page), data.Rows[0].Channel+" ")
	assert.Contains(t, text(page), "Identities, channels' names and values are left out")
}

func TestTheTableIsBounded(t *testing.T) {
	t.Parallel()
	const n = rowsShown + 345
	page := pageOf(t, Config{}, small(t, func(l *lines) {
		l.run(t, fixtureStart, nil)
		for i := range n {
			l.outcome(t, fixtureStart, line{"outcome": "rejected", "error_code": 50403, "error": strings.Repeat("long ", 1+1000/(1+i))})
		}
	}))
	data := dataOf(t, page)
	assert.Len(t, data.Rows, rowsShown)
	assert.Equal(t, int64(rowsShown), data.Rows[rowsShown-1].Line, "they are the first")
	assert.Less(t, len(data.Rows[0].Reason), longestText+8)
	assert.Contains(t, text(page), "The first 2,000 of 2,345 in the order of the report. All of them, for a spreadsheet: rejoin report --csv rows.csv ")
}

func TestReportsWithoutRows(t *testing.T) {
	t.Parallel()
	page := pageOf(t, Config{}, small(t, func(l *lines) {
		l.run(t, fixtureStart, nil)
		l.summary(t, line{"read": 0, "exit_code": 1, "elapsed_s": 0})
	}))
	got := text(page)
	assert.Contains(t, got, "No row has an outcome.")
	assert.Contains(t, got, "There is nothing to draw")
	assert.NotContains(t, got, "NaN")

	killed := text(pageOf(t, Config{}, small(t, func(l *lines) { l.run(t, fixtureStart, nil) })))
	assert.Contains(t, killed, "There is no summary: the run was killed, or is still going on.")
	assert.Contains(t, killed, "rejoin restore --resume --rate 50 members.ndjson")
}

func TestADryRun(t *testing.T) {
	t.Parallel()
	build := func(outcome string) string {
		return small(t, func(l *lines) {
			l.run(t, fixtureStart, line{"dry_run": true, "args": []string{"restore", "-n", "--report", "dry.ndjson", "--rate=5", "members.ndjson"}})
			l.outcome(t, fixtureStart, line{"outcome": "would_create"})
			l.outcome(t, fixtureStart, line{"outcome": outcome, "http_status": 404, "error_code": 50300})
			l.summary(t, line{"read": 2, "would_create": 1, "exit_code": 0, "elapsed_s": 1, "requests": 2})
		})
	}
	page := pageOf(t, Config{}, build("would_exist"))
	got := text(page)
	assert.Contains(t, got, "Dry run: nothing was written to the Service Every row would be restored.")
	assert.Contains(t, got, "2 read = 1 would_create + 0 would_update + 1 would_exist")
	assert.Contains(t, got, "rejoin restore --report members.ndjson.restore.report.ndjson --rate=5 members.ndjson")
	assert.NotContains(t, got, "verify")
	assert.Contains(t, text(pageOf(t, Config{}, build("rejected"))), "1 of 2 rows would not be restored. 1 (50.00 %) would be restored.")
}

func TestAVerifyAndAnUndo(t *testing.T) {
	t.Parallel()
	report := func(command, good, bad string) string {
		return small(t, func(l *lines) {
			l.run(t, fixtureStart, line{"command": command, "args": []string{command, "--rate=9", "members.ndjson"}})
			l.outcome(t, fixtureStart, line{"outcome": good})
			if bad != "" {
				l.outcome(t, fixtureStart, line{"outcome": bad})
			}
			l.summary(t, line{"read": l.rows, "exit_code": 0, "elapsed_s": 1, "requests": 2})
		})
	}
	assert.Contains(t, text(pageOf(t, Config{}, report("verify", "same", ""))), "Every row is as in the backup.")
	got := text(pageOf(t, Config{}, report("verify", "same", "missing")))
	assert.Contains(t, got, "1 of 2 rows is not as in the backup. 1 (50.00 %) are as in the backup. Nothing was changed")
	assert.Contains(t, got, "2 read = 1 same + 1 missing + 0 differs + 0 duplicate")
	assert.Contains(t, got, "rejoin restore --service "+fixtureService+" --report members.ndjson.restore.report.ndjson members.ndjson")
	assert.NotContains(t, got, "not restored")

	more := small(t, func(l *lines) {
		l.run(t, fixtureStart, line{"command": "verify"})
		l.outcome(t, fixtureStart, line{"outcome": "same"})
		l.outcome(t, fixtureStart, line{"outcome": "extra", "row": 0, "line": 0, "identity": "newcomer"})
		l.summary(t, line{"read": 1, "same": 1, "extra": 1, "exit_code": 7, "elapsed_s": 1, "requests": 2})
	})
	page := pageOf(t, Config{}, more)
	assert.Contains(t, text(page), "Every row is as in the backup. The Service holds more: 1 member is in no row of the backup.")
	assert.Contains(t, text(page), "1 read = 1 same + 0 missing")
	assert.Contains(t, text(page), "It adds up")
	assert.Equal(t, "newcomer", dataOf(t, page).Rows[0].Identity)

	assert.Contains(t, text(pageOf(t, Config{}, report("undo", "deleted", ""))), "Every member that was made is gone again.")
	got = text(pageOf(t, Config{}, report("undo", "gone", "kept")))
	assert.Contains(t, got, "1 of 2 rows is not undone.")
	assert.Contains(t, got, "2 read = 0 deleted + 1 gone + 1 kept + 0 rejected")
	assert.NotContains(t, got, "rejoin verify")
}

func TestSeveralReports(t *testing.T) {
	t.Parallel()
	shard := func(k string, first int64, missing bool) string {
		l := &lines{rows: first}
		l.run(t, fixtureStart, line{"options": line{"shard": k + "/2", "rejects": "r" + k + ".ndjson"}, "meaning": []string{"shard"}, "args": []string{"restore", "--shard", k + "/2", "--report", k + ".ndjson", "members.ndjson"}})
		l.outcome(t, fixtureStart, nil)
		if missing {
			l.outcome(t, fixtureStart, line{"outcome": "failed", "http_status": 503})
		}
		l.summary(t, line{"read": l.rows - first, "exit_code": 3, "elapsed_s": 1, "requests": 2})
		return l.save(t, "shard"+k+".ndjson")
	}
	first, second := shard("1", 0, false), shard("2", 10, true)
	got := text(pageOf(t, Config{}, first, second))
	assert.Contains(t, got, "1 of 3 rows is not restored.")
	assert.Contains(t, got, "rejoin restore --resume --shard 2/2 --report 2.ndjson members.ndjson")
	assert.Contains(t, got, "Over 2 reports.")
	assert.Contains(t, got, "shard1.ndjson")

	alone := text(pageOf(t, Config{}, first))
	assert.Contains(t, alone, "Every row in this report is restored. It is not the whole backup.")
	assert.Contains(t, alone, "shards that are not among these reports: 2/2")
}

func TestDamageIsTold(t *testing.T) {
	t.Parallel()
	l := new(lines)
	l.run(t, fixtureStart, nil)
	l.outcome(t, fixtureStart, nil)
	at := len(l.text) - 40
	l.outcome(t, fixtureStart, nil)
	l.summary(t, line{"read": 2, "exit_code": 0, "elapsed_s": 1, "requests": 2})
	l.text[at] ^= 1
	got := text(pageOf(t, Config{}, l.save(t, "damaged.ndjson")))
	assert.Contains(t, got, "Every row that can be read in this report is restored.")
	assert.Contains(t, got, "damaged lines that were passed over: 1 (line 2)")
	assert.Contains(t, got, "The summary speaks of 2 rows read; the report's lines, of 1 row.")
}

func TestAReportOfAnEarlierRejoin(t *testing.T) {
	t.Parallel()
	page := pageOf(t, Config{}, small(t, func(l *lines) {
		l.run(t, fixtureStart, line{"args": nil})
		l.outcome(t, fixtureStart, line{"outcome": "failed"})
		l.summary(t, line{"read": 1, "exit_code": 5, "elapsed_s": 1, "requests": 2, "throttled": 7, "pending": 0})
	}))
	got := text(page)
	assert.Contains(t, got, "The report does not say when requests were answered 429: it was written by an earlier rejoin. In all: 7.")
	assert.NotContains(t, page, `id="requests"`)
	assert.Regexp(t, `rejoin restore --resume --report .*/small.report.ndjson'? members.ndjson`, got)
}

func TestAPageThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	reports, err := report.Load(demo(t, true))
	require.NoError(t, err)
	full := errors.New("no space left on device")
	_, err = Write(failing{full}, reports, Config{})
	require.ErrorIs(t, err, full)
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

// What follows from a crafted report are arguments of rejoin, and nothing that a shell would run.
func TestCommandsAreArguments(t *testing.T) {
	t.Parallel()
	for word, want := range map[string]string{
		"members.ndjson": "members.ndjson", "": "''", "it's": `'it'\''s'`, "a b": "'a b'", "$(reboot)": "'$(reboot)'", "x; rm -rf ~": "'x; rm -rf ~'",
		"日本語.csv": "日本語.csv", "new\nline": "…", "\u202egnp": "…", "~root": "'~root'", "`x`": "'`x`'", "a*": "'a*'",
	} {
		assert.Equal(t, "rejoin restore "+want, command([]string{"restore", word}), strconv.Quote(word))
	}
	info := &report.Info{Path: "r.ndjson"}
	info.Run.Args = []string{"restore", "--resume", "--report=r.ndjson", "--sandbox", "-n", "--rate", "5", "dir/b.csv"}
	info.Run.Backup.Path = "dir/b.csv"
	assert.Equal(t, "rejoin restore --resume --report=r.ndjson --sandbox -n --rate 5 dir/b.csv", resumeCommand(info))
	assert.Equal(t, "rejoin restore --report b.csv.restore.report.ndjson --rate 5 dir/b.csv", realCommand(info))
	assert.Equal(t, "rejoin restore --sandbox -n --rate 5 x.csv", rejectsCommand(info, "x.csv"))
}
