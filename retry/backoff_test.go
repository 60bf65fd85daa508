package retry

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestBackoffIsFullJitter(t *testing.T) {
	t.Parallel()
	var low, high time.Duration
	for range 2000 {
		var b Backoff
		first := b.Next(0)
		low, high = min(low, first-BackoffFirst/2), max(high, first-BackoffFirst/2)
		assert.LessOrEqual(t, first, BackoffFirst)
		for range 20 {
			assert.LessOrEqual(t, b.Next(0), BackoffMax)
		}
	}
	assert.Less(t, low, -BackoffFirst*45/100, "it comes near nothing")
	assert.Greater(t, high, BackoffFirst*45/100, "and near all")
}

func TestBackoffObeysTheServiceWithinBounds(t *testing.T) {
	t.Parallel()
	var b Backoff
	assert.GreaterOrEqual(t, b.Next(20*time.Second), 20*time.Second)
	assert.Equal(t, HintMax, b.Next(24*time.Hour))
}
