package ratelimit

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// newLimiter makes a limiter from a configuration that is known to be valid.
func newLimiter(tb testing.TB, cfg Config) *Limiter {
	tb.Helper()
	lim, err := New(cfg)
	require.NoError(tb, err)
	return lim
}

func TestFixedRateIsReachedAndNotPassed(t *testing.T) {
	t.Parallel()
	for _, perSecond := range []float64{0.5, 1, 25, 99.5, 100, 777, 5000} {
		t.Run(fmt.Sprint(perSecond), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				at := grants(t, perSecond, 20*time.Second)
				reached := float64(len(at)-1) / at[len(at)-1].Sub(at[0]).Seconds() / perSecond
				assert.LessOrEqual(t, reached, 1.0)
				assert.GreaterOrEqual(t, reached, 0.999)
				assert.LessOrEqual(t, float64(fullestSecond(at)), perSecond+1)
				for i := range len(at) - 1 {
					spacing := time.Duration(float64(time.Second) / perSecond)
					require.GreaterOrEqual(t, at[i+1].Sub(at[i]), spacing, "two at once")
				}
			})
		})
	}
}

// TestLateWakesLoseNothing lets every sleep end up to two milliseconds late, as
// on a busy machine. A bucket of one request would lose that time each time.
func TestLateWakesLoseNothing(t *testing.T) {
	t.Parallel()
	for _, perSecond := range []float64{1, 10, 25, 100, 1000, 5000} {
		t.Run(fmt.Sprint(perSecond), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				lim := newLimiter(t, Config{Rate: perSecond})
				rng := rand.New(rand.NewPCG(1, 1))
				var at []time.Time
				for len(at) < 2 || at[len(at)-1].Sub(at[0]) < 20*time.Second {
					before := time.Now()
					require.NoError(t, lim.Wait(t.Context()))
					if time.Since(before) > 0 {
						time.Sleep(time.Duration(rng.Int64N(int64(2 * time.Millisecond))))
					}
					at = append(at, time.Now())
				}
				reached := float64(len(at)-1) / at[len(at)-1].Sub(at[0]).Seconds() / perSecond
				assert.GreaterOrEqual(t, reached, 0.99)
				assert.LessOrEqual(t, reached, 1.0+1/(20*perSecond))
				assert.LessOrEqual(t, float64(fullestSecond(at)), 1.01*perSecond+1)
			})
		})
	}
}

// TestLongLatenessIsNotMadeUpFor: after a second of silence there is one
// request and what comes in during ten milliseconds, not a second's worth.
func TestLongLatenessIsNotMadeUpFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		lim := newLimiter(t, Config{Rate: 1000})
		time.Sleep(time.Second)
		assert.Equal(t, 11, grantsNow(t, lim))
	})
}

// grantsNow is how many tokens are handed out without time passing.
func grantsNow(tb testing.TB, lim *Limiter) int {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), time.Nanosecond)
	defer cancel()
	n := 0
	for begin := time.Now(); lim.Wait(ctx) == nil && time.Since(begin) == 0; {
		n++
	}
	return n
}

func TestManyWaitersAreServedInOrder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		lim := newLimiter(t, Config{Rate: 100})
		require.NoError(t, lim.Wait(t.Context()))
		begin := time.Now()
		var (
			mu    sync.Mutex
			order []int
			wg    sync.WaitGroup
		)
		for i := range 50 {
			wg.Go(func() {
				if lim.Wait(t.Context()) != nil {
					return
				}
				mu.Lock()
				order = append(order, i)
				mu.Unlock()
			})
			synctest.Wait()
		}
		wg.Wait()
		assert.Equal(t, 500*time.Millisecond, time.Since(begin).Truncate(time.Microsecond))
		require.Len(t, order, 50)
		assert.IsIncreasing(t, order)
	})
}

func TestNoTokenAfterTheEnd(t *testing.T) {
	t.Parallel()
	cause := errors.New("the user wants to stop")
	synctest.Test(t, func(t *testing.T) {
		lim := newLimiter(t, Config{Rate: 1})
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(cause)
		err := lim.Wait(ctx)
		require.ErrorIs(t, err, context.Canceled)
		require.ErrorIs(t, err, cause)

		begin := time.Now()
		require.NoError(t, lim.Wait(t.Context()), "the first token is still there")
		assert.Zero(t, time.Since(begin))
	})
}

func TestAWaiterThatLeavesTakesNoToken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		lim := newLimiter(t, Config{Rate: 1})
		require.NoError(t, lim.Wait(t.Context()))
		begin := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		for range 3 { // one sleeps for the token, two stand behind it
			go func() { assert.ErrorIs(t, lim.Wait(ctx), context.DeadlineExceeded) }()
		}
		require.NoError(t, lim.Wait(t.Context()))
		assert.Equal(t, time.Second, time.Since(begin))
	})
}

// TestADeadlineIsNoErrorBeforeItIsThere: x/time/rate's own Wait fails at once,
// with an error that is not context.DeadlineExceeded.
func TestADeadlineIsNoErrorBeforeItIsThere(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		lim := newLimiter(t, Config{Rate: 0.1})
		require.NoError(t, lim.Wait(t.Context()))
		begin := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		require.ErrorIs(t, lim.Wait(ctx), context.DeadlineExceeded)
		assert.Equal(t, 2*time.Second, time.Since(begin))
	})
}

func TestPause(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		pauses []time.Duration // one each 100 ms
		want   time.Duration   // when the next token comes
	}{
		"holds":           {[]time.Duration{time.Second}, time.Second},
		"extends":         {[]time.Duration{time.Second, 2 * time.Second}, 2100 * time.Millisecond},
		"never shortens":  {[]time.Duration{3 * time.Second, 100 * time.Millisecond}, 3 * time.Second},
		"is bounded":      {[]time.Duration{24 * time.Hour}, MaxPause},
		"of nothing":      {[]time.Duration{0}, 100 * time.Millisecond},
		"is not negative": {[]time.Duration{-time.Hour}, 100 * time.Millisecond},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				lim := newLimiter(t, Config{Rate: 100})
				begin := time.Now()
				for _, d := range tt.pauses {
					lim.Pause(d)
					time.Sleep(100 * time.Millisecond)
				}
				require.NoError(t, lim.Wait(t.Context()))
				assert.Equal(t, tt.want, time.Since(begin))
				assert.Zero(t, lim.Status().PausedUntil)
			})
		})
	}
}

func TestAPauseHoldsThoseWhoWaitAndEndsWithoutABurst(t *testing.T) {
	t.Parallel()
	for _, answers := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			lim := newLimiter(t, Config{Rate: 1000})
			require.NoError(t, lim.Wait(t.Context()))
			var (
				mu sync.Mutex
				at []time.Time
				wg sync.WaitGroup
			)
			for range 64 {
				wg.Go(func() {
					if lim.Wait(t.Context()) == nil {
						mu.Lock()
						at = append(at, time.Now())
						mu.Unlock()
					}
				})
			}
			lim.Pause(5 * time.Second)
			end := time.Now().Add(5 * time.Second)
			assert.Equal(t, end, lim.Status().PausedUntil)
			if answers { // one that comes in the pause must not open it
				time.Sleep(time.Second)
				lim.Accepted()
			}
			wg.Wait()
			require.Len(t, at, 64)
			for i, when := range at {
				require.GreaterOrEqual(t, when.Sub(end), time.Duration(i)*time.Millisecond, "a burst")
			}
		})
	}
}

func TestStatus(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		lim := newLimiter(t, Config{Rate: 100})
		assert.Equal(t, Status{Rate: 100, Ceiling: 100}, lim.Status())
		require.NoError(t, lim.Wait(t.Context()))
		lim.Throttled(2*time.Second, true)
		s := lim.Status()
		assert.Less(t, s.Rate, 100.0)
		assert.True(t, s.HeldDown)
		assert.Equal(t, 1, s.Cuts)
		assert.Equal(t, time.Now().Add(2*time.Second), s.PausedUntil)

		lim = newLimiter(t, Config{Auto: true})
		assert.Equal(t, Status{Rate: startRate, Auto: true}, lim.Status())
	})
}

func TestNothingIsAllocatedWhereNothingHolds(t *testing.T) {
	lim := newLimiter(t, Config{Rate: maxRate, ChannelRate: 1e6})
	ctx := t.Context()
	lim.TakeChannel("CH")
	assert.Zero(t, testing.AllocsPerRun(1000, func() {
		_ = lim.Wait(ctx)
		_ = lim.ChannelReadyAt("CH")
		lim.TakeChannel("CH")
		lim.ChannelAccepted("CH")
		lim.Accepted()
		_ = lim.Status()
	}))
}
