package ratelimit

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// write waits until CH1 is ready and takes its token.
func write(lim *Limiter) time.Time {
	if wait := time.Until(lim.ChannelReadyAt("CH1")); wait > 0 {
		time.Sleep(wait)
	}
	lim.TakeChannel("CH1")
	return time.Now()
}

// writes fills a time with writes to CH1, as fast as they may come.
func writes(lim *Limiter, d time.Duration) []time.Time {
	var at []time.Time
	for begin := time.Now(); time.Since(begin) < d; {
		at = append(at, write(lim))
	}
	return at
}

func TestNoChannelPassesItsRate(t *testing.T) {
	t.Parallel()
	for _, perSecond := range []float64{0.5, 1, 25, 30, 100, 500} {
		synctest.Test(t, func(t *testing.T) {
			lim := newLimiter(t, Config{Rate: 1000, ChannelRate: perSecond})
			write(lim)
			time.Sleep(time.Hour) // silence is not saved up
			at := writes(lim, 30*time.Second)
			assert.InDelta(t, 30*perSecond, len(at), 2) // the first, and what crosses the end
			assert.LessOrEqual(t, float64(fullestSecond(at)), perSecond+1)
		})
	}
}

// TestAChannelWokenLate makes up for it, but never passes its rate by more than
// the one.
func TestAChannelWokenLate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		lim := newLimiter(t, Config{Rate: 1000, ChannelRate: 25})
		var at []time.Time
		for range 1000 {
			at = append(at, write(lim))
			time.Sleep(time.Until(lim.ChannelReadyAt("CH1")) + 5*time.Millisecond)
		}
		reached := float64(len(at)-1) / at[len(at)-1].Sub(at[0]).Seconds()
		assert.GreaterOrEqual(t, reached, 0.99*25)
		assert.LessOrEqual(t, float64(fullestSecond(at)), 26.0)
	})
}

func TestChannelsDoNotHoldEachOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		lim := newLimiter(t, Config{Rate: 1000, ChannelRate: 10})
		lim.TakeChannel("CH1")
		assert.Equal(t, time.Now().Add(100*time.Millisecond), lim.ChannelReadyAt("CH1"))
		assert.Zero(t, lim.ChannelReadyAt("CH2"))
		lim.ChannelThrottled("CH1", time.Minute, true)
		assert.Equal(t, time.Now().Add(time.Minute), lim.ChannelReadyAt("CH1"))
		assert.Zero(t, lim.ChannelReadyAt("CH2"))
		assert.Zero(t, lim.Status().PausedUntil)
		assert.Equal(t, 1000.0, lim.Status().Rate) //nolint:testifylint // it is exact
	})
}

func TestNoChannelRate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		lim := newLimiter(t, Config{Rate: 1000})
		for range 100 {
			assert.Zero(t, lim.ChannelReadyAt("CH1"))
			lim.TakeChannel("CH1")
			lim.ChannelAccepted("CH1")
		}
		assert.Empty(t, lim.channels.all)

		// A channel that is throttled is slowed all the same, and then forgotten.
		lim.ChannelThrottled("CH1", 0, false)
		at := writes(lim, 10*time.Second)
		assert.LessOrEqual(t, float64(fullestSecond(at)), documentedChannelRate*lowerCut+1)
		for begin := time.Now(); time.Since(begin) < 2*channelMemory; {
			write(lim)
			lim.ChannelAccepted("CH1")
			if lim.ChannelReadyAt("CH1").IsZero() {
				break
			}
		}
		assert.Empty(t, lim.channels.all)
	})
}

func TestAThrottledChannelSlowsAndRecovers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		lim := newLimiter(t, Config{Rate: 1000, ChannelRate: 25})
		for range 3 { // in flight together: one cut
			write(lim)
		}
		begin := time.Now()
		for range 3 {
			lim.ChannelThrottled("CH1", 0, false)
		}
		assert.Equal(t, begin.Add(channelPause), lim.ChannelReadyAt("CH1"))
		at := writes(lim, 5*time.Second)
		assert.Equal(t, channelPause, at[0].Sub(begin))
		assert.LessOrEqual(t, float64(fullestSecond(at)), 25*lowerCut)
		assert.GreaterOrEqual(t, float64(fullestSecond(at)), 25.0/2-1)

		for end := time.Now().Add(30 * time.Second); time.Now().Before(end); {
			write(lim)
			lim.ChannelAccepted("CH1")
		}
		at = writes(lim, 10*time.Second)
		assert.InDelta(t, 250, len(at), 2)
	})
}

// TestAChannelThatIsRefusedThroughout is tried ever more rarely, but is tried.
func TestAChannelThatIsRefusedThroughout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		lim := newLimiter(t, Config{Rate: 1000, ChannelRate: 25})
		last := write(lim)
		n := 0
		for begin := time.Now(); time.Since(begin) < time.Minute; n++ {
			lim.ChannelThrottled("CH1", 0, false)
			at := write(lim)
			require.LessOrEqual(t, at.Sub(last), lastProbe)
			last = at
		}
		assert.Less(t, n, 25)
	})
}

// TestAnAcceptedWriteEndsTheProbing: a channel that was refused throughout goes
// on at the rate that it was found to take.
func TestAnAcceptedWriteEndsTheProbing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		lim := newLimiter(t, Config{Rate: 1000, ChannelRate: 25})
		for range 250 {
			write(lim)
			lim.ChannelAccepted("CH1")
		}
		for range 5 {
			write(lim)
			lim.ChannelThrottled("CH1", 0, false)
		}
		assert.Greater(t, time.Until(lim.ChannelReadyAt("CH1")), 700*time.Millisecond)
		write(lim)
		lim.ChannelAccepted("CH1")
		assert.Less(t, time.Until(lim.ChannelReadyAt("CH1")), 200*time.Millisecond)
	})
}

func TestAChannelsRetryAfterIsBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		lim := newLimiter(t, Config{Rate: 1000, ChannelRate: 25})
		write(lim)
		lim.ChannelThrottled("CH1", 24*time.Hour, true)
		assert.Equal(t, time.Now().Add(MaxPause), lim.ChannelReadyAt("CH1"))
		lim.ChannelThrottled("CH1", time.Second, true)
		assert.Equal(t, time.Now().Add(MaxPause), lim.ChannelReadyAt("CH1"), "it was shortened")
	})
}

// TestChannelsAreForgotten: as many buckets are kept as are not full, and those
// of throttled channels for a minute.
func TestChannelsAreForgotten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		lim := newLimiter(t, Config{Rate: 1e6, ChannelRate: 25})
		most := 0
		for i := range 200_000 {
			name := fmt.Sprint("CH", i)
			lim.TakeChannel(name)
			if i > 0 {
				before := lim.ChannelReadyAt(fmt.Sprint("CH", i-1))
				require.True(t, before.After(time.Now()), "one that is not full was forgotten")
			}
			if i%1000 == 0 {
				lim.ChannelThrottled(name, 0, false)
			}
			time.Sleep(100 * time.Microsecond)
			most = max(most, len(lim.channels.all))
		}
		// 400 are not full, in 40 ms; 200 were throttled.
		assert.LessOrEqual(t, most, 2*channelSweep)
	})
}
