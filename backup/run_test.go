package backup

import (
	"context"
	"encoding/json"
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
