package reader

// Record is one member as a backup holds it: where it stands, the bytes it was made of, and the value of each field
// that the backup has for it. Nothing in it has been judged: whether a value makes sense is for package rules.
//
// Raw and the values' text belong to the reader, are not to be changed, and are valid until the next record is asked
// for; [Record.Clone] makes a copy that may be kept.
type Record struct {
	Pos

	// Raw is the record as the backup has it, byte for byte after decompression and decoding to UTF-8, without the
	// line end or comma behind it. In Singer and Airbyte files it is the whole message.
	Raw []byte

	// Values holds one value a field, indexed by Field. A field that the backup does not have is Absent.
	Values [NumFields]Value
}

// Pos says where a record starts.
type Pos struct {
	Row    int64 // the record's number in the backup, from 1
	Line   int64 // the line on which it starts, from 1
	Offset int64 // bytes before it, after decompression and decoding to UTF-8 (a byte order mark counts)
}

// Value is what a backup holds for one field of one record.
type Value struct {
	// Text is the decoded text of a string or CSV cell, the literal of a number or bool, and the JSON text of an
	// object or array as it stands in the backup. It is nil where Kind is Absent or Null.
	Text []byte

	Kind Kind
}

// Kind is the JSON type of a value. A CSV cell is a String, or Null where it holds the backup's null, or Absent where
// it is empty.
type Kind uint8

// The kinds of a value.
const (
	Absent Kind = iota
	Null
	String
	Number
	Bool
	Object
	Array
)

// Clone returns a copy of r that stays valid, made with one allocation. Values whose text lies in r.Raw lie in the
// copy's Raw at the same place.
func (r *Record) Clone() Record {
	size := len(r.Raw)
	for i := range r.Values {
		if text := r.Values[i].Text; !within(r.Raw, text) {
			size += len(text)
		}
	}
	kept := append(make([]byte, 0, size), r.Raw...)
	out := Record{Pos: r.Pos, Raw: kept[:len(r.Raw):len(r.Raw)]}
	for i := range r.Values {
		v := r.Values[i]
		switch {
		case v.Text == nil:
		case within(r.Raw, v.Text):
			at := cap(r.Raw) - cap(v.Text)
			v.Text = kept[at : at+len(v.Text)]
		default:
			at := len(kept)
			kept = append(kept, v.Text...)
			v.Text = kept[at:]
		}
		out.Values[i] = v
	}
	return out
}

// within reports whether text is a part of raw. Two slices of one array that were never given a smaller capacity end
// at the same last byte, so their capacities tell how far apart they start; no unsafe is needed to see it.
func within(raw, text []byte) bool {
	if cap(raw) == 0 || cap(text) == 0 || &raw[:cap(raw)][cap(raw)-1] != &text[:cap(text)][cap(text)-1] {
		return false
	}
	at := cap(raw) - cap(text)
	return at >= 0 && at+len(text) <= len(raw)
}
