package manual_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/internal/manual"
)

const text = `EXAMPLES
   tool do FILE    does it
   tool do --how loud FILE

   Prose that is written on
   two lines.

A LIST
   one  the first, which says so much that it does not fit into the line in which it has begun
   two  the second
        of them

AS IT IS
       two  spaces
       more

EXIT STATUS
   0 done   1 not done, because of
   something   2, 3 wrong 3 times`

func command() *manual.Command {
	return &manual.Command{
		Name: "do", Usage: "do a thing", Args: "FILE", Text: text,
		Groups: []manual.Group{{Heading: "HOW", Flags: []manual.Flag{
			{Names: []string{"how", "H"}, Value: "WORD", Usage: "how it is done: WORD is loud (as most like it), quiet or not-at-all", Default: "quiet"},
			{Names: []string{"a-name-that-is-far-too-long"}, Usage: "it is's"},
		}}},
	}
}

func TestACommandsPage(t *testing.T) {
	t.Parallel()
	assert.Equal(t, `tool do - do a thing

USAGE
   tool do [flags] FILE

EXAMPLES
   tool do FILE    does it
   tool do --how loud FILE

   Prose that is written on two lines.

A LIST
   one  the first, which says so much that it does not fit into the line in
        which it has begun
   two  the second of them

AS IT IS
       two  spaces
       more

EXIT STATUS
   0     done
   1     not done, because of something
   2, 3  wrong 3 times

HOW
   -H, --how WORD           how it is done: WORD is loud (as most like it),
                            quiet or not-at-all (default quiet)
   --a-name-that-is-far-too-long
                            it is's
`, command().Help("tool"))
}

func TestLongExamplesStandUnderWhatTheyDo(t *testing.T) {
	t.Parallel()
	topic := manual.Topic{Name: "t", Usage: "u", Text: "EXAMPLES\n   tool " + strings.Repeat("x", 70) + "    is long\n   tool y    is short\n   tool z\n"}
	assert.Equal(t, "t - u\n\nEXAMPLES\n   # is long\n   tool "+strings.Repeat("x", 70)+"\n   # is short\n   tool y\n   tool z\n", topic.Help())
}

func TestWhatCannotBeBrokenIsNotCut(t *testing.T) {
	t.Parallel()
	word := strings.Repeat("é", 100)
	topic := manual.Topic{Name: "t", Usage: "u", Text: "PROSE\n   a " + word + " b\n"}
	assert.Contains(t, topic.Help(), "   a\n   "+word+"\n   b\n")
	topic.Text = "PROSE\n   " + strings.Repeat("éé ", 200) + "\n"
	for line := range strings.SplitSeq(topic.Help(), "\n") {
		assert.LessOrEqual(t, utf8.RuneCountInString(line), 80)
	}
}

func TestWords(t *testing.T) {
	t.Parallel()
	for usage, want := range map[string][]string{
		"what: WORD is text or json":                       {"text", "json"},
		"WORD is auto, bar, plain, json or none":           {"auto", "bar", "plain", "json", "none"},
		"WORD is documented (30, or 40, a second) or none": {"documented", "none"},
		"WORD is text, json or html; - is nothing":         {"text", "json", "html"},
		"WORD is anything":                                 nil,
		"the WORD that you like, or none":                  nil,
		"WORD is a, b":                                     nil,
		"WORD is ":                                         nil,
	} {
		f := manual.Flag{Names: []string{"f"}, Value: "WORD", Usage: usage}
		assert.Equal(t, want, f.Words(), usage)
	}
	f := manual.Flag{Names: []string{"f"}, Value: "N", Usage: "WORD is text or json"}
	assert.Empty(t, f.Words())
}

func program() *manual.Program {
	return &manual.Program{
		Name: "tool", Usage: "do things", Synopsis: "tool COMMAND", Text: text,
		Commands: []manual.Command{*command(), {Name: "help", Usage: "explain", Args: "[COMMAND|TOPIC]"}},
		Topics:   []manual.Topic{{Name: "do", Usage: "what is done", Text: "T\n   .text\n   'and \\fBmore\\fR - x…\n"}, {Name: "why", Usage: "reasons"}},
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	p := program()
	assert.Equal(t, []string{"do", "help"}, p.CommandNames())
	assert.Equal(t, []string{"do", "help", "why"}, p.Pages(), "a name that is a command's and a topic's stands once")
	assert.Equal(t, []string{"do"}, p.Owners("how"))
	assert.Equal(t, []string{"do"}, p.Owners("H"))
	assert.Empty(t, p.Owners("ho"))
	topic, ok := p.Topic("why")
	require.True(t, ok)
	assert.Equal(t, "reasons", topic.Usage)
	_, ok = p.Topic("help")
	assert.False(t, ok)
}

func TestManPages(t *testing.T) {
	t.Parallel()
	pages := map[string]string{}
	for _, page := range program().ManPages() {
		pages[page.Name] = string(page.Text)
	}
	require.Len(t, pages, 5)
	assert.Contains(t, pages["tool.1"], ".SH COMMANDS\n"[:4]+`"COMMANDS"`+"\n.TP\n"+`\fBdo\fR`+"\ndo a thing\n")
	page := pages["tool-do.1"]
	assert.Contains(t, page, `\fB\-H\fR, \fB\-\-how\fR \fIWORD\fR`+"\n")
	assert.Contains(t, page, `it is\(aqs`)
	assert.Greater(t, strings.Index(page, `.SH "EXIT STATUS"`), strings.Index(page, `.SH "OPTIONS"`))
	assert.Contains(t, page, ".BR tool\\-do (7)")
	assert.NotContains(t, page, ".BR tool\\-do (1)", "a page does not refer to itself")
	assert.Contains(t, pages["tool-do.7"], "\n"+`\&.text \(aqand \efBmore\efR \- x\[u2026]`+"\n",
		"nothing of a text is an escape or a request")
}

func TestCompletionIsForThreeShells(t *testing.T) {
	t.Parallel()
	for _, shell := range manual.Shells() {
		script, err := program().Completion(shell)
		require.NoError(t, err)
		for _, word := range []string{"how", "H", "quiet", "not-at-all", "a-name-that-is-far-too-long", "why", "help"} {
			assert.Contains(t, script, word, shell)
		}
	}
	_, err := program().Completion("tcsh")
	assert.ErrorContains(t, err, "bash, zsh, fish")
}
