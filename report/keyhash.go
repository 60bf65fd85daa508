package report

import (
	"encoding/binary"
	"math/bits"
	"strings"
	"unicode/utf8"
)

// keyBits is how much of a key's hash a [Ledger] keeps.
const keyBits = 56

// KeyHash is the hash of a member's address that [Ledger.Key] gives: of its Service, of its channel as the row names
// it, and of its identity. It is the same on every machine and in every run, and below 1<<56, so that two different
// addresses are taken for one in one of 7e16 cases. It is no protection against someone who looks for such a pair.
func KeyHash(service, channel, identity string) uint64 {
	h := hashSeed
	h = hashPart(h, journalled(service))
	h = hashPart(h, journalled(channel))
	h = hashPart(h, journalled(identity))
	return h >> (64 - keyBits)
}

// keyHash is [KeyHash] of texts that are bytes.
func keyHash(parts ...[]byte) uint64 {
	h := hashSeed
	for _, part := range parts {
		if utf8.Valid(part) {
			h = hashPart(h, part)
		} else {
			h = hashPart(h, journalled(string(part)))
		}
	}
	return h >> (64 - keyBits)
}

// journalled is s as it comes back from the journal: every byte that is not UTF-8 becomes U+FFFD.
func journalled(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		b.WriteRune(r)
	}
	return b.String()
}

const (
	hashSeed uint64 = 0x9e3779b97f4a7c15
	hashMul  uint64 = 0xa0761d6478bd642f
)

// hashPart mixes a text and its length into h, eight bytes at a time.
func hashPart[T string | []byte](h uint64, s T) uint64 {
	h = fold(h^uint64(len(s)), hashMul)
	var word [8]byte
	for len(s) >= 8 {
		copy(word[:], s[:8])
		h = fold(h^binary.LittleEndian.Uint64(word[:]), hashMul)
		s = s[8:]
	}
	if len(s) > 0 {
		word = [8]byte{}
		copy(word[:], s)
		h = fold(h^binary.LittleEndian.Uint64(word[:]), hashMul)
	}
	return h
}

// fold multiplies into 128 bits and puts the halves together.
func fold(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi ^ lo ^ a
}
