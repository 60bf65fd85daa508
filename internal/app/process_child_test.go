//go:build unix

package app

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"testing"

	backups "rejoin/backup"
	"rejoin/chat"
	"rejoin/restore"
)

// The process-level tests run the program as a process of its own, so that signals, kill -9, limits and broken pipes
// are the real ones: the test binary runs itself, and is the program where this variable is set. The Chat API is served
// by the parent, which so sees exactly what was sent and what is there.
const fateVariable = "TEST_FATE"

func TestMain(m *testing.M) {
	if text, ok := os.LookupEnv(fateVariable); ok {
		os.Exit(child(text)) //nolint:forbidigo // here it is the program, and this its end
	}
	heedSignals()
	forgetFlags()
	m.Run()
}

// forgetFlags takes the flags out of the environment that whoever runs the tests may have set there for rejoin itself.
func forgetFlags() {
	for _, variable := range os.Environ() {
		if name, _, _ := strings.Cut(variable, "="); strings.HasPrefix(name, "REJOIN_") {
			if err := os.Unsetenv(name); err != nil {
				panic(err)
			}
		}
	}
}

// heedSignals has the processes that are started end by the signals that they are sent, before they listen for them: a
// shell that runs the tests in the background has them ignored, and so they would be by each process that these start.
// What is caught here is not ignored there.
func heedSignals() {
	for _, sig := range []os.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT} {
		if signal.Ignored(sig) {
			signal.Notify(make(chan os.Signal, 1), sig)
		}
	}
}

// fate is what a process will meet on its way, beside what its parent does to it.
type fate struct {
	Step     step   `json:"step"`      // at which it kills itself; "": at none
	Nth      int    `json:"nth"`       // time that the step is reached
	Cut      int    `json:"cut"`       // bytes that its last write lacks; -1: half of the last line
	Sync     bool   `json:"sync"`      // the report is synced before
	Send     int    `json:"send"`      // the create before whose sending it kills itself; 0: none
	FileSize uint64 `json:"file_size"` // that no file may outgrow; 0: no limit

	FileStep backups.Step `json:"file_step"` // of a backup's file, at whose nth time it kills itself; "": at none
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
	w.hooks = hooks{at: f.at(), file: f.atFile(), client: func(c restore.Client) restore.Client { return &doomed{Client: c, left: f.Send} }}
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

func (f *fate) atFile() func(backups.Step) {
	left := f.Nth
	return func(s backups.Step) {
		if s != f.FileStep {
			return
		}
		if left--; left == 0 {
			die("at " + string(s))
		}
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
