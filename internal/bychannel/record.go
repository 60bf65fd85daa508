package bychannel

import (
	"encoding/binary"

	"rejoin/reader"
)

// A record is kept as the hash of its channel and the size of all of it, and then its place, its values and its bytes.
const headSize = 12

func appendRecord(dst []byte, hash uint64, rec *reader.Record) []byte {
	from := len(dst)
	dst = binary.LittleEndian.AppendUint64(dst, hash)
	dst = append(dst, 0, 0, 0, 0)
	for _, n := range [...]int64{rec.Row, rec.Line, rec.Offset} {
		dst = binary.AppendVarint(dst, n)
	}
	dst = appendBytes(dst, rec.Raw)
	for i := range rec.Values {
		v := &rec.Values[i]
		dst = append(dst, byte(v.Kind))
		if v.Kind != reader.Absent && v.Kind != reader.Null {
			dst = appendBytes(dst, v.Text)
		}
	}
	binary.LittleEndian.PutUint32(dst[from+headSize-4:], uint32(len(dst)-from))
	return dst
}

func appendBytes(dst, text []byte) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(text))), text...)
}

// head is the hash of a kept record's channel and the size of all of it.
func head(data []byte) (hash uint64, size int) {
	return binary.LittleEndian.Uint64(data), int(binary.LittleEndian.Uint32(data[headSize-4:]))
}

// record reads what appendRecord has written. Its bytes lie in data.
func record(data []byte) reader.Record {
	data = data[headSize:]
	var rec reader.Record
	for _, n := range [...]*int64{&rec.Row, &rec.Line, &rec.Offset} {
		v, size := binary.Varint(data)
		*n, data = v, data[size:]
	}
	take := func() []byte {
		n, size := binary.Uvarint(data)
		text := data[size : size+int(n)]
		data = data[size+int(n):]
		return text
	}
	rec.Raw = take()
	for i := range rec.Values {
		v := &rec.Values[i]
		v.Kind = reader.Kind(data[0])
		data = data[1:]
		if v.Kind != reader.Absent && v.Kind != reader.Null {
			v.Text = take()
		}
	}
	return rec
}
