//go:build unix

package app

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/sandbox"
)

// shown is a command of a console block, and what the block shows of its standard output.
type shown struct {
	words  []string
	output string
}

// consoleBlocks are the console blocks of a document, each a list of commands.
func consoleBlocks(t *testing.T, path string) (blocks [][]shown) {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	for _, block := range regexp.MustCompile("(?s)```console\n(.*?)```").FindAllSubmatch(text, -1) {
		var commands []shown
		for line := range strings.Lines(string(block[1])) {
			if command, ok := strings.CutPrefix(line, "$ "); ok {
				command, _, _ = strings.Cut(command, "#")
				commands = append(commands, shown{words: strings.Fields(command)})
				continue
			}
			require.NotEmpty(t, commands, "a block begins with a command: %q", line)
			commands[len(commands)-1].output += line
		}
		blocks = append(blocks, commands)
	}
	return blocks
}

// pattern is what the block shows, with anything where it has an ellipsis, and any lines for a line of one.
func pattern(output string) string {
	text := regexp.QuoteMeta(output)
	text = strings.ReplaceAll(text, "\n…\n", "\n(?:.*\n)*")
	return "^" + strings.ReplaceAll(text, "…", "[^\n]*") + "$"
}

// What the README shows in console blocks is what the commands print. The port is a free one.
func TestTheReadmesConsoleBlocks(t *testing.T) {
	t.Parallel()
	root, err := filepath.Abs(filepath.Join("..", ".."))
	require.NoError(t, err)
	blocks := consoleBlocks(t, filepath.Join(root, "README.md"))
	require.NotEmpty(t, blocks)
	for _, block := range blocks {
		runBlock(t, root, block)
	}
}

const readmeAddress = "127.0.0.1:4010"

func runBlock(t *testing.T, root string, block []shown) {
	t.Helper()
	s := newStage(t, sandbox.Config{})
	require.NoError(t, os.Symlink(filepath.Join(root, "testdata"), s.path("testdata")))
	plain := s.env[:4] // without credentials: each terminal has its own
	own, served := plain, readmeAddress
	ran := 0
	for _, command := range block {
		words := make([]string, len(command.words))
		for i, word := range command.words {
			words[i] = strings.ReplaceAll(word, readmeAddress, served)
		}
		switch {
		case words[0] == "export":
			own = slices.Concat(plain, words[1:])
			continue
		case words[0] == "rejoin" && words[1] == "sandbox":
			for i, word := range words {
				words[i] = strings.ReplaceAll(word, readmeAddress, "127.0.0.1:0")
			}
			p := s.rejoin(fate{}, words[1:]...)
			p.cmd.Env = slices.Concat(plain, []string{fateVariable + "={}"})
			s.begin(p)
			served = strings.TrimPrefix(p.awaitURL(), "http://")
			assert.Regexp(t, pattern(command.output), "http://"+readmeAddress+"\n")
		default:
			require.Equal(t, "rejoin", words[0], "this test runs no other program")
			p := s.rejoin(fate{}, words[1:]...)
			p.cmd.Env = slices.Concat(own, []string{fateVariable + "={}"})
			require.NoError(t, p.cmd.Run(), p.stderr.String())
			assert.Regexp(t, pattern(command.output), strings.ReplaceAll(p.stdout.String(), served, readmeAddress))
		}
		ran++
	}
	require.GreaterOrEqual(t, ran, 2)
	s.running.kill()
}
