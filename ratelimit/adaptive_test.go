package ratelimit

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// send takes n tokens.
func send(tb testing.TB, lim *Limiter, n int) {
	tb.Helper()
	for range n {
		require.NoError(tb, lim.Wait(tb.Context()))
	}
}

// accept sends n requests that are answered at once, and says when the last was.
func accept(tb testing.TB, lim *Limiter, n int) {
	tb.Helper()
	for range n {
		send(tb, lim, 1)
		lim.Accepted()
	}
}

func TestOneCutForAllThatWereInFlight(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		lim := newLimiter(t, Config{Rate: 100, Workers: 16})
		accept(t, lim, 300)
		send(t, lim, 10)
		lim.Throttled(0, false)
		cut := lim.Status().Rate
		assert.Less(t, cut, 100.0)
		for range 9 {
			lim.Throttled(0, false)
		}
		assert.InDelta(t, cut, lim.Status().Rate, 0)
		assert.Equal(t, 1, lim.Status().Cuts)

		send(t, lim, 1)
		lim.Throttled(0, false)
		assert.Equal(t, 2, lim.Status().Cuts, "this one was sent after the cut")
		assert.Less(t, lim.Status().Rate, cut)
	})
}

// TestAnswersThatSayNothingAreNotInFlight: without them the limiter would take
// the next 429s for answers to requests from before the cut.
func TestAnswersThatSayNothingAreNotInFlight(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		lim := newLimiter(t, Config{Rate: 100})
		send(t, lim, 10)
		for range 9 {
			lim.Answered()
		}
		lim.Throttled(0, false)
		send(t, lim, 1)
		lim.Throttled(0, false)
		assert.Equal(t, 2, lim.Status().Cuts)
	})
}

// TestWorkersBoundWhatIsInFlight: answers that nobody told of are forgotten.
func TestWorkersBoundWhatIsInFlight(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		lim := newLimiter(t, Config{Rate: 1000, Workers: 2})
		send(t, lim, 500)
		lim.Throttled(0, false)
		lim.Throttled(0, false)
		assert.Equal(t, 1, lim.Status().Cuts)
		send(t, lim, 1)
		lim.Throttled(0, false)
		assert.Equal(t, 2, lim.Status().Cuts)
	})
}

func TestRetryAfterHoldsTheRun(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		hint   time.Duration
		hinted bool
		want   time.Duration
	}{
		"hinted":      {3 * time.Second, true, 3 * time.Second},
		"not hinted":  {3 * time.Second, false, 0},
		"in an hour":  {time.Hour, true, MaxPause},
		"in the past": {-time.Hour, true, 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				lim := newLimiter(t, Config{Rate: 1000})
				send(t, lim, 1)
				time.Sleep(time.Second)
				lim.Throttled(tt.hint, tt.hinted)
				begin := time.Now()
				send(t, lim, 1)
				assert.Equal(t, tt.want, time.Since(begin))
			})
		})
	}
}

// TestALateRetryAfterStillHolds: an answer to a request from before the cut
// cuts no more, but its Retry-After counts.
func TestALateRetryAfterStillHolds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		lim := newLimiter(t, Config{Rate: 100})
		send(t, lim, 2)
		lim.Throttled(time.Second, true)
		lim.Throttled(10*time.Second, true)
		begin := time.Now()
		send(t, lim, 1)
		assert.Equal(t, 10*time.Second, time.Since(begin))
		assert.Equal(t, 1, lim.Status().Cuts)
	})
}

// TestRefusedThroughout: a service that refuses everything is asked with one
// request at a time, ever more rarely but never less than each lastProbe, and
// the first that it accepts ends that.
func TestRefusedThroughout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		lim := newLimiter(t, Config{Rate: 100, Workers: 32})
		accept(t, lim, 1000)
		lim.Throttled(0, false)
		refused := 0
		for begin := time.Now(); time.Since(begin) < time.Minute; refused++ {
			before := time.Now()
			send(t, lim, 1)
			require.LessOrEqual(t, time.Since(before), lastProbe)
			lim.Throttled(0, false)
		}
		assert.Less(t, refused, 25, "in a minute")
		assert.GreaterOrEqual(t, lim.Status().Rate, floorRate)

		accept(t, lim, 1)
		begin := time.Now()
		accept(t, lim, 3000)
		assert.Less(t, time.Since(begin), 3*time.Minute, "it did not recover")
		assert.Equal(t, Status{Rate: 100, Ceiling: 100, Cuts: lim.Status().Cuts}, lim.Status())
	})
}

// TestACutNeverGoesBelowTheFloor, whatever comes.
func TestACutNeverGoesBelowTheFloor(t *testing.T) {
	t.Parallel()
	for ceiling, floor := range map[float64]float64{100: floorRate, 0.05: 0.05} {
		synctest.Test(t, func(t *testing.T) {
			lim := newLimiter(t, Config{Rate: ceiling})
			for i := range 200 {
				send(t, lim, 1)
				if i%2 == 0 {
					lim.Throttled(0, false)
				} else {
					lim.Accepted()
				}
				require.GreaterOrEqual(t, lim.Status().Rate, floor)
			}
		})
	}
}

// TestTheRateReturnsToTheCeiling once the service keeps up, and never passes it.
func TestTheRateReturnsToTheCeiling(t *testing.T) {
	t.Parallel()
	for _, ceiling := range []float64{1, 25, 100} {
		synctest.Test(t, func(t *testing.T) {
			begin := time.Now()
			highest := 0.0
			var lim *Limiter
			service := &tokenService{begin: begin, last: begin, burst: 1, tokens: 1, capacity: change(ceiling/3, 10*ceiling, time.Minute)}
			l := load{cfg: Config{Rate: ceiling, Workers: 64}, service: service, lasts: 6 * time.Minute, latency: 20 * time.Millisecond}
			l.start = func(started *Limiter) { lim = started }
			l.each = func(time.Duration, bool) { highest = max(highest, lim.Status().Rate) }
			l.run(t.Context())
			assert.InDelta(t, ceiling, lim.Status().Rate, 0)
			assert.False(t, lim.Status().HeldDown)
			assert.Positive(t, lim.Status().Cuts)
			assert.InDelta(t, ceiling, highest, 0)
		})
	}
}
