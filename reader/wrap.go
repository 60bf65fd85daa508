package reader

// unwrap checks the message at line[i] and returns the place of the member's object in it, or -1 for a message that
// holds no member: another type, or a record of another stream.
func unwrap(format Format, line []byte, i int) (inner int, f *fault) {
	var m message
	end, f := m.read(line, i, "_airbyte_data")
	if f != nil {
		return 0, f
	}
	if end = space(line, end); end < len(line) {
		return 0, trailing(line, end)
	}
	if m.data >= 0 {
		return m.object(line, m.data)
	}
	if string(m.kind) != "RECORD" {
		if m.kind == nil {
			return 0, &fault{rule: RuleNoRecord, at: -1, msg: "found an object without type and _airbyte_data, expected a " + format.String() + " message"}
		}
		return -1, nil
	}
	if m.record < 0 {
		return 0, &fault{rule: RuleNoRecord, at: -1, msg: "found a RECORD message without a record"}
	}
	if format == Airbyte {
		return m.airbyteRecord(line)
	}
	if !membersStream(m.stream) {
		return -1, nil
	}
	return m.object(line, m.record)
}

// message is what is needed of a Singer or Airbyte message. Places are -1 where the message has none.
type message struct {
	kind, stream []byte // as written, without quotes
	record, data int
}

// read checks the object at s[i], notes its parts, and returns the place behind it. The member may stand under dataKey.
func (m *message) read(s []byte, i int, dataKey string) (int, *fault) {
	*m = message{record: -1, data: -1}
	i = space(s, i+1)
	if i < len(s) && s[i] == '}' {
		return i + 1, nil
	}
	for {
		if i >= len(s) || s[i] != '"' {
			return 0, expected("a key in quotes", s, i)
		}
		last, _, f := stringEnd(s, i+1)
		if f != nil {
			return 0, f
		}
		name := s[i+1 : last]
		if i = space(s, last+1); i >= len(s) || s[i] != ':' {
			return 0, expected("a colon", s, i)
		}
		i = space(s, i+1)
		end, kind, f := valueEnd(s, i, 1)
		if f != nil {
			return 0, f
		}
		if m.note(name, dataKey, kind, s[i:end], i) {
			return 0, &fault{rule: RuleDuplicateKey, at: i, field: string(name), msg: "found the key " + quoteName(string(name)) + " twice in one message"}
		}
		if i = space(s, end); i < len(s) && s[i] == '}' {
			return i + 1, nil
		}
		if i >= len(s) || s[i] != ',' {
			return 0, expected("a comma or }", s, i)
		}
		i = space(s, i+1)
	}
}

// note keeps the value at place i if it is one that is needed, and reports whether there was one of that name before.
func (m *message) note(name []byte, dataKey string, kind Kind, value []byte, i int) (again bool) {
	switch string(name) {
	case "type":
		again = m.kind != nil
		m.kind = value
		if kind == String {
			m.kind = value[1 : len(value)-1]
		}
	case "stream":
		again = m.stream != nil
		m.stream = value
		if kind == String {
			m.stream = value[1 : len(value)-1]
		}
	case "record":
		again = m.record >= 0
		m.record = i
	case dataKey:
		again = m.data >= 0
		m.data = i
	}
	return again
}

// object returns the place i if an object stands there.
func (m *message) object(s []byte, i int) (int, *fault) {
	if s[i] != '{' {
		return 0, notAnObject(s, i)
	}
	return i, nil
}

// airbyteRecord returns the place of the member in a message of Airbyte's protocol, whose record is a wrapper in turn.
func (m *message) airbyteRecord(line []byte) (int, *fault) {
	if line[m.record] != '{' {
		return 0, notAnObject(line, m.record)
	}
	var inner message
	if _, f := inner.read(line, m.record, "data"); f != nil {
		return 0, f
	}
	if !membersStream(inner.stream) {
		return -1, nil
	}
	if inner.data < 0 {
		return 0, &fault{rule: RuleNoRecord, at: -1, msg: "found a RECORD message whose record has no data"}
	}
	return inner.object(line, inner.data)
}

// membersStream reports whether records of the stream are members. Taps write every stream of a Service into one
// file, and users, roles and channels have SIDs, identities and attributes, too: they must not be taken for members.
func membersStream(name []byte) bool {
	if name == nil {
		return true
	}
	folded := fold(string(name))
	for _, suffix := range []string{"members", "member", "participants", "participant"} {
		if len(folded) >= len(suffix) && folded[len(folded)-len(suffix):] == suffix {
			return true
		}
	}
	return false
}
