package sandbox

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// An alarm rings in the system's time, so that here time is not virtual.
func TestAnAlarmDoesNotRingEarly(t *testing.T) {
	t.Parallel()
	a, err := newAlarm()
	require.NoError(t, err)
	defer a.close()
	for range 3 { // it can be set again
		started := time.Now()
		require.True(t, a.wait(t.Context(), 2*time.Millisecond))
		assert.GreaterOrEqual(t, time.Since(started), 2*time.Millisecond)
	}
}

func TestAnAlarmEndsWithItsContext(t *testing.T) {
	t.Parallel()
	var all alarms
	before, stop := context.WithCancel(t.Context())
	stop()
	all.wait(before, time.Now().Add(time.Hour))
	during, stop := context.WithCancel(t.Context())
	go stop()
	all.wait(during, time.Now().Add(time.Hour))
	assert.Nil(t, all.idle.Get(), "an alarm that was given up is not used again")
}
