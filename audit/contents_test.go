package audit

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/internal/prose"
	"rejoin/rules"
)

// A read position that is none is neither set nor not set, and the sum is plain.
func TestBadReadPositions(t *testing.T) {
	t.Parallel()
	rows := cleanRows(6, 6)
	rows[1]["last_consumed_message_index"], rows[1]["last_consumption_timestamp"] = "", ""
	rows[2]["last_consumed_message_index"] = "-1"
	rows[3]["last_consumed_message_index"] = "many"
	rows[4]["date_created"] = "yesterday" // it breaks another rule
	res, _ := audit(t, append(ndjson(t, rows), "{\n"...), rules.Config{}, Config{})
	c := res.Contents
	assert.Equal(t, []int64{3, 1, 2, 1, 7}, []int64{c.WithIndex, c.WithoutIndex, c.BadIndex, c.Unreadable, c.Rows})
	var text, doc bytes.Buffer
	require.NoError(t, WriteText(&text, "b", res, prose.Style{}))
	assert.Contains(t, text.String(), "  read positions            3  set, 1 not set, 2 bad, 1 in unreadable rows\n")
	require.NoError(t, WriteJSON(&doc, &Head{}, res))
	assert.Contains(t, doc.String(), `"with_read_position":3,"without_read_position":1,"bad_read_position":2,`)
}

// Of a channel that is too full the API takes as many members as it can hold, and one more request says that it is full.
func TestNoRoom(t *testing.T) {
	t.Parallel()
	rows := cleanRows(70, 30)                      // 30, 30 and 10 members
	rows[1]["identity"] = rows[0]["identity"]      // a duplicate takes no room
	rows[31]["last_consumed_message_index"] = "-1" // nor does what is not sent
	res, _ := audit(t, ndjson(t, rows), rules.Config{}, Config{ChannelMembers: 10, Rate: 1, ChannelRate: 1})
	c := res.Contents
	assert.Equal(t, []int64{68, 38}, []int64{c.Members, c.NoRoom})
	assert.Equal(t, c.Rows, c.Unreadable+c.Invalid+c.Duplicates+c.Members)
	assert.Equal(t, []int64{11 + 11 + 10, 11}, []int64{res.Estimate.Requests, res.Estimate.LargestChannel})
	var text, doc bytes.Buffer
	require.NoError(t, WriteText(&text, "b", res, prose.Style{Width: 200}))
	assert.Contains(t, text.String(), "30 of 70 rows would be restored; of the others: 1 invalid, 1 duplicate, 38 for which their channels have no room.")
	assert.Contains(t, text.String(), "  members                  68  to restore, of which the API would refuse 38\n")
	require.NoError(t, WriteJSON(&doc, &Head{}, res))
	assert.Contains(t, doc.String(), `"members":68,"no_room":38,`)

	res, _ = audit(t, ndjson(t, rows), rules.Config{}, Config{ChannelMembers: 30})
	assert.Zero(t, res.Contents.NoRoom, "a channel may be full to the last place")
}

// Members that are before the rows take room in their channel, and count nowhere else.
func TestRoomThatIsTakenBefore(t *testing.T) {
	t.Parallel()
	everyWay(t, func(t *testing.T, cfg Config) {
		t.Helper()
		rows := cleanRows(70, 30) // 30, 30 and 10 members
		taken := map[string]int64{rows[0]["channel_sid"]: 5, rows[69]["channel_sid"]: 25}
		asked := make(map[string]int)
		cfg.ChannelMembers, cfg.Rate, cfg.ChannelRate = 32, 1, 1
		cfg.Before = func(service, channel []byte) int64 {
			asked[string(channel)]++
			assert.Equal(t, rows[0]["service_sid"], string(service))
			return taken[string(channel)]
		}
		res, all := audit(t, ndjson(t, rows), rules.Config{}, cfg)
		c := res.Contents
		assert.Equal(t, []int64{70, 3 + 3, 3}, []int64{c.Members, c.NoRoom, c.Channels})
		assert.Equal(t, int64(30), c.Largest)
		assert.Equal(t, []int64{28 + 30 + 8, 30}, []int64{res.Estimate.Requests, res.Estimate.LargestChannel})
		assert.Equal(t, []place{{1, 1, rules.TooManyMembers, "channel_sid"}, {61, 61, rules.TooManyMembers, "channel_sid"}}, places(all))
		for _, p := range all {
			assert.Contains(t, p.Message, "the channel that goes on here has 35 members, expected at most 32")
		}
		for channel, times := range asked {
			assert.Equal(t, 1, times, channel)
		}
	})
}
