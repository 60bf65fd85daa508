package app

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/reader"
	"rejoin/sandbox"
)

// backedUp is a row of a backup in a form of its own.
type backedUp struct{ channel, identity, index, created string }

// inShape is a backup in one of the forms that there are.
func inShape(t *testing.T, shape string, rows []backedUp) []byte {
	t.Helper()
	var text bytes.Buffer
	switch shape {
	case "csv":
		w := csv.NewWriter(&text)
		require.NoError(t, w.Write([]string{"service_sid", "channel_sid", "identity", "last_consumed_message_index", "date_created", "attributes"}))
		for _, r := range rows {
			require.NoError(t, w.Write([]string{serviceA, r.channel, r.identity, r.index, r.created, "{\"a\":\n\"line\"}"}))
		}
		w.Flush()
	default:
		for i, r := range rows {
			fmt.Fprintf(&text, `{"service_sid":%q,"channel_sid":%q,"identity":%q,"last_consumed_message_index":%s,"date_created":%q}`,
				serviceA, r.channel, r.identity, r.index, r.created)
			if shape == "json" && i < len(rows)-1 {
				text.WriteByte(',')
			}
			text.WriteByte('\n')
		}
	}
	switch shape {
	case "json":
		return fmt.Appendf(nil, "[%s]", text.Bytes())
	case "ndjson.gz":
		var packed bytes.Buffer
		w := gzip.NewWriter(&packed)
		_, err := w.Write(text.Bytes())
		require.NoError(t, err)
		require.NoError(t, w.Close())
		return packed.Bytes()
	}
	return text.Bytes()
}

// someRows are rows of which some cannot be read, some are refused, and one may speak of another's member.
func someRows(n int, twin string) []backedUp {
	rows := make([]backedUp, n)
	for i := range rows {
		r := backedUp{"general", fmt.Sprint("member-", i), strconv.Itoa(i), "2016-03-24T21:05:50Z"}
		switch {
		case i%7 == 2:
			r.created = "yesterday"
		case i%7 == 4:
			r.channel = "nowhere"
		case i == n-3 && twin != "":
			r.identity = twin
		}
		rows[i] = r
	}
	return rows
}

// What is done is passed over, in every shape of a backup, and nothing of what the run says in the end differs from what
// it would have said without an end between: not the outcomes, not the rejects, not the members.
func TestWhatIsDoneIsPassedOver(t *testing.T) {
	t.Parallel()
	for _, shape := range []string{"ndjson", "ndjson.gz", "csv", "json"} {
		for name, twin := range map[string]string{"no twins": "", "a twin of a row that is done": "member-1", "one of a row that is not": "member-36", "one of a row that was invalid": "member-2"} {
			t.Run(shape+", "+name, func(t *testing.T) {
				t.Parallel()
				dir := t.TempDir()
				write(t, dir, "b."+shape, string(inShape(t, shape, someRows(43, twin))))
				backup := "./b." + shape
				run := func(url, report string, flags ...string) result {
					return rejoin(t, dir, "", append([]string{
						"restore", "--api-url", url, "--report", "./" + report, "--rejects", "./" + report + ".rejects", "--rate", "1000", "--channel-rate", "0",
					}, append(flags, backup)...)...)
				}
				at, there := newService(t, sandbox.Config{}), newService(t, sandbox.Config{})
				at.hold(t, serviceA, "general")
				there.hold(t, serviceA, "general")
				whole := run(at.url, "whole")
				require.Equal(t, 3, whole.status, whole.stderr)

				first := run(there.url, "parts", "--limit", "30")
				require.Equal(t, 3, first.status, first.stderr)
				second := run(there.url, "parts", "--limit", "31", "--resume")
				require.Equal(t, 3, second.status, second.stderr)
				if twin == "" {
					assert.Contains(t, second.stderr, "earlier runs have done the first 30 of 31 rows")
				}
				rest := run(there.url, "parts", "--resume")
				require.Equal(t, 3, rest.status, rest.stderr)
				passed := "earlier runs have done the first 31 of 43 rows"
				if twin == "member-1" || twin == "member-2" {
					assert.NotContains(t, rest.stderr, passed, "all rows are needed to tell the twin")
				} else {
					assert.Contains(t, rest.stderr, passed)
				}
				again := run(there.url, "parts", "--resume")
				require.Equal(t, 3, again.status, again.stderr)
				assert.Contains(t, again.stderr, "none is left: earlier runs have done all 43 rows")

				assert.Equal(t, tellsOf(t, dir, "whole"), tellsOf(t, dir, "parts"))
				assert.Equal(t, rejectsIn(t, dir, "whole.rejects"), rejectsIn(t, dir, "parts.rejects"))
				assert.NoFileExists(t, filepath.Join(dir, "parts.rejects.partial"))
				assert.Len(t, there.Members(serviceA, "general"), len(at.Members(serviceA, "general")))
				assert.Equal(t, len(at.Members(serviceA, "general")), there.createsIn("general"), "no row was sent twice")
			})
		}
	}
}

// tellsOf is what a report says in the end, of each row and of all, but for what differs from run to run.
func tellsOf(t *testing.T, dir, report string) (all []string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, report))
	require.NoError(t, err)
	lines := readReport(t, filepath.Join(dir, report))
	rows := outcomes(lines)
	for row := int64(1); row <= int64(len(rows)); row++ {
		r := rows[row]
		all = append(all, fmt.Sprint(row, r.Line, r.Outcome, r.Identity, r.ErrorCode, len(r.Problems)))
	}
	at := bytes.LastIndex(text, []byte(`{"type":"summary"`))
	require.GreaterOrEqual(t, at, 0)
	var summary map[string]any
	require.NoError(t, json.Unmarshal(text[at:], &summary))
	for _, key := range []string{"requests", "throttled", "elapsed_s", "at", "crc", "rejects", "rejects_sha256"} {
		delete(summary, key)
	}
	return append(all, fmt.Sprint(summary))
}

// createsIn counts the requests that made, or tried to make, a member of a channel.
func (s *service) createsIn(channel string) int {
	n := 0
	for _, req := range s.Requests() {
		if req.Method == http.MethodPost && strings.Contains(req.Path, "/Channels/"+channel+"/") {
			n++
		}
	}
	return n
}

// rejectsIn are the lines of the rejects, in any order, without the requests' own names.
func rejectsIn(t *testing.T, dir, name string) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, name))
	require.NoError(t, err)
	lines := strings.Split(regexp.MustCompile(` \[request RQ[0-9a-f]*\]`).ReplaceAllString(string(text), ""), "\n")
	for i := range lines {
		lines[i] = strings.Trim(lines[i], ",[]")
	}
	slices.Sort(lines)
	return slices.DeleteFunc(lines, func(line string) bool { return line == "" })
}

// A backup that is not the one of which the report speaks is refused before anything is said of it.
func TestAnotherBackupIsRefusedAtOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := newService(t, sandbox.Config{})
	s.hold(t, serviceA, "general")
	write(t, dir, "b", many(3))
	args := []string{"restore", "--api-url", s.url, "--report", "./r", "./b"}
	require.Equal(t, 0, rejoin(t, dir, "", args...).status)
	before, err := os.ReadFile(filepath.Join(dir, "r"))
	require.NoError(t, err)
	write(t, dir, "b", strings.ReplaceAll(many(3), "member-1", "member-x"))
	sent := len(s.Requests())
	got := rejoin(t, dir, "", append(args, "--resume")...)
	assert.Equal(t, 6, got.status)
	assert.Contains(t, got.stderr, "the backup holds other bytes now")
	assert.NotContains(t, got.stderr, "no problems found")
	assert.NotContains(t, got.stderr, "earlier runs have done")
	assert.Len(t, s.Requests(), sent, "nothing was sent")
	after, err := os.ReadFile(filepath.Join(dir, "r"))
	require.NoError(t, err)
	assert.Equal(t, string(before), string(after))

	write(t, dir, "b", many(3))
	got = rejoin(t, dir, "", append(args, "--resume", "--dry-run")...)
	assert.Equal(t, 6, got.status)
	assert.Contains(t, got.stderr, "--dry-run was not given")
	assert.NotContains(t, got.stderr, "earlier runs have done")
	assert.Len(t, s.Requests(), sent, "nothing was sent")

	got = rejoin(t, dir, "", "restore", "--api-url", s.url, "--report", "./none", "--resume", "./b")
	assert.Equal(t, 1, got.status)
	assert.Contains(t, got.stderr, "there is no report to resume from")
}

// Two exports that were put behind one another have a byte order mark in the middle. The row that it stands before is
// the same row for a run that begins there as for one that begins at the start.
func TestWhatBeginsWithAMarkIsGoneOnWith(t *testing.T) {
	t.Parallel()
	for name, mark := range map[string]string{"UTF-8": "\xef\xbb\xbf", "UTF-16": "\xff\xfe"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			lines := strings.SplitAfter(many(6), "\n")
			write(t, dir, "b", strings.Join(lines[:3], "")+mark+strings.Join(lines[3:], ""))
			s := newService(t, sandbox.Config{})
			s.hold(t, serviceA, "general")
			args := []string{"restore", "--api-url", s.url, "--report", "./r", "./b"}
			require.Equal(t, 0, rejoin(t, dir, "", append(args, "--limit", "3")...).status)
			got := rejoin(t, dir, "", append(args, "--resume")...)
			assert.Equal(t, 3, got.status, got.stderr)
			rows := outcomes(readReport(t, filepath.Join(dir, "r")))
			assert.Equal(t, "invalid", rows[4].Outcome)
			assert.Equal(t, "created", rows[5].Outcome)
			assert.Len(t, s.Members(serviceA, "general"), 5)
		})
	}
}

// A signal ends the passing over rows in every shape of a backup, also where each of them has to be read for that.
func TestRowsAreNotPassedOverForEver(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	const rows = 1_000_000
	given := 0
	source := func(context.Context) iter.Seq2[reader.Record, error] {
		return func(yield func(reader.Record, error) bool) {
			for given < rows {
				if given++; given == 5000 {
					cancel()
				}
				if !yield(reader.Record{Pos: reader.Pos{Row: int64(given)}}, nil) {
					return
				}
			}
		}
	}
	for rec, err := range new(backup).behind(source, rows)(ctx) {
		t.Fatal("a row was not passed over", rec.Row, err)
	}
	assert.Less(t, given, 10_000)

	ctx, cancel = context.WithCancel(t.Context())
	r, err := reader.New(strings.NewReader(strings.Repeat("{\"identity\":\"a\"}\n", 50_000)), reader.Config{})
	require.NoError(t, err)
	defer r.Close() //nolint:errcheck // it was only read
	passed := int64(0)
	for _, err := range passing(records(r, cancel), r, 50_000, func(row int64, _ []byte) error {
		if passed = row; row == 5000 {
			cancel()
		}
		return nil
	})(ctx) {
		require.ErrorIs(t, err, context.Canceled)
	}
	assert.Less(t, passed, int64(10_000))
}

// The plan counts what is done behind the first rows that are not, too.
func TestWhatIsLeftIsToldAsItIs(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := newService(t, sandbox.Config{})
	s.hold(t, serviceA, "general")
	write(t, dir, "b", many(8))
	args := []string{"restore", "--api-url", s.url, "--rate", "1000", "--channel-rate", "0", "--report", "./r", "./b"}
	require.Equal(t, 0, rejoin(t, dir, "", append(args, "--limit", "6")...).status)
	text, err := os.ReadFile(filepath.Join(dir, "r"))
	require.NoError(t, err)
	write(t, dir, "r", regexp.MustCompile(`(?m)^.*"outcome","row":3,.*\n`).ReplaceAllString(string(text), ""))
	got := rejoin(t, dir, "", append(args, "--resume", "--limit", "7")...)
	require.Equal(t, 0, got.status, got.stderr)
	assert.Contains(t, got.stderr, "rows     2 rows left to restore; earlier runs have done 5 of 7 rows\n")
	assert.Contains(t, got.stdout, "7 rows read")
	got = rejoin(t, dir, "", append(args, "--resume", "--limit", "7")...)
	require.Equal(t, 0, got.status, got.stderr)
	assert.Contains(t, got.stderr, "rows     none is left: earlier runs have done all 7 rows\n")
	got = rejoin(t, dir, "", append(args, "--resume")...)
	require.Equal(t, 0, got.status, got.stderr)
	assert.Contains(t, got.stderr, "rows     1 row for 1 channel to restore; earlier runs have done the first 7 of 8 rows\n")
	assert.Len(t, s.Members(serviceA, "general"), 8)
}

// A run under which the backup is changed sends rows that are not the backup's. When the backup is put back, what that run
// did is not taken for granted, whether it came to its end, was stopped before or was killed.
func TestWhatARunOfAChangedFileDidIsLookedAtAgain(t *testing.T) {
	t.Parallel()
	// Long enough that its end is not read before the first request: what is read ahead grows with the processors.
	rows := 60 + 8*runtime.GOMAXPROCS(0)
	changed, refused := fmt.Sprint("member-", rows-5), fmt.Sprint("member-", rows-3)
	var text strings.Builder
	for i := range rows {
		fmt.Fprintf(&text, `{"service_sid":%q,"channel_sid":"general","identity":"member-%d","padding":%q}`+"\n", serviceA, i, strings.Repeat("x", 60_000))
	}
	for name, test := range map[string]struct {
		refused string // whose create is answered 401, which stops the run
		status  int
		killed  bool
	}{"come to its end": {"", 1, false}, "stopped": {refused, 4, false}, "killed": {refused, 4, true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			// The dates are far enough from each other for any file system.
			dated := func(when time.Time) { require.NoError(t, os.Chtimes(filepath.Join(dir, "b"), when, when)) }
			before := time.Now().Add(-time.Hour)
			write(t, dir, "b", text.String())
			dated(before)
			server, err := sandbox.New(sandbox.Config{})
			require.NoError(t, err)
			s := &service{Server: server}
			s.hold(t, serviceA, "general")
			var once sync.Once
			listening := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
				once.Do(func() {
					file, err := os.OpenFile(filepath.Join(dir, "b"), os.O_WRONLY, 0)
					if assert.NoError(t, err) {
						_, err = file.WriteString(strings.Replace(text.String(), changed, strings.ToUpper(changed), 1))
						assert.NoError(t, err)
						assert.NoError(t, file.Close())
					}
				})
				body, err := io.ReadAll(req.Body)
				assert.NoError(t, err)
				if test.refused != "" && strings.Contains(string(body), test.refused) {
					w.WriteHeader(http.StatusUnauthorized)
					return
				}
				req.Body = io.NopCloser(bytes.NewReader(body))
				server.ServeHTTP(w, req)
			}))
			t.Cleanup(listening.Close)
			args := []string{
				"restore", "--api-url", listening.URL, "--rate", "1000", "--channel-rate", "0", "--workers", "1", "--report", "./r", "./b",
			}
			got := rejoin(t, dir, "", args...)
			require.Equal(t, test.status, got.status, got.stderr)
			require.Contains(t, fmt.Sprint(s.Members(serviceA, "general")), strings.ToUpper(changed))

			write(t, dir, "b", text.String())
			if test.killed { // it cannot tell that the backup was changed; that it was put back shows
				told, err := os.ReadFile(filepath.Join(dir, "r"))
				require.NoError(t, err)
				write(t, dir, "r", regexp.MustCompile(`(?m)^\{"type":"summary".*\n`).ReplaceAllString(string(told), ""))
				dated(time.Now().Add(time.Hour))
			} else { // it has told, so that nothing else needs to show it
				dated(before)
			}
			for range 2 {
				got = rejoin(t, dir, "", append(args, "--resume")...)
				assert.Equal(t, 6, got.status, got.stderr)
				assert.Contains(t, got.stderr, fmt.Sprintf("row %d speaks of another member than before", rows-4))
			}
		})
	}
}

// Of a backup that has no fingerprint in its report nothing is passed over: each row that is done is held against what
// the report says of it.
func TestNothingIsPassedOverWithoutAFingerprint(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := newService(t, sandbox.Config{})
	s.hold(t, serviceA, "general")
	args := []string{"restore", "--api-url", s.url, "--report", "./r", "-"}
	require.Equal(t, 0, rejoin(t, dir, many(5), args...).status)
	text, err := os.ReadFile(filepath.Join(dir, "r"))
	require.NoError(t, err)
	// The run is killed before it has written down how its input begins.
	killed := regexp.MustCompile(`(?m)^\{"type":"(input|summary|progress)".*\n`).ReplaceAllString(string(text), "")
	write(t, dir, "r", killed)
	got := rejoin(t, dir, strings.Replace(many(6), "member-2", "member-x", 1), append(args, "--resume")...)
	assert.Equal(t, 6, got.status, got.stderr)
	assert.Contains(t, got.stderr, "row 3 speaks of another member than before")
	write(t, dir, "r", killed)
	got = rejoin(t, dir, many(6), append(args, "--resume")...)
	assert.Equal(t, 0, got.status, got.stderr)
	assert.Len(t, s.Members(serviceA, "general"), 6)
	assert.Equal(t, 6, s.creates())
}

// A limit of a dry run, which looks channel by channel, counts the rows that are passed over.
func TestADryRunGoesOnUpToItsLimit(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := newService(t, sandbox.Config{})
	s.hold(t, serviceA, "general", "other")
	var text strings.Builder
	for i := range 12 {
		fmt.Fprintf(&text, `{"service_sid":%q,"channel_sid":%q,"identity":"member-%d"}`+"\n", serviceA, []string{"general", "other"}[i%2], i)
	}
	write(t, dir, "b", text.String())
	args := []string{"restore", "-n", "--api-url", s.url, "--report", "./r", "./b"}
	require.Equal(t, 0, rejoin(t, dir, "", append(args, "--limit", "4")...).status)
	got := rejoin(t, dir, "", append(args, "--limit", "9", "--resume")...)
	require.Equal(t, 0, got.status, got.stderr)
	assert.Contains(t, got.stderr, "earlier runs have done the first 4 of 9 rows")
	rows := outcomes(readReport(t, filepath.Join(dir, "r")))
	require.Len(t, rows, 9)
	for row := int64(1); row <= 9; row++ {
		assert.Equal(t, "would_create", rows[row].Outcome, row)
	}
}

// Without a look before, a run finds out by itself which rows are duplicates, and has to see all of them for that.
func TestNothingIsPassedOverWithoutALook(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := newService(t, sandbox.Config{})
	s.hold(t, serviceA, "general")
	write(t, dir, "b", many(5)+row("member-1", ""))
	args := []string{"restore", "--api-url", s.url, "--report", "./r", "./b"}
	require.Equal(t, 0, rejoin(t, dir, "", append(args, "--limit", "4")...).status)
	got := rejoin(t, dir, "", append(args, "--resume", "--no-preflight")...)
	assert.Equal(t, 0, got.status, got.stderr)
	assert.Equal(t, "duplicate", outcomes(readReport(t, filepath.Join(dir, "r")))[6].Outcome)
	assert.Equal(t, 5, s.creates())
}
