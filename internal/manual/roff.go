package manual

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// ManPage is a page for man(1).
type ManPage struct {
	Name string // of the file, such as rejoin.1
	Text []byte
}

// The sections of the system's manual that the pages belong to.
const (
	sectionCommands = 1
	sectionTopics   = 7
)

// ManPages are the pages of the program, of each command and of each topic. They use the macros of man(7).
func (p *Program) ManPages() []ManPage {
	pages := []ManPage{p.manPage()}
	for i := range p.Commands {
		pages = append(pages, p.commandPage(&p.Commands[i]))
	}
	for i := range p.Topics {
		pages = append(pages, p.topicPage(&p.Topics[i]))
	}
	return pages
}

func (p *Program) manPage() ManPage {
	r := p.begin(p.Name, sectionCommands, p.Usage)
	r.heading("SYNOPSIS")
	r.synopsis(p.Synopsis)
	r.sections(parse(p.Text))
	r.heading("COMMANDS")
	for i := range p.Commands {
		r.item(p.Commands[i].Name, p.Commands[i].Usage)
	}
	r.heading("TOPICS")
	for _, t := range p.Topics {
		r.item(t.Name, t.Usage)
	}
	return r.end(p)
}

func (p *Program) commandPage(c *Command) ManPage {
	r := p.begin(p.Name+"-"+c.Name, sectionCommands, c.Usage)
	r.heading("SYNOPSIS")
	r.synopsis(c.synopsis(p.Name))
	sections := parse(c.Text)
	at := slices.IndexFunc(sections, func(s section) bool { return s.title == exitStatusTitle })
	var exit []section // it stands behind the options, where man pages have it
	if at >= 0 {
		exit = sections[at : at+1]
		sections = slices.Concat(sections[:at], sections[at+1:])
	}
	r.sections(sections)
	if len(c.Groups) > 0 {
		r.heading("OPTIONS")
		r.text("Options may stand before or behind the arguments. Each is also an environment variable: " +
			strings.ToUpper(p.Name) + "_ and the option in upper case with _ for -; an option wins over it.")
	}
	for _, g := range c.Groups {
		r.line(".SS " + quoted(g.Heading))
		for i := range g.Flags {
			r.option(&g.Flags[i])
		}
	}
	r.sections(exit)
	return r.end(p)
}

func (p *Program) topicPage(t *Topic) ManPage {
	r := p.begin(p.Name+"-"+t.Name, sectionTopics, t.Usage)
	r.sections(parse(t.Text))
	return r.end(p)
}

// roff writes one page.
type roff struct {
	strings.Builder
	name    string
	section int
}

// begin begins a page. It has no date and no version: a page that is the same stays the same file.
func (p *Program) begin(name string, section int, usage string) *roff {
	r := &roff{name: name, section: section}
	r.line(`.\" Made from the program's own descriptions of its commands; "make man" makes it again.`)
	r.line(fmt.Sprintf(".TH %s %d %s %s", quoted(strings.ToUpper(name)), section, quoted(""), quoted(p.Name)))
	r.heading("NAME")
	r.line(escaped(name) + ` \- ` + escaped(usage))
	return r
}

// end ends a page with the others that belong to it: the program's own page knows all of them.
func (r *roff) end(p *Program) ManPage {
	refs := []string{r.reference(p.Name, sectionCommands)}
	for i := range p.Commands {
		refs = append(refs, r.related(p, p.Commands[i].Name, sectionCommands))
	}
	for _, t := range p.Topics {
		refs = append(refs, r.related(p, t.Name, sectionTopics))
	}
	r.heading("SEE ALSO")
	r.line(strings.Join(slices.DeleteFunc(refs, func(ref string) bool { return ref == "" }), ",\n"))
	return ManPage{Name: fmt.Sprintf("%s.%d", r.name, r.section), Text: []byte(r.String())}
}

// related is a reference to the page of a command or topic, from the program's own page and from that of the same name.
func (r *roff) related(p *Program, name string, section int) string {
	name = p.Name + "-" + name
	if r.name != p.Name && r.name != name {
		return ""
	}
	return r.reference(name, section)
}

// reference is a line that names another page; nothing for this one.
func (r *roff) reference(name string, section int) string {
	if name == r.name && section == r.section {
		return ""
	}
	return fmt.Sprintf(`.BR %s (%d)`, escaped(name), section)
}

func (r *roff) line(s string) { r.WriteString(s + "\n") }

func (r *roff) heading(title string) { r.line(".SH " + quoted(title)) }

// text writes prose in lines that are good to read and to compare.
func (r *roff) text(s string) {
	line := ""
	for word := range strings.FieldsSeq(s) {
		if line != "" && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(escaped(word)) > width {
			r.line(line)
			line = ""
		}
		if line == "" {
			line = escaped(word)
			continue
		}
		line += " " + escapedInside(word)
	}
	r.line(line)
}

// synopsis writes how a command is called: what is typed as it stands is bold.
func (r *roff) synopsis(call string) {
	words := strings.Fields(call)
	for i, word := range words {
		if strings.ToLower(word) == word && !strings.ContainsAny(word, "[]|") {
			words[i] = `\fB` + escaped(word) + `\fR`
		} else {
			words[i] = escaped(word)
		}
	}
	r.line(strings.Join(words, " "))
}

func (r *roff) item(term, text string) {
	r.line(".TP")
	r.line(`\fB` + escaped(term) + `\fR`)
	r.text(text)
}

func (r *roff) option(f *Flag) {
	r.line(".TP")
	names := `\fB` + strings.ReplaceAll(escaped(f.typed()), ", ", `\fR, \fB`) + `\fR`
	if f.Value != "" {
		names += ` \fI` + escaped(f.Value) + `\fR`
	}
	r.line(names)
	r.text(f.explained())
}

func (r *roff) sections(sections []section) {
	for _, s := range sections {
		title := s.title
		if title == "" {
			title = "DESCRIPTION"
		}
		r.heading(title)
		for i := range s.blocks {
			r.block(&s.blocks[i], i == 0)
		}
	}
}

func (r *roff) block(b *block, first bool) {
	switch b.kind {
	case paragraph:
		if !first {
			r.line(".PP")
		}
		r.text(b.text)
	case list:
		for _, it := range b.items {
			r.item(it.term, it.text)
		}
	case asIs:
		r.asIs(b.lines, first)
	case commands:
		var lines []string
		for i, it := range b.items {
			if it.text != "" {
				if i > 0 {
					lines = append(lines, "")
				}
				lines = append(lines, "# "+it.text)
			}
			lines = append(lines, it.term)
		}
		r.asIs(lines, first)
	}
}

func (r *roff) asIs(lines []string, first bool) {
	if !first {
		r.line(".PP")
	}
	r.line(".RS 4")
	r.line(".nf")
	for _, line := range lines {
		r.line(escaped(line))
	}
	r.line(".fi")
	r.line(".RE")
}

// quoted is a text as one argument of a macro.
func quoted(s string) string { return `"` + strings.ReplaceAll(escaped(s), `"`, `\(dq`) + `"` }

// escaped is a text in which nothing is an escape or a request, every character that is not ASCII is named, and a
// hyphen is the one that is typed, so that what is copied from the page works.
func escaped(s string) string {
	if strings.HasPrefix(s, ".") {
		return `\&` + escapedInside(s)
	}
	return escapedInside(s)
}

// escapedInside is a text that does not begin a line.
func escapedInside(s string) string {
	b := new(strings.Builder)
	for _, c := range s {
		switch {
		case c == '\\':
			b.WriteString(`\e`)
		case c == '-':
			b.WriteString(`\-`)
		case c == '\'':
			b.WriteString(`\(aq`)
		case c == '`':
			b.WriteString(`\(ga`)
		case c == '^':
			b.WriteString(`\(ha`)
		case c == '~':
			b.WriteString(`\(ti`)
		case c >= 0x80:
			fmt.Fprintf(b, `\[u%04X]`, c)
		default:
			b.WriteRune(c)
		}
	}
	return b.String()
}
