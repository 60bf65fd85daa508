package prose

import (
	"strings"

	"github.com/rivo/uniseg"
)

// Width is how many columns of a terminal s takes, its colours not counted.
func Width(s string) int {
	n := 0
	for s != "" {
		rest, columns := step(s)
		n, s = n+columns, rest
	}
	return n
}

// Cut is s, cut to so many columns where it is wider, with … in the last of them. A colour that begins before the cut is
// not ended by it.
func Cut(s string, columns int) string {
	if Width(s) <= columns {
		return s
	}
	head, _ := split(s, columns-1)
	return head + "…"
}

// split parts s behind as much of it as fits so many columns.
func split(s string, columns int) (head, rest string) {
	end := 0
	for end < len(s) {
		behind, wide := step(s[end:])
		if columns -= wide; columns < 0 {
			break
		}
		end = len(s) - len(behind)
	}
	return s[:end], s[end:]
}

// step takes one thing off s that stands in columns of its own: what a person takes for one character, or a colour.
func step(s string) (rest string, columns int) {
	if len(s) > 1 && isASCII(s[0]) && isASCII(s[1]) { // nothing of what follows belongs to it
		return s[1:], 1
	}
	if after, ok := strings.CutPrefix(s, "\x1b["); ok {
		if _, rest, ended := strings.Cut(after, "m"); ended {
			return rest, 0
		}
	}
	_, rest, columns, _ = uniseg.FirstGraphemeClusterInString(s, -1)
	return rest, columns
}

func isASCII(c byte) bool { return c >= ' ' && c < 0x7f }
