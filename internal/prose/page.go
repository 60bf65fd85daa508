package prose

import (
	"bytes"
	"fmt"
)

// Style is how a page is shown to a person.
type Style struct {
	Color bool // with ANSI colours; what they say is said in words, too
	Width int  // columns; 0: [Usual]
}

// Color is how a text is painted: an ANSI sequence, or several one behind the other.
type Color string

// The colours that there are.
const (
	Bold   Color = "\x1b[1m"
	Faint  Color = "\x1b[2m"
	Red    Color = "\x1b[31m"
	Green  Color = "\x1b[32m"
	Yellow Color = "\x1b[33m"

	plain = "\x1b[0m"
)

// Paint is s in a colour, if there are colours.
func (s Style) Paint(color Color, text string) string {
	if !s.Color || color == "" {
		return text
	}
	return string(color) + text + plain
}

// Page is text that is laid out in memory. It belongs to one goroutine.
type Page struct {
	bytes.Buffer
	Style

	CutWords bool // as in [Wrapping]
}

// NewPage returns a page without a line.
func NewPage(style Style) *Page {
	if style.Width <= 0 {
		style.Width = Usual
	}
	return &Page{Style: style}
}

// Line writes a line as it stands.
func (p *Page) Line(s string) { _, _ = p.WriteString(s + "\n") } // into memory

// Printf writes as [fmt.Printf] does.
func (p *Page) Printf(format string, args ...any) { _, _ = fmt.Fprintf(p, format, args...) } // into memory

// Wrapped writes a text in lines that fit, the first behind first, each of the others behind other.
func (p *Page) Wrapped(first, other, text string) {
	for _, line := range (Wrapping{Columns: p.Width, First: first, Other: other, CutWords: p.CutWords}).Lines(text) {
		p.Line(line)
	}
}

// Cut writes a text of unknown origin in one line, cut to fit.
func (p *Page) Cut(s string) { p.Line(Cut(Visible(s), p.Width)) }
