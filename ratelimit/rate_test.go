package ratelimit

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestTheRateIsKept from 1/s to 5,000/s by workers that all wait at once: 0.99 to
// 1.00 of what was asked for, and no second with more than that and one.
func TestTheRateIsKept(t *testing.T) {
	t.Parallel()
	const workers = 32
	for _, perSecond := range []float64{1, 10, 25, 100, 1000, 5000} {
		t.Run(fmt.Sprintf("%g per second", perSecond), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				lim := newLimiter(t, Config{Rate: perSecond, Workers: workers})
				ctx, cancel := context.WithTimeout(t.Context(), max(10*time.Second, seconds(20/perSecond)))
				defer cancel()
				var mu sync.Mutex
				var at []time.Time
				var wg sync.WaitGroup
				for range workers {
					wg.Go(func() {
						for lim.Wait(ctx) == nil {
							mu.Lock()
							at = append(at, time.Now())
							mu.Unlock()
							lim.Accepted()
						}
					})
				}
				wg.Wait()
				reached := float64(len(at)-1) / at[len(at)-1].Sub(at[0]).Seconds() / perSecond
				assert.GreaterOrEqual(t, reached, 0.99)
				assert.LessOrEqual(t, reached, 1.0)
				assert.LessOrEqual(t, float64(fullestSecond(at)), perSecond+1)
			})
		})
	}
}

// TestTheSlowestAndTheFastestRate hand out more than their first token: a bucket
// of x/time/rate with a burst of 0 refuses everything, and one with a limit of 0
// gives its burst and then nothing, ever.
func TestTheSlowestAndTheFastestRate(t *testing.T) {
	t.Parallel()
	for _, perSecond := range []float64{minRate, 1e-3, maxRate} {
		synctest.Test(t, func(t *testing.T) {
			lim := newLimiter(t, Config{Rate: perSecond})
			begin := time.Now()
			send(t, lim, 3)
			assert.InDelta(t, 2/perSecond, time.Since(begin).Seconds(), 1e-6*max(2/perSecond, 1))
		})
	}
}

// BenchmarkRequestContended is what a request costs where many workers ask at
// once and nothing holds them.
func BenchmarkRequestContended(b *testing.B) {
	for _, workers := range []int{1, 32, 256} {
		b.Run(fmt.Sprint(workers, " workers"), func(b *testing.B) {
			lim, err := New(Config{Rate: maxRate, Workers: workers})
			require.NoError(b, err)
			b.ReportAllocs()
			tickets := make(chan int, workers)
			for i := range workers {
				tickets <- b.N/workers + min(1, max(0, b.N%workers-i))
			}
			done := make(chan error, workers)
			b.ResetTimer()
			for range workers {
				go func() {
					for range <-tickets {
						if err := lim.Wait(b.Context()); err != nil {
							done <- err
							return
						}
						lim.Accepted()
					}
					done <- nil
				}()
			}
			for range workers {
				require.NoError(b, <-done)
			}
		})
	}
}
