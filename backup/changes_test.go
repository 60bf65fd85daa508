package backup

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/retry"
)

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
