package manual

import (
	"fmt"
	"strings"

	"rejoin/internal/prose"
)

const (
	width      = prose.Usual // of a page
	flagColumn = 28          // where the explanation of a flag begins
	termColumn = 28          // behind which no explanation of a term begins
)

// Help is the program's own help page: what a stranger needs first stands first.
func (p *Program) Help() string {
	b := new(strings.Builder)
	fmt.Fprintf(b, "%s - %s\n\nUSAGE\n   %s\n", p.Name, p.Usage, p.Synopsis)
	writeSections(b, parse(p.Text))
	var all []item
	for i := range p.Commands {
		all = append(all, item{p.Commands[i].Name, p.Commands[i].Usage})
	}
	topics := make([]item, len(p.Topics))
	for i, t := range p.Topics {
		topics[i] = item{t.Name, t.Usage}
	}
	writeSections(b, []section{
		{"COMMANDS", []block{{kind: list, items: all}, {text: p.Name + " help COMMAND explains one."}}},
		{"TOPICS", []block{{kind: list, items: topics}, {text: p.Name + " help TOPIC explains one."}}},
	})
	return b.String()
}

// Help is a command's help page: examples first, then the flags by group.
func (c *Command) Help(program string) string {
	b := new(strings.Builder)
	fmt.Fprintf(b, "%s %s - %s\n\nUSAGE\n   %s\n", program, c.Name, c.Usage, c.synopsis(program))
	writeSections(b, parse(c.Text))
	for _, g := range c.Groups {
		fmt.Fprintf(b, "\n%s\n", g.Heading)
		for i := range g.Flags {
			writeFlag(b, &g.Flags[i])
		}
	}
	return b.String()
}

// Help is a topic's help page.
func (t *Topic) Help() string {
	b := new(strings.Builder)
	fmt.Fprintf(b, "%s - %s\n", t.Name, t.Usage)
	writeSections(b, parse(t.Text))
	return b.String()
}

func writeSections(b *strings.Builder, sections []section) {
	for _, s := range sections {
		b.WriteByte('\n')
		if s.title != "" {
			b.WriteString(s.title + "\n")
		}
		for i := range s.blocks {
			if i > 0 {
				b.WriteByte('\n')
			}
			s.blocks[i].write(b)
		}
	}
}

func (k *block) write(b *strings.Builder) {
	switch k.kind {
	case paragraph:
		fill(b, margin, margin, k.text)
	case asIs:
		for _, line := range k.lines {
			b.WriteString(margin + deeper + line + "\n")
		}
	case list:
		writeList(b, k.items)
	case commands:
		writeCommands(b, k.items)
	}
}

// writeList writes terms and what they are side by side, or one under the other where a term is too long for that.
func writeList(b *strings.Builder, items []item) {
	longest := 0
	for _, it := range items {
		longest = max(longest, prose.Width(it.term))
	}
	for _, it := range items {
		if longest > termColumn {
			fill(b, margin, margin, it.term)
			fill(b, margin+margin+margin, margin+margin+margin, it.text)
			continue
		}
		column := fmt.Sprintf("%s%-*s  ", margin, longest, it.term)
		fill(b, column, strings.Repeat(" ", prose.Width(column)), it.text)
	}
}

// writeCommands writes command lines with what they do: beside them, or above them where a line would be too long.
func writeCommands(b *strings.Builder, items []item) {
	longest, widest := 0, 0
	for _, it := range items {
		if it.text == "" {
			continue
		}
		longest = max(longest, prose.Width(it.term))
		widest = max(widest, prose.Width(it.text))
	}
	for _, it := range items {
		switch {
		case it.text == "":
			b.WriteString(margin + it.term + "\n")
		case len(margin)+longest+len(deeper)+widest <= width:
			fmt.Fprintf(b, "%s%-*s%s%s\n", margin, longest, it.term, deeper, it.text)
		default:
			fill(b, margin+"# ", margin+"# ", it.text)
			b.WriteString(margin + it.term + "\n")
		}
	}
}

func writeFlag(b *strings.Builder, f *Flag) {
	names := margin + f.typed()
	if f.Value != "" {
		names += " " + f.Value
	}
	indent := strings.Repeat(" ", flagColumn)
	if len(names) >= flagColumn {
		b.WriteString(names + "\n")
		names = ""
	}
	fill(b, fmt.Sprintf("%-*s", flagColumn, names), indent, f.explained())
}

// explained is what a flag is for, with its default.
func (f *Flag) explained() string {
	if f.Default == "" {
		return f.Usage
	}
	return f.Usage + " (default " + f.Default + ")"
}

// typed are a flag's names as they are typed, the short ones first.
func (f *Flag) typed() string {
	var short, long []string
	for _, name := range f.Names {
		if len(name) == 1 {
			short = append(short, "-"+name)
		} else {
			long = append(long, "--"+name)
		}
	}
	return strings.Join(append(short, long...), ", ")
}

// fill writes a text in lines that fit the page, the first with one beginning, the others with another.
func fill(b *strings.Builder, first, other, text string) {
	for _, line := range (prose.Wrapping{Columns: width, First: first, Other: other}).Lines(text) {
		b.WriteString(line + "\n")
	}
}
