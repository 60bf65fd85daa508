//go:build unix

package app

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/chat"
	"rejoin/restore"
	"rejoin/sandbox"
)

// The process-level tests run the program as a process of its own, so that signals, kill -9, limits and broken pipes
// are the real ones: the test binary runs itself, and is the program where this variable is set. The Chat API is served
// by the parent, which so sees exactly what was sent and what is there.
const fateVariable = "TEST_FATE"

func TestMain(m *testing.M) {
	if text, ok := os.LookupEnv(fateVariable); ok {
		os.Exit(child(text))
	}
	os.Exit(m.Run())
}

// fate is what a process will meet on its way, beside what its parent does to it.
type fate struct {
	Step     step   // at which it kills itself; "": at none
	Nth      int    // time that the step is reached
	Cut      int    // bytes that its last write lacks; -1: half of the last line
	Sync     bool   // the report is synced before
	Send     int    // the create before whose sending it kills itself; 0: none
	FileSize uint64 // that no file may outgrow; 0: no limit
}

// child is the program.
func child(text string) int {
	var f fate
	if err := json.Unmarshal([]byte(text), &f); err != nil {
		panic(err)
	}
	if f.FileSize > 0 {
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: f.FileSize, Max: f.FileSize}); err != nil {
			panic(err)
		}
	}
	w := System()
	w.hooks = hooks{at: f.at(), client: func(c restore.Client) restore.Client { return &doomed{Client: c, left: f.Send} }}
	return Main(w)
}

func (f *fate) at() func(step, *books) {
	left := f.Nth
	return func(s step, b *books) {
		if s != f.Step {
			return
		}
		if left--; left > 0 {
			return
		}
		if f.Sync {
			if err := b.journal.Sync(); err != nil {
				panic(err)
			}
		}
		if f.Cut != 0 {
			tear(b.journal.Path(), f.Cut)
		}
		die("at " + string(s))
	}
}

// tear leaves a file as a write leaves it that did not come to its end.
func tear(path string, cut int) {
	text, err := os.ReadFile(path)
	if err != nil {
		panic(err)
	}
	if cut < 0 {
		cut = (len(text) - bytes.LastIndexByte(text[:len(text)-1], '\n')) / 2
	}
	if err := os.Truncate(path, int64(len(text)-cut)); err != nil {
		panic(err)
	}
}

// die is kill -9 at a point that the process itself knows best. The parent sees by the word that it came there.
func die(where string) {
	fmt.Fprintf(os.Stderr, "killed %s\n", where)
	if err := syscall.Kill(os.Getpid(), syscall.SIGKILL); err != nil {
		panic(err)
	}
	select {}
}

// doomed is a client with which the process dies before a create is sent.
type doomed struct {
	restore.Client
	mu   sync.Mutex
	left int
}

func (d *doomed) CreateMember(ctx context.Context, m *chat.Member) (chat.Answer, error) {
	d.mu.Lock()
	if d.left--; d.left == 0 {
		die("before the send of " + m.Identity + ".")
	}
	d.mu.Unlock()
	return d.Client.CreateMember(ctx, m)
}

// stage is where processes are run: a folder, and a Chat API that sees all that they send.
type stage struct {
	*sandbox.Server
	t      *testing.T
	dir    string
	report string // the report's name
	http   *httptest.Server
	env    []string

	mu      sync.Mutex
	running *process
	meet    func(*arrival) // is shown each request before the Chat API is; it must pass it on; nil: all are passed on
	creates int            // that the running process has sent
	all     int
	final   map[string]bool // members of rows that are final in the report: nothing may be sent for them
	resent  []string        // members for which something was sent all the same
}

// arrival is a request that has come in.
type arrival struct {
	*stage
	w        http.ResponseWriter
	req      *http.Request
	identity string // that it makes; "": it makes none
	create   int    // the how manieth create of this process it is; 0: it is none
	nth      int    // the how manieth request
	process  *process
}

func newStage(t *testing.T, cfg sandbox.Config, channels ...string) *stage {
	t.Helper()
	cfg.AccountSID, cfg.AuthToken = accountSID, authToken
	server, err := sandbox.New(cfg)
	require.NoError(t, err)
	s := &stage{Server: server, t: t, dir: t.TempDir(), report: "r.ndjson"}
	s.http = httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(s.http.Close)
	s.env = []string{
		"PATH=" + os.Getenv("PATH"), "TMPDIR=" + t.TempDir(), "GOCOVERDIR=" + t.TempDir(),
		"GORACE=atexit_sleep_ms=0", // the detector would have each process wait for a second before its end
		"TWILIO_ACCOUNT_SID=" + accountSID, "TWILIO_AUTH_TOKEN=" + authToken,
	}
	require.NoError(t, s.AddService(serviceA))
	require.NoError(t, s.AddRole(serviceA, roleA))
	for _, channel := range channels {
		require.NoError(t, s.AddChannel(serviceA, channel))
	}
	return s
}

func (s *stage) serve(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		panic(http.ErrAbortHandler) // it was killed in the middle of it
	}
	req.Body = io.NopCloser(bytes.NewReader(body))
	x := &arrival{stage: s, w: w, req: req}
	s.mu.Lock()
	x.process = s.running
	s.all++
	x.nth = s.all
	member := memberOf(req, body)
	if req.Method == http.MethodPost {
		s.creates++
		x.create = s.creates
		_, x.identity, _ = strings.Cut(member, "/")
	}
	if s.final[member] {
		s.resent = append(s.resent, req.Method+" "+member)
	}
	meet := s.meet
	s.mu.Unlock()
	if meet == nil {
		x.pass()
		return
	}
	meet(x)
}

// memberOf is the channel and the identity that a request speaks of; "": of none.
func memberOf(req *http.Request, body []byte) string {
	parts := strings.Split(req.URL.EscapedPath(), "/")
	if len(parts) < 7 || parts[6] != "Members" { // /v2/Services/IS…/Channels/CH…/Members
		return ""
	}
	channel, err := url.PathUnescape(parts[5])
	if err != nil {
		panic(err)
	}
	if len(parts) > 7 {
		identity, err := url.PathUnescape(parts[7])
		if err != nil {
			panic(err)
		}
		return channel + "/" + identity
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		panic(err)
	}
	return channel + "/" + form.Get("Identity")
}

// pass gives the request to the Chat API.
func (x *arrival) pass() { x.ServeHTTP(x.w, x.req) }

// apply has the Chat API do what the request says. Nobody hears its answer.
func (x *arrival) apply() {
	x.ServeHTTP(httptest.NewRecorder(), x.req.WithContext(context.Background()))
}

// refuse answers as the API does to credentials that have expired.
func (x *arrival) refuse() {
	x.w.Header().Set("Content-Type", "application/json")
	x.w.WriteHeader(http.StatusUnauthorized)
	_, _ = io.WriteString(x.w, `{"code":20003,"message":"Authenticate","more_info":"","status":401}`) // the child may be gone
}

func (s *stage) path(name string) string { return filepath.Join(s.dir, name) }

// onRequest says what meets each request from now on.
func (s *stage) onRequest(meet func(*arrival)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.meet = meet
}

// patience is how long a process may take. One that hangs is killed then, and fails its test by that.
const patience = time.Minute

// process is the program while it runs.
type process struct {
	t              *testing.T
	cmd            *exec.Cmd
	stdout, stderr stream
	ended          chan struct{}
	err            error
}

// command is the process before it is started. Its folder is the stage's.
func (s *stage) command(f fate, name string, args ...string) *process {
	s.t.Helper()
	text, err := json.Marshal(f)
	require.NoError(s.t, err)
	p := &process{t: s.t, ended: make(chan struct{})}
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	s.t.Cleanup(cancel)
	p.cmd = exec.CommandContext(ctx, name, args...)
	p.cmd.Dir = s.dir
	p.cmd.Env = append(s.env[:len(s.env):len(s.env)], fateVariable+"="+string(text))
	p.cmd.Stdout, p.cmd.Stderr = &p.stdout, &p.stderr
	return p
}

// begin starts a process.
func (s *stage) begin(p *process) *process {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	require.NoError(s.t, p.cmd.Start())
	s.running, s.creates, s.all = p, 0, 0
	go func() {
		p.err = p.cmd.Wait()
		close(p.ended)
	}()
	return p
}

func (s *stage) start(f fate, args ...string) *process {
	s.t.Helper()
	return s.begin(s.rejoin(f, args...))
}

func (s *stage) rejoin(f fate, args ...string) *process {
	s.t.Helper()
	self, err := os.Executable()
	require.NoError(s.t, err)
	return s.command(f, self, args...)
}

// restores are the arguments of a restore on this stage, as fast as it goes.
func (s *stage) restores(more ...string) []string {
	return append([]string{
		"restore", "--api-url", s.http.URL, "--rate", "20000", "--channel-rate", "0", "--workers", "4", "--report", s.report,
	}, more...)
}

// run is a process from its start to its end.
func (s *stage) run(f fate, args ...string) result {
	s.t.Helper()
	return s.start(f, args...).wait()
}

// send sends a signal.
func (p *process) send(sig syscall.Signal) {
	if err := p.cmd.Process.Signal(sig); err != nil && !errors.Is(err, os.ErrProcessDone) {
		assert.NoError(p.t, err)
	}
}

// kill is kill -9; on return nothing more will come from the process.
func (p *process) kill() {
	p.send(syscall.SIGKILL)
	<-p.ended
}

// wait returns what the process did. The status of one that a signal ended is the signal's number below zero. What the
// race detector found is told here.
func (p *process) wait() result {
	p.t.Helper()
	<-p.ended
	r := result{status: p.cmd.ProcessState.ExitCode(), stdout: p.stdout.String(), stderr: p.stderr.String()}
	if ws, ok := p.cmd.ProcessState.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
		r.status = -int(ws.Signal())
	}
	for _, text := range []string{r.stdout, r.stderr} {
		require.NotContains(p.t, text, authToken)
		require.NotContains(p.t, text, "DATA RACE")
		require.NotContains(p.t, text, "goroutine ", "it crashed")
	}
	return r
}

// stream is what a process writes, as it writes it.
type stream struct {
	mu   sync.Mutex
	text bytes.Buffer
	grew chan struct{}
}

func (s *stream) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.grew != nil {
		close(s.grew)
		s.grew = nil
	}
	return s.text.Write(p)
}

func (s *stream) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// look returns what there is, and a channel that is closed when there is more.
func (s *stream) look() (string, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.grew == nil {
		s.grew = make(chan struct{})
	}
	return s.text.String(), s.grew
}

// await waits until the process has said something on standard error.
func (p *process) await(word string) {
	p.t.Helper()
	for {
		text, grew := p.stderr.look()
		if strings.Contains(text, word) {
			return
		}
		select {
		case <-grew:
		case <-p.ended:
			require.Contains(p.t, p.stderr.String(), word, "it ended without saying so")
			return
		}
	}
}
