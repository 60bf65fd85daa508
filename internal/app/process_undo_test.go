//go:build unix

package app

import (
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/chat"
	"rejoin/internal/filelock"
	"rejoin/sandbox"
)

// client speaks to the stage's Chat API as another program does.
func (s *stage) client() *chat.Client {
	s.t.Helper()
	c, err := chat.NewClient(chat.Config{BaseURL: s.http.URL, Credentials: chat.Credentials{User: accountSID, Password: authToken}})
	require.NoError(s.t, err)
	s.t.Cleanup(c.Close)
	return c
}

// undoes are the arguments of an undo on this stage, as fast as it goes.
func (s *stage) undoes(more ...string) []string {
	return append([]string{"undo", "--api-url", s.http.URL, "--rate", "20000", "--channel-rate", "0", "--workers", "4", s.report}, more...)
}

// staged is a stage on which a backup has been restored beside a member that was there before.
func staged(t *testing.T, rows int) (s *stage, channels []string, before map[string]bool) {
	t.Helper()
	channels = channelSIDs(3)
	s = newStage(t, sandbox.Config{}, channels...)
	_, err := s.client().CreateMember(t.Context(), &chat.Member{ServiceSID: serviceA, Channel: channels[0], Identity: "member-0"})
	require.NoError(t, err)
	before = s.there(channels...)
	backup, _ := roster(rows, channels...)
	s.write("b.ndjson", backup)
	s.report = "b.ndjson.report.ndjson"
	requireStatus(t, statusDone, s.run(fate{}, s.restores("b.ndjson")...))
	return s, channels, before
}

const undoReport = "b.ndjson.undo.report.ndjson"

func TestUndoTakesOutWhatTheRunMade(t *testing.T) {
	t.Parallel()
	s, channels, before := staged(t, 30)
	made := readReport(t, s.path(s.report))
	api := s.client()
	_, err := api.UpdateMember(t.Context(), &chat.Member{ServiceSID: serviceA, Channel: channels[1], Attributes: `{"new":1}`}, "member-1")
	require.NoError(t, err)
	require.NoError(t, api.DeleteMember(t.Context(), serviceA, channels[2], "member-2"))

	asked := s.there(channels...)
	got := s.run(fate{}, s.undoes("-n", "--report", "dry.ndjson")...)
	requireStatus(t, statusNotRestored, got)
	assert.Contains(t, got.stdout, "would_delete")
	assert.Equal(t, asked, s.there(channels...), "a dry run deletes nothing")

	got = s.run(fate{}, s.undoes()...)
	requireStatus(t, statusNotRestored, got)
	assert.Contains(t, got.stderr, "the run created 29 members in 3 channels of "+serviceA)
	before[channels[1]+"/member-1"] = true
	assert.Equal(t, before, s.there(channels...), "but for the one that was changed, it is as it was before the run")
	lines := readReport(t, s.path(undoReport))
	counts := countOutcomes(outcomes(lines))
	assert.Equal(t, map[string]int{"read": 29, "deleted": 27, "kept": 1, "gone": 1}, counts)
	assert.Equal(t, statusNotRestored, lines[len(lines)-1].ExitCode)

	got = s.run(fate{}, s.undoes("--force", "--report", "force.ndjson")...)
	requireStatus(t, statusDone, got)
	delete(before, channels[1]+"/member-1")
	assert.Equal(t, before, s.there(channels...))
	assert.Equal(t, made, readReport(t, s.path(s.report)), "the report that was undone is left as it is")

	got = s.run(fate{}, "report", undoReport)
	requireStatus(t, statusDone, got)
	assert.Contains(t, got.stdout, "deleted")
	assert.Contains(t, got.stdout, "changed since it was made")
}

// However often an undo is ended in the middle of it, it goes on where it was, and ends as one that was not.
func TestUndoGoesOn(t *testing.T) {
	t.Parallel()
	s, channels, before := staged(t, 40)
	for n := range 4 {
		args := s.undoes()
		if n > 0 {
			args = append(args, "--resume")
		}
		deletes := make(chan struct{}, 100)
		s.onRequest(func(x *arrival) {
			if x.req.Method == http.MethodDelete {
				select {
				case deletes <- struct{}{}:
				default:
				}
			}
			x.pass()
		})
		p := s.start(fate{}, args...)
		for range 4 {
			select {
			case <-deletes:
			case <-p.ended:
			}
		}
		if n%2 == 0 {
			p.kill()
			s.quiet()
			continue
		}
		p.send(syscall.SIGINT)
		if got := p.wait(); got.status != statusDone {
			requireStatus(t, statusInterrupted, got)
			assert.Contains(t, got.stderr, "to go on, run: ")
		}
	}
	s.onRequest(nil)
	requireStatus(t, statusDone, s.run(fate{}, s.undoes("--resume")...))
	assert.Equal(t, before, s.there(channels...))
	last := countOutcomes(outcomes(readReport(t, s.path(undoReport))))
	assert.Equal(t, 39, last["deleted"]+last["gone"], "%v", last)
}

func TestUndoRefuses(t *testing.T) {
	t.Parallel()
	s, channels, _ := staged(t, 10)
	there := s.there(channels...)
	other := "IS" + strings.Repeat("f", 32)
	s.write("torn.ndjson", "{\n")
	for name, test := range map[string]struct {
		args   []string
		status int
		says   string
	}{
		"no report":                 {[]string{"undo"}, statusUsage, "give the path of its report"},
		"two reports":               {[]string{"undo", "a", "b"}, statusUsage, "one report at a time"},
		"a report that is not":      {[]string{"undo", "--api-url", s.http.URL, "nothing.ndjson"}, statusFailed, "nothing.ndjson"},
		"what is no report":         {[]string{"undo", "--api-url", s.http.URL, "torn.ndjson"}, statusFailed, "torn.ndjson"},
		"a backup":                  {[]string{"undo", "--api-url", s.http.URL, "b.ndjson"}, statusFailed, "b.ndjson"},
		"another target":            {[]string{"undo", "--api-url", "http://127.0.0.1:1", s.report}, statusMismatch, "give --api-url"},
		"the target of credentials": {[]string{"undo", s.report}, statusMismatch, "this undo would go to https://chat.twilio.com"},
		"another Service":           {s.undoes("--service", other), statusMismatch, "--service says " + other},
		"its own report":            {s.undoes("--report", s.report), statusUsage, "name another"},
		"nothing to resume":         {s.undoes("--resume", "--report", "none.ndjson"), statusFailed, "without --resume"},
	} {
		got := s.run(fate{}, test.args...)
		assert.Equal(t, test.status, got.status, "%s: %s", name, got.stderr)
		assert.Contains(t, got.stderr, test.says, name)
	}
	assert.Equal(t, there, s.there(channels...))

	requireStatus(t, statusDone, s.run(fate{}, "restore", "--sandbox", "--rate", "1000", "--report", "sandbox.ndjson", "b.ndjson"))
	got := s.run(fate{}, "undo", "--api-url", s.http.URL, "sandbox.ndjson")
	requireStatus(t, statusFailed, got)
	assert.Contains(t, got.stderr, "embedded sandbox")
	requireStatus(t, statusDone, s.run(fate{}, s.restores("-n", "--report", "dry.ndjson", "b.ndjson")...))
	got = s.run(fate{}, "undo", "--api-url", s.http.URL, "dry.ndjson")
	requireStatus(t, statusFailed, got)
	assert.Contains(t, got.stderr, "dry run")

	requireStatus(t, statusDone, s.run(fate{}, s.undoes()...))
	got = s.run(fate{}, "undo", "--api-url", s.http.URL, undoReport)
	requireStatus(t, statusFailed, got)
	assert.Contains(t, got.stderr, `report of a "undo"`)
	got = s.run(fate{}, s.undoes()...)
	requireStatus(t, statusFailed, got)
	assert.Contains(t, got.stderr, "--resume", "an undo's report is not overwritten")

	s.write("b2.ndjson", s.read("b.ndjson"))
	requireStatus(t, statusDone, s.run(fate{}, s.restores("--report", "second.ndjson", "b2.ndjson")...))
	got = s.run(fate{}, "undo", "--resume", "--report", undoReport, "--api-url", s.http.URL, "second.ndjson")
	requireStatus(t, statusMismatch, got)
	assert.Equal(t, there, s.there(channels...), "nothing was deleted")
}

func TestUndoStopsWhereCredentialsAreRefused(t *testing.T) {
	t.Parallel()
	s, channels, _ := staged(t, 10)
	there := s.there(channels...)
	s.onRequest(func(x *arrival) { x.refuse() })
	requireStatus(t, statusRefused, s.run(fate{}, s.undoes()...))
	assert.Equal(t, there, s.there(channels...))
}

// While a restore writes its report, what it makes is not deleted behind its back, and members that it makes later would
// stay.
func TestUndoOfARunThatGoesOnIsRefused(t *testing.T) {
	t.Parallel()
	s, channels, _ := staged(t, 5)
	asked := s.there(channels...)
	f, err := os.OpenFile(s.path(s.report), os.O_RDWR|os.O_APPEND, 0)
	require.NoError(t, err)
	require.NoError(t, filelock.Lock(f), "as the restore has it")
	got := s.run(fate{}, s.undoes()...)
	requireStatus(t, statusFailed, got)
	assert.Contains(t, got.stderr, "another run is writing it; nothing was deleted")
	assert.Equal(t, asked, s.there(channels...))
	assert.NoFileExists(t, s.path(undoReport))

	require.NoError(t, filelock.Unlock(f))
	require.NoError(t, f.Close())
	requireStatus(t, statusDone, s.run(fate{}, s.undoes()...))
}
