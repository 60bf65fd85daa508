package restore

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/ratelimit"
)

// sends remembers when creates came, and can answer 429 as a service with limits does.
type sends struct {
	mu       sync.Mutex
	all      []time.Time
	channels map[string][]time.Time
	capacity func() int // creates in the second before; nil: no limit
	channel  int        // creates of one channel in the five seconds before; 0: no limit
	refused  int
}

func (s *sends) on(op, channel, _ string, _ int) (bool, error) {
	if op != "create" {
		return false, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	switch {
	case s.capacity != nil && since(s.all, now.Add(-time.Second)) >= s.capacity():
		s.refused++
		return false, apiError(429, 20429)
	case s.channel > 0 && since(s.channels[channel], now.Add(-5*time.Second)) >= s.channel:
		s.refused++
		return false, apiError(429, 50063)
	}
	s.all = append(s.all, now)
	if s.channels == nil {
		s.channels = make(map[string][]time.Time)
	}
	s.channels[channel] = append(s.channels[channel], now)
	return false, nil
}

// since counts the times after t.
func since(times []time.Time, t time.Time) int {
	n := 0
	for i := len(times) - 1; i >= 0 && times[i].After(t); i-- {
		n++
	}
	return n
}

// worstSecond is the most that any one second held.
func worstSecond(times []time.Time) int {
	worst, from := 0, 0
	for i, t := range times {
		for !times[from].After(t.Add(-time.Second)) {
			from++
		}
		worst = max(worst, i-from+1)
	}
	return worst
}

// paced runs so many rows under a limiter and returns how long it took.
func paced(t *testing.T, cfg ratelimit.Config, workers, channels, each int, s *sends) (Summary, time.Duration) {
	t.Helper()
	var sum Summary
	var took time.Duration
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		cfg.Workers = workers
		limiter, err := ratelimit.New(cfg)
		require.NoError(t, err)
		b.cfg.Limiter, b.cfg.Workers = limiter, workers
		b.service.on = s.on
		sum, err = b.runHere(t.Context(), t, records(members(channels, each)...))
		require.NoError(t, err)
		assert.EqualValues(t, channels*each, sum.Counts[Created])
		took = sum.Elapsed
	})
	return sum, took
}

func TestAFixedRateIsUsedAndKept(t *testing.T) {
	t.Parallel()
	s := new(sends)
	_, took := paced(t, ratelimit.Config{Rate: 100}, 32, 10, 300, s)
	assert.GreaterOrEqual(t, 3000/took.Seconds(), 0.99*100)
	assert.LessOrEqual(t, worstSecond(s.all), 100+1)
}

// A backup sorted by channel, against a service with the documented limit of 30 writes a second in a channel: all of
// the run's rate is used, and no channel is driven into a 429.
func TestASortedBackupUsesTheWholeRate(t *testing.T) {
	t.Parallel()
	s := &sends{channel: 5 * 30, capacity: func() int { return 310 }}
	sum, took := paced(t, ratelimit.Config{Rate: 300, ChannelRate: 25}, 32, 40, 250, s)
	assert.GreaterOrEqual(t, 10000/took.Seconds(), 0.95*300)
	assert.Zero(t, sum.Throttled)
	for channel, times := range s.channels {
		assert.LessOrEqual(t, worstSecond(times), 25+1, channel)
	}
}

// The run's whole time counts, with what is asked before the first write and the last answers.
func TestLatencyIsHidden(t *testing.T) {
	t.Parallel()
	for _, workers := range []int{64, 256} {
		_, took := paced(t, ratelimit.Config{Rate: 100_000}, workers, 100, 200, new(sends))
		assert.GreaterOrEqual(t, 20000/took.Seconds(), 0.97*float64(workers)/0.05, "%d workers", workers)
	}
}

// A capacity that nobody has told us of, and that falls by half midway.
func TestAutoFindsAndFollowsTheCapacity(t *testing.T) {
	t.Parallel()
	var start time.Time
	capacity := func() int {
		if start.IsZero() {
			start = time.Now()
		}
		if time.Since(start) > 2*time.Minute {
			return 100
		}
		return 200
	}
	s := &sends{capacity: capacity}
	// As much as 200/s makes in the first two minutes and 100/s in the next two.
	sum, took := paced(t, ratelimit.Config{Auto: true}, 64, 60, 600, s)
	assert.LessOrEqual(t, took.Seconds(), 240/0.95)
	assert.LessOrEqual(t, float64(sum.Throttled), 0.02*float64(sum.Requests))
	t.Logf("36,000 rows in %s where 4m0s is the least possible; %d of %d requests were answered 429",
		took.Round(time.Second), sum.Throttled, sum.Requests)
}
