package chat

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// scanMember reads a member in the form in which the API answers: one flat object with the keys of the reference
// page, in any order. It is many times faster than encoding/json, and gives up (false) on whatever is not of that
// form, right or wrong, for encoding/json to judge. What it reads, it reads as encoding/json does; a fuzz test holds
// it to that. The strings of m are parts of s.
func scanMember(s string, m *memberJSON) bool {
	sc := scanner{s: s}
	if !sc.next('{') {
		return false
	}
	for {
		key, ok := sc.str()
		if !ok || !sc.next(':') || !sc.field(key, m) {
			return false
		}
		if !sc.next(',') {
			break
		}
	}
	if !sc.next('}') {
		return false
	}
	sc.space()
	return sc.i == len(s)
}

// scanner reads JSON text from s[i] on.
type scanner struct {
	s string
	i int
}

// field reads the value that belongs to key.
func (sc *scanner) field(key string, m *memberJSON) bool {
	switch key {
	case "sid":
		return sc.text(&m.SID)
	case "account_sid":
		return sc.text(&m.AccountSID)
	case "service_sid":
		return sc.text(&m.ServiceSID)
	case "channel_sid":
		return sc.text(&m.ChannelSID)
	case "identity":
		return sc.text(&m.Identity)
	case "role_sid":
		return sc.text(&m.RoleSID)
	case "attributes":
		return sc.text(&m.Attributes)
	case "url":
		return sc.text(&m.URL)
	case "last_consumed_message_index":
		return sc.number(&m.LastConsumedMessageIndex)
	case "last_consumption_timestamp":
		return sc.text(&m.LastConsumptionTimestamp)
	case "date_created":
		return sc.text(&m.DateCreated)
	case "date_updated":
		return sc.text(&m.DateUpdated)
	}
	return false
}

// space passes over white space.
func (sc *scanner) space() {
	for sc.i < len(sc.s) {
		switch sc.s[sc.i] {
		case ' ', '\n', '\t', '\r':
			sc.i++
		default:
			return
		}
	}
}

// next passes over c, if it comes next.
func (sc *scanner) next(c byte) bool {
	sc.space()
	if sc.i >= len(sc.s) || sc.s[sc.i] != c {
		return false
	}
	sc.i++
	return true
}

// null passes over null, if it comes next.
func (sc *scanner) null() bool {
	sc.space()
	if !strings.HasPrefix(sc.s[sc.i:], "null") {
		return false
	}
	sc.i += len("null")
	return true
}

// text reads a string, or null, which leaves to alone as encoding/json does.
func (sc *scanner) text(to *string) bool {
	if sc.null() {
		return true
	}
	value, ok := sc.str()
	if ok {
		*to = value
	}
	return ok
}

// number reads a whole number, or null.
func (sc *scanner) number(to **int64) bool {
	if sc.null() {
		*to = nil
		return true
	}
	start := sc.i
	for sc.i < len(sc.s) && (isDigit(sc.s[sc.i]) || sc.s[sc.i] == '-') {
		sc.i++
	}
	digits := strings.TrimPrefix(sc.s[start:sc.i], "-")
	if len(digits) > 1 && digits[0] == '0' {
		return false
	}
	n, err := strconv.ParseInt(sc.s[start:sc.i], 10, 64)
	if err != nil {
		return false
	}
	*to = &n
	return true
}

// str reads a string.
func (sc *scanner) str() (string, bool) {
	if !sc.next('"') {
		return "", false
	}
	start, ascii := sc.i, true
	for ; sc.i < len(sc.s); sc.i++ {
		switch c := sc.s[sc.i]; {
		case c == '"':
			value := sc.s[start:sc.i]
			sc.i++
			return value, ascii || utf8.ValidString(value)
		case c == '\\':
			return sc.escaped(start)
		case c < ' ':
			return "", false
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
	return "", false
}

// escaped reads the string that began at start and holds an escape: first to its end, so that the text is made in one
// piece.
func (sc *scanner) escaped(start int) (string, bool) {
	end, escapes := sc.i, 0
	for ; end < len(sc.s) && sc.s[end] != '"'; end++ {
		if sc.s[end] < ' ' {
			return "", false
		}
		if sc.s[end] == '\\' {
			end++
			escapes++
		}
	}
	if end >= len(sc.s) {
		return "", false
	}
	var b strings.Builder
	b.Grow(end - start - escapes)
	from := start
	for i := sc.i; i < end; i++ {
		if sc.s[i] != '\\' {
			continue
		}
		b.WriteString(sc.s[from:i])
		i++
		plain := unescape[sc.s[i]]
		if plain == 0 { // \u and whatever is no escape at all
			return "", false
		}
		b.WriteByte(plain)
		from = i + 1
	}
	b.WriteString(sc.s[from:end])
	sc.i = end + 1
	return b.String(), utf8.ValidString(b.String())
}

// unescape holds what JSON's escapes of one letter stand for.
var unescape = [256]byte{
	'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t',
}
