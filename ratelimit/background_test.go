package ratelimit

import (
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
)

// TestABackgroundThatBecomesACapacity: a minute of refusals at random must not
// make the limiter deaf to a service that then really is too slow.
func TestABackgroundThatBecomesACapacity(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		noise := &noisyService{service: unlimitedService{}, part: 0.2, rng: rand.New(rand.NewPCG(1, 3))}
		slow := &slidingWindow{begin: time.Now(), capacity: always(100), window: time.Second}
		var late tally
		l := load{cfg: Config{Rate: 200, Workers: 64}, service: later{noise, slow, time.Now().Add(time.Minute)}, lasts: 3 * time.Minute, latency: 50 * time.Millisecond}
		l.each = func(passed time.Duration, accepted bool) {
			switch {
			case passed < 90*time.Second:
			case accepted:
				late.accepted++
			default:
				late.throttled++
			}
		}
		l.run(t.Context())
		assert.GreaterOrEqual(t, late.accepted, 90*94)
		assert.LessOrEqual(t, late.refused(), mostRefused)
	})
}

// later is one service and from a moment on another.
type later struct {
	before, after service
	at            time.Time
}

func (l later) accept(now time.Time) bool {
	if now.Before(l.at) {
		return l.before.accept(now)
	}
	return l.after.accept(now)
}

// declared is a background that four cuts in vain have led to, in a test.
func declared(t *testing.T) *background {
	t.Helper()
	b := &background{needed: leastFutile}
	for i := range leastFutile {
		assert.Equal(t, i == leastFutile-1, b.futileCut(100-float64(10*i), 0))
		for range 10 {
			b.accepted()
		}
	}
	assert.InDelta(t, 100, b.good, 0)
	assert.InDelta(t, 0.1, b.part, 0.01)
	b.test()
	return b
}

func TestATestConfirmsABackground(t *testing.T) {
	t.Parallel()
	b := declared(t)
	for range testRefusals - 1 {
		assert.Equal(t, nothing, b.refused())
		for range 9 {
			assert.Equal(t, nothing, b.accepted())
		}
	}
	assert.Equal(t, confirmed, b.refused())
	assert.InDelta(t, 0.1, b.part, 0.02)

	for i := range shortSpan {
		for range 9 {
			assert.Equal(t, nothing, b.accepted())
		}
		want := nothing
		if i == shortSpan-1 {
			want = due
		}
		assert.Equal(t, want, b.refused())
	}
	b.test()
	assert.Equal(t, 2*shortSpan, b.span)
}

func TestATestDisprovesABackground(t *testing.T) {
	t.Parallel()
	b := declared(t)
	for b.part > 0 && b.quiet < 100 {
		if b.accepted() == disproved {
			break
		}
	}
	assert.Equal(t, background{needed: 2 * leastFutile}, *b, "the next one needs more cuts")
}

func TestMoreThanTheBackgroundIsTooFast(t *testing.T) {
	t.Parallel()
	b := declared(t)
	for range testRefusals {
		b.refused()
		b.accepted()
	}
	refusals, found := 0, nothing
	for found == nothing {
		b.accepted()
		b.refused()
		found = b.refused()
		refusals += 2
	}
	assert.Equal(t, tooFast, found)
	assert.Less(t, refusals, shortSpan/2+2)
}

func TestRefusingEverythingIsNoBackground(t *testing.T) {
	t.Parallel()
	b := declared(t)
	for range testRun - 1 {
		assert.Equal(t, nothing, b.refused())
	}
	assert.Equal(t, blocked, b.refused())
	assert.Zero(t, b.part)
}

func TestCutsFarApartAreNoChain(t *testing.T) {
	t.Parallel()
	b := &background{needed: leastFutile}
	for range 3 * leastFutile {
		assert.False(t, b.futileCut(100, 0))
		for range 3 * int(chain) {
			b.accepted()
		}
	}
}
