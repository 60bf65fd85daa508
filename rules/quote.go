package rules

import (
	"strconv"
	"unicode/utf8"

	"rejoin/reader"
)

// quoted is how much of a value a message shows: enough to find it, not enough to fill a screen.
const quoted = 64

// quote shows a value in a message, shortened, with nothing in it that a terminal would obey.
func quote(text []byte) string {
	if len(text) <= quoted {
		return strconv.Quote(string(text))
	}
	cut := quoted
	for cut > 0 && !utf8.RuneStart(text[cut]) {
		cut--
	}
	return strconv.Quote(string(text[:cut])) + "… (" + strconv.Itoa(len(text)) + " bytes)"
}

// article names a kind of value that is not text, for "found …".
func article(k reader.Kind) string {
	switch k {
	case reader.Number:
		return "the number "
	case reader.Bool:
		return "the truth value "
	case reader.Object:
		return "the object "
	case reader.Array:
		return "the list "
	case reader.Absent, reader.Null, reader.String:
	}
	return ""
}
