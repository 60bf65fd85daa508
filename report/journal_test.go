package report

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/internal/filelock"
	"rejoin/restore"
)

var errFault = errors.New("the disk is on fire")

// faulty is a file that keeps what is written, up to a point, and counts its syncs.
type faulty struct {
	mu      sync.Mutex
	text    []byte
	room    int  // bytes that fit; -1: any number
	silent  bool // a short write has no error of its own
	syncErr error
	syncs   []time.Time
	block   chan struct{} // if set, a sync waits for it
	closed  bool
}

func (f *faulty) Write(p []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := len(p)
	if f.room >= 0 {
		n = min(n, f.room)
		f.room -= n
	}
	f.text = append(f.text, p[:n]...)
	if n < len(p) && !f.silent {
		return n, errFault
	}
	return n, nil
}

func (f *faulty) Sync() error {
	if f.block != nil {
		<-f.block
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.syncs = append(f.syncs, time.Now())
	return f.syncErr
}

func (f *faulty) Close() error { f.closed = true; return nil }

func TestCreate(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "r.ndjson")
	j, err := Create(path, testRun())
	require.NoError(t, err)
	assert.Equal(t, path, j.Path())
	require.NoError(t, j.Close())
	require.NoError(t, j.Close(), "closing twice does nothing")
	require.ErrorIs(t, j.Write([]*restore.Outcome{created(1)}), errClosed)
	info, err := os.Stat(path)
	require.NoError(t, err)
	if runtime.GOOS != "windows" {
		assert.Equal(t, fs.FileMode(0o600), info.Mode())
	}
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	want := `{"type":"run","schema":1,"version":"1.2.3","command":"restore","started_at":"2026-03-04T05:06:07.089Z",` +
		`"backup":{"path":"members.ndjson","bytes":700,"sha256":"` + strings.Repeat("ab", 32) + `","format":"ndjson"},` +
		`"target":{"api_url":"https://chat.twilio.com","service_sid":"` + testService + `"},` +
		`"options":{"on_conflict":"skip","on_duplicate":"first","rate":"25","workers":"32"},` +
		`"meaning":["on_conflict","on_duplicate"],"crc":"`
	assert.Equal(t, want, string(text[:len(want)]))
	assert.Equal(t, 1, strings.Count(string(text), "\n"))
}

func TestCreateNeverOverwrites(t *testing.T) {
	t.Parallel()
	path := written(t, created(1))
	before, err := os.ReadFile(path)
	require.NoError(t, err)
	_, err = Create(path, testRun())
	require.ErrorIs(t, err, fs.ErrExist)
	require.ErrorContains(t, err, `it is the report of "restore", begun 2026-03-04T05:06:07.089Z on members.ndjson; go on with it by --resume, or name another file with --report`)
	after, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, before, after)

	for text, want := range map[string]string{"": "it is empty", "identity\njing\n": "it is no report of rejoin"} {
		other := filepath.Join(t.TempDir(), "other")
		require.NoError(t, os.WriteFile(other, []byte(text), 0o600))
		_, err = Create(other, testRun())
		require.ErrorContains(t, err, want)
	}
	_, err = Create(t.TempDir(), testRun())
	require.ErrorContains(t, err, "no regular file")
}

func TestCreateWhereNothingCanBeMade(t *testing.T) {
	t.Parallel()
	_, err := Create(filepath.Join(t.TempDir(), "none", "r"), testRun())
	require.ErrorIs(t, err, fs.ErrNotExist)
	if os.Getuid() == 0 || runtime.GOOS == "windows" {
		return // to whom every folder is writable
	}
	dir := t.TempDir()
	require.NoError(t, os.Chmod(dir, 0o500))
	_, err = Create(filepath.Join(dir, "r"), testRun())
	require.ErrorIs(t, err, fs.ErrPermission)
}

// A disk that is full after any number of bytes: the write fails, and so does every later one, what is in the file can
// be resumed from, and nothing half is taken for whole.
func TestDiskFullAtEveryByte(t *testing.T) {
	t.Parallel()
	run := testRun()
	head, err := appendRun(nil, &run, false, Mended{})
	require.NoError(t, err)
	batch := []*restore.Outcome{created(1), created(2)}
	whole := &faulty{room: -1}
	require.NoError(t, newJournal("r", whole, &run).Write(batch))
	for room := range len(whole.text) {
		f := &faulty{room: room, silent: room%2 == 0}
		j := newJournal("r", f, &run)
		err := j.Write(batch)
		require.Error(t, err)
		f.room = -1 // there is room again, but a journal with a torn line in its middle is none
		require.Equal(t, err, j.Write(batch))
		require.Equal(t, err, j.Finish(restore.Summary{}, 0))
		require.Equal(t, err, j.Checkpoint(1, "x"))
		require.Equal(t, err, j.Close())
		require.True(t, f.closed)
		require.Len(t, f.text, room)
		r, err := recoverFrom("r", strings.NewReader(string(head)+string(f.text)), false)
		require.NoError(t, err)
		n := int64(strings.Count(string(f.text), "\n"))
		if r.open {
			n++
		}
		require.Equal(t, n, r.ledger.counts[restore.Created])
	}
}

// What is written is synced a second later at the latest, once for all that came together, and not without need.
func TestSyncs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start, f := time.Now(), &faulty{room: -1}
		j := newJournal("r", f, new(testRun()))
		wait := func(d time.Duration) { time.Sleep(d); synctest.Wait() }
		for range 5 {
			require.NoError(t, j.Write([]*restore.Outcome{created(1)}))
			wait(100 * time.Millisecond)
		}
		wait(10 * time.Second)
		require.NoError(t, j.Write([]*restore.Outcome{created(2)}))
		wait(500 * time.Millisecond)
		require.NoError(t, j.Close())
		wait(10 * time.Second)
		var at []time.Duration
		for _, s := range f.syncs {
			at = append(at, s.Sub(start))
		}
		assert.Equal(t, []time.Duration{time.Second, 11 * time.Second}, at)
	})
}

// While a sync takes its time, outcomes can be written; what came meanwhile is synced after it.
func TestWritesDoNotWaitForSyncs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &faulty{room: -1, block: make(chan struct{})}
		j := newJournal("r", f, new(testRun()))
		require.NoError(t, j.Write([]*restore.Outcome{created(1)}))
		time.Sleep(2 * time.Second)
		require.NoError(t, j.Write([]*restore.Outcome{created(2)}))
		assert.Empty(t, f.syncs)
		close(f.block)
		time.Sleep(2 * time.Second)
		synctest.Wait()
		assert.Len(t, f.syncs, 2)
		require.NoError(t, j.Close())
		assert.Len(t, f.syncs, 2)
	})
}

// A sync that fails is a write that failed: the disk may have lost what the file seems to hold.
func TestASyncThatFailsStopsTheRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		j := newJournal("r", &faulty{room: -1, syncErr: errFault}, new(testRun()))
		require.NoError(t, j.Write([]*restore.Outcome{created(1)}))
		time.Sleep(2 * time.Second)
		synctest.Wait()
		err := j.Write([]*restore.Outcome{created(2)})
		require.ErrorIs(t, err, errFault)
		require.ErrorContains(t, err, "sync the report r")
		require.Equal(t, err, j.Close())
	})
	j := newJournal("r", &faulty{room: -1, syncErr: errFault}, new(testRun()))
	require.ErrorIs(t, j.Finish(restore.Summary{}, 0), errFault)
	require.ErrorIs(t, j.Close(), errFault)
}

func TestMismatches(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func(*Run){
		`command was "restore" and is now "verify"`:                            func(r *Run) { r.Command = "verify" },
		`backup sha256 was "` + strings.Repeat("ab", 32) + `" and is now "cd"`: func(r *Run) { r.Backup.SHA256 = "cd" },
		`backup size in bytes was "700" and is now "701"`:                      func(r *Run) { r.Backup.Bytes = 701 },
		`backup format was "ndjson" and is now "csv"`:                          func(r *Run) { r.Backup.Format = "csv" },
		`target url was "https://chat.twilio.com" and is now "http://x"`:       func(r *Run) { r.Target.APIURL = "http://x" },
		`target service was "` + testService + `" and is now not given`:        func(r *Run) { r.Target.ServiceSID = "" },
		`dry run was "no" and is now "yes"`:                                    func(r *Run) { r.DryRun = true },
		`choice among duplicates was "no" and is now "yes"`:                    func(r *Run) { r.Chosen = true },
		`option on_conflict was "skip" and is now "update"`:                    func(r *Run) { r.Meaning["on_conflict"] = "update" },
		`option on_duplicate was "first" and is now not given`:                 func(r *Run) { delete(r.Meaning, "on_duplicate") },
		`option shard was not given and is now "1/2"`:                          func(r *Run) { r.Meaning["shard"] = "1/2" },
	} {
		path := written(t, created(1))
		require.NoError(t, appendFile(path, `{"torn`))
		before, err := os.ReadFile(path)
		require.NoError(t, err)
		run := testRun()
		change(&run)
		_, _, err = Resume(path, run)
		var m *MismatchError
		require.ErrorAs(t, err, &m, want)
		assert.Len(t, m.Differences, 1)
		require.ErrorContains(t, err, want)
		after, err := os.ReadFile(path)
		require.NoError(t, err)
		assert.Equal(t, before, after, "nothing may change, not even a torn line")
	}
}

func TestWhatMayDiffer(t *testing.T) {
	t.Parallel()
	run := testRun()
	run.Version, run.StartedAt, run.Backup.Path = "9", time.Now(), "/elsewhere/members.ndjson"
	run.Options = map[string]string{"rate": "1", "limit": "10"}
	j, _, err := Resume(written(t, created(1)), run)
	require.NoError(t, err)
	require.NoError(t, j.Close())
	run.Backup = Backup{Path: "-", Format: "ndjson"} // the same, maybe, through a pipe: its rows will tell
	j, _, err = Resume(written(t, created(1)), run)
	require.NoError(t, err)
	require.NoError(t, j.Close())
}

func appendFile(path, text string) error {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}

// Two runs never write one journal: neither two of one process, nor two processes.
func TestOneWriterAtATime(t *testing.T) {
	t.Parallel()
	if held := os.Getenv("REPORT_TO_RESUME"); held != "" { // this is the other process
		j, _, err := Resume(held, testRun())
		require.NoError(t, err)
		require.NoError(t, j.Close())
		return
	}
	path := filepath.Join(t.TempDir(), "r")
	j, err := Create(path, testRun())
	require.NoError(t, err)
	_, _, err = Resume(path, testRun())
	require.ErrorIs(t, err, filelock.ErrLocked)
	require.NoError(t, j.Close())
	j, _, err = Resume(path, testRun())
	require.NoError(t, err)
	_, _, err = Resume(path, testRun())
	require.ErrorIs(t, err, filelock.ErrLocked)

	out, err := otherProcess(t, path).CombinedOutput()
	require.Error(t, err)
	assert.Contains(t, string(out), "another run is writing it")
	require.NoError(t, j.Close())
	out, err = otherProcess(t, path).CombinedOutput()
	require.NoError(t, err, string(out))
}

// otherProcess is the test above in a process of its own, where it does nothing but resume a report.
func otherProcess(t *testing.T, path string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), self, "-test.run=^TestOneWriterAtATime$")
	cmd.Env = append(os.Environ(), "REPORT_TO_RESUME="+path)
	return cmd
}

func TestConcurrentWriters(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "r")
	j, err := Create(path, testRun())
	require.NoError(t, err)
	var wg sync.WaitGroup
	for worker := range int64(8) {
		wg.Go(func() {
			for row := range int64(200) {
				if !assert.NoError(t, j.Write([]*restore.Outcome{created(1 + worker*200 + row)})) {
					return
				}
				if row%100 == 0 && !assert.NoError(t, j.Sync()) {
					return
				}
			}
		})
	}
	wg.Wait()
	require.NoError(t, j.Close())
	j, l, err := Resume(path, testRun())
	require.NoError(t, err)
	counts := l.Counts()
	assert.Equal(t, int64(1600), counts[restore.Created])
	require.NoError(t, j.Close())
}

func TestFree(t *testing.T) {
	t.Parallel()
	path := written(t, created(1))
	require.NoError(t, Free(path+".other"))
	_, want := Create(path, testRun())
	require.ErrorIs(t, want, fs.ErrExist)
	require.EqualError(t, Free(path), want.Error())
}
