package chat

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"slices"
	"strings"
)

// sameJSON reports whether a and b are texts of one JSON value. A text that is not JSON is the same as itself alone.
func sameJSON(a, b string) bool {
	if a == b {
		return true
	}
	x, err := parseJSON(a)
	if err != nil {
		return false
	}
	y, err := parseJSON(b)
	return err == nil && sameValue(x, y)
}

// parseJSON reads one JSON value and keeps the text of its numbers.
func parseJSON(s string) (any, error) {
	dec := json.NewDecoder(bytes.NewReader([]byte(s)))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return nil, err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("more than one value")
	}
	return v, nil
}

func sameValue(a, b any) bool {
	switch a := a.(type) {
	case map[string]any:
		b, ok := b.(map[string]any)
		return ok && maps.EqualFunc(a, b, sameValue)
	case []any:
		b, ok := b.([]any)
		return ok && slices.EqualFunc(a, b, sameValue)
	case json.Number:
		b, ok := b.(json.Number)
		return ok && sameNumber(string(a), string(b))
	}
	return a == b // a string, a bool or null
}

// sameNumber reports whether two JSON numbers have one decimal value, without rounding either: 1.0 is 1 and 1e2 is
// 100, and 2^60 is not 2^60+1.
func sameNumber(a, b string) bool {
	if a == b {
		return true
	}
	x, ok := parseDecimal(a)
	if !ok {
		return false
	}
	y, ok := parseDecimal(b)
	return ok && x == y
}

// decimal is a number as ±0.digits × 10^exponent, with no zero at either end of digits; 0 has no digits.
type decimal struct {
	negative bool
	digits   string
	exponent int64
}

// parseDecimal reads the text of a JSON number. It fails for exponents beyond any use.
func parseDecimal(s string) (decimal, bool) {
	s, negative := strings.CutPrefix(s, "-")
	mantissa, exp := s, ""
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		mantissa, exp = s[:i], s[i+1:]
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	exponent, ok := parseExponent(exp)
	if !ok {
		return decimal{}, false
	}
	exponent += int64(len(whole))
	digits := whole + fraction
	trimmed := strings.TrimLeft(digits, "0")
	exponent -= int64(len(digits) - len(trimmed))
	trimmed = strings.TrimRight(trimmed, "0")
	if trimmed == "" {
		return decimal{}, true // 0, whatever its sign and exponent
	}
	return decimal{negative: negative, digits: trimmed, exponent: exponent}, true
}

func parseExponent(s string) (int64, bool) {
	const most = 1 << 40
	s, negative := strings.CutPrefix(s, "-")
	s = strings.TrimPrefix(s, "+")
	var n int64
	for i := range len(s) {
		if n = n*10 + int64(s[i]-'0'); n > most {
			return 0, false
		}
	}
	if negative {
		n = -n
	}
	return n, true
}
