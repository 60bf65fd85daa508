package verify

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/chat"
)

// someRow is a row with anything in it that a row may hold.
func someRow(r *rand.Rand) row {
	texts := []string{
		"", "jing", "日本語", "CH0123456789abcdef0123456789abcdef", "CH0123456789ABCDEF0123456789abcdef", "general",
		"RLaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "RLbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb", "0123456789012345678901234567890123",
		"\xff\x00", strings.Repeat("long ", 1000), `{"a": 1}`, "xyaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaag",
	}
	text := func() string { return texts[r.IntN(len(texts))] }
	when := func() time.Time {
		switch r.IntN(3) {
		case 0:
			return time.Time{}
		case 1:
			return time.Unix(r.Int64N(1<<33)-1<<32, r.Int64N(1e9)).UTC()
		}
		return time.Unix(r.Int64N(1<<31), 0).UTC()
	}
	out := row{
		row: r.Int64N(1 << 40), settled: r.IntN(2) == 0, broken: r.IntN(2) == 0, named: text(), backupSID: text(),
		member: chat.Member{
			ServiceSID: text(), Channel: text(), Identity: text(), RoleSID: text(), Attributes: text(),
			LastConsumptionTimestamp: when(), DateCreated: when(), DateUpdated: when(),
		},
	}
	out.line = out.row + r.Int64N(100)
	if r.IntN(2) == 0 {
		out.member.LastConsumedMessageIndex = chat.Index{N: r.Int64() >> r.IntN(60), Set: true}
	}
	return out
}

func TestRowsComeBack(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 4))
	rows := make([]row, 3000)
	var to, from coder
	var data []byte
	for i := range rows {
		rows[i] = someRow(random)
		data = to.append(data, &rows[i])
	}
	rest := string(data)
	for i := range rows {
		var got row
		var err error
		rest, err = from.next(rest, &got)
		require.NoError(t, err)
		require.Equal(t, rows[i], got, "row %d", i)
	}
	assert.Empty(t, rest)
}

// What is not as it was written is an error, and no panic.
func TestRowsThatAreCut(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(5, 6))
	for range 300 {
		r := someRow(random)
		data := string(new(coder).append(nil, &r))
		cut := random.IntN(len(data))
		_, err := new(coder).next(data[:cut], new(row))
		require.ErrorIs(t, err, errKept, "%d of %d bytes", cut, len(data))
	}
}

// A row with every field takes so many bytes more than its identity and its attributes. What is said of memory rests on it.
func TestBytesOfARow(t *testing.T) {
	t.Parallel()
	r := row{
		row: 1_000_000, line: 1_000_001, backupSID: "MB0123456789abcdef0123456789abcdef", member: chat.Member{
			ServiceSID: serviceA, Channel: channelSID(0), RoleSID: roleA, Identity: "a member", Attributes: `{"some": "attributes"}`,
			LastConsumedMessageIndex: chat.Index{N: 3000, Set: true}, LastConsumptionTimestamp: time.Unix(1.6e9, 0),
			DateCreated: time.Unix(1.5e9, 0), DateUpdated: time.Unix(1.5e9, 0),
		},
	}
	var c coder
	c.append(nil, &r)
	r.row, r.line = r.row+700, r.line+700 // the next in a part
	beside := len(c.append(nil, &r)) - len(r.member.Identity) - len(r.member.Attributes)
	assert.LessOrEqual(t, beside, 48)
	assert.GreaterOrEqual(t, beside, 40)
}
