package retry

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/chat"
)

// pace is a limiter that lets everything pass and notes what it was told.
type pace struct {
	mu                            sync.Mutex
	waits                         int
	accepted, answered, throttled int
	hint                          time.Duration
}

func (p *pace) note(n *int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	*n++
}

func (p *pace) Wait(ctx context.Context) error { p.note(&p.waits); return context.Cause(ctx) }
func (p *pace) Accepted()                      { p.note(&p.accepted) }
func (p *pace) Answered()                      { p.note(&p.answered) }

func (p *pace) Throttled(hint time.Duration, _ bool) {
	p.note(&p.throttled)
	p.hint = hint
}

// answers gives a request one answer after the other, and the last for ever.
func answers(list ...error) (request func(context.Context) error, asked *int) {
	asked = new(int)
	var mu sync.Mutex
	return func(context.Context) error {
		mu.Lock()
		defer mu.Unlock()
		err := list[min(*asked, len(list)-1)]
		*asked++
		return err
	}, asked
}

func status(code int) error { return &chat.Error{Status: code, Sent: true} }

// in runs a test in a bubble, with a caller of its own.
func in(t *testing.T, cfg Config, test func(c *Caller, p *pace)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		p := new(pace)
		cfg.Limiter = p
		c := New(t.Context(), cfg)
		defer c.Close()
		test(c, p)
	})
}

func TestDoTriesAgainWhileThatMakesSense(t *testing.T) {
	t.Parallel()
	limited := &chat.Error{Status: 429, Sent: true, RetryAfter: 7 * time.Second, HasRetryAfter: true}
	for name, test := range map[string]struct {
		answers []error
		retries int
		asked   int
		want    error
		least   time.Duration
	}{
		"an answer":                         {answers: []error{nil}, retries: 3, asked: 1},
		"not there is an answer":            {answers: []error{status(404)}, retries: 3, asked: 1, want: status(404)},
		"refused for good":                  {answers: []error{status(400)}, retries: 3, asked: 1, want: status(400)},
		"credentials":                       {answers: []error{status(401)}, retries: 3, asked: 1, want: status(401)},
		"a failure that passes":             {answers: []error{status(500), status(503), nil}, retries: 2, asked: 3},
		"one too many":                      {answers: []error{status(500)}, retries: 2, asked: 3, want: status(500)},
		"no retries":                        {answers: []error{status(500)}, asked: 1, want: status(500)},
		"429 is no failure, and is awaited": {answers: []error{limited, limited, nil}, asked: 3, least: 14 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in(t, Config{}, func(c *Caller, p *pace) {
				request, asked := answers(test.answers...)
				began := time.Now()
				assert.Equal(t, test.want, c.Do(Try{Retries: test.retries}, request))
				assert.Equal(t, test.asked, *asked)
				assert.Equal(t, test.asked, p.waits, "a token for each")
				assert.Equal(t, test.asked, p.accepted+p.answered+p.throttled, "the limiter hears of each")
				assert.EqualValues(t, test.asked, c.cfg.Counters.Requests.Load())
				assert.GreaterOrEqual(t, time.Since(began), test.least)
			})
		})
	}
}

func TestDoWithATokenInHandTakesNoOther(t *testing.T) {
	t.Parallel()
	in(t, Config{}, func(c *Caller, p *pace) {
		request, _ := answers(status(500), nil)
		require.NoError(t, c.Do(Try{Retries: 1, Paid: true}, request))
		assert.Equal(t, 1, p.waits, "for the second try alone")
	})
}

func TestDoEndsWithItsTime(t *testing.T) {
	t.Parallel()
	in(t, Config{MaxElapsed: time.Minute, OutageTimeout: time.Hour}, func(c *Caller, _ *pace) {
		request, _ := answers(&chat.Error{Status: 429, Sent: true, RetryAfter: time.Second})
		began := time.Now()
		require.Error(t, c.Do(Try{Retries: 3}, request))
		assert.GreaterOrEqual(t, time.Since(began), time.Minute)
		assert.Less(t, time.Since(began), time.Minute+BackoffMax)
	})
}

func TestDoEndsWithTheRun(t *testing.T) {
	t.Parallel()
	in(t, Config{}, func(c *Caller, _ *pace) {
		why := errors.New("never mind")
		request, asked := answers(status(503))
		began := time.Now()
		time.AfterFunc(3*time.Second, func() { c.Stop(why, why) })
		assert.Equal(t, status(503), c.Do(Try{Retries: UntilOutage}, request), "its own last answer says more than the stop")
		assert.Equal(t, 3*time.Second, time.Since(began))
		before := *asked
		require.ErrorIs(t, c.Do(Try{}, request), why, "nothing is sent any more")
		assert.Equal(t, before, *asked)
	})
}

func TestWhatIsInFlightMayFinishForAWhile(t *testing.T) {
	t.Parallel()
	in(t, Config{Grace: 10 * time.Second}, func(c *Caller, _ *pace) {
		began := time.Now()
		c.Stop(ErrRefused, errors.New("no"))
		require.ErrorIs(t, context.Cause(c.Sending), ErrRefused)
		require.NoError(t, c.Flight.Err())
		<-c.Flight.Done()
		assert.Equal(t, 10*time.Second, time.Since(began))
	})
}

// An outage is waited for by many goroutines at once: one of them asks at a time, and none uses up its tries.
func TestAnOutageIsWaitedOut(t *testing.T) {
	t.Parallel()
	var told []string
	var mu sync.Mutex
	warn := func(s string) {
		mu.Lock()
		defer mu.Unlock()
		told = append(told, s)
	}
	in(t, Config{Warn: warn}, func(c *Caller, _ *pace) {
		back := time.Now().Add(2 * time.Minute)
		var flying, most, during int
		request := func(context.Context) error {
			mu.Lock()
			if c.Outage.isDown() {
				flying++
				during++
				most = max(most, flying)
			}
			mu.Unlock()
			time.Sleep(100 * time.Millisecond)
			mu.Lock()
			defer mu.Unlock()
			flying = max(flying-1, 0)
			if time.Now().Before(back) {
				return &chat.Error{Err: errors.New("refused")}
			}
			return nil
		}
		var wg sync.WaitGroup
		for range 32 {
			wg.Go(func() { assert.NoError(t, c.Do(Try{Retries: 2}, request)) })
		}
		wg.Wait()
		assert.Equal(t, 1, most, "one probe at a time")
		assert.Less(t, during, 20, "at growing distances")
		assert.Len(t, told, 2, "the beginning and the end: %q", told)
		assert.GreaterOrEqual(t, c.Outage.Downtime(), time.Minute)
	})
}

func TestAnOutageThatLastsStopsTheRun(t *testing.T) {
	t.Parallel()
	in(t, Config{OutageTimeout: time.Minute}, func(c *Caller, _ *pace) {
		request, _ := answers(&chat.Error{Err: errors.New("refused")})
		var wg sync.WaitGroup
		for range 32 {
			wg.Go(func() { assert.Error(t, c.Do(Try{Retries: 2}, request)) })
		}
		wg.Wait()
		require.ErrorIs(t, context.Cause(c.Sending), ErrOutage)
	})
}

// stopping is a limiter in whose wait the run is stopped, as its token is handed out.
type stopping struct {
	pace
	stop func()
}

func (s *stopping) Wait(context.Context) error { s.stop(); return nil }

func TestNothingIsSentOnceTheRunIsStopped(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		why := errors.New("never mind")
		limiter := new(stopping)
		c := New(t.Context(), Config{Limiter: limiter})
		defer c.Close()
		limiter.stop = func() { c.Stop(why, why) }
		request, asked := answers(nil)
		require.ErrorIs(t, c.Do(Try{}, request), why, "it was stopped while it waited for its token")
		require.ErrorIs(t, c.Do(Try{Paid: true}, request), why)
		assert.Zero(t, *asked)
	})
}
