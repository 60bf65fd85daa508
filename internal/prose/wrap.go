package prose

import (
	"strings"
	"unicode"
)

// Usual is how many columns a line has where nobody says.
const Usual = 80

// Wrapping is how a text is laid out in lines.
type Wrapping struct {
	Columns int    // that a line has at most; 0: [Usual]
	First   string // what the first line begins with
	Other   string // and each of the others

	// CutWords cuts a word that does not fit any line. Otherwise it stands out: a command, a path or an address is to be
	// copied in one piece.
	CutWords bool
}

// Lines are the lines of a text, without line ends. It is broken at white space; between two words of one line stands
// what stood there, of line ends and tabs one space. There is one line at least.
func (w Wrapping) Lines(text string) []string {
	if w.Columns <= 0 {
		w.Columns = Usual
	}
	l := lines{Wrapping: w, line: w.First, at: Width(w.First), empty: true}
	for {
		gap, word, rest := nextWord(text)
		if word == "" {
			l.end()
			return l.done
		}
		text = rest
		l.add(gap, word)
	}
}

// lines are those that are done, and the one that is being filled.
type lines struct {
	Wrapping
	done  []string
	line  string
	at    int  // its columns
	empty bool // it holds no word yet
}

func (l *lines) add(gap, word string) {
	wide := Width(word)
	if !l.empty && l.at+len(gap)+wide > l.Columns {
		l.end()
	}
	for l.CutWords && l.empty && wide > l.Columns-l.at {
		head, rest := split(word, l.Columns-l.at)
		if head == "" && l.at < l.Columns { // a character that is wider than the line stands out alone
			rest, _ = step(word)
			head = word[:len(word)-len(rest)]
		}
		if head == "" || rest == "" {
			break
		}
		l.line += head
		l.end()
		word, wide = rest, Width(rest)
	}
	if !l.empty {
		l.line, l.at = l.line+gap, l.at+len(gap)
	}
	l.line, l.at, l.empty = l.line+word, l.at+wide, false
}

// end ends the line.
func (l *lines) end() {
	l.done = append(l.done, strings.TrimRight(l.line, " "))
	l.line, l.at, l.empty = l.Other, Width(l.Other), true
}

// nextWord takes the next word off a text, with what stands before it.
func nextWord(text string) (gap, word, rest string) {
	start := strings.IndexFunc(text, func(r rune) bool { return !breaks(r) })
	if start < 0 {
		return "", "", ""
	}
	if gap = text[:start]; strings.Trim(gap, " ") != "" {
		gap = " "
	}
	end := strings.IndexFunc(text[start:], breaks)
	if end < 0 {
		return gap, text[start:], ""
	}
	return gap, text[start : start+end], text[start+end:]
}

// breaks reports whether a line may be broken at r.
func breaks(r rune) bool { return unicode.IsSpace(r) && r != '\u00a0' && r != '\u202f' }
