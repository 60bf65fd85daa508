package backup

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/chat"
	"rejoin/retry"
)

// What a 404 or a 400 for a page says of the channel is found out; where it stays, the backup is not whole.
func TestAnswersThatAllowNoWholeBackup(t *testing.T) {
	t.Parallel()
	refused := &chat.Error{Status: http.StatusBadRequest, Code: 20001, Sent: true, Op: "list members"}
	for name, test := range map[string]struct {
		on    func(s *service, op, channel string, page int) error
		kind  error
		whole bool
		calls int // of the list of members
	}{
		"a page's address has had its time": {
			on: func(s *service, op, _ string, page int) error {
				if op == "members" && page > 0 && s.latency == 0 {
					s.latency = 1
					return refused
				}
				return nil
			}, whole: true, calls: 2 + 2,
		},
		"a page is refused every time": {
			on: func(_ *service, op, _ string, page int) error {
				if op == "members" && page > 0 {
					return refused
				}
				return nil
			}, kind: ErrAnswer, calls: 2 * Readings,
		},
		"a channel may not be read": {
			on: func(_ *service, op, _ string, _ int) error {
				if op == "members" {
					return refused
				}
				return nil
			}, kind: ErrAnswer, calls: 1,
		},
		"a list that is not there, of a channel that is": {
			on: func(_ *service, op, _ string, _ int) error {
				if op == "members" {
					return notFound
				}
				return nil
			}, kind: ErrAnswer, calls: Readings,
		},
		"a list that leads elsewhere": {
			on: func(_ *service, op, _ string, page int) error {
				if op == "members" && page > 0 {
					return &chat.Error{Err: fmt.Errorf("evil: %w", chat.ErrNotFollowed)}
				}
				return nil
			}, kind: ErrAnswer, calls: 2,
		},
		"credentials that expire": {
			on: func(_ *service, op, _ string, page int) error {
				if op == "members" && page > 0 {
					return &chat.Error{Status: http.StatusUnauthorized, Code: 20003, Sent: true}
				}
				return nil
			}, kind: retry.ErrRefused, calls: 2,
		},
		"a page that cannot be given": {
			on: func(_ *service, op, _ string, page int) error {
				if op == "members" && page > 0 {
					return &chat.Error{Status: http.StatusInternalServerError, Sent: true}
				}
				return nil
			}, kind: ErrUnread, calls: 1 + 3,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newService(0, 0)
			s.add(1, 150)
			s.on = func(op, channel string, page int) error { return test.on(s, op, channel, page) }
			backUp(t, s, Config{Retries: 2}, func(w *written, _ Summary, err error) {
				assert.Equal(t, test.calls, s.called("members"))
				if test.whole {
					require.NoError(t, err)
					assert.Equal(t, s.want(), identities(t, w))
					return
				}
				require.ErrorIs(t, err, test.kind)
				assert.Empty(t, w.channels)
			})
		})
	}
}

// circling is a client whose list of members leads back to its first page.
type circling struct{ *service }

func (c circling) ListMembers(ctx context.Context, service, channel string, page chat.Page) (chat.MemberPage, error) {
	p, err := c.service.ListMembers(ctx, service, channel, page)
	p.Next = pageURL + "0"
	return p, err
}

func TestAListThatNeverEnds(t *testing.T) {
	t.Parallel()
	s := newService(1, 5)
	synctest.Test(t, func(t *testing.T) {
		_, err := Run(t.Context(), &written{}, Config{Client: circling{s}, Limiter: freely{}, Service: serviceA})
		require.ErrorIs(t, err, ErrAnswer)
		require.ErrorContains(t, err, "leads from its page 2 back")
	})
}

func TestASinkThatFails(t *testing.T) {
	t.Parallel()
	s := newService(60, 100)
	s.latency = time.Second
	synctest.Test(t, func(t *testing.T) {
		w := &written{failAt: 3}
		sum, err := runInto(t.Context(), s, w, Config{Workers: 4})
		require.ErrorIs(t, err, ErrSink)
		require.ErrorIs(t, err, errDiskFull)
		assert.EqualValues(t, 2, sum.Done)
		assert.Len(t, w.channels, 3, "nothing is written behind what could not be")
		assert.Less(t, s.called("members"), 20, "and nothing more is fetched")
	})
}

// What is in flight when the run is told to stop may finish, and a channel that is whole by then is written.
func TestAStopKeepsWhatIsWhole(t *testing.T) {
	t.Parallel()
	s := newService(60, 100)
	s.latency = time.Second
	why := errors.New("enough")
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancelCause(t.Context())
		time.AfterFunc(3500*time.Millisecond, func() { stop(why) })
		w := &written{}
		sum, err := runInto(ctx, s, w, Config{Workers: 4})
		require.ErrorIs(t, err, why)
		assert.EqualValues(t, 12, sum.Done, "three rounds of four, the last of which was in flight")
		assert.Len(t, w.channels, 12)
		assert.Equal(t, 4*time.Second, sum.Elapsed)
	})
}

func TestAnOutageStopsTheRun(t *testing.T) {
	t.Parallel()
	for _, workers := range []int{1, 3, 32} {
		for _, after := range []int{0, 1, 3} { // requests that are answered
			s := newService(60, 10)
			s.on = func(string, string, int) error {
				if len(s.calls) > after {
					return &chat.Error{Err: errors.New("connection refused")}
				}
				return nil
			}
			backUp(t, s, Config{Workers: workers, OutageTimeout: time.Minute}, func(_ *written, sum Summary, err error) {
				require.ErrorIs(t, err, retry.ErrOutage)
				assert.GreaterOrEqual(t, sum.Elapsed, time.Minute)
				assert.Less(t, sum.Elapsed, 2*time.Minute)
			})
		}
	}
}

// A service that comes back is gone on with, whatever the number of tries.
func TestAnOutageThatPasses(t *testing.T) {
	t.Parallel()
	for _, workers := range []int{1, 32} {
		s := newService(60, 10)
		var since time.Time
		s.on = func(string, string, int) error {
			if len(s.calls) < 4 {
				since = time.Now()
				return nil
			}
			if time.Since(since) < 40*time.Second {
				return &chat.Error{Err: errors.New("connection refused")}
			}
			return nil
		}
		backUp(t, s, Config{Workers: workers, OutageTimeout: time.Minute}, func(w *written, _ Summary, err error) {
			require.NoError(t, err)
			assert.Equal(t, s.want(), identities(t, w))
		})
	}
}

// Channels that are read wait for those before them, and what waits is bounded: here the first channel is slow. Where the
// list of channels has several pages, it is the last that is listed, and others are read ahead of it.
func TestWhatWaitsIsBounded(t *testing.T) {
	t.Parallel()
	waitsForTheFirst(t, 60, 100)
	waitsForTheFirst(t, 260, 30)
}

func waitsForTheFirst(t *testing.T, channels, members int) {
	t.Helper()
	const limit, workers = 100_000, 8
	s := newService(channels, members)
	s.latency, s.size = time.Millisecond, 5
	var most int64
	o := newOrder(limit, false)
	slow := true
	s.on = func(op, channel string, _ int) error {
		if op == "members" && channel == channelSID(1) && slow {
			slow = false
			return &chat.Error{Status: 429, Sent: true, RetryAfter: 20 * time.Second, HasRetryAfter: true}
		}
		o.mu.Lock()
		most = max(most, o.bytes)
		o.mu.Unlock()
		return nil
	}
	synctest.Test(t, func(t *testing.T) {
		o = newOrder(limit, false)
		cfg := Config{Client: s, Limiter: freely{}, Service: serviceA, Workers: workers}
		w := &written{}
		cfg, err := cfg.withDefaults()
		require.NoError(t, err)
		r := &run{Config: cfg, sink: w, seen: make(map[string]bool), order: o}
		r.Caller = retry.New(t.Context(), retry.Config{Limiter: cfg.Limiter})
		defer r.Close()
		for range workers {
			go r.work()
		}
		all, err := r.listed()
		require.NoError(t, err)
		o.begin(all)
		done := make(chan bool)
		go func() { r.write(); close(done) }()
		time.Sleep(19 * time.Second)
		before := s.called("members")
		assert.Empty(t, w.channels, "nothing can be written before the first channel")
		assert.Greater(t, before, workers)
		assert.Less(t, before, 15*workers, "and not all is read")
		for !o.whole() {
			time.Sleep(time.Second)
		}
		o.close()
		<-done
		assert.Equal(t, s.want(), identities(t, w))
		assert.Zero(t, o.bytes, "all is given back")
		assert.Zero(t, o.left, "nothing is left")
	})
	t.Logf("%d channels: %d bytes at most, where %d may wait", channels, most, limit)
	assert.Less(t, most, int64(3*limit))
	assert.Greater(t, most, int64(limit))
}

// Channels are read while the list of channels is, ahead of their order. Where they take too much they are put back, also
// when all are listed: nobody waits for ever, nothing is doubled, and the backup is the same.
func TestChannelsThatAreReadAhead(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		buffer  int64
		workers int
		sorted  bool // the list is in the order of SIDs; else in the opposite order
		putBack bool
	}{
		{buffer: 20_000, workers: 32, putBack: true},
		{buffer: 100_000, workers: 32, putBack: true},
		{buffer: 100_000, workers: 32, sorted: true, putBack: true},
		{buffer: 4 << 20, workers: 32},
		{buffer: 20_000, workers: 1},
	} {
		s := newService(220, 20)
		s.latency, s.size = 50*time.Millisecond, 2
		if test.sorted {
			slices.Reverse(s.channels)
		}
		backUp(t, s, Config{Workers: test.workers, Buffer: test.buffer}, func(w *written, sum Summary, err error) {
			require.NoError(t, err)
			assert.Equal(t, s.want(), identities(t, w))
			assert.EqualValues(t, 220*20, sum.Members)
			assert.Equal(t, test.workers, s.most)
			assert.Equal(t, test.workers > 1, slices.Contains(s.calls[:3], fmt.Sprint("members ", s.channels[0].SID, " 0")),
				"while the list's second page is read")
			again := s.called("members") - 220*10
			assert.Equal(t, test.putBack, again > 0, "%d pages were read twice", again)
		})
	}
}

func TestAConfigThatCannotBe(t *testing.T) {
	t.Parallel()
	_, err := Run(t.Context(), &written{}, Config{})
	require.ErrorContains(t, err, "expected the first three to be there")
}
