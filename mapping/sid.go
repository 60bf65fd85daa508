package mapping

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"rejoin/chat"
)

// others are the first letters of SIDs that a map has no place for.
var others = map[string]string{
	"AC": "an account", "MB": "a member", "US": "a user", "IM": "a message", "IN": "an invite", "SK": "an API key",
	"BS": "a binding", "CR": "a credential", "RQ": "a request",
}

// errEmptyFrom is a line that speaks of nothing.
var errEmptyFrom = errors.New("it is empty: expected a SID, or a channel's unique name")

// kindOf is what a name on the old side stands for: a SID by its first letters, and any other text is a channel's unique
// name. A text that was meant to be a SID, by its looks, is none: as a unique name it would only fail later.
func kindOf(name string) (Kind, error) {
	switch {
	case name == "":
		return 0, errEmptyFrom
	case chat.IsServiceSID(name):
		return Service, nil
	case chat.IsRoleSID(name):
		return Role, nil
	case chat.IsChannelSID(name):
		return Channel, nil
	case strings.TrimFunc(name, unicode.IsSpace) != name:
		return 0, errors.New("take away the white space around it")
	case chat.CheckPathSegment(name) != nil:
		return 0, errors.New("it cannot be a part of an address: use the channel's SID")
	}
	return Channel, badSID(name)
}

const shape = "expected IS, CH or RL and 32 hexadecimal digits, or a channel's unique name"

// fewDigits is from how many hexadecimal digits on a text behind a SID's letters looks like a SID that was cut. A SID's
// look-alike that is a unique name all the same can be named by the channel's SID.
const fewDigits = 16

// badSID says what is wrong with a text that looks like a SID.
func badSID(name string) error {
	if len(name) < 2+fewDigits {
		return nil
	}
	letters, digits := name[:2], name[2:]
	upper := strings.ToUpper(letters)
	other := others[upper]
	if upper != "IS" && upper != "CH" && upper != "RL" && other == "" {
		return nil
	}
	hex := strings.IndexFunc(digits, func(r rune) bool { return !strings.ContainsRune("0123456789abcdefABCDEF", r) })
	switch {
	case hex >= 0 && (hex < fewDigits || len(digits) != 32):
		return nil // it only begins like one
	case other != "" && hex < 0:
		return fmt.Errorf("it is the SID of %s, which a map has no place for: %s", other, shape)
	case other != "":
		return nil
	case hex >= 0:
		wrong, _ := utf8.DecodeRuneInString(digits[hex:])
		return fmt.Errorf("%s is no hexadecimal digit: %s", strconv.QuoteRune(wrong), shape)
	case len(digits) != 32:
		return fmt.Errorf("it has %d digits: %s", len(digits), shape)
	}
	return fmt.Errorf("write its letters as %s: %s", upper, shape)
}

// target says what is wrong with what a name is mapped to.
func target(kind Kind, from, to string) error {
	if to == "" {
		if kind == Service {
			return fmt.Errorf("found nothing in to, of the Service %s: expected the Service that it is mapped to, or no such line", from)
		}
		return nil
	}
	got, err := kindOf(to)
	switch {
	case err != nil:
		return fmt.Errorf("found %s in to: %w", quote(to), err)
	case got != kind:
		what := "a " + got.String()
		if got == Channel && !chat.IsChannelSID(to) {
			what = "the unique name of a channel"
		}
		return fmt.Errorf("found %s in to, %s, where from is a %s (%s): expected a %s", quote(to), what, kind, quote(from), kind)
	}
	return nil
}

// quoted is how much of a text an error shows.
const quoted = 64

// quote shows a text in an error, shortened, with nothing in it that a terminal would obey.
func quote(text string) string {
	if len(text) <= quoted {
		return strconv.Quote(text)
	}
	cut := quoted
	for cut > 0 && !utf8.RuneStart(text[cut]) {
		cut--
	}
	return strconv.Quote(text[:cut]) + "… (" + strconv.Itoa(len(text)) + " bytes)"
}
