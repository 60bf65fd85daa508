package manual

import (
	"slices"
	"strings"
)

// Program is a program whose first argument is a command.
type Program struct {
	Name     string
	Usage    string // what it does, in a line
	Synopsis string // how it is called
	Text     string // the sections of its page
	Commands []Command
	Topics   []Topic
}

// Command is a command of a program.
type Command struct {
	Name  string
	Usage string // what it does, in a line

	// Args are its arguments, as they are to be named: BACKUP or REPORT... for files, words with | between them for one
	// of these words, COMMAND|TOPIC for the name of a page. Empty: it takes none.
	Args string

	Text   string // the sections of its page
	Groups []Group
}

// Group is some of a command's flags, under one heading.
type Group struct {
	Heading string
	Flags   []Flag
}

// Flag is a flag of a command.
type Flag struct {
	Names   []string // the long one first
	Value   string   // what stands for its value; empty: it takes none
	Usage   string
	Default string
	Repeats bool // it may be given more than once
}

// Topic is something that a help page explains beside the commands.
type Topic struct {
	Name  string
	Usage string // what it explains, in a line
	Text  string // the sections of its page
}

// Topic returns the topic of that name.
func (p *Program) Topic(name string) (*Topic, bool) {
	at := slices.IndexFunc(p.Topics, func(t Topic) bool { return t.Name == name })
	if at < 0 {
		return nil, false
	}
	return &p.Topics[at], true
}

// flags are all of a command's flags.
func (c *Command) flags() []Flag {
	var flags []Flag
	for _, g := range c.Groups {
		flags = append(flags, g.Flags...)
	}
	return flags
}

// synopsis is how the command is called.
func (c *Command) synopsis(program string) string {
	words := []string{program, c.Name}
	if len(c.Groups) > 0 {
		words = append(words, "[flags]")
	}
	if c.Args != "" {
		words = append(words, c.Args)
	}
	return strings.Join(words, " ")
}

// argument is what a command's argument, or a flag's value, can be completed with.
type argument struct {
	words []string
	files bool // or folders, where only these are asked for
	dirs  bool
}

// fileNames stand for paths where they stand for an argument or a value.
var fileNames = []string{"FILE", "BACKUP", "REPORT", "MAP"}

func pathOf(placeholder string) argument {
	name := strings.TrimRight(strings.Trim(placeholder, "[]"), ".")
	return argument{files: slices.Contains(fileNames, name), dirs: name == "DIR"}
}

// argument is what the command's arguments can be completed with.
func (p *Program) argument(c *Command) argument {
	args := strings.Trim(c.Args, "[]")
	switch {
	case args == "COMMAND|TOPIC":
		return argument{words: p.Pages()}
	case strings.Contains(args, "|"):
		return argument{words: strings.Split(args, "|")}
	}
	return pathOf(c.Args)
}

// CommandNames are the names of the commands.
func (p *Program) CommandNames() []string {
	names := make([]string, len(p.Commands))
	for i := range p.Commands {
		names[i] = p.Commands[i].Name
	}
	return names
}

// Pages are the names of all that help can be asked about: commands and topics.
func (p *Program) Pages() []string {
	names := p.CommandNames()
	for _, t := range p.Topics {
		if !slices.Contains(names, t.Name) {
			names = append(names, t.Name)
		}
	}
	return names
}

// Owners are the names of the commands that have a flag of that name.
func (p *Program) Owners(flag string) []string {
	var owners []string
	for i := range p.Commands {
		if slices.ContainsFunc(p.Commands[i].flags(), func(f Flag) bool { return slices.Contains(f.Names, flag) }) {
			owners = append(owners, p.Commands[i].Name)
		}
	}
	return owners
}

func (f *Flag) argument() argument {
	if words := f.Words(); len(words) > 0 {
		return argument{words: words}
	}
	return pathOf(f.Value)
}

// Words are the words of which a flag takes one, as its usage lists them: WORD is this, that or another. Without such a
// list there are none.
func (f *Flag) Words() []string {
	_, list, found := strings.Cut(f.Usage, "WORD is ")
	if !found || f.Value != "WORD" {
		return nil
	}
	var words []string
	for list != "" {
		word := list[:wordEnd(list)]
		words = append(words, word)
		list = withoutRemark(list[len(word):])
		switch {
		case strings.HasPrefix(list, ", "):
			list = list[len(", "):]
		case strings.HasPrefix(list, " or ") && len(words) > 0:
			list = list[len(" or "):]
			return append(words, list[:wordEnd(list)])
		default:
			return nil
		}
	}
	return nil
}

// wordEnd is where the word ends with which s begins.
func wordEnd(s string) int {
	if end := strings.IndexFunc(s, func(r rune) bool { return strings.ContainsRune(" ,;:.()", r) }); end >= 0 {
		return end
	}
	return len(s)
}

// withoutRemark takes what stands in parentheses off the beginning of s.
func withoutRemark(s string) string {
	if rest, found := strings.CutPrefix(s, " ("); found {
		if _, after, closed := strings.Cut(rest, ")"); closed {
			return after
		}
	}
	return s
}
