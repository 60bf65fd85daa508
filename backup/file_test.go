package backup

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var endings = []string{".ndjson", ".csv", ".ndjson.gz", ".csv.zst", ".ndjson.zst"}

func headFor(path string) Head {
	_, format, err := ByEnding(path)
	if err != nil {
		panic(err)
	}
	return Head{Version: "1", StartedAt: time.Unix(1, 0), APIURL: "https://chat.twilio.com", Service: serviceA, Format: format}
}

// fill backs up the service into a file.
func fill(t *testing.T, s *service, f *File, path string) Summary {
	t.Helper()
	sum, err := runInto(t.Context(), s, f, Config{Format: headFor(path).Format, Workers: 3})
	require.NoError(t, err)
	return sum
}

// unpack is what a file holds.
func unpack(t *testing.T, path string) string {
	t.Helper()
	packed, err := os.ReadFile(path)
	require.NoError(t, err)
	var r io.Reader = bytes.NewReader(packed)
	switch {
	case strings.HasSuffix(path, ".gz"):
		r, err = gzip.NewReader(r)
		require.NoError(t, err)
	case strings.HasSuffix(path, ".zst"):
		d, err := zstd.NewReader(r)
		require.NoError(t, err)
		defer d.Close()
		r = d
	}
	text, err := io.ReadAll(r)
	require.NoError(t, err)
	return string(text)
}

// calm is what a backup of the service holds that nothing disturbs.
func calm(t *testing.T, s *service, path string) string {
	t.Helper()
	w := &written{}
	_, err := runInto(t.Context(), s, w, Config{Format: headFor(path).Format})
	require.NoError(t, err)
	return w.all()
}

// names are the files in a folder.
func names(t *testing.T, dir string) (all []string) {
	t.Helper()
	files, err := os.ReadDir(dir)
	require.NoError(t, err)
	for _, f := range files {
		info, err := f.Info()
		require.NoError(t, err)
		require.Equal(t, fs.FileMode(0o600), info.Mode().Perm(), f.Name())
		all = append(all, f.Name())
	}
	return all
}

func TestAFileIsThereWhenItIsWhole(t *testing.T) {
	t.Parallel()
	for _, ending := range endings {
		s := newService(7, 120)
		dir := t.TempDir()
		path := filepath.Join(dir, "m"+ending)
		f, err := Create(path, headFor(path))
		require.NoError(t, err)
		require.Equal(t, []string{"m" + ending + ".partial", "m" + ending + ".state"}, names(t, dir))
		sum := fill(t, s, f, path)
		require.NoFileExists(t, path)
		require.NoError(t, f.Finish())
		require.Equal(t, []string{"m" + ending}, names(t, dir))
		require.Equal(t, calm(t, s, path), unpack(t, path))
		assert.EqualValues(t, 840, sum.Members)
		info, err := os.Stat(path)
		require.NoError(t, err)
		assert.Equal(t, info.Size(), f.Size())
	}
}

func TestAFileWithoutMembers(t *testing.T) {
	t.Parallel()
	for _, ending := range endings {
		path := filepath.Join(t.TempDir(), "m"+ending)
		f, err := Create(path, headFor(path))
		require.NoError(t, err)
		fill(t, newService(0, 0), f, path)
		require.NoError(t, f.Finish())
		require.Equal(t, string(headFor(path).Format.header()), unpack(t, path))
		info, err := os.Stat(path)
		require.NoError(t, err)
		require.Equal(t, ending == ".ndjson", info.Size() == 0, "it is a file of its kind all the same")
	}
}

// killedAt ends the making of a file at the nth time that it reaches a step, as a process that is killed does: nothing
// is closed in order, and nothing is cut off.
func killedAt(t *testing.T, f *File, s *service, path string, step Step, nth int) {
	t.Helper()
	type dead struct{}
	f.Reached = func(at Step) {
		if at == step {
			if nth--; nth == 0 {
				panic(dead{})
			}
		}
	}
	defer func() {
		died := recover()
		require.IsType(t, dead{}, died, "it came to its end")
		require.NoError(t, f.close())
	}()
	f.BlockBytes = 1 // each channel is a block of its own
	fill(t, s, f, path)
	require.NoError(t, f.Finish())
}

// goOn resumes until the file is whole, and returns how many channels were there.
func goOn(t *testing.T, s *service, path string) (earlier int64) {
	t.Helper()
	f, err := Resume(path, headFor(path))
	require.NoError(t, err)
	if f.Whole() {
		return int64(len(s.channels))
	}
	sum := fill(t, s, f, path)
	require.EqualValues(t, len(s.want()), sum.Members, "those of the earlier run are counted")
	require.NoError(t, f.Finish())
	return sum.Earlier
}

func TestAFileThatWasKilledIsGoneOnWith(t *testing.T) {
	t.Parallel()
	const channels = 9
	for _, ending := range endings {
		for _, k := range []struct {
			step    Step
			nth     int
			earlier int64
		}{
			{BeforeBlock, 1, 0},
			{AfterBlock, 1, 0},
			{AfterState, 1, 1},
			{BeforeBlock, 5, 4},
			{AfterBlock, 5, 4},
			{AfterState, 5, 5},
			{AfterState, 9, 9},
			{BeforeName, 1, channels},
			{AfterName, 1, channels},
			{AfterClean, 1, channels},
		} {
			t.Run(fmt.Sprint(ending, " ", k.step, " ", k.nth), func(t *testing.T) {
				t.Parallel()
				s := newService(channels, 30)
				dir := t.TempDir()
				path := filepath.Join(dir, "m"+ending)
				f, err := Create(path, headFor(path))
				require.NoError(t, err)
				killedAt(t, f, s, path, k.step, k.nth)
				if k.step != AfterName && k.step != AfterClean {
					require.NoFileExists(t, path)
				}
				require.Equal(t, k.earlier, goOn(t, s, path))
				require.Equal(t, calm(t, s, path), unpack(t, path))
				require.Equal(t, []string{"m" + ending}, names(t, dir))
			})
		}
	}
}

// However much of the state a process has written, and whatever stands behind the last block: the same file comes out.
func TestAStateThatIsTornAnywhere(t *testing.T) {
	t.Parallel()
	s := newService(5, 20)
	dir := t.TempDir()
	path := filepath.Join(dir, "m.ndjson.gz")
	f, err := Create(path, headFor(path))
	require.NoError(t, err)
	killedAt(t, f, s, path, AfterState, 4)
	state, err := os.ReadFile(statePath(path))
	require.NoError(t, err)
	partial, err := os.ReadFile(partialPath(path))
	require.NoError(t, err)
	want := calm(t, s, path)
	head := bytes.IndexByte(state, '\n') + 1
	seen := map[int64]bool{}
	for cut := head; !seen[5]; cut = min(cut+11, len(state)) {
		path := filepath.Join(t.TempDir(), "m.ndjson.gz")
		require.NoError(t, os.WriteFile(statePath(path), state[:cut], 0o600))
		require.NoError(t, os.WriteFile(partialPath(path), append(bytes.Clone(partial), "torn"...), 0o600))
		again, err := Resume(path, headFor(path)) // it is killed a second time, behind the first block that it writes
		require.NoError(t, err)
		killedAt(t, again, s, path, AfterState, 1)
		seen[goOn(t, s, path)] = true
		require.Equal(t, want, unpack(t, path), "cut at %d", cut)
	}
	assert.Len(t, seen, 5, "what was kept: %v", seen)
	for _, cut := range []int{0, 1, head - 1} {
		path := filepath.Join(t.TempDir(), "m.ndjson.gz")
		require.NoError(t, os.WriteFile(statePath(path), state[:cut], 0o600))
		require.NoError(t, os.WriteFile(partialPath(path), partial, 0o600))
		_, err := Resume(path, headFor(path))
		require.ErrorContains(t, err, "does not say what the backup is of")
		for _, there := range []bool{true, false} {
			require.NoError(t, os.WriteFile(statePath(path), state[:cut], 0o600))
			require.NoError(t, os.Remove(partialPath(path)))
			if there {
				require.NoError(t, os.WriteFile(partialPath(path), nil, 0o600))
			}
			f, err := Resume(path, headFor(path)) // it was killed before it had done anything
			require.NoError(t, err)
			require.NoError(t, f.Close())
			require.Zero(t, goOn(t, s, path))
			require.Equal(t, want, unpack(t, path))
			require.NoError(t, os.Rename(path, partialPath(path)))
		}
	}
}

func TestWhatCannotBeGoneOnWith(t *testing.T) {
	t.Parallel()
	s := newService(5, 20)
	begun := func(t *testing.T) string {
		t.Helper()
		path := filepath.Join(t.TempDir(), "m.ndjson")
		f, err := Create(path, headFor(path))
		require.NoError(t, err)
		killedAt(t, f, s, path, AfterState, 3)
		return path
	}
	t.Run("another backup", func(t *testing.T) {
		t.Parallel()
		path := begun(t)
		for what, change := range map[string]func(*Head){
			"--service was IS":             func(h *Head) { h.Service = "ISb" },
			"the API's address was":        func(h *Head) { h.APIURL = "https://chat.dublin.ie1.twilio.com" },
			"--format was ndjson":          func(h *Head) { h.Format = CSV },
			"--only-channel was not given": func(h *Head) { h.Only = []string{"general"} },
			`and is ["a" "b"]`:             func(h *Head) { h.Only = []string{"b", "a", "a"} },
		} {
			h := headFor(path)
			change(&h)
			_, err := Resume(path, h)
			var mismatch *MismatchError
			require.ErrorAs(t, err, &mismatch)
			assert.Contains(t, err.Error(), what)
		}
		h := headFor(path)
		h.Version, h.StartedAt = "2", time.Unix(2, 0)
		f, err := Resume(path, h)
		require.NoError(t, err, "what does not matter may differ")
		require.NoError(t, f.Close())
	})
	t.Run("a file that is damaged", func(t *testing.T) {
		t.Parallel()
		path := begun(t)
		partial, err := os.ReadFile(partialPath(path))
		require.NoError(t, err)
		for what, text := range map[string][]byte{
			"its check value does not fit":                           append([]byte("x"), partial[1:]...),
			fmt.Sprintf("it has 3 bytes, expected %d", len(partial)): partial[:3],
		} {
			require.NoError(t, os.WriteFile(partialPath(path), text, 0o600))
			_, err = Resume(path, headFor(path))
			assert.ErrorContains(t, err, what)
		}
		require.NoError(t, os.Remove(partialPath(path)))
		_, err = Resume(path, headFor(path))
		require.ErrorIs(t, err, fs.ErrNotExist)
	})
	t.Run("a state that is damaged", func(t *testing.T) {
		t.Parallel()
		path := begun(t)
		state, err := os.ReadFile(statePath(path))
		require.NoError(t, err)
		lines := bytes.SplitAfter(state, []byte("\n"))
		for what, text := range map[string][][]byte{
			"line 2 is damaged":              {lines[0], []byte("nonsense\n"), lines[2]},
			"expected the first to be":       {lines[1]},
			"line 2: found a line of type":   {lines[0], lines[0]},
			"found no block with an offset":  {lines[0], lines[2], lines[1]},
			"found a line behind the last":   {lines[0], []byte(`{"type":"whole"}` + "\n"), lines[1]},
			"expected 1: another version of": {bytes.Replace(lines[0], []byte(`"schema":1`), []byte(`"schema":2`), 1)},
		} {
			require.NoError(t, os.WriteFile(statePath(path), bytes.Join(text, nil), 0o600))
			_, err = Resume(path, headFor(path))
			assert.ErrorContains(t, err, what)
		}
	})
	t.Run("nothing", func(t *testing.T) {
		t.Parallel()
		path := filepath.Join(t.TempDir(), "m.ndjson")
		_, err := Resume(path, headFor(path))
		require.ErrorContains(t, err, "begin it without --resume")
		require.NoError(t, os.WriteFile(path, nil, 0o600))
		_, err = Resume(path, headFor(path))
		require.ErrorContains(t, err, "no backup to it was left unfinished")
	})
	t.Run("one that another process writes", func(t *testing.T) {
		t.Parallel()
		path := begun(t)
		f, err := Resume(path, headFor(path))
		require.NoError(t, err)
		_, err = Resume(path, headFor(path))
		require.ErrorContains(t, err, "another run is writing it")
		require.NoError(t, f.Close())
	})
	t.Run("another file of that name came", func(t *testing.T) {
		t.Parallel()
		path := begun(t)
		require.NoError(t, os.WriteFile(path, []byte("of value"), 0o600))
		_, err := Resume(path, headFor(path))
		require.ErrorContains(t, err, "nothing is ever overwritten")
	})
}

func TestNothingIsOverwritten(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "m.ndjson")
	for _, there := range []string{path, partialPath(path), statePath(path)} {
		require.NoError(t, os.WriteFile(there, []byte("of value"), 0o600))
		_, err := Create(path, headFor(path))
		require.ErrorIs(t, err, fs.ErrExist)
		require.Equal(t, []string{filepath.Base(there)}, names(t, dir))
		require.NoError(t, os.Remove(there))
	}
	f, err := Create(path, headFor(path))
	require.NoError(t, err)
	fill(t, newService(2, 2), f, path)
	require.NoError(t, os.WriteFile(path, []byte("of value"), 0o600), "while it is made")
	require.ErrorIs(t, f.Finish(), fs.ErrExist)
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, "of value", string(text))
	require.FileExists(t, partialPath(path), "what was fetched is kept")
}

func TestWhatIsKeptAndWhatIsNot(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "m.ndjson")
	f, err := Create(path, headFor(path))
	require.NoError(t, err)
	require.NoError(t, f.Begin(nil))
	require.NoError(t, f.Write(Channel{SID: channelSID(1), Rows: 1, Text: []byte("{}\n")}))
	assert.Zero(t, f.Kept())
	require.NoError(t, f.Close())
	assert.Equal(t, 1, f.Kept(), "what was gathered is kept")
	require.NoError(t, f.Close(), "closing it again does nothing")

	f, err = Resume(path, headFor(path))
	require.NoError(t, err)
	assert.Equal(t, 1, f.Kept())
	rows, ok := f.Has(channelSID(1))
	assert.True(t, ok)
	assert.EqualValues(t, 1, rows)
	require.NoError(t, f.Close())
	require.NoError(t, f.Discard())
	assert.Empty(t, names(t, dir))

	_, err = Create(filepath.Join(dir, "no", "such", "m.ndjson"), headFor(path))
	require.ErrorIs(t, err, fs.ErrNotExist)
}

// A block is put on the disk where there is enough of it, or it has waited for a second.
func TestWhenABlockIsWritten(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "m.ndjson")
	f, err := Create(path, headFor(path))
	require.NoError(t, err)
	steps := 0
	f.Reached = func(s Step) {
		if s == AfterState {
			steps++
		}
	}
	small := Channel{SID: "CH1", Text: []byte("{}\n")}
	require.NoError(t, f.Write(small))
	require.NoError(t, f.Write(small))
	assert.Zero(t, steps)
	require.NoError(t, f.Write(Channel{SID: "CH2", Text: make([]byte, blockBytes)}))
	assert.Equal(t, 1, steps)
	require.NoError(t, f.Write(small))
	assert.Equal(t, 1, steps)
	f.since = f.since.Add(-blockEvery)
	require.NoError(t, f.Write(small))
	assert.Equal(t, 2, steps)
	require.NoError(t, f.Close())
}

func TestByEnding(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]struct {
		c Compression
		f Format
	}{
		"": {Plain, NDJSON}, "m": {Plain, NDJSON}, "m.ndjson": {Plain, NDJSON}, "m.jsonl": {Plain, NDJSON}, "M.CSV": {Plain, CSV},
		"a.csv/m.gz": {Gzip, NDJSON}, "m.csv.gz": {Gzip, CSV}, "m.csv.ZST": {Zstd, CSV}, "m.zst": {Zstd, NDJSON},
	} {
		c, f, err := ByEnding(path)
		require.NoError(t, err, path)
		assert.Equal(t, want.c, c, path)
		assert.Equal(t, want.f, f, path)
	}
	for _, path := range []string{"m.xz", "m.csv.bz2", "m.zip", "m.tgz"} {
		_, _, err := ByEnding(path)
		require.ErrorContains(t, err, "expected .gz or .zst", path)
	}
}
