package app

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/sandbox"
)

// Whatever differs from the run that a report tells of is told by its flag, with what it was, what it is and how to go on;
// before the plan, and before anything of the backup is told.
func TestAReportOfAnotherRunIsToldByFlags(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, other := newService(t, sandbox.Config{}), newService(t, sandbox.Config{})
	s.hold(t, serviceA, "general")
	write(t, dir, "b", many(3))
	write(t, dir, "longer", many(4))
	write(t, dir, "as-long", strings.ReplaceAll(many(3), "member-1", "member-9"))
	write(t, dir, "map", "kind,from,to\nrole,RL"+strings.Repeat("c", 32)+",RL"+strings.Repeat("d", 32)+"\n")
	with := func(report string, flags ...string) []string {
		return append([]string{"restore", "--api-url", s.url, "--report", "./" + report}, flags...)
	}
	require.Equal(t, 0, rejoin(t, dir, "", with("r", "./b")...).status)
	require.Equal(t, 0, rejoin(t, dir, "", with("mapped", "--map", "./map", "--on-duplicate", "last", "--column", "x=role_sid", "./b")...).status)
	before := s.creates()
	in := func(name string) string { return filepath.Join(dir, name) }
	for name, test := range map[string]struct {
		report string
		args   []string
		want   []string
	}{
		"an option":   {"r", []string{"--on-conflict", "update", "./b"}, []string{"--on-conflict was skip, and is update now; to go on with that run, give --on-conflict skip;"}},
		"two":         {"r", []string{"--on-conflict", "update", "--only-channel", "a b", "./b"}, []string{"--only-channel was not given, and is 'a b' now", "give --on-conflict skip and no --only-channel;"}},
		"a dry run":   {"r", []string{"-n", "./b"}, []string{"--dry-run was not given, and is given now; to go on with that run, give no --dry-run;"}},
		"a choice":    {"r", []string{"--on-duplicate", "first", "./b"}, []string{"--on-duplicate was not given, and is first now;", "give no --on-duplicate;"}},
		"a column":    {"r", []string{"--column", "u=identity", "--column", "v=role_sid", "./b"}, []string{"--column was not given, and is u=identity and v=role_sid now"}},
		"a map":       {"r", []string{"--map", "./map", "./b"}, []string{"--map was not given, and is given now", "give no --map;"}},
		"a Service":   {"r", []string{"--service", serviceB, "./b"}, []string{"--service was not given, and is " + serviceB + " now", "give no --service;"}},
		"an address":  {"r", []string{"--api-url", other.url, "./b"}, []string{"the target was " + s.url + ", and is " + other.url + " now", "give --api-url " + s.url + ";"}},
		"the sandbox": {"r", []string{"--sandbox", "./b"}, []string{"the target was " + s.url + ", and is the embedded sandbox now"}},
		"its bytes":   {"r", []string{"./longer"}, []string{" bytes now; to go on with that run, give the backup as it was then (" + in("b") + ");"}},
		"as many":     {"r", []string{"./as-long"}, []string{"the backup holds other bytes now, as many as then;"}},
		"no map":      {"mapped", []string{"--on-duplicate", "last", "--column", "x=role_sid", "./b"}, []string{"--map was given, and is not given now; to go on with that run, give --map " + in("map") + ";"}},
		"no choice":   {"mapped", []string{"--map", "./map", "--column", "x=role_sid", "./b"}, []string{"--on-duplicate was last, and is not given now", "give --on-duplicate last;"}},
		"no column":   {"mapped", []string{"--map", "./map", "--on-duplicate", "last", "./b"}, []string{"--column was x=role_sid, and is not given now", "give --column x=role_sid;"}},
	} {
		args := with(test.report, append([]string{"--resume"}, test.args...)...)
		if name == "the sandbox" {
			args = append(args[:1:1], args[3:]...) // without the address
		}
		was, err := os.ReadFile(in(test.report))
		require.NoError(t, err)
		got := rejoin(t, dir, "", args...)
		require.Equal(t, 6, got.status, "%s: %s", name, got.stderr)
		assert.True(t, strings.HasPrefix(got.stderr, "rejoin: the report "+in(test.report)+" belongs to another run: "), "%s: nothing else is told before: %s", name, got.stderr)
		for _, want := range test.want {
			assert.Contains(t, got.stderr, want, name)
		}
		assert.Contains(t, got.stderr, "to begin another, name another file with --report; nothing was sent", name)
		for _, key := range []string{"option ", "sha256", "_", "target url", "choice among"} {
			assert.NotContains(t, strings.ReplaceAll(strings.ReplaceAll(got.stderr, "role_sid", ""), dir, ""), key, name)
		}
		is, err := os.ReadFile(in(test.report))
		require.NoError(t, err)
		assert.Equal(t, was, is, "%s: the report is as it was", name)
	}
	got := rejoin(t, dir, "", "verify", "--api-url", s.url, "--resume", "--report", "./r", "./b")
	require.Equal(t, 6, got.status, got.stderr)
	assert.Contains(t, got.stderr, "it is one of rejoin restore, and this is rejoin verify; name another file with --report; nothing was sent")
	assert.Equal(t, before, s.creates())
}

// A verification and an undo tell it as a restore does.
func TestAReportOfAnotherVerificationOrUndo(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := newService(t, sandbox.Config{})
	s.hold(t, serviceA, "general")
	write(t, dir, "b", many(3))
	write(t, dir, "longer", many(4))
	run := func(status int, args ...string) string {
		got := rejoin(t, dir, "", append(args[:1:1], append([]string{"--api-url", s.url}, args[1:]...)...)...)
		require.Equal(t, status, got.status, got.stderr)
		return got.stderr
	}
	run(0, "restore", "--report", "./r", "./b")
	run(0, "verify", "--report", "./v", "./b")
	said := run(6, "verify", "--report", "./v", "--resume", "--extra", "./b")
	assert.Contains(t, said, "--extra was not given, and is given now; to go on with that run, give no --extra;")
	assert.True(t, strings.HasPrefix(said, "rejoin: the report "), "nothing else is told: %s", said)
	write(t, dir, "cut", "[")
	assert.Contains(t, run(6, "verify", "--report", "./v", "--resume", "--extra", "./cut"), "--extra was not given", "before the backup is read")
	assert.Contains(t, run(6, "restore", "--report", "./r", "--resume", "-n", "./cut"), "--dry-run was not given", "before the backup is read")
	said = run(6, "verify", "--report", "./v", "--resume", "./longer")
	assert.Contains(t, said, "give the backup as it was then")
	assert.True(t, strings.HasPrefix(said, "rejoin: the report "), "nothing else is told: %s", said)
	run(0, "verify", "--report", "./v", "--resume", "./b")

	run(0, "undo", "-n", "--report", "./u", "./r")
	said = run(6, "undo", "--report", "./u", "--resume", "--force", "./r")
	assert.Contains(t, said, "--dry-run was given, and is not given now; --force was not given, and is given now; "+
		"to go on with that run, give --dry-run and no --force; to begin another, name another file with --report; nothing was deleted")
	assert.NotContains(t, said, "3 members", "the plan is not told")
	require.Equal(t, 0, rejoin(t, dir, "", "restore", "--api-url", s.url, "--report", "./r", "--resume", "./b").status) // another line in it
	assert.Contains(t, run(6, "undo", "-n", "--report", "./u", "--resume", "./r"), "the report to undo had ")
}

// A file that cannot be made is told before anything of the backup is read or told, by all that make one.
func TestAFolderThatCannotBeWrittenIsToldFirst(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := newService(t, sandbox.Config{})
	s.hold(t, serviceA, "general")
	write(t, dir, "b", many(3))
	require.Equal(t, 0, rejoin(t, dir, "", "restore", "--api-url", s.url, "--report", "./r", "./b").status)
	before := s.creates()
	for _, args := range [][]string{
		{"restore", "--report", "/proc/r", "./b"},
		{"restore", "--report", "./new", "--rejects", "/proc/r", "./b"},
		{"restore", "--report", "./new", "--metrics-addr", strings.TrimPrefix(s.url, "http://"), "./b"},
		{"restore", "--report", "./r", "--resume", "--rejects", "/proc/r", "./b"},
		{"verify", "--report", "/proc/r", "./b"},
		{"undo", "--report", "/proc/r", "./r"},
	} {
		got := rejoin(t, dir, "", append(args[:1:1], append([]string{"--api-url", s.url}, args[1:]...)...)...)
		require.Equal(t, 1, got.status, got.stderr)
		for _, plan := range []string{"rejoin: target", "rejoin: report", "the run created"} {
			assert.NotContains(t, got.stderr, plan, args)
		}
		assert.NotContains(t, got.stdout, "read in", args)
	}
	assert.NoFileExists(t, filepath.Join(dir, "new"))
	assert.Equal(t, before, s.creates())
	files, err := filepath.Glob(filepath.Join(dir, ".*"))
	require.NoError(t, err)
	assert.Empty(t, files, "what was tried is taken away")
}
