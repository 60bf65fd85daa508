//go:build unix

package app

import (
	"bufio"
	"io"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/sandbox"
)

// held is what a service does that lets requests wait: each that creates is passed on once it is let go.
type held struct {
	arrived chan *arrival
	letGo   chan struct{}
	once    sync.Once
}

func (s *stage) holdCreates() *held {
	h := &held{arrived: make(chan *arrival, 100), letGo: make(chan struct{})}
	s.onRequest(func(x *arrival) {
		if x.create == 0 {
			x.pass()
			return
		}
		h.arrived <- x
		select {
		case <-h.letGo:
			x.pass()
		case <-x.req.Context().Done(): // the program has gone
		}
	})
	s.t.Cleanup(h.release)
	return h
}

func (h *held) release() { h.once.Do(func() { close(h.letGo) }) }

// await waits until so many creates are in flight.
func (h *held) await(p *process, n int) {
	for range n {
		select {
		case <-h.arrived:
		case <-p.ended:
			require.Fail(p.t, "it ended before it sent what it was to send", p.stderr.String())
		}
	}
}

// resumeCommand is the command that the program has printed to go on with.
func resumeCommand(t *testing.T, stderr string) string {
	t.Helper()
	_, rest, ok := strings.Cut(stderr, "to go on, run: ")
	require.True(t, ok, stderr)
	command, _, _ := strings.Cut(rest, "\n")
	return command
}

// The first signal lets requests in flight finish; what is printed resumes the run, as it is printed.
func TestTheFirstSignal(t *testing.T) {
	t.Parallel()
	for sig, status := range map[syscall.Signal]int{
		syscall.SIGINT: statusInterrupted, syscall.SIGTERM: statusTerminated, syscall.SIGHUP: statusHungUp, syscall.SIGQUIT: statusQuit,
	} {
		t.Run(sig.String(), func(t *testing.T) {
			t.Parallel()
			channels := channelSIDs(2)
			s := newStage(t, sandbox.Config{}, channels...)
			backup, members := roster(40, channels...)
			s.write("it's a backup.ndjson", backup)
			s.report = "my report.ndjson"
			h := s.holdCreates()
			p := s.start(fate{}, s.restores("it's a backup.ndjson")...)
			h.await(p, 4)
			p.send(sig)
			p.await("nothing more is sent")
			h.release()
			got := p.wait()
			requireStatus(t, status, got)
			assert.Equal(t, 4, s.creates, "nothing more was sent")
			assert.Len(t, s.there(channels...), 4)

			lines := s.remember()
			last := lines[len(lines)-1]
			assert.Equal(t, "summary", last.Type)
			assert.Equal(t, status, last.ExitCode)
			assert.Len(t, outcomes(lines), 4)
			assert.Equal(t, last.Read-4, last.Pending, "how far reading had come is not said")
			assert.Contains(t, got.stdout, "pending")

			requireStatus(t, statusDone, s.begin(s.command(fate{}, "sh", "-c", resumeCommand(t, got.stderr))).wait())
			s.requireWhole(40)
			assert.Equal(t, members, s.there(channels...))
		})
	}
}

// heldStage is a stage with a backup of forty members in b.ndjson, which are made when they are let go. requireAll sees that
// each has its outcome in the report, and is there.
func heldStage(t *testing.T) (s *stage, h *held, requireAll func()) {
	t.Helper()
	channels := channelSIDs(2)
	s = newStage(t, sandbox.Config{}, channels...)
	backup, members := roster(40, channels...)
	s.write("b.ndjson", backup)
	h = s.holdCreates()
	return s, h, func() {
		t.Helper()
		s.requireWhole(40)
		assert.Equal(t, members, s.there(channels...))
	}
}

// The second signal ends at once a run that waits for a service which never answers.
func TestTheSecondSignal(t *testing.T) {
	t.Parallel()
	s, h, requireAll := heldStage(t)
	p := s.start(fate{}, s.restores("b.ndjson")...)
	h.await(p, 4)
	p.send(syscall.SIGINT)
	p.await("a second signal ends at once")
	p.send(syscall.SIGTERM)
	requireStatus(t, statusTerminated, p.wait())
	lines := s.remember()
	assert.Empty(t, outcomes(lines))
	assert.NotEqual(t, "summary", lines[len(lines)-1].Type)

	s.quiet() // what it has sent is not carried out behind the back of the next run
	s.onRequest(nil)
	requireStatus(t, statusDone, s.run(fate{}, s.restores("--resume", "b.ndjson")...))
	requireAll()
}

// A terminal that closes takes standard error with it, and is told more than once: the run still lets what is in flight
// finish, and writes how it ended.
func TestAHangup(t *testing.T) {
	t.Parallel()
	s, h, requireAll := heldStage(t)
	p := s.rejoin(fate{}, s.restores("b.ndjson")...)
	gone, stderr, err := os.Pipe()
	require.NoError(t, err)
	p.cmd.Stdout, p.cmd.Stderr = stderr, stderr
	s.begin(p)
	require.NoError(t, stderr.Close())
	h.await(p, 4)
	p.send(syscall.SIGHUP)
	said := bufio.NewScanner(gone)
	for said.Scan() && !strings.Contains(said.Text(), "SIGHUP: nothing more is sent") {
		continue
	}
	require.NoError(t, said.Err())
	require.NoError(t, gone.Close())
	p.send(syscall.SIGHUP)
	p.send(syscall.SIGHUP)
	h.release()
	requireStatus(t, statusHungUp, p.wait())
	lines := s.remember()
	last := lines[len(lines)-1]
	assert.Equal(t, "summary", last.Type)
	assert.Equal(t, statusHungUp, last.ExitCode)
	assert.Len(t, outcomes(lines), s.creates, "all that was sent has its outcome")

	requireStatus(t, statusDone, s.run(fate{}, s.restores("--resume", "b.ndjson")...))
	requireAll()
}

// A run that was started under nohup outlives its terminal.
func TestAHangupThatIsIgnored(t *testing.T) {
	t.Parallel()
	s, h, _ := heldStage(t)
	self, err := os.Executable()
	require.NoError(t, err)
	p := s.begin(s.command(fate{}, "sh", append([]string{"-c", `trap "" HUP; exec "$0" "$@"`, self}, s.restores("b.ndjson")...)...))
	h.await(p, 1)
	p.send(syscall.SIGHUP)
	h.release()
	requireStatus(t, statusDone, p.wait())
	s.requireWhole(40)
}

// A signal ends a run whose input gives nothing.
func TestASignalWhileStandardInputGivesNothing(t *testing.T) {
	t.Parallel()
	s := newStage(t, sandbox.Config{})
	p := s.rejoin(fate{}, s.restores("--log-level", "debug", "-")...)
	in, err := p.cmd.StdinPipe()
	require.NoError(t, err)
	defer func() { _ = in.Close() }() // the program has gone
	s.begin(p)
	p.await("reading standard input")
	p.send(syscall.SIGINT)
	got := p.wait()
	requireStatus(t, statusInterrupted, got)
	assert.Contains(t, lastLine(got.stderr), "before anything was sent")
	require.NoFileExists(t, s.path(s.report))
}

// So it does where the input has given something and then nothing more: what it gave is restored.
func TestASignalWhileStandardInputHasStopped(t *testing.T) {
	t.Parallel()
	channels := channelSIDs(2)
	s := newStage(t, sandbox.Config{}, channels...)
	backup, members := roster(1900, channels...) // the reader looks at 128 KiB before it gives a row
	enough := make(chan struct{})
	s.onRequest(func(x *arrival) {
		x.pass()
		if x.create == 100 {
			close(enough)
		}
	})
	p := s.rejoin(fate{}, s.restores("-")...)
	in, err := p.cmd.StdinPipe()
	require.NoError(t, err)
	s.begin(p)
	_, err = io.WriteString(in, backup[:len(backup)*4/5])
	require.NoError(t, err)
	select {
	case <-enough:
	case <-p.ended:
		require.Fail(t, "it ended too early", p.stderr.String())
	}
	p.send(syscall.SIGINT)
	requireStatus(t, statusInterrupted, p.wait())
	lines := s.remember()
	assert.Equal(t, "summary", lines[len(lines)-1].Type)

	s.onRequest(nil)
	again := s.rejoin(fate{}, s.restores("--resume", "-")...)
	again.cmd.Stdin = strings.NewReader(backup)
	requireStatus(t, statusDone, s.begin(again).wait())
	s.requireWhole(1900)
	assert.Equal(t, members, s.there(channels...))
}

func lastLine(text string) string {
	text = strings.TrimSuffix(text, "\n")
	return text[strings.LastIndexByte(text, '\n')+1:]
}
