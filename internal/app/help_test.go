package app

import (
	"bytes"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/urfave/cli/v2"

	"rejoin/internal/manual"
	"rejoin/reader"
	"rejoin/restore"
	"rejoin/rules"
	"rejoin/sandbox"
)

func TestHelp(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"help"}, {"-h"}, {"--help"}} {
		got := rejoin(t, t.TempDir(), "", args...)
		assert.Equal(t, 0, got.status)
		for _, name := range Manual().Pages() {
			assert.Regexp(t, `(?m)^   `+name+` `, got.stdout)
		}
		assert.Empty(t, got.stderr)
	}
	for _, args := range [][]string{
		{"help", "restore"},
		{"restore", "-h"},
		{"restore", "backup.csv", "--rate", "5", "--help"},
		{"--help", "restore"},
		{"help", "restore", "--help"},
	} {
		got := rejoin(t, t.TempDir(), "", args...)
		assert.Equal(t, 0, got.status)
		assert.Contains(t, got.stdout, "--on-conflict")
		assert.Contains(t, got.stdout, "EXIT STATUS")
		assert.Empty(t, got.stderr)
	}
	// What the command is about is a topic, too; the command's flag asks for the command alone.
	assert.Contains(t, rejoin(t, t.TempDir(), "", "help", "report").stdout, "duplicate_of")
	assert.NotContains(t, rejoin(t, t.TempDir(), "", "report", "--help").stdout, "duplicate_of")
}

// Every page begins with examples, fits 80 columns, and calls the program by what it has.
func TestEveryPage(t *testing.T) {
	t.Parallel()
	p := Manual()
	checkExamples(t, p, p.Help())
	for _, name := range p.Pages() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := rejoin(t, t.TempDir(), "", "help", name)
			require.Equal(t, 0, got.status)
			require.Contains(t, got.stdout, "\nEXAMPLES\n")
			for line := range strings.Lines(got.stdout) {
				assert.LessOrEqual(t, utf8.RuneCountInString(strings.TrimRight(line, "\n")), 80, line)
				assert.NotContains(t, line, "@", "a list of the code's own has not been filled in")
			}
			if slices.Contains(p.CommandNames(), name) {
				assert.Contains(t, got.stdout, "\nEXIT STATUS\n")
			}
			checkExamples(t, p, got.stdout)
		})
	}
}

var exampleCall = regexp.MustCompile(`(?m)\brejoin ([a-z]+)((?: [^\s|)]+)*)`)

// checkExamples looks up the command and the flags of every example.
func checkExamples(t *testing.T, p *manual.Program, page string) {
	t.Helper()
	_, examples, _ := strings.Cut(page, "\nEXAMPLES\n")
	examples, _, _ = strings.Cut(examples, "\n\n")
	calls := exampleCall.FindAllStringSubmatch(examples, -1)
	assert.NotEmpty(t, calls)
	for _, call := range calls {
		assert.Contains(t, p.CommandNames(), call[1], call[0])
		for word := range strings.FieldsSeq(call[2]) {
			if flag, _, _ := strings.Cut(strings.TrimLeft(word, "-"), "="); strings.HasPrefix(word, "-") && word != "-" && word != helpAsked {
				assert.Contains(t, p.Owners(flag), call[1], call[0])
			}
		}
	}
}

func TestEveryFlagIsDescribed(t *testing.T) {
	t.Parallel()
	for _, command := range new(app).commands() {
		for _, flag := range command.Flags {
			f := describedFlag(flag)
			name := command.Name + " --" + f.Names[0]
			grouped, ok := flag.(cli.CategorizableFlag)
			assert.True(t, ok && grouped.GetCategory() != "", "%s stands under no heading: make the flags with flagsOf, which must know this kind", name)
			assert.NotEmpty(t, f.Usage, name)
			doc, ok := flag.(cli.DocGenerationFlag)
			require.True(t, ok, name)
			assert.Equal(t, doc.TakesValue(), f.Value != "", "%s: what stands for its value is in back quotes in its usage", name)
			assert.Equal(t, env(f.Names[0]), doc.GetEnvVars(), name)
		}
	}
}

// The words of a flag, from which completion is made, are those that the command takes.
func TestTheWordsOfFlags(t *testing.T) {
	t.Parallel()
	needs := map[string][]string{"map": {"--from", serviceA, "--to", "IS" + strings.Repeat("b", 32)}, "backup": {"--service", serviceA}} // besides its arguments
	seen := 0
	for _, command := range new(app).commands() {
		for _, flag := range command.Flags {
			f := describedFlag(flag)
			if f.Value != "WORD" {
				continue
			}
			seen++
			words := f.Words()
			require.NotEmpty(t, words, "%s --%s: its usage lists no words", command.Name, f.Names[0])
			args := append([]string{command.Name, "--" + f.Names[0], "no-such-word"}, needs[command.Name]...)
			if command.ArgsUsage != "" {
				args = append(args, "b")
			}
			got := rejoin(t, t.TempDir(), "", args...)
			assert.Equal(t, 2, got.status)
			if f.Names[0] == "format" && command.Name != "backup" { // it takes other names, too
				for _, word := range words {
					_, err := reader.ParseFormat(word)
					assert.NoError(t, err)
				}
				assert.Len(t, words, len("xxxxx"), "all formats but auto")
				continue
			}
			assert.Contains(t, got.stderr, "expected one of "+strings.Join(words, ", "), "%s --%s", command.Name, f.Names[0])
		}
	}
	assert.Greater(t, seen, 10)
}

func TestTheTopicOfExitStatuses(t *testing.T) {
	t.Parallel()
	file, err := parser.ParseFile(token.NewFileSet(), "exit.go", nil, 0)
	require.NoError(t, err)
	var declared []int
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || !strings.HasPrefix(spec.Names[0].Name, "status") || len(spec.Values) != 1 {
			return true
		}
		if value, ok := spec.Values[0].(*ast.BasicLit); ok {
			status, err := strconv.Atoi(value.Value)
			require.NoError(t, err)
			declared = append(declared, status)
		}
		return true
	})
	var told []int
	for _, s := range statusMeanings {
		told = append(told, s.status)
	}
	assert.Equal(t, declared, told, "every status is told, in order")
	assert.Contains(t, rejoin(t, t.TempDir(), "", "help", "exit-status").stdout, "   143  ")
}

func TestTheTopicOfOutcomes(t *testing.T) {
	t.Parallel()
	page := rejoin(t, t.TempDir(), "", "help", "outcomes").stdout
	for _, command := range Manual().CommandNames() {
		if command != "restore" && len(restore.KindsOf(command)) == len(restore.KindsOf("restore")) {
			continue // it gives none of its own
		}
		for _, kind := range restore.KindsOf(command) {
			assert.Contains(t, page, "   "+kind.String()+" ", command)
			assert.Contains(t, page, kind.Word(true), command)
		}
	}
}

func TestTheTopicOfFormats(t *testing.T) {
	t.Parallel()
	page := rejoin(t, t.TempDir(), "", "help", "formats").stdout
	for format := reader.CSV; format.String() != "unknown"; format++ {
		assert.Contains(t, page, "   "+format.String()+" ")
	}
	names := regexp.MustCompile(`also as (\w+)(?: and (\w+))?`)
	for i, note := range fieldNotes {
		field := reader.Field(i)
		assert.NotEmpty(t, note, field)
		assert.Regexp(t, `(?m)^   `+field.String()+` `, page)
		for _, found := range names.FindAllStringSubmatch(note, -1) {
			for _, name := range found[1:] {
				if name != "" {
					meant, ok := reader.ParseField(name)
					assert.True(t, ok && meant == field, "%s stands for %s", name, field)
				}
			}
		}
	}
}

func TestTheTopicOfRules(t *testing.T) {
	t.Parallel()
	page := rejoin(t, t.TempDir(), "", "help", "rules").stdout
	for _, rule := range rules.All() {
		assert.Contains(t, page, "   "+rule.Name+" ")
	}
}

// Every key of real reports, and of a table of outcomes, is in the topic.
func TestTheTopicOfReports(t *testing.T) {
	t.Parallel()
	page := rejoin(t, t.TempDir(), "", "help", "report").stdout
	_, page, _ = strings.Cut(page, "the lines of a report file")
	section := func(lineType string) string {
		_, text, found := strings.Cut(page, "\n"+strings.ToUpper(lineType)+"\n")
		require.True(t, found, lineType)
		text, _, _ = strings.Cut(text, "\n\n"+strings.ToUpper("summary")+"\n")
		return text
	}
	dir := t.TempDir()
	s := newService(t, sandbox.Config{})
	s.hold(t, serviceA, "general")
	write(t, dir, "b", many(3)+"nonsense\n"+many(1)+`{"channel_sid":"none","identity":"x","service_sid":"`+serviceA+`"}`+"\n")
	args := []string{"restore", "--api-url", s.url, "--rate", "auto", "--report", "./r"}
	require.Equal(t, 3, rejoin(t, dir, "", append(args, "./b")...).status)
	stdin := rejoin(t, dir, many(2), "restore", "--api-url", s.url, "--report", "./r2", "--on-conflict", "verify", "-")
	require.Equal(t, 0, stdin.status, stdin.stderr)
	seen := map[string]bool{}
	for _, name := range []string{"r", "r2"} {
		for _, line := range reportKeys(t, dir, name) {
			for _, key := range line[1:] {
				if kind, _, ok := restore.ParseKind(key); key == "crc" || ok && kind != restore.Created {
					continue
				}
				seen[line[0]+" "+key] = true
				assert.Regexp(t, `(?m)(^   |, )`+key+`\b`, section(line[0]), "%s line", line[0])
			}
		}
	}
	for _, key := range []string{"run backup", "outcome problems", "outcome duplicate_of", "outcome error_code", "input sha256", "summary rejects"} {
		assert.True(t, seen[key], "the reports of this test hold no %s", key)
	}
	table := rejoin(t, dir, "", "report", "--csv", "-", "./r").stdout
	header, _, _ := strings.Cut(table, "\r\n")
	for column := range strings.SplitSeq(header, ",") {
		if column != "restored" && column != "report" { // of the table alone
			assert.Regexp(t, `(?m)(^   |, )`+column+`\b`, section("outcome"))
		}
	}
}

func TestWhatIsNotThereIsTold(t *testing.T) {
	t.Parallel()
	for want, args := range map[string][]string{
		`no command "restor"; did you mean restore?`:                  {"restor"},
		`no command "formats", but a topic`:                           {"formats"},
		`no topic "exit-stauts"; did you mean exit-status?`:           {"help", "exit-stauts"},
		`no topic "env"; did you mean environment?`:                   {"help", "env"},
		"`rejoin help restore` and `rejoin help outcomes`":            {"help", "restore", "outcomes"},
		"--rate is a flag of audit":                                   {"help", "REJOIN_RATE"},
		"restore has no flag --strict; audit has one":                 {"restore", "--strict", "b"},
		"there is no flag --sanbox; did you mean --sandbox?":          {"restore", "--sanbox", "b"},
		"there is no flag -x; `rejoin help audit` lists them":         {"audit", "-x", "b"},
		"found the flag --rate, expected a command":                   {"--rate", "5", "restore", "b"},
		`--resume "maybe": expected true or false`:                    {"restore", "--resume=maybe", "b"},
		`--progress "plan": expected one of auto, bar, plain`:         {"restore", "--sandbox", "--progress", "plan", "b"},
		"rejoin completion bash|zsh|fish":                             {"completion"},
		`the shell "fsh": expected one of bash, zsh, fish; did you`:   {"completion", "fsh"},
		`one shell at a time: found "bash" and "zsh"`:                 {"completion", "bash", "zsh"},
		`version takes no argument, and found "restore"`:              {"version", "restore"},
		`--output "jsno": expected one of text, json; did you mean j`: {"version", "-o", "jsno"},
	} {
		got := rejoin(t, t.TempDir(), "", args...)
		assert.Equal(t, 2, got.status, args)
		assert.Contains(t, got.stderr, want)
		assert.Empty(t, got.stdout)
	}
}

func TestWrongVariablesAreNamed(t *testing.T) {
	t.Setenv("REJOIN_RESUME", "may\"be")
	got := rejoin(t, t.TempDir(), "", "restore", "--sandbox", "b")
	assert.Equal(t, 2, got.status)
	assert.Contains(t, got.stderr, `REJOIN_RESUME "may\"be" (for --resume): expected true or false`)
	t.Setenv("REJOIN_RESUME", "true")
	t.Setenv("REJOIN_RATE", "fast")
	got = rejoin(t, t.TempDir(), "", "restore", "--sandbox", "b")
	assert.Equal(t, 2, got.status)
	assert.Contains(t, got.stderr, `--rate "fast" (in REJOIN_RATE): expected`)
	got = rejoin(t, t.TempDir(), "", "restore", "--sandbox", "--rate", "slow", "b")
	assert.Contains(t, got.stderr, `--rate "slow": expected`)
}

func TestVersion(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"version"}, {"--version"}, {"-v"}} {
		got := rejoin(t, t.TempDir(), "", args...)
		assert.Equal(t, result{0, "rejoin dev\n", ""}, got)
	}
	got := rejoin(t, t.TempDir(), "", "--version", "-o", "json")
	var told map[string]any
	require.NoError(t, json.Unmarshal([]byte(got.stdout), &told))
	assert.Equal(t, "dev", told["version"])
	assert.Equal(t, runtime.Version(), told["go"])
	assert.Equal(t, runtime.GOOS, told["os"])
	assert.Equal(t, runtime.GOARCH, told["arch"])

	stamped := &debug.BuildInfo{Settings: []debug.BuildSetting{
		{Key: "vcs.revision", Value: "abc"}, {Key: "vcs.time", Value: "2026-01-02T03:04:05Z"}, {Key: "vcs.modified", Value: "true"},
	}}
	require.NoError(t, json.Unmarshal([]byte(object(versionKeys(stamped))), &told))
	assert.Equal(t, "abc", told["commit"])
	assert.Equal(t, "2026-01-02T03:04:05Z", told["commit_date"])
	assert.Equal(t, true, told["modified"])
}

func TestCompletionScripts(t *testing.T) {
	t.Parallel()
	for _, shell := range manual.Shells() {
		got := rejoin(t, t.TempDir(), "", "completion", shell)
		assert.Equal(t, 0, got.status)
		for _, word := range []string{"on-conflict", "verify", "exit-status"} {
			assert.Contains(t, got.stdout, word, shell)
		}
	}
}

// reportKeys are the type and the keys of each line of a report.
func reportKeys(t *testing.T, dir, name string) [][]string {
	t.Helper()
	var all [][]string
	for line := range bytes.Lines(readFile(t, dir, name)) {
		var keys map[string]json.RawMessage
		require.NoError(t, json.Unmarshal(line, &keys))
		lineType, err := strconv.Unquote(string(keys["type"]))
		require.NoError(t, err)
		all = append(all, append([]string{lineType}, slices.Sorted(maps.Keys(keys))...))
	}
	return all
}

func readFile(t *testing.T, dir, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, name))
	require.NoError(t, err)
	return text
}
