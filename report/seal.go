package report

import "hash/crc32"

// A line is sealed by its last key: the CRC-32C of all bytes before the comma that leads to it. It finds every burst of
// damage of up to 32 bits and any flipped bit, and a longer one but for one in 4 billion.
const (
	sealHead = `,"crc":"`
	sealTail = `"}`
	sealLen  = len(sealHead) + 8 + len(sealTail)
	hexLower = "0123456789abcdef"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// appendSeal closes the object that is open from dst[from:] on, and its line.
func appendSeal(dst []byte, from int) []byte {
	sum := crc32.Checksum(dst[from:], castagnoli)
	dst = append(dst, sealHead...)
	for shift := 28; shift >= 0; shift -= 4 {
		dst = append(dst, hexLower[sum>>shift&15])
	}
	dst = append(dst, sealTail...)
	return append(dst, '\n')
}

// seal says what a line's check value says of it.
type seal uint8

const (
	noSeal     seal = iota // the line has none: rejoin has not written it like this
	brokenSeal             // the line is not as it was written
	intact
)

// sealOf checks a line, given without its line end.
func sealOf(line []byte) seal {
	n := len(line) - sealLen
	if n <= 0 || string(line[n:n+len(sealHead)]) != sealHead || string(line[len(line)-len(sealTail):]) != sealTail {
		return noSeal
	}
	var sum uint32
	for _, c := range line[n+len(sealHead) : len(line)-len(sealTail)] {
		switch {
		case '0' <= c && c <= '9':
			sum = sum<<4 | uint32(c-'0')
		case 'a' <= c && c <= 'f':
			sum = sum<<4 | uint32(c-'a'+10)
		default:
			return brokenSeal
		}
	}
	if crc32.Checksum(line[:n], castagnoli) != sum {
		return brokenSeal
	}
	return intact
}
