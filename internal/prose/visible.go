package prose

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// longest is how many bytes of a text a person is shown on one line.
const longest = 2 << 10

// Visible is a text of unknown origin on one line, with nothing in it that a terminal would obey, or that would turn the
// text after it around: a space stands in the place of the first, � in that of the second. More than 2 KiB is cut.
func Visible(s string) string { return Clip(strings.Map(visible, s), longest) }

// VisibleLines is the same of a text that may have several lines, of any length.
func VisibleLines(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' {
			return r
		}
		return visible(r)
	}, s)
}

func visible(r rune) rune {
	switch {
	case unicode.IsControl(r), r == '\u2028', r == '\u2029':
		return ' '
	case unicode.Is(unicode.Bidi_Control, r): // it has no column of its own, so that nobody would see a space
		return unicode.ReplacementChar
	}
	return r
}

// Clip is s, cut to so many bytes where it is longer, with … behind it. No character is cut in two.
func Clip(s string, bytes int) string {
	if len(s) <= bytes {
		return s
	}
	end := bytes
	for end > max(bytes-utf8.UTFMax, 0) && !utf8.RuneStart(s[end]) { // no further: it may be no UTF-8 at all
		end--
	}
	return s[:end] + "…"
}
