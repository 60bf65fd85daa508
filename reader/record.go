package reader

// Record is one member as a backup holds it: where it stands, the bytes it was made of, and the value of each field
// that the backup has for it. Nothing in it has been judged: whether a value makes sense is for package rules.
//
// Raw and the values' text belong to the reader and are valid until the next record is asked for; [Record.Clone]
// makes a copy that may be kept.
type Record struct {
	Pos

	// Raw is the record as the backup has it, byte for byte, without the line end or comma behind it.
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
