package ratelimit

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
)

// A channelLoad is workers that write to one channel through a limiter, at 50 ms
// an answer.
type channelLoad struct {
	service service
	part    float64 // of the writes that is refused at random
	seed    uint64
	lasts   time.Duration
}

// run says how many writes were accepted and refused. It is called in a bubble.
func (c channelLoad) run(t *testing.T) (sum tally) {
	t.Helper()
	const workers, name = 16, "CH1"
	lim := newLimiter(t, Config{Rate: 1000, ChannelRate: 25, Workers: workers})
	rng := rand.New(rand.NewPCG(c.seed, 5))
	var returning []flight
	for begin := time.Now(); time.Since(begin) < c.lasts; {
		next := lim.ChannelReadyAt(name)
		if len(returning) == 0 || len(returning) < workers && !returning[0].at.Before(next) {
			time.Sleep(time.Until(next))
			lim.TakeChannel(name)
			accepted := rng.Float64() >= c.part && c.service.accept(time.Now())
			returning = append(returning, flight{at: time.Now().Add(50 * time.Millisecond), answer: answer{accepted: accepted}})
			continue
		}
		time.Sleep(time.Until(returning[0].at))
		if returning[0].accepted {
			sum.accepted++
			lim.ChannelAccepted(name)
		} else {
			sum.throttled++
			lim.ChannelThrottled(name, 0, false)
		}
		returning = returning[1:]
	}
	return sum
}

// TestAChannelHoldsUp against 429s that have nothing to do with its pace, and
// finds the capacity of a channel that takes less than its ceiling.
func TestAChannelHoldsUp(t *testing.T) {
	t.Parallel()
	const lasts, seeds = 2 * time.Minute, 10
	for _, tt := range []struct {
		part     float64
		capacity capacity
		least    float64 // of the capacity, on average
	}{
		{0, always(10), 0.9},
		{0, change(25, 8, time.Minute), 0.9},
		{0.02, always(25), 0.75},
		{0.08, always(25), 0.8},
		{0.2, always(25), 0.65},
		{0.02, always(10), 0.6},
		{0.08, change(25, 8, time.Minute), 0.65},
	} {
		t.Run(fmt.Sprintf("%g %% at random, %g then %g", 100*tt.part, tt.capacity(0), tt.capacity(lasts)), func(t *testing.T) {
			t.Parallel()
			var reached, refused float64
			for seed := range uint64(seeds) {
				synctest.Test(t, func(t *testing.T) {
					window := &slidingWindow{begin: time.Now(), capacity: tt.capacity, window: 5 * time.Second}
					sum := channelLoad{service: window, part: tt.part, seed: seed, lasts: lasts}.run(t)
					reached += float64(sum.accepted) / tt.capacity.total(lasts) / seeds
					refused += sum.refused() / seeds
				})
			}
			t.Logf("%.1f %% of the capacity, %.1f %% answered 429", 100*reached, 100*refused)
			assert.GreaterOrEqual(t, reached, tt.least)
		})
	}
}
