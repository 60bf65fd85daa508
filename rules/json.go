package rules

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"math/bits"
	"strconv"
)

// validJSON reports whether text is one JSON value, as [json.Valid] does, in less than half of its time: attributes are most of
// what a record makes to judge. The two are held together by a fuzz test.
func validJSON(text []byte) bool {
	end := jsonValue(text, jsonSpace(text, 0), 1)
	return end >= 0 && jsonSpace(text, end) == len(text)
}

// maxDepth is how deep encoding/json lets values nest.
const maxDepth = 10000

// jsonSpace returns the place of the first byte from i on that is not white space.
func jsonSpace(s []byte, i int) int {
	for i < len(s) && (s[i] == ' ' || s[i] == '\n' || s[i] == '\t' || s[i] == '\r') {
		i++
	}
	return i
}

// jsonValue returns the place behind the value at s[i], or -1 if there is none.
func jsonValue(s []byte, i, depth int) int {
	if i >= len(s) || depth > maxDepth+1 {
		return -1
	}
	switch c := s[i]; c {
	case '{', '[':
		if depth > maxDepth {
			return -1
		}
		return jsonContainer(s, i, depth)
	case '"':
		return jsonString(s, i+1)
	case 't':
		return jsonWord(s, i, "true")
	case 'f':
		return jsonWord(s, i, "false")
	case 'n':
		return jsonWord(s, i, "null")
	}
	return jsonNumber(s, i)
}

// jsonContainer returns the place behind the object or array at s[i].
func jsonContainer(s []byte, i, depth int) int {
	object := s[i] == '{'
	closing := s[i] + 2 // } and ] stand two behind their opening
	i = jsonSpace(s, i+1)
	if i < len(s) && s[i] == closing {
		return i + 1
	}
	for {
		if object {
			if i >= len(s) || s[i] != '"' {
				return -1
			}
			if i = jsonString(s, i+1); i < 0 {
				return -1
			}
			if i = jsonSpace(s, i); i >= len(s) || s[i] != ':' {
				return -1
			}
			i = jsonSpace(s, i+1)
		}
		if i = jsonValue(s, i, depth+1); i < 0 {
			return -1
		}
		if i = jsonSpace(s, i); i >= len(s) {
			return -1
		}
		if s[i] == closing {
			return i + 1
		}
		if s[i] != ',' {
			return -1
		}
		i = jsonSpace(s, i+1)
	}
}

// jsonString returns the place behind the string whose first character is s[i].
func jsonString(s []byte, i int) int {
	for i < len(s) {
		if i+8 <= len(s) {
			n := plainBytes(binary.LittleEndian.Uint64(s[i:]))
			if i += n; n == 8 {
				continue
			}
		}
		c := s[i]
		switch {
		case c == '"':
			return i + 1
		case c < ' ':
			return -1
		case c != '\\':
			i++
			continue
		}
		n := jsonEscape(s[i+1:])
		if n < 0 {
			return -1
		}
		i += 1 + n
	}
	return -1
}

// plainBytes is how many of the eight bytes in w come before the first that is a quote, a backslash or a control
// character. A byte of a word is found by arithmetic on the whole word, as in "Bit Twiddling Hacks, determine if a word
// has a zero byte": a match may carry into the bytes above it, never below.
func plainBytes(w uint64) int {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	quote, slash := w^ones*'"', w^ones*'\\'
	return bits.TrailingZeros64(((quote-ones)&^quote|(slash-ones)&^slash|(w-ones*' ')&^w)&highs) >> 3
}

// jsonEscape returns the length of the escape that s begins with, without its backslash.
func jsonEscape(s []byte) int {
	if len(s) == 0 {
		return -1
	}
	switch s[0] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 1
	case 'u':
		if len(s) < 5 {
			return -1
		}
		for _, c := range s[1:5] {
			if (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'f') {
				return -1
			}
		}
		return 5
	}
	return -1
}

func jsonWord(s []byte, i int, word string) int {
	if len(s)-i < len(word) || string(s[i:i+len(word)]) != word {
		return -1
	}
	return i + len(word)
}

// jsonNumber returns the place behind the number at s[i].
func jsonNumber(s []byte, i int) int {
	if s[i] == '-' {
		i++
	}
	if i < len(s) && s[i] == '0' {
		i++
	} else if i = jsonDigits(s, i); i < 0 {
		return -1
	}
	if i < len(s) && s[i] == '.' {
		if i = jsonDigits(s, i+1); i < 0 {
			return -1
		}
	}
	if i < len(s) && s[i]|0x20 == 'e' {
		i++
		if i < len(s) && (s[i] == '+' || s[i] == '-') {
			i++
		}
		return jsonDigits(s, i)
	}
	return i
}

// jsonDigits returns the place behind the digits at s[i], of which there must be one.
func jsonDigits(s []byte, i int) int {
	start := i
	for i < len(s) && '0' <= s[i] && s[i] <= '9' {
		i++
	}
	if i == start {
		return -1
	}
	return i
}

// whereNotJSON says at which byte a text stops being JSON, and why.
func (r *Rules) whereNotJSON(text []byte) string {
	err := json.Unmarshal(text, new(json.RawMessage))
	syntax, ok := errors.AsType[*json.SyntaxError](err)
	switch {
	case !ok:
		return "expected one JSON value"
	case r.redact: // the reason quotes what it stumbled over
		return "at its byte " + strconv.FormatInt(syntax.Offset, 10)
	}
	return "at its byte " + strconv.FormatInt(syntax.Offset, 10) + ", " + syntax.Error()
}
