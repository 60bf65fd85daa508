package sandbox

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestDigestsTellPartsApart(t *testing.T) {
	t.Parallel()
	d := newDigest(1)
	assert.NotEqual(t, d.text("ab").text("c"), d.text("a").text("bc"))
	assert.NotEqual(t, d.text("a").text(""), d.text("").text("a"))
	assert.NotEqual(t, d.number(1).number(2), d.number(2).number(1))
	assert.NotEqual(t, newDigest(0), newDigest(1))
}

// SIDs do not repeat, and a probability hits as often as it says.
func TestDigestsSpread(t *testing.T) {
	t.Parallel()
	const n = 100_000
	seen := make(map[string]bool, n)
	hits := 0
	for i := range n {
		d := newDigest(7).text("member").text(strconv.Itoa(i))
		sid := d.sid("MB")
		if !isSID(sid, "MB") {
			t.Fatal(sid)
		}
		seen[sid] = true
		if d.unit() < 0.1 {
			hits++
		}
	}
	assert.Len(t, seen, n)
	assert.InDelta(t, n/10, hits, 500)
}
