package retry

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestLatencyCountsIntoBuckets(t *testing.T) {
	t.Parallel()
	var l Latency
	for _, d := range []time.Duration{0, time.Millisecond, time.Millisecond + 1, time.Second, time.Hour} {
		l.Add(d)
	}
	n, sum := l.Times()
	assert.EqualValues(t, 5, n)
	assert.Equal(t, time.Hour+time.Second+2*time.Millisecond+1, sum)
	got := make(map[time.Duration]int64)
	l.UpTo(func(end time.Duration, n int64) { got[end] = n })
	assert.Len(t, got, len(latencyBounds))
	assert.EqualValues(t, 2, got[time.Millisecond], "a bucket's end belongs to it")
	assert.EqualValues(t, 3, got[2500*time.Microsecond])
	assert.EqualValues(t, 3, got[500*time.Millisecond])
	assert.EqualValues(t, 4, got[time.Second])
	assert.EqualValues(t, 4, got[30*time.Second], "what is longer is in none of these")
}

func TestEveryMeaningHasAName(t *testing.T) {
	t.Parallel()
	seen := make(map[string]bool)
	for m := range Meaning(NumMeanings) {
		assert.Regexp(t, `^[a-z]+(_[a-z]+)?$`, m.String())
		assert.False(t, seen[m.String()], "%s stands for two", m)
		seen[m.String()] = true
	}
}
