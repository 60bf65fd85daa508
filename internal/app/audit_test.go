package app

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/audit"
	"rejoin/restore"
	"rejoin/rules"
	"rejoin/sandbox"
)

// golden compares a text with the file that holds it. UPDATE_GOLDEN=1 writes the file.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if os.Getenv("UPDATE_GOLDEN") != "" {
		require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, string(want), got)
}

func planted(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	require.NoError(t, err)
	return string(text)
}

// What is printed of backups with planted faults, for people and for machines.
func TestAuditGolden(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		golden, backup string
		flags          []string
	}{
		{"planted.ndjson.txt", "planted.ndjson", []string{"--channel-members", "3"}},
		{"planted.ndjson.json", "planted.ndjson", []string{"--channel-members", "3", "-o", "json"}},
		{"planted.csv.txt", "planted.csv", []string{"--service", "IS9df6b026a8c6c26e3c3acd2370a16e93", "--rate", "30/m"}},
		{"planted.csv.redacted.json", "planted.csv", []string{"--service", "IS9df6b026a8c6c26e3c3acd2370a16e93", "--redact", "-o", "json"}},
	} {
		t.Run(test.golden, func(t *testing.T) {
			t.Parallel()
			got := rejoinEnv(t, t.TempDir(), planted(t, test.backup), nil, append([]string{"audit", "-"}, test.flags...)...)
			assert.Equal(t, 3, got.status, got.stderr)
			assert.Empty(t, got.stderr)
			golden(t, test.golden, got.stdout)
			if strings.HasSuffix(test.golden, ".txt") {
				for line := range strings.Lines(got.stdout) {
					assert.LessOrEqual(t, len([]rune(strings.TrimSuffix(line, "\n"))), 80, line)
				}
			} else {
				assert.True(t, json.Valid([]byte(got.stdout)))
			}
		})
	}
}

func TestAuditExitStatus(t *testing.T) {
	t.Parallel()
	const clean = `{"service_sid":"` + serviceA + `","channel_sid":"general","identity":"jing"}` + "\n"
	const warned = `{"service_sid":"` + serviceA + `","channel_sid":"general","identity":"jing@example.com"}` + "\n"
	for _, test := range []struct {
		stdin  string
		flags  []string
		status int
		stderr string
	}{
		{clean, nil, 0, ""},
		{clean, []string{"--strict"}, 0, ""},
		{warned, nil, 0, ""},
		{warned, []string{"--strict"}, 3, ""},
		{`{"channel_sid":"general","identity":"jing"}`, nil, 3, ""},
		{`{"channel_sid":"general","identity":"jing"}`, []string{"--service", serviceA}, 0, ""},
		{"[" + clean, nil, 1, "standard input:2:"},
		{"", nil, 1, "empty"},
		{clean, []string{"--rate", "fast"}, 2, "--rate"},
		{clean, []string{"--channel-members", "0"}, 2, "--channel-members"},
		{clean, []string{"--service", "IS1"}, 2, "--service"},
		{clean, []string{"--problems", t.TempDir()}, 1, "cannot be made"},
		{clean, []string{"--on-duplicate", "both"}, 2, "--on-duplicate"},
		{clean + clean, []string{"--on-duplicate", "last"}, 3, ""},
		{"[]", nil, 0, "holds no member"},
		{"[]", []string{"--strict"}, 3, "holds no member"},
	} {
		got := rejoinEnv(t, t.TempDir(), test.stdin, nil, append([]string{"audit", "-"}, test.flags...)...)
		assert.Equal(t, test.status, got.status, "%q %q: %s", test.stdin, test.flags, got.stderr)
		assert.Contains(t, got.stderr, test.stderr)
		if test.stderr == "" {
			assert.Empty(t, got.stderr)
		}
	}
}

// Every problem is in the file, with its place; a file that is there is not touched, and one that is not whole is gone.
func TestAuditProblems(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, "b.ndjson", planted(t, "planted.ndjson"))
	got := rejoinEnv(t, dir, "", nil, "audit", "--problems", "./p.ndjson", "-o", "json", "./b.ndjson")
	require.Equal(t, 3, got.status, got.stderr)
	var doc struct {
		Schema   int `json:"schema"`
		Errors   int `json:"errors"`
		Warnings int `json:"warnings"`
		Backup   struct {
			SHA256 string `json:"sha256"`
		} `json:"backup"`
	}
	require.NoError(t, json.Unmarshal([]byte(got.stdout), &doc))
	assert.Equal(t, 1, doc.Schema)
	assert.Len(t, doc.Backup.SHA256, 64)
	text, err := os.ReadFile(filepath.Join(dir, "p.ndjson"))
	require.NoError(t, err)
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	assert.Len(t, lines, doc.Errors+doc.Warnings)
	for _, line := range lines {
		var p struct {
			File     string `json:"file"`
			Rule     string `json:"rule"`
			Severity string `json:"severity"`
			Message  string `json:"message"`
			Line     int64  `json:"line"`
		}
		require.NoError(t, json.Unmarshal([]byte(line), &p))
		assert.Equal(t, filepath.Join(dir, "b.ndjson"), p.File)
		assert.NotEmpty(t, p.Message)
		assert.Equal(t, p.Rule != rules.UnknownColumn, p.Line > 0, line)
		rule, ok := rules.Lookup(p.Rule)
		assert.True(t, ok)
		assert.Equal(t, rule.Severity.String(), p.Severity)
	}
	info, err := os.Stat(filepath.Join(dir, "p.ndjson"))
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())

	got = rejoinEnv(t, dir, "", nil, "audit", "--problems", "./p.ndjson", "./b.ndjson")
	assert.Equal(t, 1, got.status)
	assert.Contains(t, got.stderr, "exists")
	got = rejoinEnv(t, dir, `[{"identity":1},`, nil, "audit", "--problems", "./q.ndjson", "-")
	assert.Equal(t, 1, got.status)
	assert.NoFileExists(t, filepath.Join(dir, "q.ndjson"))
}

func TestAuditProblemsThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "p.ndjson")
	p, err := openProblems(path, "b.ndjson")
	require.NoError(t, err)
	require.NoError(t, p.write(&audit.Problem{Row: 1}))
	require.NoError(t, p.file.Close()) // as where the disk is full, what is left cannot be written
	require.ErrorContains(t, p.close(true), path)
	assert.NoFileExists(t, path)
}

func TestAuditSaysThatThereIsNothing(t *testing.T) {
	t.Parallel()
	for _, backup := range []string{"[]", "identity,channel_sid\n"} {
		got := rejoinEnv(t, t.TempDir(), backup, nil, "audit", "-")
		assert.Equal(t, 0, got.status, got.stderr)
		assert.Contains(t, got.stdout, "it holds no member: there is nothing to restore")
		assert.Contains(t, got.stderr, "rejoin: warning: standard input holds no member: a restore of it would send nothing, and end with status 1;")
		got = rejoinEnv(t, t.TempDir(), backup, nil, "audit", "--strict", "-")
		assert.Equal(t, 3, got.status)
		dir := t.TempDir()
		write(t, dir, "b", backup)
		got = rejoin(t, dir, "", "restore", "--sandbox", "--report", "./r.ndjson", "./b")
		assert.Equal(t, 1, got.status)
		assert.Contains(t, got.stderr, "there is nothing to restore: "+filepath.Join(dir, "b")+" holds no member")
		assert.NoFileExists(t, filepath.Join(dir, "r.ndjson"))
	}
}

// What the first row of a table without a header holds is hidden, although it was taken for names.
func TestAuditHidesWhatWasTakenForNames(t *testing.T) {
	t.Parallel()
	for _, backup := range []string{
		"jing,geheim,IS1\namira,geheim,IS1\n", "identty,geheim\n1,2\n", "identity,geheim\njing,amira\n",
		`{"name":{"geheim":1}}` + "\n", `{"identity":"geheim","channel_sid":'geheim'}`, "[{\"identity\":\"jing\"} geheim",
	} {
		for _, output := range []string{"text", "json"} {
			plain := rejoinEnv(t, t.TempDir(), backup, nil, "audit", "-", "-o", output)
			got := rejoinEnv(t, t.TempDir(), backup, nil, "audit", "-", "--redact", "-o", output)
			assert.Equal(t, plain.status, got.status)
			for _, value := range []string{"jing", "geheim", "IS1", "identty", "amira", `"name"`, "'g'"} {
				assert.NotContains(t, got.stdout+got.stderr, value, backup)
			}
		}
	}
}

// The hint names the command that reads the backup as the restore does.
func TestPreflightHint(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, "b.csv", "identity;kanal;role_sid;date_created\njing;general;RL1;none\namira;general;;\n")
	got := rejoin(t, dir, "", "restore", "--sandbox", "--service", serviceA, "--delimiter", ";", "--column", "kanal=channel_sid",
		"--null", "none", "--null", "n/a", "--time-zone", "Europe/Berlin", "--max-row-bytes", "1000", "--format", "csv",
		"--report", "./r.ndjson", "./b.csv")
	require.Equal(t, 3, got.status, got.stderr)
	_, hint, ok := strings.Cut(got.stderr, "to see all: rejoin ")
	require.True(t, ok, got.stderr)
	hint, _, _ = strings.Cut(hint, "\n")
	assert.Equal(t, "audit --service "+serviceA+" --format csv --delimiter ';' --max-row-bytes 1000 --time-zone Europe/Berlin "+
		"--column kanal=channel_sid --null none --null n/a "+inShell(dir, "b.csv"), hint)
	got = rejoin(t, dir, "", wordsOf(hint)...)
	assert.Equal(t, 3, got.status, got.stderr)
	assert.Contains(t, got.stdout, "1 error.")
}

func manyGood(n int) string {
	b := new(strings.Builder)
	for i := range n {
		fmt.Fprintf(b, `{"service_sid":%q,"channel_sid":%q,"identity":"person-%d"}`+"\n", serviceA, []string{"general", "other"}[i/manyRows], i)
	}
	return b.String()
}

// A restore looks at a file before it sends anything, and says what it found.
func TestPreflight(t *testing.T) {
	t.Parallel()
	const good = `{"service_sid":"` + serviceA + `","channel_sid":"general","identity":"jing"}` + "\n"
	const bad = `{"service_sid":"` + serviceA + `","channel_sid":"general","identity":"amira","role_sid":"RL1"}` + "\n"
	const other = `{"service_sid":"` + serviceA + `","channel_sid":"general","identity":"jing","attributes":"{}"}` + "\n"
	for name, test := range map[string]struct {
		backup   string
		flags    []string
		attended bool
		answer   string
		status   int
		sent     int
		says     string
		saysNot  string
	}{
		"clean":         {backup: good, status: 0, sent: 1, says: "no problems found", saysNot: "[y/N]"},
		"clean, asked?": {backup: good, attended: true, sent: 1, saysNot: "[y/N]"},
		"faults, nobody there": {
			backup: good + bad, status: 3, sent: 1, says: "bad-role-sid, 1×: line 2", saysNot: "[y/N]",
		},
		"faults, yes":       {backup: good + bad, attended: true, answer: "y\n", status: 3, sent: 1, says: "the other 1 member? [y/N]"},
		"faults, no":        {backup: good + bad, attended: true, answer: "n\n", status: 1, sent: 0, says: "nothing was sent"},
		"faults, no answer": {backup: good + bad, attended: true, status: 1, sent: 0, says: "nothing was sent"},
		"faults, --yes":     {backup: good + bad, attended: true, flags: []string{"--yes"}, status: 3, sent: 1, saysNot: "[y/N]"},
		"faults, dry run":   {backup: good + bad, attended: true, flags: []string{"-n"}, status: 3, sent: 0, saysNot: "[y/N]"},
		"duplicates agree":  {backup: good + good, attended: true, status: 0, sent: 1, saysNot: "[y/N]"},
		"a part's numbers": {
			backup: good + bad + bad, flags: []string{"--limit", "2"}, status: 3, sent: 1,
			says: "2 rows for 1 channel, of which 1 cannot be restored",
		},
		"a part without faults": {backup: good + bad, attended: true, flags: []string{"--limit", "1"}, sent: 1, says: "no problems found", saysNot: "[y/N]"},
		"a channel without faults": {
			backup: good + strings.ReplaceAll(bad, "general", "other"), attended: true, flags: []string{"--only-channel", "general"},
			sent: 1, says: "1 row for 1 channel: no problems found", saysNot: "[y/N]",
		},
		"a shard without rows": {backup: good + bad, attended: true, flags: []string{"--shard", shardWithout("general")}, sent: 0, saysNot: "[y/N]"},
		"the last counts":      {backup: good + other, attended: true, flags: []string{"--on-duplicate", "last"}, sent: 1, saysNot: "[y/N]"},
		"the last of a part": {
			backup: good + other + bad, attended: true, flags: []string{"--on-duplicate", "last", "--limit", "2", "--no-preflight"},
			sent: 1, saysNot: "no problems",
		},
		"many rows": {backup: manyGood(manyRows + 1), attended: true, answer: "n\n", status: 1, says: "Restore 1,001 members? [y/N]"},
		"a channel that is too full": {
			backup: strings.ReplaceAll(manyGood(manyRows+1), "other", "general"), attended: true, answer: "n\n", status: 1,
			says: "1,001 rows for 1 channel, of which 1 cannot be restored as they are", saysNot: "Restore the other 1,001",
		},
		"not so many": {
			backup: manyGood(manyRows), attended: true, flags: []string{"--rate", "20000", "--channel-rate", "0"}, sent: manyRows, saysNot: "[y/N]",
		},
		"the plan":          {backup: good, sent: 1, says: "rejoin: rows     1 row for 1 channel to restore\nrejoin: target   the Service " + serviceA},
		"duplicates differ": {backup: good + other, attended: true, answer: "y\n", status: 3, sent: 1, says: "[y/N]"},
		"many rows, what then": {
			backup: manyGood(manyRows + 1), attended: true, answer: "n\n", status: 1, says: "nothing was sent; to restore without being asked, give --yes",
			saysNot: "mend",
		},
		"skipped": {
			backup: good + bad, attended: true, answer: "y\n", flags: []string{"--no-preflight"}, status: 3, sent: 1,
			says: "How many rows there are is not known, because of --no-preflight. Restore them? [y/N]", saysNot: "bad-role-sid, ",
		},
		"skipped, no":      {backup: good, attended: true, answer: "n\n", flags: []string{"--no-preflight"}, status: 1, says: "nothing was sent; to restore"},
		"skipped, few":     {backup: good + bad, attended: true, flags: []string{"--no-preflight", "--limit", "2"}, status: 3, sent: 1, saysNot: "[y/N]"},
		"skipped, --yes":   {backup: good, attended: true, flags: []string{"--no-preflight", "--yes"}, sent: 1, saysNot: "[y/N]"},
		"skipped, unasked": {backup: good, flags: []string{"--no-preflight"}, sent: 1, saysNot: "[y/N]"},
		"skipped, counted": {
			backup: manyGood(manyRows + 1), attended: true, answer: "n\n", flags: []string{"--no-preflight", "--on-duplicate", "last"}, status: 1,
			says: "Restore 1,001 rows? [y/N]",
		},
		"cut off":             {backup: "[" + good + ",", status: 1, sent: 0, says: "nothing was sent"},
		"cut off and skipped": {backup: "[" + good + ",", flags: []string{"--no-preflight"}, status: 1, sent: 1, saysNot: "nothing was sent"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			service := newService(t, sandbox.Config{})
			service.hold(t, serviceA, "general")
			dir := t.TempDir()
			write(t, dir, "b.json", test.backup)
			args := append([]string{
				"rejoin", "restore", "--api-url", service.url, "--report", filepath.Join(dir, "r.ndjson"),
				filepath.Join(dir, "b.json"),
			}, test.flags...)
			var stdout, stderr strings.Builder
			env := map[string]string{"TWILIO_ACCOUNT_SID": accountSID, "TWILIO_AUTH_TOKEN": authToken}
			status := Main(World{
				Args: args, Stdin: strings.NewReader(test.answer), Stdout: &stdout, Stderr: &stderr,
				Getenv: func(name string) string { return env[name] }, hooks: hooks{attended: test.attended},
			})
			assert.Equal(t, test.status, status, stderr.String())
			assert.Equal(t, test.sent, service.creates(), stderr.String())
			assert.Contains(t, stderr.String(), test.says)
			if test.saysNot != "" {
				assert.NotContains(t, stderr.String(), test.saysNot)
			}
		})
	}
}

// shardWithout is one of two parts in which a channel is not.
func shardWithout(channel string) string {
	if (restore.Part{Shard: 1, Shards: 2}).Has(channel, channel) {
		return "2/2"
	}
	return "1/2"
}

// A file that is restored without a look before is known again by the bytes that were read of it.
func TestResumeWithoutPreflight(t *testing.T) {
	t.Parallel()
	service := newService(t, sandbox.Config{})
	service.hold(t, serviceA, "general")
	dir := t.TempDir()
	row := func(identity string) string {
		return `{"service_sid":"` + serviceA + `","channel_sid":"general","identity":"` + identity + `"}` + "\n"
	}
	write(t, dir, "b.ndjson", row("jing")+row("amira"))
	args := []string{"restore", "--no-preflight", "--api-url", service.url, "--report", "./r.ndjson", "./b.ndjson"}
	got := rejoin(t, dir, "", args...)
	require.Equal(t, 0, got.status, got.stderr)
	got = rejoin(t, dir, "", append([]string{args[0], "--resume"}, args[1:]...)...)
	require.Equal(t, 0, got.status, got.stderr)
	assert.Equal(t, 2, service.creates())
	write(t, dir, "b.ndjson", row("xing")+row("amira"))
	got = rejoin(t, dir, "", append([]string{args[0], "--resume"}, args[1:]...)...)
	assert.Equal(t, 6, got.status, got.stderr)
	assert.Equal(t, 2, service.creates())
}

// The page about the audit holds the table of rules as the code has it.
func TestTheDocumentedRules(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/audit.md")
	require.NoError(t, err)
	type line struct{ name, severity, broken string }
	var want, got []line
	for _, r := range rules.All() {
		want = append(want, line{r.Name, r.Severity.String(), r.Broken})
	}
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z0-9-]+)` \\| (error|warning) \\| (.*) \\|$").FindAllStringSubmatch(string(page), -1) {
		got = append(got, line{m[1], m[2], m[3]})
	}
	assert.Equal(t, want, got)
}

// The README shows what the command prints.
func TestTheScreenInTheReadme(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../README.md")
	require.NoError(t, err)
	_, rest, ok := strings.Cut(string(page), "    $ rejoin audit - <internal/app/testdata/readme.ndjson\n")
	require.True(t, ok)
	var shown strings.Builder
	for line := range strings.Lines(rest) {
		text, indented := strings.CutPrefix(line, "    ")
		if !indented && line != "\n" {
			break
		}
		shown.WriteString(text)
	}
	got := rejoinEnv(t, t.TempDir(), planted(t, "readme.ndjson"), nil, "audit", "-")
	assert.Equal(t, strings.TrimSpace(got.stdout), strings.TrimSpace(shown.String()))
}
