package audit

import (
	"strconv"
	"unicode"
	"unicode/utf8"
)

// appendFolded appends text so that two texts that [bytes.EqualFold] takes for equal become the same.
func appendFolded(dst, text []byte) []byte {
	for i := 0; i < len(text); {
		c := text[i]
		if c < utf8.RuneSelf {
			if 'a' <= c && c <= 'z' {
				c -= 'a' - 'A'
			}
			dst = append(dst, c)
			i++
			continue
		}
		r, size := utf8.DecodeRune(text[i:])
		dst = utf8.AppendRune(dst, lowest(r))
		i += size
	}
	return dst
}

// lowest is the first of the letters that differ from r only by case: of ASCII the capital, also of the Kelvin sign.
func lowest(r rune) rune {
	least := r
	for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
		least = min(least, f)
	}
	return least
}

// shown is a value in a message, shortened, with nothing in it that a terminal would obey.
func shown(text []byte) string {
	const most = 64
	if len(text) <= most {
		return strconv.Quote(string(text))
	}
	cut := most
	for cut > 0 && !utf8.RuneStart(text[cut]) {
		cut--
	}
	return strconv.Quote(string(text[:cut])) + "…"
}
