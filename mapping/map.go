package mapping

import (
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"
	"strconv"
)

// Kind is what a line of a map is about.
type Kind uint8

// The kinds, in the order in which they are written.
const (
	Service Kind = iota
	Channel
	Role

	numKinds = int(iota)
)

// String returns the word for k that maps hold.
func (k Kind) String() string {
	switch k {
	case Service:
		return "service"
	case Channel:
		return "channel"
	case Role:
		return "role"
	}
	return "kind " + strconv.Itoa(int(k))
}

// Pair is one line of a map.
type Pair struct {
	Kind Kind
	From string // a SID, or a channel's unique name
	To   string // the same; empty: it is not mapped
}

// Map says what a Service, a channel or a role of the old side is on the new one. The nil map maps nothing. It never
// changes and is safe for concurrent use.
type Map struct {
	to    [numKinds]map[string]string
	pairs []Pair // sorted by kind and From
	sum   string
}

// Service returns what a Service is mapped to.
func (m *Map) Service(from []byte) (to string, ok bool) {
	to, _ = m.look(Service, from)
	return to, to != ""
}

// Channel returns what a channel is mapped to, which the old side names by SID or unique name: its SID or its unique
// name on the new side. listed reports that the map speaks of it; where it does and to is empty, the map says that the
// new side has no such channel.
func (m *Map) Channel(from []byte) (to string, listed bool) { return m.look(Channel, from) }

// Role returns what a role is mapped to; listed as with [Map.Channel].
func (m *Map) Role(from []byte) (to string, listed bool) { return m.look(Role, from) }

// look allocates nothing: it is asked for every row.
func (m *Map) look(k Kind, from []byte) (to string, listed bool) {
	if m == nil {
		return "", false
	}
	to, listed = m.to[k][string(from)]
	return to, listed
}

// Pairs returns the lines of the map, by kind and then by From. They are not to be changed.
func (m *Map) Pairs() []Pair {
	if m == nil {
		return nil
	}
	return m.pairs
}

// Fingerprint is the SHA-256, in lower-case hexadecimal, of what the map says. Neither the names of its files nor the
// order of their lines makes a difference to it. The nil map has none.
func (m *Map) Fingerprint() string {
	if m == nil {
		return ""
	}
	return m.sum
}

// newMap makes a map of lines that are sorted, and different.
func newMap(pairs []Pair) *Map {
	m := &Map{pairs: pairs}
	for k := range m.to {
		m.to[k] = make(map[string]string)
	}
	sum := sha256.New()
	for i := range pairs {
		p := &pairs[i]
		m.to[p.Kind][p.From] = p.To
		write(sum, p.Kind.String())
		write(sum, p.From)
		write(sum, p.To)
	}
	m.sum = hex.EncodeToString(sum.Sum(nil))
	return m
}

// write takes a text into a fingerprint with its length, so that no two lists of texts give the same bytes.
func write(sum hash.Hash, text string) {
	_, _ = io.WriteString(sum, strconv.Itoa(len(text))+":"+text) // it never fails
}
