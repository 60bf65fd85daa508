//go:build unix

package app

import (
	"encoding/json"
	"net/http"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/chat"
	"rejoin/sandbox"
)

const verifyReport = "b.ndjson.verify.report.ndjson"

// verifies are the arguments of a verification on this stage, as fast as it goes.
func (s *stage) verifies(more ...string) []string {
	return append([]string{"verify", "--api-url", s.http.URL, "--rate", "20000", "--workers", "4"}, more...)
}

// pages is how many list pages have been answered.
func (s *stage) pages() int { return s.Stats().Operations["list members"] }

// restoredStage is a stage on which a backup of three channels has been restored.
func restoredStage(t *testing.T, rows int) (*stage, []string) {
	t.Helper()
	channels := channelSIDs(3)
	s := newStage(t, sandbox.Config{}, channels...)
	backup, _ := roster(rows, channels...)
	s.write("b.ndjson", backup)
	requireStatus(t, statusDone, s.run(fate{}, s.restores("b.ndjson")...))
	return s, channels
}

// change changes one member, takes one out and adds one, each in a channel of its own. It says what is told of it.
func (s *stage) change(channels []string) map[string]string {
	s.t.Helper()
	api := s.client()
	_, err := api.UpdateMember(s.t.Context(), &chat.Member{ServiceSID: serviceA, Channel: channels[0], Attributes: `{"new":1}`}, "member-3")
	require.NoError(s.t, err)
	require.NoError(s.t, api.DeleteMember(s.t.Context(), serviceA, channels[1], "member-1"))
	_, err = api.CreateMember(s.t.Context(), &chat.Member{ServiceSID: serviceA, Channel: channels[2], Identity: "newcomer"})
	require.NoError(s.t, err)
	return map[string]string{"member-3": "differs", "member-1": "missing", "newcomer": "extra"}
}

// unlike are the last outcomes of a report that are not "same", by identity.
func (s *stage) unlike(report string) map[string]string {
	s.t.Helper()
	found := make(map[string]string)
	lines := readReport(s.t, s.path(report))
	rows := outcomes(lines)
	delete(rows, 0)
	for _, l := range lines {
		if l.Outcome == "extra" {
			require.NotContains(s.t, found, l.Identity)
			found[l.Identity] = l.Outcome
		}
	}
	for _, l := range rows {
		if l.Outcome != "same" {
			require.NotContains(s.t, found, l.Identity)
			found[l.Identity] = l.Outcome
		}
	}
	return found
}

// backwards is a backup in another order: its channels are mixed in it in any case.
func backwards(backup string) string {
	lines := strings.SplitAfter(backup, "\n")
	var b strings.Builder
	for _, line := range slices.Backward(lines) {
		b.WriteString(line)
	}
	return b.String()
}

// sortedByChannel is a backup with the rows of each channel together.
func sortedByChannel(backup string, channels []string) string {
	var b strings.Builder
	for _, channel := range channels {
		for line := range strings.Lines(backup) {
			if strings.Contains(line, channel) {
				b.WriteString(line)
			}
		}
	}
	return b.String()
}

func TestVerifySaysTheSame(t *testing.T) {
	t.Parallel()
	s, channels := restoredStage(t, 360)
	s.write("sorted.ndjson", sortedByChannel(s.read("b.ndjson"), channels))
	for _, backup := range []string{"b.ndjson", "sorted.ndjson"} {
		before := s.pages()
		got := s.run(fate{}, s.verifies("--extra", backup)...)
		requireStatus(t, statusDone, got)
		assert.Contains(t, got.stdout, "360  same")
		assert.Equal(t, 3*2, s.pages()-before, "120 members in each channel: two pages")
		assert.Empty(t, s.unlike(backup+".verify.report.ndjson"))
	}
	before := s.pages()
	requireStatus(t, statusDone, s.run(fate{}, s.restores("-n", "--report", "dry.ndjson", "b.ndjson")...))
	assert.Equal(t, 3*2, s.pages()-before, "a dry run reads them once, too, though the channels are mixed in the backup")
}

func TestVerifyNamesExactlyWhatDiffers(t *testing.T) {
	t.Parallel()
	s, channels := restoredStage(t, 60)
	want := s.change(channels)
	s.write("backwards.ndjson", backwards(s.read("b.ndjson")))
	s.write("sorted.ndjson", sortedByChannel(s.read("b.ndjson"), channels))
	for _, backup := range []string{"b.ndjson", "backwards.ndjson", "sorted.ndjson"} {
		for _, workers := range []string{"3", "32"} {
			report := backup + workers
			got := s.run(fate{}, s.verifies("--extra", "--workers", workers, "--report", report, backup)...)
			requireStatus(t, statusDifferences, got)
			assert.Equal(t, want, s.unlike(report))
			assert.Contains(t, got.stdout, "attributes: 1 row\n")
			assert.Contains(t, got.stdout, channels[0]+`  member-3  is {"new":1}, expected {"n":3}`)
			assert.Contains(t, got.stdout, "newcomer")
		}
	}
	delete(want, "newcomer")
	got := s.run(fate{}, s.verifies("-o", "json", "b.ndjson")...)
	requireStatus(t, statusDifferences, got)
	assert.Equal(t, want, s.unlike(verifyReport))
	var summary map[string]any
	require.NoError(t, json.Unmarshal([]byte(got.stdout), &summary))
	for key, n := range map[string]int{"read": 60, "same": 58, "missing": 1, "differs": 1, "extra": 0, "exit_code": 7, "not_restored": 2} {
		assert.InDelta(t, n, summary[key], 0, key)
	}
	got = s.run(fate{}, "report", verifyReport)
	requireStatus(t, statusDone, got)
	assert.Contains(t, got.stdout, "with another value in attributes")
}

// The same rows are invalid, duplicates or missing as for a restore, and none of them hides a difference.
func TestVerifyOfWhatCannotBeCompared(t *testing.T) {
	t.Parallel()
	s, channels := restoredStage(t, 6)
	first, _, _ := strings.Cut(s.read("b.ndjson"), "\n")
	s.write("b2.ndjson", s.read("b.ndjson")+first+"\nno json\n")
	got := s.run(fate{}, s.verifies("b2.ndjson")...)
	requireStatus(t, statusNotRestored, got)
	assert.Equal(t, map[string]string{"member-0": "duplicate", "": "invalid"}, s.unlike("b2.ndjson.verify.report.ndjson"))

	s.write("b3.ndjson", strings.ReplaceAll(s.read("b2.ndjson"), channels[1], "CH"+strings.Repeat("9", 32)))
	got = s.run(fate{}, s.verifies("b3.ndjson")...)
	requireStatus(t, statusDifferences, got)
	assert.Contains(t, got.stdout, "the channel does not exist in the Service")
	assert.Equal(t, map[string]string{"member-0": "duplicate", "": "invalid", "member-1": "missing", "member-4": "missing"},
		s.unlike("b3.ndjson.verify.report.ndjson"))
}

func TestVerifyIsRefused(t *testing.T) {
	t.Parallel()
	s, _ := restoredStage(t, 30)
	s.write("elsewhere.ndjson", strings.ReplaceAll(s.read("b.ndjson"), serviceA, "IS"+strings.Repeat("9", 32)))
	got := s.run(fate{}, s.verifies("elsewhere.ndjson")...)
	requireStatus(t, statusRefused, got)
	assert.Empty(t, s.unlike("elsewhere.ndjson.verify.report.ndjson"))

	s.onRequest(func(x *arrival) { x.refuse() })
	got = s.run(fate{}, s.verifies("b.ndjson")...)
	requireStatus(t, statusRefused, got)
	assert.Contains(t, got.stderr, "20003")
	s.onRequest(nil)
	requireStatus(t, statusDone, s.run(fate{}, s.verifies("--resume", "b.ndjson")...))

	for _, args := range [][]string{
		{"--sandbox", "b.ndjson"}, {"--extra", "--limit", "3", "b.ndjson"}, {"--report", "b.ndjson", "b.ndjson"}, {"--on-duplicate", "none", "b.ndjson"},
	} {
		before := s.Stats().Requests
		requireStatus(t, statusUsage, s.run(fate{}, s.verifies(args...)...))
		assert.Equal(t, before, s.Stats().Requests)
	}
	requireStatus(t, statusFailed, s.run(fate{}, s.verifies("--report", "b.ndjson.verify.report.ndjson", "b.ndjson")...)) // it is there
	requireStatus(t, statusDone, s.run(fate{}, s.verifies("b.ndjson")...))
	assert.FileExists(t, s.path("b.ndjson.verify-2.report.ndjson"), "one that is done again has a report of its own")
	s.write("b.ndjson", backwards(s.read("b.ndjson")))
	requireStatus(t, statusMismatch, s.run(fate{}, s.verifies("--resume", "b.ndjson")...))
}

func TestVerifyDuringAnOutage(t *testing.T) {
	t.Parallel()
	s, _ := restoredStage(t, 30)
	s.onRequest(func(x *arrival) { x.w.WriteHeader(http.StatusServiceUnavailable) })
	got := s.run(fate{}, s.verifies("--outage-timeout", "100ms", "b.ndjson")...)
	requireStatus(t, statusStopped, got)
	assert.Contains(t, resumeCommand(t, got.stderr), "--resume")
	s.onRequest(nil)
	requireStatus(t, statusDone, s.run(fate{}, s.verifies("--resume", "b.ndjson")...))
	assert.Empty(t, s.unlike(verifyReport))
}

// A verification that a signal, or kill -9, ends is gone on with, and finds what one that was not ended finds. No channel
// is read again that was done.
func TestVerifyIsInterruptedAndResumed(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]struct {
		signal syscall.Signal
		status int
	}{
		"SIGINT":  {syscall.SIGINT, statusInterrupted},
		"SIGTERM": {syscall.SIGTERM, statusTerminated},
		"kill -9": {syscall.SIGKILL, -int(syscall.SIGKILL)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, channels := restoredStage(t, 360)
			want := s.change(channels)
			done := make(chan struct{})
			var p *process
			s.onRequest(func(x *arrival) {
				if x.nth != 4 { // one worker: the Service, two pages of one channel, the first of the next
					x.pass()
					return
				}
				x.process.send(end.signal)
				if end.signal != syscall.SIGKILL {
					x.process.await(resumable)
				}
				x.pass()
				close(done)
			})
			p = s.start(fate{}, s.verifies("--extra", "--workers", "1", "b.ndjson")...)
			got := p.wait()
			<-done
			require.Equal(t, end.status, got.status, got.stderr)
			if end.signal != syscall.SIGKILL {
				assert.Contains(t, resumeCommand(t, got.stderr), "--resume")
			}
			s.onRequest(nil)
			before := s.pages()
			got = s.run(fate{}, s.verifies("--extra", "--resume", "b.ndjson")...)
			requireStatus(t, statusDifferences, got)
			if end.signal == syscall.SIGKILL { // what the one channel gave may not have been written
				assert.LessOrEqual(t, s.pages()-before, 3*2)
			} else {
				assert.Equal(t, 2*2, s.pages()-before, "one channel was done")
			}
			found := s.unlike(verifyReport)
			assert.Equal(t, want, found)
			assert.Contains(t, got.stdout, "358  same")
		})
	}
}

// resumable is what is said of a signal.
const resumable = "a second signal ends at once"

// A report that cannot be written ends the verification, and so does one that was not whole.
func TestVerifyWithoutRoom(t *testing.T) {
	t.Parallel()
	s, _ := restoredStage(t, 600)
	got := s.run(fate{FileSize: 20_000}, s.verifies("b.ndjson")...)
	requireStatus(t, statusFailed, got)
	assert.Contains(t, got.stderr, "cannot be written")
	info, err := os.Stat(s.path(verifyReport))
	require.NoError(t, err)
	assert.LessOrEqual(t, info.Size(), int64(20_000))
	requireStatus(t, statusDone, s.run(fate{}, s.verifies("--resume", "b.ndjson")...))
}

// From standard input, too; and a verification that is resumed must be given the same bytes.
func TestVerifyFromAStream(t *testing.T) {
	t.Parallel()
	s, channels := restoredStage(t, 30)
	want := s.change(channels)
	backup := s.read("b.ndjson")
	run := func(text string, args ...string) result {
		p := s.rejoin(fate{}, s.verifies(args...)...)
		p.cmd.Stdin = strings.NewReader(text)
		return s.begin(p).wait()
	}
	requireStatus(t, statusDifferences, run(backup, "--extra", "-"))
	assert.Equal(t, want, s.unlike("stdin.verify.report.ndjson"))
	requireStatus(t, statusDifferences, run(backup, "--extra", "--resume", "-"))
	requireStatus(t, statusMismatch, run(backwards(backup), "--extra", "--resume", "-"))
}

// A dry run of a backup that is larger than the engine's window, and whose channels are mixed, asks for each channel once.
func TestDryRunOfAMixedBackup(t *testing.T) {
	t.Parallel()
	channels := channelSIDs(60)
	s := newStage(t, sandbox.Config{}, channels...)
	const rows = 36_000
	backup, _ := roster(rows, channels...)
	s.write("b.ndjson", backup)
	got := s.run(fate{}, s.restores("-n", "b.ndjson")...)
	requireStatus(t, statusDone, got)
	assert.Contains(t, got.stdout, "36,000  would_create")
	assert.Equal(t, 60, s.pages())
	requireStatus(t, statusDone, s.run(fate{}, s.restores("-n", "--limit", "120", "--report", "limited", "b.ndjson")...))
	last := outcomes(readReport(t, s.path("limited")))
	require.Len(t, last, 120)
	for row := range last {
		assert.LessOrEqual(t, row, int64(120))
	}
}
