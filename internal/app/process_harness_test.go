//go:build unix

package app

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/sandbox"
)

// stage is where processes are run: a folder, and a Chat API that sees all that they send.
type stage struct {
	*sandbox.Server
	t      *testing.T
	dir    string
	report string // the report's name
	http   *httptest.Server
	conns  *connections
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
	s := &stage{Server: server, t: t, dir: t.TempDir(), report: "r.ndjson", conns: newConnections()}
	s.http = httptest.NewUnstartedServer(http.HandlerFunc(s.serve))
	s.http.Config.ConnState = s.conns.note
	s.http.Start()
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

// lastWord is how long before the end of all tests' time a process that hangs is killed, and fails its test by that.
// How long a process takes is for no test to say: the machine may be busy.
const lastWord = 10 * time.Second

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
	ctx := s.t.Context()
	if end, ok := s.t.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, end.Add(-lastWord))
		s.t.Cleanup(cancel)
	}
	p.cmd = exec.CommandContext(ctx, name, args...)
	p.cmd.Dir = s.dir
	p.cmd.Env = append(slices.Clone(s.env), fateVariable+"="+string(text))
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
