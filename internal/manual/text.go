package manual

import (
	"regexp"
	"strings"
)

// section is a heading with what stands under it.
type section struct {
	title  string
	blocks []block
}

// block is a paragraph.
type block struct {
	kind  kind
	lines []string // of what is shown as it stands
	items []item   // of a list
	text  string   // of prose, in one line
}

type kind int

const (
	paragraph kind = iota
	list           // terms, and what they are
	commands       // command lines, and what they do
	asIs
)

type item struct{ term, text string }

const (
	examplesTitle   = "EXAMPLES"
	exitStatusTitle = "EXIT STATUS"

	margin = "   "  // under a heading
	deeper = "    " // of what is shown as it stands, behind the margin
)

// parse reads a text as the package's documentation describes it.
func parse(text string) []section {
	var sections []section
	var lines []string
	flush := func() {
		if len(lines) > 0 {
			if len(sections) == 0 {
				sections = append(sections, section{})
			}
			s := &sections[len(sections)-1]
			s.blocks = append(s.blocks, s.block(lines))
		}
		lines = nil
	}
	for line := range strings.SplitSeq(text, "\n") {
		line = strings.TrimRight(line, " ")
		switch {
		case line == "":
			flush()
		case line[0] != ' ':
			flush()
			sections = append(sections, section{title: line})
		default:
			lines = append(lines, strings.TrimPrefix(line, margin))
		}
	}
	flush()
	return sections
}

// block finds out what kind of paragraph the lines are.
func (s *section) block(lines []string) block {
	switch {
	case every(lines, func(line string) bool { return strings.HasPrefix(line, deeper) }):
		for i, line := range lines {
			lines[i] = line[len(deeper):]
		}
		return block{kind: asIs, lines: lines}
	case s.title == exitStatusTitle:
		if items := statuses(lines); len(items) > 0 {
			return block{kind: list, items: items}
		}
	case s.title == examplesTitle && len(s.blocks) == 0:
		return block{kind: commands, items: items(lines)}
	}
	if s.title != examplesTitle && columned.MatchString(lines[0]) &&
		every(lines, func(line string) bool { return columned.MatchString(line) || line[0] == ' ' }) {
		return block{kind: list, items: items(lines)}
	}
	return block{text: strings.Join(strings.Fields(strings.Join(lines, " ")), " ")}
}

func every(lines []string, is func(string) bool) bool {
	for _, line := range lines {
		if !is(line) {
			return false
		}
	}
	return true
}

var (
	columned = regexp.MustCompile(`^(\S+(?: \S+)*)  +(\S.*)$`)
	status   = regexp.MustCompile(`(?m)(?:^|   +)(\d+(?:, \d+)*) +`)
)

// items are the items of a list. A line that is indented goes on with the item above it.
func items(lines []string) []item {
	var found []item
	for _, line := range lines {
		parts := columned.FindStringSubmatch(line)
		switch {
		case line[0] == ' ' && len(found) > 0:
			last := &found[len(found)-1]
			last.text = strings.TrimSpace(last.text + " " + strings.TrimSpace(line))
		case parts == nil:
			found = append(found, item{term: line})
		default:
			found = append(found, item{parts[1], parts[2]})
		}
	}
	return found
}

// statuses are the items of a list of exit statuses.
func statuses(lines []string) []item {
	text := strings.Join(lines, "\n")
	places := status.FindAllStringSubmatchIndex(text, -1)
	if len(places) == 0 || places[0][0] != 0 {
		return nil
	}
	var found []item
	for i, at := range places {
		end := len(text)
		if i+1 < len(places) {
			end = places[i+1][0]
		}
		found = append(found, item{text[at[2]:at[3]], strings.Join(strings.Fields(text[at[1]:end]), " ")})
	}
	return found
}
