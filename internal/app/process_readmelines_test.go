//go:build unix

package app

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/sandbox"
)

// commandLines are the commands of the indented blocks of a document's section that begin with the program's name.
func commandLines(t *testing.T, path, section string) (lines []string) {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	_, rest, ok := strings.Cut(string(text), "\n## "+section+"\n")
	require.True(t, ok, "there is no section %q", section)
	rest, _, _ = strings.Cut(rest, "\n## ")
	for line := range strings.Lines(rest) {
		if command, ok := strings.CutPrefix(line, "    rejoin "); ok {
			command, _, _ = strings.Cut(command, "  #")
			lines = append(lines, "rejoin "+strings.TrimSpace(command))
		}
	}
	require.NotEmpty(t, lines, section)
	return lines
}

// sections are those of the README that show commands to be typed, each with the statuses that are not 0.
func readmeSections() map[string]map[string]int {
	return map[string]map[string]int{
		"Restore a backup":        nil,
		"Move to another Service": nil,
		"Back up a Service":       {"rejoin backup --service IS… --out members.ndjson.gz --resume": statusFailed}, // nothing has stopped it
		"Verify":                  nil,
		"Undo a restore":          nil,
	}
}

// Every command that the README shows runs as it stands there, in the order in which it stands there. Where requests go
// is said by the environment; a Service's SID is put in for IS….
func TestTheReadmesCommands(t *testing.T) {
	t.Parallel()
	root, err := filepath.Abs(filepath.Join("..", ".."))
	require.NoError(t, err)
	readme := filepath.Join(root, "README.md")
	for section, statuses := range readmeSections() {
		t.Run(section, func(t *testing.T) {
			t.Parallel()
			s := newReadmeStage(t)
			if section != "Restore a backup" {
				requireStatus(t, statusDone, s.typed("rejoin restore members.ndjson"))
			}
			for _, line := range commandLines(t, readme, section) {
				got := s.typed(line)
				assert.Equal(t, statuses[line], got.status, "%s\n%s", line, got.stderr)
			}
		})
	}
}

// The examples of the help pages of the program and of a restore work as they stand, one after the other.
func TestTheHelpsExamples(t *testing.T) {
	t.Parallel()
	restore, _, _ := strings.Cut(new(app).restoreCommand().Description, "from standard input")
	for _, text := range []string{programText, restore} {
		s := newReadmeStage(t)
		s.write("members.csv", "service_sid,channel_sid,identity\n"+serviceA+",general,jing\n")
		for line := range strings.Lines(text) {
			line, isCommand := strings.CutPrefix(line, "   rejoin ")
			if !isCommand {
				continue
			}
			line, _, _ = strings.Cut(line, "  ")
			got := s.typed("rejoin " + line)
			assert.Equal(t, statusDone, got.status, "rejoin %s\n%s", line, got.stderr)
		}
	}
}

// Every section that shows such commands is run.
func TestTheReadmesSections(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	require.NoError(t, err)
	for _, part := range regexp.MustCompile(`(?m)^## `).Split(string(text), -1) {
		title, body, _ := strings.Cut(part, "\n")
		if strings.Contains(body, "\n    rejoin ") {
			assert.Contains(t, readmeSections(), title)
		}
	}
}

// readmeStage is where a reader of the README is: with a backup of a Service that has lost its members, and another
// Service to move to.
type readmeStage struct{ *stage }

func newReadmeStage(t *testing.T) *readmeStage {
	t.Helper()
	s := &readmeStage{newStage(t, sandbox.Config{})}
	api := &service{Server: s.Server, url: s.http.URL}
	require.NoError(t, s.AddService(serviceB))
	var general string
	for _, sid := range []string{serviceA, serviceB} {
		for _, name := range []string{"general", "random"} {
			channel := api.makes(t, sid+"/Channels", "UniqueName", name)
			if sid == serviceA && name == "general" {
				general = channel
			}
		}
	}
	for _, sid := range []string{serviceA, serviceB} {
		api.role(t, sid, "keeper")
	}
	api.role(t, serviceB, "seeded "+roleA) // as the one that every stage has in the other Service
	backup, _ := roster(20, general)
	s.write("members.ndjson", strings.ReplaceAll(backup, `"role_sid":"`+roleA+`",`, ""))
	require.NoError(t, os.Mkdir(s.path("bin"), 0o700))
	self, err := os.Executable()
	require.NoError(t, err)
	require.NoError(t, os.Symlink(self, s.path("bin/rejoin")))
	s.env = append(s.env, "PATH="+s.path("bin")+":"+os.Getenv("PATH"), "REJOIN_RATE=10000", "REJOIN_CHANNEL_RATE=0")
	return s
}

// typed runs a line as a shell does.
func (s *readmeStage) typed(line string) result {
	s.t.Helper()
	for _, sid := range []string{serviceA, serviceB} {
		line = strings.Replace(line, "IS…", sid, 1)
	}
	p := s.command(fate{}, "sh", "-c", line)
	if !strings.Contains(line, "--sandbox") {
		p.cmd.Env = append(p.cmd.Env, "REJOIN_API_URL="+s.http.URL)
	}
	return s.begin(p).wait()
}
