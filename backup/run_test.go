package backup

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/chat"
	"rejoin/retry"
)

// backUp runs a backup of a service in a bubble of its own.
func backUp(t *testing.T, s *service, cfg Config, check func(w *written, sum Summary, err error)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &written{}
		sum, err := runInto(t.Context(), s, w, cfg)
		check(w, sum, err)
	})
}

func runInto(ctx context.Context, s *service, sink Sink, cfg Config) (Summary, error) {
	cfg.Client, cfg.Limiter, cfg.Service = s, freely{}, serviceA
	return Run(ctx, sink, cfg)
}

// identities are what the rows say, as channel number and identity.
func identities(t *testing.T, w *written) (all []string) {
	t.Helper()
	for _, line := range w.lines() {
		var r row
		require.NoError(t, json.Unmarshal([]byte(line), &r))
		all = append(all, strings.TrimLeft((*r.ChannelSID)[2:], "0")+"/"+*r.Identity)
	}
	return all
}

// want are the members that the service holds, in the order of a backup.
func (s *service) want() (all []string) {
	channels := slices.Clone(s.channels)
	slices.SortFunc(channels, func(a, b *chat.Channel) int { return strings.Compare(a.SID, b.SID) })
	for _, c := range channels {
		for _, m := range s.members[c.SID] {
			all = append(all, strings.TrimLeft(c.SID[2:], "0")+"/"+m.Identity)
		}
	}
	return all
}

func TestEveryMemberOfEveryChannelInAStableOrder(t *testing.T) {
	t.Parallel()
	for _, format := range []Format{NDJSON, CSV} {
		first := ""
		for _, workers := range []int{1, 2, 7, 64} {
			s := newService(23, 0)
			for i, c := range s.channels {
				for m := range []int{0, 1, 99, 100, 101, 250}[i%6] {
					s.members[c.SID] = append(s.members[c.SID], member(23-i, m))
				}
			}
			s.latency = 50 * time.Millisecond
			backUp(t, s, Config{Workers: workers, Format: format}, func(w *written, sum Summary, err error) {
				require.NoError(t, err)
				assert.LessOrEqual(t, s.most, workers)
				assert.Equal(t, Summary{
					Channels: 23, Done: 23, Members: int64(len(s.want())), Bytes: int64(w.text.Len()),
					Requests: int64(len(s.calls)), Elapsed: sum.Elapsed,
				}, sum)
				if first == "" {
					first = w.all()
				}
				require.Equal(t, first, w.all(), "%d workers", workers)
				if format == NDJSON {
					require.Equal(t, s.want(), identities(t, w))
				} else {
					require.Equal(t, strings.Join(columns, ",")+"\n", w.header)
				}
			})
		}
	}
}

func TestARowIsWhatTheAPISaid(t *testing.T) {
	t.Parallel()
	s := newService(0, 0)
	s.add(1, 3)
	members := s.members[channelSID(1)]
	members[1] = chat.Resource{SID: memberSID(7), Identity: `q"uote, <b>&` + "\n\u2028\x01é"}
	members[2].Attributes, members[2].LastConsumedMessageIndex = ` {"a": 1.0}`, chat.Index{N: 0, Set: true}
	want := `{"sid":"MB000000000000000000000000000003e8","account_sid":"ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","service_sid":"ISaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","channel_sid":"CH00000000000000000000000000000001","channel_unique_name":"channel 1","identity":"user-0","role_sid":"RLaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","attributes":"{}","last_consumed_message_index":0,"last_consumption_timestamp":"2016-03-26T21:05:00Z","date_created":"2016-03-24T21:05:00Z","date_updated":"2016-03-25T21:05:00Z"}
{"sid":"MB00000000000000000000000000000007","account_sid":null,"service_sid":"ISaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","channel_sid":"CH00000000000000000000000000000001","channel_unique_name":"channel 1","identity":"q\"uote, <b>&\n\u2028\u0001é","role_sid":null,"attributes":null,"last_consumed_message_index":null,"last_consumption_timestamp":null,"date_created":null,"date_updated":null}
{"sid":"MB000000000000000000000000000003ea","account_sid":"ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","service_sid":"ISaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","channel_sid":"CH00000000000000000000000000000001","channel_unique_name":"channel 1","identity":"user-2","role_sid":"RLaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","attributes":" {\"a\": 1.0}","last_consumed_message_index":0,"last_consumption_timestamp":"2016-03-26T21:05:02Z","date_created":"2016-03-24T21:05:02Z","date_updated":"2016-03-25T21:05:02Z"}
`
	backUp(t, s, Config{}, func(w *written, _ Summary, err error) {
		require.NoError(t, err)
		assert.Equal(t, want, w.all())
	})
}

// Every request is one that is needed: the pages of the lists, and the count of a channel with more than one page.
func TestNoRequestTooMany(t *testing.T) {
	t.Parallel()
	s := newService(250, 0)
	s.add(251, 350)
	backUp(t, s, Config{}, func(_ *written, _ Summary, err error) {
		require.NoError(t, err)
		assert.Equal(t, 2*3, s.called("channels"), "at the beginning and at the end")
		assert.Equal(t, 250+4, s.called("members"))
		assert.Equal(t, 1, s.called("channel"))
		assert.Equal(t, 0, s.called("service"))
	})
}

func TestOnlySomeChannels(t *testing.T) {
	t.Parallel()
	s := newService(9, 2)
	backUp(t, s, Config{Only: []string{"channel 8", channelSID(3), "channel 1", channelSID(8)}}, func(w *written, sum Summary, err error) {
		require.NoError(t, err)
		assert.Equal(t, []string{channelSID(1), channelSID(3), channelSID(8)}, w.channels)
		assert.EqualValues(t, 3, sum.Channels)
		assert.Zero(t, s.called("channels"))
	})
	backUp(t, s, Config{Only: []string{"channel 8", "nobody"}}, func(w *written, _ Summary, err error) {
		require.ErrorIs(t, err, ErrNoChannel)
		require.ErrorContains(t, err, `"nobody"`)
		assert.Empty(t, w.channels)
	})
	s.gone = true
	backUp(t, s, Config{Only: []string{"channel 8"}}, func(_ *written, _ Summary, err error) {
		require.ErrorIs(t, err, retry.ErrRefused)
	})
}

// A member that leaves while the pages are read moves those behind it to the front, past the page's border.
func TestAChannelThatChangesIsReadAgain(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		times   int // that somebody leaves
		reread  int64
		warns   string
		members int
	}{
		"not at all": {0, 0, "", 250},
		"once":       {1, 1, "", 249}, // the list lacks one then and holds one that left: the count after fits it all the same
		"always":     {100, 2, "changed while it was read, 3 times", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newService(0, 0)
			s.add(1, 250)
			s.latency = time.Second
			left := test.times
			s.on = func(op, channel string, page int) error {
				if op == "members" && page == 100 && left > 0 {
					left--
					s.leave(channel, 3)
				}
				return nil
			}
			backUp(t, s, Config{}, func(w *written, sum Summary, err error) {
				require.NoError(t, err)
				assert.Equal(t, test.reread, sum.Reread)
				if test.warns == "" {
					assert.Empty(t, sum.Warnings)
					assert.Equal(t, s.want(), identities(t, w))
					return
				}
				require.Len(t, sum.Warnings, 1)
				assert.Contains(t, sum.Warnings[0], test.warns)
				assert.EqualValues(t, 1, sum.Warned)
			})
		})
	}
}

// A member that joins in front of the others moves one over the page's border: it stands on both pages.
func TestAMemberOnTwoPagesIsWrittenOnce(t *testing.T) {
	t.Parallel()
	s := newService(0, 0)
	s.add(1, 250)
	joins := 1
	s.on = func(op, channel string, page int) error {
		if op == "members" && page == 100 && joins > 0 {
			joins--
			s.members[channel] = slices.Insert(s.members[channel], 0, member(1, 999))
			s.counts[channel] = 250 // nobody has counted it
		}
		return nil
	}
	backUp(t, s, Config{}, func(w *written, sum Summary, err error) {
		require.NoError(t, err)
		assert.EqualValues(t, 1, sum.Doubles)
		assert.EqualValues(t, 250, sum.Members)
		all := identities(t, w)
		assert.Len(t, slices.Compact(slices.Sorted(slices.Values(all))), 250)
		assert.Zero(t, sum.Reread)
	})
}

// A count that is wrong all the time is no reason to read the channel for ever, and is told.
func TestACountThatDoesNotFit(t *testing.T) {
	t.Parallel()
	for _, size := range []int{5, 150} {
		s := newService(0, 0)
		s.add(1, size)
		s.counts[channelSID(1)] = size + 7
		backUp(t, s, Config{}, func(w *written, sum Summary, err error) {
			require.NoError(t, err)
			assert.Equal(t, s.want(), identities(t, w))
			require.Len(t, sum.Warnings, 1)
			assert.Contains(t, sum.Warnings[0], fmt.Sprintf("%d of them, and its members_count says %d", size, size+7))
			assert.EqualValues(t, 1, sum.Reread)
		})
	}
}

// A channel of one page whose count has changed since it was listed needs no second reading.
func TestACountFromEarlier(t *testing.T) {
	t.Parallel()
	s := newService(0, 0)
	s.add(1, 5)
	s.on = func(op, channel string, _ int) error {
		if op == "members" && len(s.members[channel]) == 5 {
			s.leave(channel, 0)
		}
		return nil
	}
	backUp(t, s, Config{}, func(w *written, sum Summary, err error) {
		require.NoError(t, err)
		assert.Equal(t, s.want(), identities(t, w))
		assert.Empty(t, sum.Warnings)
		assert.Zero(t, sum.Reread)
		assert.Equal(t, 1, s.called("channel"))
	})
}

func TestChannelsThatComeAndGo(t *testing.T) {
	t.Parallel()
	t.Run("deleted before it is read", func(t *testing.T) {
		t.Parallel()
		s := newService(4, 3)
		s.on = func(op, channel string, _ int) error {
			if op == "members" && channel == channelSID(2) {
				s.drop(channel)
			}
			return nil
		}
		backUp(t, s, Config{}, func(w *written, sum Summary, err error) {
			require.NoError(t, err)
			assert.Equal(t, s.want(), identities(t, w))
			assert.EqualValues(t, 1, sum.Gone)
			require.Len(t, sum.Warnings, 1)
			assert.Contains(t, sum.Warnings[0], "was deleted before it was read")
		})
	})
	t.Run("deleted while it is read", func(t *testing.T) {
		t.Parallel()
		s := newService(4, 150)
		s.on = func(op, channel string, _ int) error {
			if op == "channel" && channel == channelSID(2) {
				s.drop(channel)
			}
			return nil
		}
		backUp(t, s, Config{}, func(_ *written, sum Summary, err error) {
			require.NoError(t, err)
			assert.EqualValues(t, 600, sum.Members)
			require.Len(t, sum.Warnings, 1)
			assert.Contains(t, sum.Warnings[0], "was deleted while it was read")
		})
	})
	t.Run("made while the others are read", func(t *testing.T) {
		t.Parallel()
		s := newService(4, 3)
		s.on = func(op, _ string, _ int) error {
			if op == "members" && len(s.channels) == 4 {
				s.add(0, 3)
			}
			return nil
		}
		backUp(t, s, Config{}, func(w *written, sum Summary, err error) {
			require.NoError(t, err)
			assert.ElementsMatch(t, s.want(), identities(t, w))
			assert.Equal(t, channelSID(0), w.channels[4], "behind those that were known")
			assert.EqualValues(t, 5, sum.Channels)
		})
	})
	t.Run("lost between two pages of the list", func(t *testing.T) {
		t.Parallel()
		s := newService(150, 1)
		gone := s.channels[0].SID
		s.on = func(op, _ string, page int) error {
			if op == "channels" && page == 100 {
				s.drop(gone)
			}
			return nil
		}
		backUp(t, s, Config{}, func(w *written, sum Summary, err error) {
			require.NoError(t, err)
			assert.Subset(t, identities(t, w), s.want())
			assert.EqualValues(t, 150, sum.Channels)
		})
	})
	t.Run("the whole Service is deleted", func(t *testing.T) {
		t.Parallel()
		s := newService(4, 3)
		s.on = func(op, channel string, _ int) error {
			s.gone = s.gone || op == "members" && channel == channelSID(3)
			return nil
		}
		backUp(t, s, Config{Workers: 1}, func(w *written, sum Summary, err error) {
			require.ErrorIs(t, err, retry.ErrRefused)
			assert.Equal(t, []string{channelSID(1), channelSID(2)}, w.channels)
			assert.EqualValues(t, 2, sum.Done)
			assert.EqualValues(t, 4, sum.Channels)
		})
	})
	t.Run("no Service", func(t *testing.T) {
		t.Parallel()
		s := newService(4, 3)
		s.gone = true
		backUp(t, s, Config{}, func(w *written, _ Summary, err error) {
			require.ErrorIs(t, err, retry.ErrRefused)
			require.ErrorContains(t, err, serviceA)
			assert.Empty(t, w.channels)
		})
	})
}

func TestAServiceWithoutMembers(t *testing.T) {
	t.Parallel()
	for channels, warning := range map[int]string{0: "has no channel", 3: "have no member"} {
		backUp(t, newService(channels, 0), Config{Format: CSV}, func(w *written, sum Summary, err error) {
			require.NoError(t, err)
			assert.Equal(t, strings.Join(columns, ",")+"\n", w.all())
			require.Len(t, sum.Warnings, 1)
			assert.Contains(t, sum.Warnings[0], warning)
		})
	}
}

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

// Channels that are read wait for those before them, and what waits is bounded: here the first channel is slow.
func TestWhatWaitsIsBounded(t *testing.T) {
	t.Parallel()
	const limit, workers = 100_000, 8
	s := newService(60, 100)
	s.latency, s.size = time.Millisecond, 5
	var most int64
	var o *order
	slow := true
	s.on = func(op, channel string, _ int) error {
		if op == "members" && channel == channelSID(1) && slow {
			slow = false
			return &chat.Error{Status: 429, Sent: true, RetryAfter: 20 * time.Second, HasRetryAfter: true}
		}
		if o != nil {
			o.mu.Lock()
			most = max(most, o.bytes)
			o.mu.Unlock()
		}
		return nil
	}
	synctest.Test(t, func(t *testing.T) {
		cfg := Config{Client: s, Limiter: freely{}, Service: serviceA, Workers: workers, Buffer: limit}
		w := &written{}
		cfg, err := cfg.withDefaults()
		require.NoError(t, err)
		r := &run{Config: cfg, sink: w, seen: make(map[string]bool)}
		r.Caller = retry.New(t.Context(), retry.Config{Limiter: cfg.Limiter})
		defer r.Close()
		targets, err := r.listed()
		require.NoError(t, err)
		r.order = newOrder(targets, r.Buffer, false)
		o = r.order
		done := make(chan bool)
		go func() { r.write(); close(done) }()
		for range workers {
			go r.work()
		}
		time.Sleep(19 * time.Second)
		before := s.called("members")
		assert.Empty(t, w.channels, "nothing can be written before the first channel")
		assert.Greater(t, before, workers)
		assert.Less(t, before, 10*workers, "and not all is read")
		for !r.order.whole() {
			time.Sleep(time.Second)
		}
		r.order.close()
		<-done
		assert.Len(t, w.channels, 60)
		assert.Zero(t, o.bytes, "all is given back")
	})
	t.Logf("%d bytes at most, where %d may wait", most, limit)
	assert.Less(t, most, int64(3*limit))
	assert.Greater(t, most, int64(limit))
}

func TestAConfigThatCannotBe(t *testing.T) {
	t.Parallel()
	_, err := Run(t.Context(), &written{}, Config{})
	require.ErrorContains(t, err, "expected the first three to be there")
}
