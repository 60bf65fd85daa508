package app

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/audit"
	"rejoin/reader"
	"rejoin/rules"
	"rejoin/sandbox"
)

// A file that is changed between the look at it and the restore is refused while nothing has been sent.
func TestAFileThatChangesBeforeAnythingIsSent(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "b")
	write(t, dir, "b", many(3))
	b, err := openBackup(path, nil, reader.Config{})
	require.NoError(t, err)
	defer b.close()
	require.NoError(t, b.untouched())
	write(t, dir, "b", many(2))
	require.ErrorIs(t, b.untouched(), errChanged)
}

// Rows that are changed between the two passes over a file are noticed, whatever the file's size and date say.
func TestRowsThatChangeBetweenTwoPasses(t *testing.T) {
	t.Parallel()
	before := many(20) + "broken\n"
	judge, err := rules.New(rules.Config{})
	require.NoError(t, err)
	for after, want := range map[string]error{
		before: nil,
		strings.Replace(before, "member-19", "member-18", 1):                 errChanged,
		strings.Replace(before, "broken", "BROKEN", 1):                       errChanged,
		strings.Replace(before, "\n", "\n\n", 1)[:len(before)]:               nil, // the rows are the same
		strings.Replace(before, row("member-0", ""), row("MEMBER-0", ""), 1): errChanged,
	} {
		dir := t.TempDir()
		write(t, dir, "b", before)
		b, err := openBackup(filepath.Join(dir, "b"), nil, reader.Config{})
		require.NoError(t, err)
		t.Cleanup(b.close)
		s := newScreen(io.Discard, "none", logs{}, func(string) string { return "" })
		_, _, err = examine(t.Context(), b, s, look{toSend: true}, audit.Config{Rules: judge})
		require.NoError(t, err)
		write(t, dir, "b", after)
		pass, err := b.open(t.Context())
		require.NoError(t, err)
		rows := 0
		for _, err := range b.behind(records(pass, func() {}), 0)(t.Context()) {
			require.True(t, err == nil || isRowError(err))
			rows++
		}
		require.Equal(t, 21, rows)
		require.ErrorIs(t, b.asLookedAt(true), want, after[:200])
	}
}

// Where a pass ends before the end of the file its reader may still read ahead: it takes nothing from the fingerprint, nor
// from the pass that follows.
func TestAPassThatEndsEarly(t *testing.T) {
	t.Parallel()
	judge, err := rules.New(rules.Config{})
	require.NoError(t, err)
	const rows = 100
	long := `,"attributes":"` + strings.Repeat("x", 80_000) + `"}` + "\n" // much is still to be read when the first has come
	text, dir := strings.ReplaceAll(many(rows), "}\n", long), t.TempDir()
	write(t, dir, "b", text)
	sum := sha256.Sum256([]byte(text))
	s := newScreen(io.Discard, "none", logs{}, func(string) string { return "" })
	for range 20 {
		b, err := openBackup(filepath.Join(dir, "b"), nil, reader.Config{})
		require.NoError(t, err)
		_, _, err = examine(t.Context(), b, s, look{fingerprint: true, toSend: true}, audit.Config{Rules: judge, Limit: 1})
		require.NoError(t, err)
		pass, err := b.open(t.Context())
		require.NoError(t, err)
		read := 0
		for _, err := range pass.Records() {
			require.NoError(t, err)
			read++
		}
		require.Equal(t, rows, read)
		require.Equal(t, hex.EncodeToString(sum[:]), b.sha256)
		require.EqualValues(t, len(text), b.size)
		b.close()
	}
}

// One that is changed while it is restored is told, and the run is not called done.
func TestAFileThatChangesWhileItIsRestored(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, "b", many(3))
	server, err := sandbox.New(sandbox.Config{})
	require.NoError(t, err)
	s := &service{Server: server}
	s.hold(t, serviceA, "general")
	var once sync.Once
	listening := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		once.Do(func() { // the first request comes when the file has been looked at, and before it has been read to its end
			file, err := os.OpenFile(filepath.Join(dir, "b"), os.O_APPEND|os.O_WRONLY, 0)
			if assert.NoError(t, err) {
				_, err = file.WriteString(row("late", ""))
				assert.NoError(t, err)
				assert.NoError(t, file.Close())
			}
		})
		server.ServeHTTP(w, req)
	}))
	t.Cleanup(listening.Close)
	got := rejoin(t, dir, "", "restore", "--api-url", listening.URL, "--report", "./r", "./b")
	assert.Equal(t, 1, got.status)
	assert.Contains(t, got.stderr, errChanged.Error())
	lines := readReport(t, filepath.Join(dir, "r"))
	assert.Equal(t, 1, lines[len(lines)-1].ExitCode)
}

// That it is the same backup is asked also where it is not looked at before it is sent.
func TestResumingWithoutALookBefore(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := newService(t, sandbox.Config{})
	s.hold(t, serviceA, "general")
	write(t, dir, "b", many(3))
	args := []string{"restore", "--api-url", s.url, "--report", "./r", "./b"}
	got := rejoin(t, dir, "", args...)
	require.Equal(t, 0, got.status, got.stderr)
	sent := s.creates()
	write(t, dir, "b", strings.Replace(many(3), `"}`, `","attributes":"{}"}`, 1)+row("more", ""))
	got = rejoin(t, dir, "", append(args, "--resume", "--no-preflight")...)
	assert.Equal(t, 6, got.status, got.stderr)
	assert.Equal(t, sent, s.creates())
}

// The sum of rows is of each row by itself, and of their order.
func TestRowSum(t *testing.T) {
	t.Parallel()
	sum := new(rowSum)
	of := func(rows ...string) *rowSum {
		s := sum.again()
		for _, row := range rows {
			s.add([]byte(row))
		}
		return s
	}
	for _, other := range [][]string{{"ab", "c", ""}, {"a", "bc"}, {"abc", ""}, {"c", "ab"}, {"ab"}, nil} {
		assert.False(t, of("ab", "c").equal(of(other...)), "%q", other)
	}
	assert.True(t, of("ab", "c").equal(of("ab", "c")))
	assert.True(t, of().equal(sum))
}
