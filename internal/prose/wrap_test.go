package prose_test

import (
	"strings"
	"testing"

	"github.com/rivo/uniseg"
	"github.com/stretchr/testify/assert"

	"rejoin/internal/prose"
)

func TestLines(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		how  prose.Wrapping
		text string
		want []string
	}{
		"nothing":                         {prose.Wrapping{Columns: 10}, "", []string{""}},
		"nothing behind a beginning":      {prose.Wrapping{Columns: 10, First: "→ "}, " \n ", []string{"→"}},
		"that fits":                       {prose.Wrapping{Columns: 10}, "one two 45", []string{"one two 45"}},
		"one column too wide":             {prose.Wrapping{Columns: 10}, "one two 456", []string{"one two", "456"}},
		"a beginning and an indent":       {prose.Wrapping{Columns: 10, First: "1. ", Other: "   "}, "one two three", []string{"1. one two", "   three"}},
		"what stands between words stays": {prose.Wrapping{Columns: 12}, "key   value of it", []string{"key   value", "of it"}},
		"line ends are spaces":            {prose.Wrapping{Columns: 12}, "one\n\ttwo\r\nthree", []string{"one two", "three"}},
		"a word that stands out":          {prose.Wrapping{Columns: 5}, "a /long/path b", []string{"a", "/long/path", "b"}},
		"a word that is cut":              {prose.Wrapping{Columns: 5, Other: " ", CutWords: true}, "a /long/path b", []string{"a", " /lon", " g/pa", " th b"}},
		"wide letters":                    {prose.Wrapping{Columns: 6}, "日本 語", []string{"日本", "語"}},
		"wide letters that are cut":       {prose.Wrapping{Columns: 5, CutWords: true}, "日本語", []string{"日本", "語"}},
		"a letter wider than a line":      {prose.Wrapping{Columns: 8, Other: " ", CutWords: true}, "ab" + strings.Repeat("\u0e33", 9) + "cdefghijkl", []string{"a", " b" + strings.Repeat("\u0e33", 9), " cdefghi", " jkl"}},
		"no column for a letter":          {prose.Wrapping{Columns: 2, First: "  ", Other: "  ", CutWords: true}, "ab c", []string{"  ab", "  c"}},
		"accents":                         {prose.Wrapping{Columns: 7}, "e\u0301te\u0301 e\u0301te\u0301", []string{"e\u0301te\u0301 e\u0301te\u0301"}},
		"colours":                         {prose.Wrapping{Columns: 7}, "\x1b[31mone\x1b[0m \x1b[1mtwo\x1b[0m", []string{"\x1b[31mone\x1b[0m \x1b[1mtwo\x1b[0m"}},
		"a space that does not break":     {prose.Wrapping{Columns: 9}, "it is 100\u00a0%", []string{"it is", "100\u00a0%"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, c.want, c.how.Lines(c.text))
		})
	}
}

func TestLinesOfTheUsualWidth(t *testing.T) {
	t.Parallel()
	lines := prose.Wrapping{}.Lines(strings.Repeat("word ", 33))
	assert.Equal(t, []int{79, 79, 4}, []int{len(lines[0]), len(lines[1]), len(lines[2])})
}

// FuzzLines holds the promises of wrapping against any text.
func FuzzLines(f *testing.F) {
	f.Add("one two three", 7, true)
	f.Add("日本語 e\u0301te\u0301 /a/long/path\x1b[1mbold\x1b[0m", 5, false)
	f.Add("\x1b[", 1, true)
	f.Add("a"+strings.Repeat("\u0e33", 50)+"bc", 6, true)
	f.Fuzz(func(t *testing.T, text string, columns int, cut bool) {
		columns = 1 + (columns&0x7fff)%40
		lines := prose.Wrapping{Columns: columns, First: "-", Other: " ", CutWords: cut}.Lines(text)
		bare := func(s string) string { return strings.Join(strings.Fields(s), "") }
		var all strings.Builder
		for i, line := range lines {
			if i > 0 {
				assert.True(t, line == "" || strings.HasPrefix(line, " "), "%q", line)
			}
			all.WriteString(strings.TrimPrefix(line, "-"))
			if fields := strings.Fields(strings.TrimPrefix(line, "-")); prose.Width(line) > columns {
				assert.True(t, len(fields) == 1 || strings.ContainsAny(line, "\u00a0\u202f"), "%q is wider than %d", line, columns)
				assert.True(t, !cut || columns <= 6 || alone(line), "%q is wider than %d", line, columns)
			}
		}
		if !strings.HasPrefix(text, "-") && !strings.Contains(text, "-") {
			assert.Equal(t, bare(text), bare(all.String()), "nothing is lost")
		}
	})
}

// alone reports whether a line holds one character. It may be wider than any line: marks that take columns of their own
// belong to the letter before them, however many there are.
func alone(line string) bool { return uniseg.GraphemeClusterCount(strings.TrimLeft(line, " -")) == 1 }

func TestPage(t *testing.T) {
	t.Parallel()
	plain := prose.NewPage(prose.Style{})
	color := prose.NewPage(prose.Style{Color: true, Width: 20})
	for _, p := range []*prose.Page{plain, color} {
		p.Line(p.Paint(prose.Bold+prose.Red, "error"))
		p.Printf("%d rows\n", 3)
		p.Wrapped("- ", "  ", "one two three four five")
		p.Cut("jing\x1b[2J and all the others")
		p.Line(p.Paint("", "plain"))
	}
	assert.Equal(t, "error\n3 rows\n- one two three four five\njing [2J and all the others\nplain\n", plain.String())
	assert.Equal(t, "\x1b[1m\x1b[31merror\x1b[0m\n3 rows\n- one two three four\n  five\njing [2J and all th…\nplain\n", color.String())
}
