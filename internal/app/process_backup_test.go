//go:build unix

package app

import (
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	backups "rejoin/backup"
	"rejoin/sandbox"
)

const backupChannels = 8

// backingStage is a stage whose Service has members to back up, and the backup as it is without a disturbance.
func backingStage(t *testing.T) (s *stage, want string) {
	t.Helper()
	channels := channelSIDs(backupChannels)
	s = newStage(t, sandbox.Config{}, channels...)
	rows, _ := roster(backupChannels*12, channels...)
	s.write("b.ndjson", rows)
	requireStatus(t, statusDone, s.run(fate{}, s.restores("b.ndjson")...))
	for _, name := range []string{"b.ndjson", s.report} {
		require.NoError(t, os.Remove(s.path(name)))
	}
	got := s.run(fate{}, s.backUps("--out", "-")...)
	requireStatus(t, statusDone, got)
	require.Len(t, eachLine(t, got.stdout), backupChannels*12)
	return s, got.stdout
}

func (s *stage) backUps(more ...string) []string {
	return append([]string{
		"backup", "--service", serviceA, "--api-url", s.http.URL, "--rate", "20000", "--workers", "2", "--out", "m.ndjson.gz",
	}, more...)
}

// requireBackup holds that the backup is whole, and that nothing is beside it.
func (s *stage) requireBackup(want string) {
	s.t.Helper()
	file, err := os.Open(s.path("m.ndjson.gz"))
	require.NoError(s.t, err)
	defer func() { _ = file.Close() }() // it was only read
	unzipped, err := gzip.NewReader(file)
	require.NoError(s.t, err)
	var text strings.Builder
	_, err = unzipped.WriteTo(&text)
	require.NoError(s.t, err)
	require.Equal(s.t, want, text.String())
	require.Equal(s.t, []string{"m.ndjson.gz"}, s.files())
}

func (s *stage) files() (names []string) {
	s.t.Helper()
	files, err := os.ReadDir(s.dir)
	require.NoError(s.t, err)
	for _, f := range files {
		names = append(names, f.Name())
	}
	return names
}

// asked is how many lists of members a process asks for.
func (s *stage) asked() *atomic.Int64 {
	n := new(atomic.Int64)
	s.onRequest(func(x *arrival) {
		if strings.HasSuffix(x.req.URL.Path, "/Members") {
			n.Add(1)
		}
		x.pass()
	})
	return n
}

// The process is killed at each step in the making of a file, and the backup then resumed: it is the one that nothing
// has disturbed, and no channel that was kept is asked for again.
func TestABackupKilledAtEachStep(t *testing.T) {
	t.Parallel()
	for _, k := range []struct {
		step backups.Step
		nth  int
		kept int64
	}{
		{backups.BeforeBlock, 1, 0},
		{backups.AfterBlock, 4, 3},
		{backups.AfterState, 4, 4},
		{backups.BeforeName, 1, backupChannels},
		{backups.AfterName, 1, backupChannels},
		{backups.AfterClean, 1, backupChannels},
	} {
		t.Run(string(k.step), func(t *testing.T) {
			t.Parallel()
			s, want := backingStage(t)
			got := s.run(fate{FileStep: k.step, Nth: k.nth}, s.backUps()...)
			requireStatus(t, killed, got)
			require.Contains(t, got.stderr, "killed at "+string(k.step))
			if k.step != backups.AfterName && k.step != backups.AfterClean {
				require.NoFileExists(t, s.path("m.ndjson.gz"))
			}
			s.quiet() // what the killed process has sent is not counted
			asked := s.asked()
			requireStatus(t, statusDone, s.run(fate{}, s.backUps("--resume")...))
			s.requireBackup(want)
			assert.Equal(t, backupChannels-k.kept, asked.Load())
		})
	}
}

// The process is ended at random moments by random signals, and resumed each time.
func TestABackupEndedAtRandom(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(newSeed(t), 1))
	s, want := backingStage(t)
	ended := 0
	for range 8 {
		if slices.Contains(s.files(), "m.ndjson.gz") && !slices.Contains(s.files(), "m.ndjson.gz.state") {
			s.requireBackup(want) // it was quicker, or was killed after all that it does
			require.NoError(t, os.Remove(s.path("m.ndjson.gz")))
		}
		args := s.backUps("--workers", []string{"1", "3", "9"}[rng.IntN(3)])
		if slices.Contains(s.files(), "m.ndjson.gz.state") {
			args = append(args, "--resume")
		}
		sig := []syscall.Signal{syscall.SIGKILL, syscall.SIGKILL, syscall.SIGTERM, syscall.SIGINT}[rng.IntN(4)]
		requests, after := 1+rng.IntN(8), time.Duration(rng.Int64N(int64(4*time.Millisecond)))
		s.endAt(requests, 2, after, sig)
		// A step that is never reached makes blocks of single channels.
		got := s.run(fate{FileStep: "never"}, args...)
		s.quiet()
		if got.status != statusDone {
			ended++
			require.Contains(t, []int{-int(sig), statusInterrupted, statusTerminated}, got.status, got.stderr)
		}
	}
	assert.Positive(t, ended)
	s.onRequest(nil)
	if slices.Contains(s.files(), "m.ndjson.gz.state") {
		requireStatus(t, statusDone, s.run(fate{}, s.backUps("--resume")...))
	} else if !slices.Contains(s.files(), "m.ndjson.gz") { // it was killed before, or after, all that it does
		requireStatus(t, statusDone, s.run(fate{}, s.backUps()...))
	}
	s.requireBackup(want)
}

// What is in flight at the first signal may finish; the command that is printed goes on.
func TestABackupAndTheFirstSignal(t *testing.T) {
	t.Parallel()
	for sig, status := range map[syscall.Signal]int{syscall.SIGINT: statusInterrupted, syscall.SIGTERM: statusTerminated} {
		t.Run(sig.String(), func(t *testing.T) {
			t.Parallel()
			s, want := backingStage(t)
			letGo := make(chan struct{})
			arrived := make(chan struct{}, 100)
			s.onRequest(func(x *arrival) {
				if x.nth > 4 {
					arrived <- struct{}{}
					<-letGo
				}
				x.pass()
			})
			p := s.start(fate{}, s.backUps()...)
			<-arrived
			<-arrived
			p.send(sig)
			p.await("nothing more is sent")
			close(letGo)
			got := p.wait()
			requireStatus(t, status, got)
			assert.Contains(t, got.stderr, "5 channels so far in m.ndjson.gz.partial, which is no whole backup", "three, and two that were in flight")
			assert.Equal(t, []string{"m.ndjson.gz.partial", "m.ndjson.gz.state"}, s.files())
			s.onRequest(nil)
			requireStatus(t, statusDone, s.begin(s.command(fate{}, "sh", "-c", resumeCommand(t, got.stderr))).wait())
			s.requireBackup(want)
		})
	}
}

func TestABackupThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		args []string
		fate fate
		want string
	}{
		"under a file":           {[]string{"--out", "file/m.gz"}, fate{}, "not a directory"},
		"a folder of the system": {[]string{"--out", "/proc/m.gz"}, fate{}, "/proc/m.gz"},
		"no room for the state":  {nil, fate{FileSize: 50}, "file too large"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, _ := backingStage(t)
			s.write("file", "of value")
			s.onRequest(func(x *arrival) { t.Error("nothing is to be sent"); x.pass() })
			got := s.run(test.fate, s.backUps(test.args...)...)
			requireStatus(t, statusFailed, got)
			assert.Contains(t, got.stderr, test.want)
			assert.Equal(t, []string{"file"}, s.files())
		})
	}
	t.Run("a disk that is full midway", func(t *testing.T) {
		t.Parallel()
		s, want := backingStage(t)
		got := s.run(fate{FileSize: 1800, FileStep: "never"}, s.backUps()...)
		requireStatus(t, statusFailed, got)
		assert.Contains(t, got.stderr, "file too large")
		require.NoFileExists(t, s.path("m.ndjson.gz"))
		requireStatus(t, statusDone, s.begin(s.command(fate{}, "sh", "-c", resumeCommand(t, got.stderr))).wait())
		s.requireBackup(want)
	})
	t.Run("standard output", func(t *testing.T) {
		t.Parallel()
		full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
		require.NoError(t, err)
		t.Cleanup(func() { _ = full.Close() }) // nothing was written to it
		for _, out := range []*os.File{closedPipe(t), full} {
			s, _ := backingStage(t)
			p := s.rejoin(fate{}, s.backUps("--out", "-")...)
			p.cmd.Stdout = out
			got := s.begin(p).wait()
			requireStatus(t, statusFailed, got)
			assert.Equal(t, 1, strings.Count(got.stderr, "standard output cannot be written"), got.stderr)
			assert.NotContains(t, got.stderr, "the backup cannot be written", "it is told once")
		}
	})
}

// Credentials that expire midway, and a service that goes away: what is there is kept, and the command that is printed
// goes on.
func TestABackupThatStopsMidway(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		meet   func(*arrival)
		status int
	}{
		"refused": {func(x *arrival) { x.refuse() }, statusRefused},
		"outage":  {func(*arrival) { panic(http.ErrAbortHandler) }, statusStopped},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, want := backingStage(t)
			s.onRequest(func(x *arrival) {
				if x.nth > 5 {
					test.meet(x)
					return
				}
				x.pass()
			})
			got := s.run(fate{}, s.backUps("--outage-timeout", "1s", "--workers", "1")...)
			requireStatus(t, test.status, got)
			assert.Contains(t, got.stderr, "4 channels so far in")
			s.onRequest(nil)
			requireStatus(t, statusDone, s.begin(s.command(fate{}, "sh", "-c", resumeCommand(t, got.stderr))).wait())
			s.requireBackup(want)
		})
	}
}
