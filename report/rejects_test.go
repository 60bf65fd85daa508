package report

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/chat"
	"rejoin/restore"
	"rejoin/rules"
)

// arrayFormat is a format with a header, a trailer, and something between rows, so that it depends on the header coming
// before the first row.
type arrayFormat struct{ begun bool }

func (f *arrayFormat) RejectsHeader() []byte  { f.begun = false; return []byte("[\n") }
func (f *arrayFormat) RejectsTrailer() []byte { return []byte("\n]\n") }

func (f *arrayFormat) AppendReject(dst, raw []byte, reason string) []byte {
	if f.begun {
		dst = append(dst, ",\n"...)
	}
	f.begun = true
	return fmt.Appendf(dst, "[%q,%q]", raw, reason)
}

// rejectsIn reads such a file back: raw rows and reasons.
func rejectsIn(t *testing.T, path string) map[string]string {
	t.Helper()
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return map[string]string{}
	}
	require.NoError(t, err)
	var rows [][2]string
	require.NoError(t, json.Unmarshal(text, &rows), "%s", text)
	out := make(map[string]string)
	for _, row := range rows {
		require.NotContains(t, out, row[0], "a row stands twice")
		out[row[0]] = row[1]
	}
	return out
}

func rawOf(row int64) []byte { return fmt.Appendf(nil, "row %d", row) }

func outcomeOf(row int64, kind restore.Kind) *restore.Outcome {
	o := created(row)
	o.Kind, o.Raw = kind, rawOf(row)
	return o
}

func TestRejectsHoldWhatIsNotRestored(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x.rejects.json")
	r := NewRejects(path, new(arrayFormat))
	require.NoError(t, r.Ready())
	require.NoError(t, r.Write([]*restore.Outcome{outcomeOf(1, restore.Created)}))
	assert.NoFileExists(t, path)
	var all []*restore.Outcome
	for _, kind := range restore.KindsOf("restore") {
		all = append(all, outcomeOf(10+int64(kind), kind))
	}
	same := outcomeOf(30, restore.Duplicate)
	same.Same = true
	require.NoError(t, r.Write(append(all, same)))
	require.NoError(t, r.Write([]*restore.Outcome{outcomeOf(40, restore.Failed)}))
	require.NoError(t, r.Close())
	require.NoError(t, r.Close())
	var want []string
	for _, kind := range []restore.Kind{restore.Differs, restore.Duplicate, restore.Invalid, restore.Rejected, restore.Failed, restore.Unknown} {
		want = append(want, fmt.Sprintf("row %d", 10+int(kind)))
	}
	want = append(want, "row 40")
	got := rejectsIn(t, path)
	assert.Len(t, got, len(want))
	for _, row := range want {
		assert.Contains(t, got, row)
	}
	assert.Equal(t, RejectsResult{Path: path, Rows: int64(len(want))}, r.Result())
	info, err := os.Stat(path)
	require.NoError(t, err)
	if runtime.GOOS != "windows" {
		assert.Equal(t, fs.FileMode(0o600), info.Mode())
	}
	require.ErrorIs(t, NewRejects(path, new(arrayFormat)).Ready(), fs.ErrExist)
	again := NewRejects(path, new(arrayFormat))
	err = again.Write(all)
	require.ErrorIs(t, err, fs.ErrExist, "it is never overwritten")
	require.Equal(t, err, again.Write(all))
	require.Error(t, again.Close())
	assert.Len(t, rejectsIn(t, path), len(want))
}

func TestNoRejectsNoFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x.rejects.json")
	r := NewRejects(path, new(arrayFormat))
	require.NoError(t, r.Write([]*restore.Outcome{outcomeOf(1, restore.Created)}))
	require.NoError(t, r.Close())
	assert.NoFileExists(t, path)
	assert.Empty(t, r.Path())
	require.ErrorIs(t, NewRejects(filepath.Join(path, "none", "x"), nil).Ready(), fs.ErrNotExist)
}

func TestChosenDuplicatesAreNoRejects(t *testing.T) {
	t.Parallel()
	run := testRun()
	run.Chosen = true
	dir := t.TempDir()
	j, err := Create(filepath.Join(dir, "r"), run)
	require.NoError(t, err)
	r := j.Rejects(filepath.Join(dir, "x"), new(arrayFormat))
	require.NoError(t, r.Write([]*restore.Outcome{outcomeOf(1, restore.Duplicate)}))
	require.NoError(t, r.Close())
	require.NoError(t, j.Close())
	assert.Empty(t, r.Path())
}

func TestRejectsThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	run := []*restore.Outcome{outcomeOf(1, restore.Failed)}
	for room := range 40 {
		r := NewRejects("x", new(arrayFormat))
		f := &faulty{room: room, silent: room%2 == 0}
		r.open = func(string) (file, error) { return f, nil }
		err := errors.Join(r.Write(run), r.Close())
		if room < len("[\n[\"row 1\",\"failed: 201\"]\n]\n") {
			require.Error(t, err, "room for %d bytes", room)
		} else {
			require.NoError(t, err)
		}
		require.True(t, f.closed)
	}
	r := NewRejects("x", new(arrayFormat))
	r.open = func(string) (file, error) { return &faulty{room: -1, syncErr: errFault}, nil }
	require.NoError(t, r.Write(run))
	require.ErrorIs(t, r.Close(), errFault)
}

// rehearsal is a backup that is restored in several runs, with what each makes of its rows left to chance.
type rehearsal struct {
	t    *testing.T
	r    *rand.Rand
	dir  string
	rows int64
	last map[int64]*restore.Outcome // what the journal holds of each row
}

func (h *rehearsal) path(name string) string { return filepath.Join(h.dir, name) }

// run is one run; it ends after so many rows, and is killed then, or ends by itself.
func (h *rehearsal) run(j *Journal, l *Ledger, rows int64, killed bool) *Rejects {
	rejects := j.Rejects(h.path("rejects"), new(arrayFormat))
	require.NoError(h.t, rejects.Ready())
	for row := int64(1); row <= rows; row++ {
		require.NoError(h.t, rejects.Keep(row, rawOf(row)))
		if l != nil {
			if kind, _, ok := l.Outcome(row); ok && !kind.Again() {
				continue
			}
		}
		o := outcomeOf(row, []restore.Kind{restore.Created, restore.Rejected, restore.Failed, restore.Exists, restore.Unknown}[h.r.IntN(5)])
		h.last[row] = o
		require.NoError(h.t, j.Write([]*restore.Outcome{o}))
		require.NoError(h.t, rejects.Write([]*restore.Outcome{o}))
	}
	if killed {
		require.NoError(h.t, j.Close())
		if rejects.file != nil {
			require.NoError(h.t, rejects.file.Close())
		}
		return nil
	}
	require.NoError(h.t, rejects.Close())
	require.NoError(h.t, j.Finish(restore.Summary{}, 0))
	require.NoError(h.t, j.Close())
	return rejects
}

// However often a run is killed or interrupted, and wherever: once one has come to its end, the rejects are exactly the
// rows whose last outcome is "not restored", with the reason of that outcome.
func TestRejectsOfResumedRuns(t *testing.T) {
	t.Parallel()
	for seed := range uint64(60) {
		h := &rehearsal{t: t, r: rand.New(rand.NewPCG(seed, 1)), dir: t.TempDir(), rows: 12, last: make(map[int64]*restore.Outcome)}
		j, err := Create(h.path("report"), testRun())
		require.NoError(t, err)
		h.run(j, nil, h.r.Int64N(h.rows+1), h.r.IntN(2) == 0)
		for range h.r.IntN(4) {
			j, l, err := Resume(h.path("report"), testRun())
			require.NoError(t, err)
			h.run(j, l, h.r.Int64N(h.rows+1), h.r.IntN(2) == 0)
		}
		j, l, err := Resume(h.path("report"), testRun())
		require.NoError(t, err)
		res := h.run(j, l, h.rows, false).Result()
		want := make(map[string]string)
		for row, o := range h.last {
			if !o.Restored(false) {
				want[string(rawOf(row))] = Reason(o)
			}
		}
		require.Equal(t, want, rejectsIn(t, h.path("rejects")), "seed %d", seed)
		require.False(t, res.Partial)
		require.NoFileExists(t, h.path("rejects.partial"))
	}
}

// interruptedRun leaves a report and rejects of three rows, of which the last is to be sent again.
func interruptedRun(t *testing.T, dir string) {
	t.Helper()
	j, err := Create(filepath.Join(dir, "report"), testRun())
	require.NoError(t, err)
	r := j.Rejects(filepath.Join(dir, "rejects"), new(arrayFormat))
	batch := []*restore.Outcome{outcomeOf(1, restore.Rejected), outcomeOf(2, restore.Created), outcomeOf(3, restore.Failed)}
	require.NoError(t, errors.Join(j.Write(batch), r.Write(batch), r.Close(), j.Finish(restore.Summary{}, 130), j.Close()))
}

func TestRejectsAreReplacedWhereTheyAreAsTheyWereLeft(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	interruptedRun(t, dir)
	h := &rehearsal{t: t, r: rand.New(rand.NewPCG(1, 1)), dir: dir, rows: 3, last: make(map[int64]*restore.Outcome)}
	j, l, err := Resume(h.path("report"), testRun())
	require.NoError(t, err)
	res := h.run(j, l, 3, false).Result()
	assert.Empty(t, res.Aside)
	assert.Contains(t, rejectsIn(t, h.path("rejects")), "row 1")
	assert.NoFileExists(t, h.path("rejects.old-1"))
}

func TestRejectsThatSomeoneWorkedOnAreMovedAside(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	interruptedRun(t, dir)
	h := &rehearsal{t: t, r: rand.New(rand.NewPCG(1, 1)), dir: dir, rows: 3, last: make(map[int64]*restore.Outcome)}
	require.NoError(t, os.WriteFile(h.path("rejects"), []byte("mended by hand"), 0o600))
	require.NoError(t, os.WriteFile(h.path("rejects.old-1"), []byte("older"), 0o600))
	j, l, err := Resume(h.path("report"), testRun())
	require.NoError(t, err)
	res := h.run(j, l, 3, false).Result()
	assert.Equal(t, h.path("rejects.old-2"), res.Aside)
	assert.False(t, res.Cut)
	for name, want := range map[string]string{"rejects.old-1": "older", "rejects.old-2": "mended by hand"} {
		text, err := os.ReadFile(h.path(name))
		require.NoError(t, err)
		assert.Equal(t, want, string(text))
	}
	assert.Contains(t, rejectsIn(t, h.path("rejects")), "row 1")
}

// Of a run that was killed nobody knows whether its rejects are as it left them.
func TestRejectsOfAKilledRunAreMovedAside(t *testing.T) {
	t.Parallel()
	h := &rehearsal{t: t, r: rand.New(rand.NewPCG(1, 1)), dir: t.TempDir(), rows: 3, last: make(map[int64]*restore.Outcome)}
	j, err := Create(h.path("report"), testRun())
	require.NoError(t, err)
	r := j.Rejects(h.path("rejects"), new(arrayFormat))
	batch := []*restore.Outcome{outcomeOf(1, restore.Rejected)}
	require.NoError(t, errors.Join(j.Write(batch), r.Write(batch), j.Close()))
	j, l, err := Resume(h.path("report"), testRun())
	require.NoError(t, err)
	res := h.run(j, l, 3, false).Result()
	assert.Equal(t, h.path("rejects.old-1"), res.Aside)
	assert.True(t, res.Cut)
	assert.Contains(t, rejectsIn(t, h.path("rejects")), "row 1")
}

// What is no regular file, such as a device or a link, is never replaced by a resumed run.
func TestRejectsNeverReplaceWhatIsNoFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	interruptedRun(t, dir)
	require.NoError(t, os.Remove(filepath.Join(dir, "rejects")))
	require.NoError(t, os.Symlink(os.DevNull, filepath.Join(dir, "rejects")))
	j, _, err := Resume(filepath.Join(dir, "report"), testRun())
	require.NoError(t, err)
	err = j.Rejects(filepath.Join(dir, "rejects"), new(arrayFormat)).Ready()
	require.ErrorIs(t, err, fs.ErrExist)
	require.ErrorContains(t, err, "no regular file")
	require.NoError(t, j.Close())
}

func TestRejectsOfARunThatEndsEarlyStandBeside(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	interruptedRun(t, dir)
	before := rejectsIn(t, filepath.Join(dir, "rejects"))
	h := &rehearsal{t: t, r: rand.New(rand.NewPCG(1, 1)), dir: dir, rows: 3, last: make(map[int64]*restore.Outcome)}
	j, l, err := Resume(h.path("report"), testRun())
	require.NoError(t, err)
	res := h.run(j, l, 2, false).Result() // row 3 is not read again
	assert.Equal(t, RejectsResult{Path: h.path("rejects.partial"), Rows: 1, Partial: true}, res)
	assert.Equal(t, before, rejectsIn(t, h.path("rejects")))
	assert.Contains(t, rejectsIn(t, h.path("rejects.partial")), "row 1")
}

// Rejects that are not whole are nobody's to work on, but who has done so loses nothing; and the file that a run has left
// as it was is not taken for one that was changed.
func TestRejectsThatAreNotWholeAreNotLost(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		runs   []int64 // the row with which each resumed run ends
		mended bool
	}{
		"left alone":                         {[]int64{2}, false},
		"worked on":                          {[]int64{2}, true},
		"left alone by a run without any":    {[]int64{2, 0}, false},
		"worked on before a run without any": {[]int64{2, 0}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			interruptedRun(t, dir)
			h := &rehearsal{t: t, r: rand.New(rand.NewPCG(1, 1)), dir: dir, rows: 3, last: make(map[int64]*restore.Outcome)}
			resume := func(rows int64) RejectsResult {
				j, l, err := Resume(h.path("report"), testRun())
				require.NoError(t, err)
				return h.run(j, l, rows, false).Result()
			}
			require.True(t, resume(test.runs[0]).Partial)
			if test.mended {
				require.NoError(t, os.WriteFile(h.path("rejects.partial"), []byte("mended by hand"), 0o600))
			}
			for _, rows := range test.runs[1:] {
				require.Empty(t, resume(rows).Kept)
			}
			res := resume(3)
			assert.Empty(t, res.Aside, "nobody has changed it")
			assert.Contains(t, rejectsIn(t, h.path("rejects")), "row 1")
			assert.NoFileExists(t, h.path("rejects.partial"))
			if !test.mended {
				assert.Empty(t, res.Kept)
				assert.NoFileExists(t, h.path("rejects.old-1"))
				return
			}
			require.Equal(t, h.path("rejects.old-1"), res.Kept)
			text, err := os.ReadFile(res.Kept)
			require.NoError(t, err)
			assert.Equal(t, "mended by hand", string(text))
		})
	}
}

func TestRejectsGoWhenAllIsRestored(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j, err := Create(filepath.Join(dir, "report"), testRun())
	require.NoError(t, err)
	r := j.Rejects(filepath.Join(dir, "rejects"), new(arrayFormat))
	batch := []*restore.Outcome{outcomeOf(1, restore.Failed)}
	require.NoError(t, errors.Join(j.Write(batch), r.Write(batch), r.Close(), j.Finish(restore.Summary{}, 5), j.Close()))
	require.FileExists(t, filepath.Join(dir, "rejects"))
	j, _, err = Resume(filepath.Join(dir, "report"), testRun())
	require.NoError(t, err)
	r = j.Rejects(filepath.Join(dir, "rejects"), new(arrayFormat))
	batch[0].Kind = restore.Created
	require.NoError(t, errors.Join(r.Keep(1, rawOf(1)), j.Write(batch), r.Write(batch), r.Close(), j.Close()))
	assert.NoFileExists(t, filepath.Join(dir, "rejects"))
	assert.Equal(t, RejectsResult{}, r.Result())
}

func TestReasons(t *testing.T) {
	t.Parallel()
	for want, o := range map[string]*restore.Outcome{
		"invalid: date_created: bad-timestamp: found x; bad-json: cut off": {Kind: restore.Invalid, Problems: []rules.Problem{
			{Column: "date_created", Rule: "bad-timestamp", Message: "found x"}, {Rule: "bad-json", Message: "cut off"},
		}},
		"rejected: 404 20404: not found": {Kind: restore.Rejected, HTTPStatus: 404, ErrorCode: 20404, Error: "not found"},
		"failed: not sent: refused":      {Kind: restore.Failed, Error: "not sent: refused"},
		"unknown: 503":                   {Kind: restore.Unknown, HTTPStatus: 503},
		"differs: role_sid is a, expected b; x is , expected y": {Kind: restore.Differs, Differences: []chat.Difference{
			{Field: "role_sid", Want: "b", Got: "a"}, {Field: "x", Want: "y"},
		}},
		"duplicate: of line 7, with other values": {Kind: restore.Duplicate, DuplicateOf: 7},
		"failed: a b  c d e":                      {Kind: restore.Failed, Error: "a\nb\r\nc\x1bd\u2028e"},
	} {
		assert.Equal(t, want, Reason(o))
	}
	long := Reason(&restore.Outcome{Kind: restore.Failed, Error: strings.Repeat("é", 5000)})
	assert.LessOrEqual(t, len(long), 2<<10+len("…"))
	assert.True(t, slices.Contains([]rune(long), 'é'))
}
