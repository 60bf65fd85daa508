package ratelimit

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
)

// TestTwoRefusalsAtTheStartAreNoCapacity: a run that has hardly begun, or has
// just gone on after a pause, has had next to nothing accepted yet. That,
// divided by a second, is no capacity.
func TestTwoRefusalsAtTheStartAreNoCapacity(t *testing.T) {
	t.Parallel()
	for name, before := range map[string]func(t *testing.T, lim *Limiter){
		"start": func(*testing.T, *Limiter) {},
		"pause": func(t *testing.T, lim *Limiter) {
			t.Helper()
			accept(t, lim, 1000)
			lim.Pause(10 * time.Second)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				lim := newLimiter(t, Config{Rate: 200, Workers: 8})
				before(t, lim)
				accept(t, lim, 2)
				for range 2 {
					send(t, lim, 1)
					lim.Throttled(0, false)
				}
				accept(t, lim, 1)
				assert.GreaterOrEqual(t, lim.Status().Rate, 200.0/5)
				begin := time.Now()
				accept(t, lim, 1000)
				assert.Less(t, time.Since(begin), 15*time.Second)
			})
		})
	}
}

// TestFourRefusalsAtTheStartAre: a service that takes one request a second is
// found at once, also by a run that begins.
func TestFourRefusalsAtTheStartAre(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		lim := newLimiter(t, Config{Rate: 200, Workers: 8})
		accept(t, lim, 1)
		for range sureRefusals {
			send(t, lim, 1)
			lim.Throttled(0, false)
		}
		accept(t, lim, 1)
		assert.LessOrEqual(t, lim.Status().Rate, 4.0)
	})
}

// TestAnswersThatSayNothingWereTaken: where a third of the answers are errors,
// a cut goes to just under what was not refused, and not to two thirds of that.
func TestAnswersThatSayNothingWereTaken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		lim := newLimiter(t, Config{Rate: 100})
		for i := range 1000 {
			send(t, lim, 1)
			if i%3 == 0 {
				lim.Answered()
			} else {
				lim.Accepted()
			}
		}
		send(t, lim, 1)
		lim.Throttled(0, false)
		assert.InDelta(t, 100*lowerCut*afterCut, lim.Status().Rate, 1)
	})
}

// everyFault is what a service answers on a bad day, whatever the rate.
var everyFault = noise{refused: 0.03, hinted: 0.02, mute: 0.28, hint: time.Second}

// faultyRun is how long so many rows take at a ceiling of 200/s where requests
// are refused and fail at random. It has to run outside a bubble.
func faultyRun(t *testing.T, cfg Config, rows int, faults noise, seed uint64) time.Duration {
	t.Helper()
	var took time.Duration
	synctest.Test(t, func(t *testing.T) {
		faults.rng = rand.New(rand.NewPCG(seed, 7))
		begin := time.Now()
		l := load{
			cfg: cfg, service: unlimitedService{}, lasts: time.Hour, enough: rows,
			latency: 30 * time.Millisecond, jitter: 40 * time.Millisecond, seed: seed, noise: &faults,
		}
		l.run(t.Context())
		took = time.Since(begin)
	})
	return took
}

// TestNoRunCollapses: of a few hundred short runs with faults of every kind none
// takes many times as long as the others, whatever it is that comes first.
func TestNoRunCollapses(t *testing.T) {
	t.Parallel()
	const runs, rows = 120, 360
	for _, workers := range []int{1, 8, 64} {
		t.Run(fmt.Sprint(workers, " workers"), func(t *testing.T) {
			t.Parallel()
			took := make([]time.Duration, runs)
			for seed := range took {
				took[seed] = faultyRun(t, Config{Rate: 200, Workers: workers}, rows, everyFault, uint64(seed))
			}
			slices.Sort(took)
			t.Logf("half take up to %s, 99 %% up to %s, the longest %s", took[runs/2], took[runs*99/100], took[runs-1])
			assert.Less(t, took[runs-1], 2*time.Minute)
			assert.Less(t, took[runs*99/100], 2*took[runs/2])
		})
	}
}
