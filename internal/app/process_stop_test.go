//go:build unix

package app

import (
	"bytes"
	"compress/gzip"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/sandbox"
)

// stopping is a stage with a backup of 60 members.
func stopping(t *testing.T) (s *stage, members map[string]bool, channels []string) {
	t.Helper()
	channels = channelSIDs(3)
	s = newStage(t, sandbox.Config{}, channels...)
	backup, members := roster(60, channels...)
	s.write("b.ndjson", backup)
	return s, members, channels
}

// requireLastWord holds that a process has said what happened, what is safe and what to do next, and that this goes on
// where it stopped and comes to the end.
func (s *stage) requireLastWord(got result, what string) {
	s.t.Helper()
	assert.Contains(s.t, got.stderr, what)
	last := lastLine(got.stderr)
	assert.Contains(s.t, last, "every outcome so far is in "+s.report)
	assert.Contains(s.t, last, "to go on, run: ")
}

// resumes runs the command that was printed, and holds that all is restored then.
func (s *stage) resumes(got result, members map[string]bool, channels []string) {
	s.t.Helper()
	s.remember()
	again := s.begin(s.command(fate{}, "sh", "-c", resumeCommand(s.t, got.stderr))).wait()
	requireStatus(s.t, statusDone, again)
	for _, l := range s.requireWhole(len(members)) {
		assert.Equal(s.t, "created", l.Outcome)
	}
	assert.Equal(s.t, members, s.there(channels...))
}

func (s *stage) requireNothingSent() {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	require.Zero(s.t, s.all, "nothing was sent")
}

// A report that cannot be written from the start: nothing is sent, and no half of a file stays behind.
func TestAReportThatCannotBeMade(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		report string
		want   string
		fate   fate
	}{
		"a device that is full":  {report: "/dev/full", want: "/dev/full is there already (file exists)"},
		"under a file":           {report: "b.ndjson/r.ndjson", want: "b.ndjson/r.ndjson leads through a file as if it were a folder (not a directory)"},
		"no such folder":         {report: "missing/r.ndjson", want: "the folder missing is not there (no such file or directory)"},
		"a folder of the system": {report: "/proc/r.ndjson", want: "/proc/r.ndjson"},
		"no room for one line":   {report: "r.ndjson", want: "r.ndjson: file too large", fate: fate{FileSize: 100}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, _, _ := stopping(t)
			got := s.run(test.fate, s.restores("--report", test.report, "b.ndjson")...)
			requireStatus(t, statusFailed, got)
			assert.Contains(t, got.stderr, test.want)
			assert.Empty(t, got.stdout)
			s.requireNothingSent()
			files, err := os.ReadDir(s.dir)
			require.NoError(t, err)
			assert.Len(t, files, 1, "the backup alone")
		})
	}
}

// The disk is full in the middle of the run: a limit on the size of files says it as a full disk does, in the middle of
// a line.
func TestADiskThatIsFullMidway(t *testing.T) {
	t.Parallel()
	for _, size := range []uint64{3000, 5000, 7001} {
		t.Run(strconv.FormatUint(size, 10), func(t *testing.T) {
			t.Parallel()
			s, members, channels := stopping(t)
			got := s.run(fate{FileSize: size}, s.restores("b.ndjson")...)
			requireStatus(t, statusFailed, got)
			s.requireLastWord(got, "write the report r.ndjson")
			assert.Less(t, len(s.there(channels...)), 60, "it stopped")
			s.resumes(got, members, channels)
		})
	}
}

// A full disk on which not even the line of a run that goes on has room is told once.
func TestADiskThatIsFullStill(t *testing.T) {
	t.Parallel()
	s, _, _ := stopping(t)
	requireStatus(t, statusDone, s.run(fate{}, s.restores("--limit", "5", "b.ndjson")...))
	text := s.read(s.report)
	got := s.run(fate{FileSize: uint64(len(text)) + 100}, s.restores("--resume", "b.ndjson")...)
	requireStatus(t, statusFailed, got)
	assert.Equal(t, 1, strings.Count(got.stderr, "file too large"), got.stderr)
}

// The rejects have nowhere to go any more: the outcomes are in the report all the same.
func TestRejectsThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	s, members, channels := stopping(t)
	s.write("b.ndjson", s.read("b.ndjson")+"no json\n")
	require.NoError(t, os.Mkdir(s.path("rejects"), 0o700))
	s.onRequest(func(x *arrival) {
		_ = os.Remove(s.path("rejects")) // before the first outcome, and then it has gone
		x.pass()
	})
	got := s.run(fate{}, s.restores("--rejects", "rejects/x.ndjson", "--workers", "1", "b.ndjson")...)
	requireStatus(t, statusFailed, got)
	s.requireLastWord(got, "rejects/x.ndjson")
	s.remember()
	require.NoError(t, os.Mkdir(s.path("rejects"), 0o700))
	s.onRequest(nil)
	requireStatus(t, statusNotRestored, s.begin(s.command(fate{}, "sh", "-c", resumeCommand(t, got.stderr))).wait())
	for row, l := range s.requireWhole(61) {
		assert.Equal(t, row == 61, l.Outcome != "created", "row %d is %s", row, l.Outcome)
	}
	assert.Equal(t, members, s.there(channels...))
	assert.Contains(t, s.read("rejects/x.ndjson"), "no json")
}

func zipped(t *testing.T, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := w.Write([]byte(text))
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return b.Bytes()
}

// What a stream that is cut has given is restored, and the whole stream goes on from there.
func TestAStreamThatIsCut(t *testing.T) {
	t.Parallel()
	channels := channelSIDs(3)
	s := newStage(t, sandbox.Config{}, channels...)
	backup, members := roster(1200, channels...)
	whole := zipped(t, backup)

	p := s.rejoin(fate{}, s.restores("-")...)
	p.cmd.Stdin = bytes.NewReader(whole[:len(whole)/2])
	got := s.begin(p).wait()
	requireStatus(t, statusFailed, got)
	s.requireLastWord(got, "cannot be read to its end")
	lines := s.remember()
	last := lines[len(lines)-1]
	assert.Greater(t, last.Read, int64(300))
	assert.Equal(t, last.Read, last.Created, "all that was read is restored")
	assert.Len(t, s.there(channels...), int(last.Created))

	again := s.command(fate{}, "sh", "-c", resumeCommand(t, got.stderr))
	again.cmd.Stdin = bytes.NewReader(whole)
	requireStatus(t, statusDone, s.begin(again).wait())
	s.requireWhole(1200)
	assert.Equal(t, members, s.there(channels...))
}

// A file that is cut is refused before anything is sent.
func TestAFileThatIsCut(t *testing.T) {
	t.Parallel()
	s := newStage(t, sandbox.Config{}, channelSIDs(3)...)
	backup, _ := roster(200, channelSIDs(3)...)
	whole := zipped(t, backup)
	s.write("b.gz", string(whole[:len(whole)-20]))
	got := s.run(fate{}, s.restores("b.gz")...)
	requireStatus(t, statusFailed, got)
	assert.Regexp(t, `b\.gz:\d+: .*; nothing was sent\n`, got.stderr)
	assert.Contains(t, lastLine(got.stderr), "restore --no-preflight")
	s.requireNothingSent()
	require.NoFileExists(t, s.path(s.report))
}

// deaf is an address that refuses connections until it is opened: a socket that is bound and does not listen, so that
// nobody else can have its port.
type deaf struct {
	fd  int
	url string
}

func newDeaf(t *testing.T) *deaf {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	require.NoError(t, err)
	syscall.CloseOnExec(fd)
	require.NoError(t, syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}))
	name, err := syscall.Getsockname(fd)
	require.NoError(t, err)
	address, ok := name.(*syscall.SockaddrInet4)
	require.True(t, ok)
	return &deaf{fd: fd, url: "http://127.0.0.1:" + strconv.Itoa(address.Port)}
}

// open serves the stage there.
func (d *deaf) open(s *stage) {
	s.t.Helper()
	require.NoError(s.t, syscall.Listen(d.fd, 128))
	file := os.NewFile(uintptr(d.fd), "listener")
	listener, err := net.FileListener(file)
	require.NoError(s.t, err)
	require.NoError(s.t, file.Close())
	server := httptest.NewUnstartedServer(http.HandlerFunc(s.serve))
	require.NoError(s.t, server.Listener.Close())
	server.Listener = listener
	server.Start()
	s.t.Cleanup(server.Close)
}

// Nobody answers at all.
func TestADeadNetwork(t *testing.T) {
	t.Parallel()
	s, members, channels := stopping(t)
	d := newDeaf(t)
	got := s.run(fate{}, s.restores("--api-url", d.url, "--outage-timeout", "2s", "b.ndjson")...)
	requireStatus(t, statusStopped, got)
	s.requireLastWord(got, "connection refused")
	s.requireNothingSent()
	d.open(s)
	s.resumes(got, members, channels)
}

// The service goes away in the middle of the run.
func TestAnOutageMidway(t *testing.T) {
	t.Parallel()
	s, members, channels := stopping(t)
	s.onRequest(func(x *arrival) {
		if x.nth > 25 {
			panic(http.ErrAbortHandler)
		}
		x.pass()
	})
	got := s.run(fate{}, s.restores("--outage-timeout", "1s", "b.ndjson")...)
	requireStatus(t, statusStopped, got)
	s.requireLastWord(got, "does not answer")
	assert.NotEmpty(t, s.there(channels...))
	s.onRequest(nil)
	s.resumes(got, members, channels)
}

// The credentials expire in the middle of the run.
func TestCredentialsThatExpireMidway(t *testing.T) {
	t.Parallel()
	s, members, channels := stopping(t)
	s.onRequest(func(x *arrival) {
		if x.create > 20 {
			x.refuse()
			return
		}
		x.pass()
	})
	got := s.run(fate{}, s.restores("b.ndjson")...)
	requireStatus(t, statusRefused, got)
	s.requireLastWord(got, "20003")
	lines := s.intactLines()
	assert.EqualValues(t, 20, lines[len(lines)-1].Created)
	assert.EqualValues(t, 40, lines[len(lines)-1].Pending)
	s.onRequest(nil)
	s.resumes(got, members, channels)
}

// closedPipe is the end of a pipe into which nothing can be written: its reader has gone.
func closedPipe(t *testing.T) *os.File {
	t.Helper()
	r, w, err := os.Pipe()
	require.NoError(t, err)
	require.NoError(t, r.Close())
	t.Cleanup(func() { _ = w.Close() }) // nothing was written to it
	return w
}

func TestAClosedStandardOutput(t *testing.T) {
	t.Parallel()
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	require.NoError(t, err)
	t.Cleanup(func() { _ = full.Close() }) // nothing was written to it
	for name, out := range map[string]*os.File{"a pipe without a reader": closedPipe(t), "a full disk": full} {
		for _, output := range []string{"text", "json"} {
			t.Run(name+", "+output, func(t *testing.T) {
				t.Parallel()
				s, members, channels := stopping(t)
				p := s.rejoin(fate{}, s.restores("-o", output, "b.ndjson")...)
				p.cmd.Stdout = out
				got := s.begin(p).wait()
				requireStatus(t, statusFailed, got)
				assert.Contains(t, got.stderr, "standard output cannot be written")
				s.requireWhole(60)
				assert.Equal(t, members, s.there(channels...))
			})
		}
	}
	for _, command := range []string{"help", "version", "restore --help"} {
		t.Run(command, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, sandbox.Config{})
			p := s.rejoin(fate{}, strings.Fields(command)...)
			p.cmd.Stdout = closedPipe(t)
			got := s.begin(p).wait()
			requireStatus(t, statusFailed, got)
			assert.Contains(t, got.stderr, "standard output cannot be written")
		})
	}
}

// Nobody reads what goes to standard error: that changes nothing.
func TestAClosedStandardError(t *testing.T) {
	t.Parallel()
	s, members, channels := stopping(t)
	p := s.rejoin(fate{}, s.restores("--progress", "plain", "b.ndjson")...)
	p.cmd.Stderr = closedPipe(t)
	got := s.begin(p).wait()
	requireStatus(t, statusDone, got)
	assert.Contains(t, got.stdout, "60  created")
	s.requireWhole(60)
	assert.Equal(t, members, s.there(channels...))

	p = s.rejoin(fate{}, "restor")
	p.cmd.Stderr = closedPipe(t)
	requireStatus(t, statusUsage, s.begin(p).wait())
}

// A process that is started without standard streams writes none of its files into their place.
func TestNoStandardStreams(t *testing.T) {
	t.Parallel()
	s, members, channels := stopping(t)
	backup := s.read("b.ndjson")
	self := s.rejoin(fate{}, s.restores("b.ndjson")...)
	args := append([]string{"-c", `exec "$@" <&- >&- 2>&-`, "sh"}, self.cmd.Args...)
	requireStatus(t, statusDone, s.begin(s.command(fate{}, "sh", args...)).wait())
	s.requireWhole(60)
	assert.Equal(t, members, s.there(channels...))
	assert.Equal(t, backup, s.read("b.ndjson"))
}
