package report

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"unicode/utf8"
)

// entry is an outcome's line, read. Its texts belong to the line or to the scanner that read it, and are valid until
// the next line is read.
type entry struct {
	word                                   []byte // the outcome
	service, channelSID, channel, identity []byte
	backupSID, memberSID, fingerprint      []byte
	failure, requestID, at                 []byte
	notApplied, differences, problems      []byte // JSON lists
	row, line, attempts, status, code      int64
	duplicateOf, elapsedMS                 int64
	recovered, same                        bool
	seen                                   uint32 // which keys there were, by their place in outcomeKeys
}

// scanner reads outcomes' lines as this package writes them, several times as fast as encoding/json and without
// allocating. It gives up on anything out of the ordinary, which is then encoding/json's to read: what it takes, it
// takes exactly as encoding/json does.
type scanner struct {
	text    []byte
	at      int
	simple  bool   // the text is printable ASCII without a backslash
	scratch []byte // texts that had escapes
	several bool   // what is read is valid until begin is called, not only until the next line is read

	// follows is which key came behind a key the last time: lines are written in one order, so that the next line's
	// keys need only be compared with what is expected.
	follows [keyUnknown + 1]uint8
}

// begin gives up what has been read so far. All that is read from here on is valid until it is called again.
func (s *scanner) begin() { s.several, s.scratch = true, s.scratch[:0] }

// scan reads a line into e. It returns false where it gives up.
func (s *scanner) scan(line []byte, e *entry) bool {
	*e = entry{}
	s.text, s.at = line, 0
	if !s.several {
		s.scratch = s.scratch[:0]
	}
	s.simple = simple(line)
	if !s.simple && !utf8.Valid(line) || !s.skip('{') {
		return false
	}
	before := keyUnknown
	for {
		key, ok := s.key(before)
		if !ok || !s.value(e, key) {
			return false
		}
		before = key
		if s.skip(',') {
			continue
		}
		return s.skip('}') && s.at == len(s.text) && e.seen&(1<<keyType) != 0
	}
}

// skip moves over one byte, if it stands here.
func (s *scanner) skip(c byte) bool {
	if s.at < len(s.text) && s.text[s.at] == c {
		s.at++
		return true
	}
	return false
}

// simple reports whether a line is printable ASCII without a backslash, as most are: a text in it then ends at the next
// quote. It looks at eight bytes at a time.
func simple(line []byte) bool {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	for len(line) >= 8 {
		word := binary.LittleEndian.Uint64(line)
		escape := word ^ ones*'\\'
		// Of a byte below 0x20, and of one that is zero, the subtraction borrows into the highest bit.
		if (word|(word-ones*0x20)|(escape-ones)&^escape)&highs != 0 {
			return false
		}
		line = line[8:]
	}
	for _, c := range line {
		if c < 0x20 || c == '\\' || c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// key reads a key and its colon, behind another.
func (s *scanner) key(before int) (key int, ok bool) {
	expected := int(s.follows[before])
	if text := keyTexts[expected]; len(s.text)-s.at >= len(text) && string(s.text[s.at:s.at+len(text)]) == text {
		s.at += len(text)
		return expected, true
	}
	name, ok := s.name()
	if !ok || !s.skip(':') {
		return keyUnknown, false
	}
	key = keyOf(name)
	if key != keyUnknown {
		s.follows[before] = uint8(key)
	}
	return key, true
}

// name reads a key. Those of this package are in lower case; encoding/json takes others for them, too.
func (s *scanner) name() ([]byte, bool) {
	if !s.skip('"') {
		return nil, false
	}
	from := s.at
	for s.at < len(s.text) && ('a' <= s.text[s.at] && s.text[s.at] <= 'z' || s.text[s.at] == '_') {
		s.at++
	}
	name := s.text[from:s.at]
	return name, s.skip('"')
}

func (s *scanner) value(e *entry, key int) bool {
	if key == keyUnknown {
		_, ok := s.other()
		return ok
	}
	if e.seen&(1<<key) != 0 {
		return false
	}
	e.seen |= 1 << key
	if dst := e.text(key); dst != nil {
		return s.str(dst)
	}
	if dst := e.number(key); dst != nil {
		return s.integer(dst)
	}
	return s.special(e, key)
}

// text is where a key's text goes; nil where its value is no text.
func (e *entry) text(key int) *[]byte {
	switch key {
	case keyOutcome:
		return &e.word
	case keyService:
		return &e.service
	case keyChannelSID:
		return &e.channelSID
	case keyChannel:
		return &e.channel
	case keyIdentity:
		return &e.identity
	case keyBackupSID:
		return &e.backupSID
	case keyMemberSID:
		return &e.memberSID
	case keyFingerprint:
		return &e.fingerprint
	case keyError:
		return &e.failure
	case keyRequestID:
		return &e.requestID
	case keyAt:
		return &e.at
	}
	return nil
}

// number is where a key's number goes; nil where its value is no number.
func (e *entry) number(key int) *int64 {
	switch key {
	case keyRow:
		return &e.row
	case keyLine:
		return &e.line
	case keyAttempts:
		return &e.attempts
	case keyStatus:
		return &e.status
	case keyCode:
		return &e.code
	case keyDuplicateOf:
		return &e.duplicateOf
	case keyElapsed:
		return &e.elapsedMS
	}
	return nil
}

func (s *scanner) special(e *entry, key int) bool {
	switch key {
	case keyType:
		var kind []byte
		return s.str(&kind) && string(kind) == "outcome"
	case keySeal:
		var checked []byte // long before
		return s.str(&checked)
	case keyRecovered:
		return s.bool(&e.recovered)
	case keySame:
		return s.bool(&e.same)
	case keyNotApplied:
		return s.list(&e.notApplied)
	case keyDifferences:
		return s.list(&e.differences)
	case keyProblems:
		return s.list(&e.problems)
	}
	return false
}

// integer reads a whole number as JSON has it, of up to 18 digits.
func (s *scanner) integer(dst *int64) bool {
	negative := s.skip('-')
	from := s.at
	var n int64
	for s.at < len(s.text) && '0' <= s.text[s.at] && s.text[s.at] <= '9' {
		n = n*10 + int64(s.text[s.at]-'0')
		s.at++
	}
	if digits := s.at - from; digits == 0 || digits > 18 || digits > 1 && s.text[from] == '0' {
		return false
	}
	if negative {
		n = -n
	}
	*dst = n
	return true
}

func (s *scanner) bool(dst *bool) bool {
	rest := s.text[s.at:]
	switch {
	case len(rest) >= 4 && string(rest[:4]) == "true":
		*dst = true
		s.at += 4
		return true
	case len(rest) >= 5 && string(rest[:5]) == "false":
		*dst = false
		s.at += 5
		return true
	}
	return false
}

// str reads a string.
func (s *scanner) str(dst *[]byte) bool {
	if !s.skip('"') {
		return false
	}
	from := s.at
	if s.simple {
		n := bytes.IndexByte(s.text[from:], '"')
		if n < 0 {
			return false
		}
		*dst = s.text[from : from+n]
		s.at += n + 1
		return true
	}
	for i := from; i < len(s.text); i++ {
		switch c := s.text[i]; {
		case plain[c] || c >= utf8.RuneSelf:
		case c == '"':
			*dst = s.text[from:i]
			s.at = i + 1
			return true
		case c == '\\':
			return s.escaped(dst, from, i)
		default:
			return false
		}
	}
	return false
}

// escaped reads on in a string that began at from and has its first backslash at i.
func (s *scanner) escaped(dst *[]byte, from, i int) bool {
	start := len(s.scratch)
	for i < len(s.text) {
		switch c := s.text[i]; {
		case c == '"':
			s.scratch = append(s.scratch, s.text[from:i]...)
			*dst = s.scratch[start:len(s.scratch):len(s.scratch)]
			s.at = i + 1
			return true
		case c == '\\':
			s.scratch = append(s.scratch, s.text[from:i]...)
			n, ok := s.escape(s.text[i:])
			if !ok {
				return false
			}
			i += n
			from = i
		case c < 0x20:
			return false
		default:
			i++
		}
	}
	return false
}

// escape reads one escape and appends what it stands for. Of the numbered ones it takes those that [appendString]
// writes, which are no halves of pairs.
func (s *scanner) escape(text []byte) (n int, ok bool) {
	if len(text) < 2 {
		return 0, false
	}
	switch text[1] {
	case '"', '\\', '/':
		s.scratch = append(s.scratch, text[1])
	case 'b':
		s.scratch = append(s.scratch, '\b')
	case 'f':
		s.scratch = append(s.scratch, '\f')
	case 'n':
		s.scratch = append(s.scratch, '\n')
	case 'r':
		s.scratch = append(s.scratch, '\r')
	case 't':
		s.scratch = append(s.scratch, '\t')
	case 'u':
		return s.numbered(text)
	default:
		return 0, false
	}
	return 2, true
}

func (s *scanner) numbered(text []byte) (n int, ok bool) {
	const size = len(`\u0000`)
	if len(text) < size {
		return 0, false
	}
	var r rune
	for _, c := range text[2:size] {
		switch {
		case '0' <= c && c <= '9':
			r = r<<4 | rune(c-'0')
		case 'a' <= c && c <= 'f':
			r = r<<4 | rune(c-'a'+10)
		default:
			return 0, false
		}
	}
	if 0xd800 <= r && r < 0xe000 {
		return 0, false
	}
	s.scratch = utf8.AppendRune(s.scratch, r)
	return size, true
}

func (s *scanner) list(dst *[]byte) bool {
	if s.at >= len(s.text) || s.text[s.at] != '[' {
		return false
	}
	value, ok := s.other()
	*dst = value
	return ok
}

// other moves over a value of any kind, up to the comma or brace that ends it.
func (s *scanner) other() ([]byte, bool) {
	from, depth, quoted := s.at, 0, false
	for ; s.at < len(s.text); s.at++ {
		c := s.text[s.at]
		switch {
		case quoted:
			if c == '\\' {
				s.at++
			}
			quoted = c != '"'
		case c == '"':
			quoted = true
		case c == '{', c == '[':
			depth++
		case depth > 0 && (c == '}' || c == ']'):
			depth--
		case depth == 0 && (c == ',' || c == '}'):
			value := s.text[from:s.at]
			return value, json.Valid(value)
		}
	}
	return nil, false
}
