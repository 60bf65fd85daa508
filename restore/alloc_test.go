package restore

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/chat"
	"rejoin/reader"
	"rejoin/rules"
)

// From its record to its outcome a row is allocated four times: its member's texts, copied out of a record that is good for
// one step only, its raw bytes, itself, and its outcome. Requests and hand-overs allocate nothing. The client and the sink are not the engine's, and allocate nothing
// here; what they need themselves is held by the tests of packages chat and report.
func TestAllocationsOfARow(t *testing.T) {
	const less, more = 2_000, 6_000
	rows := fullRows(more)
	judge, err := rules.New(rules.Config{})
	require.NoError(t, err)
	for _, test := range []struct {
		name  string
		twins Twins
	}{
		{"twins known from the audit", noTwins{}},
		{"twins found on the way", nil},
	} {
		allocs := func(n int) float64 {
			return testing.AllocsPerRun(1, func() {
				told := new(heard)
				sum, err := Run(t.Context(), records(rows[:n]...), Config{
					Client: willing{}, Limiter: new(freely), Sink: told, Rules: judge, Twins: test.twins, Workers: 16,
				})
				if err != nil || sum.Counts[Created] != int64(n) || *told != (heard{created: n}) {
					t.Error(sum, err, *told)
				}
			})
		}
		assert.LessOrEqual(t, (allocs(more)-allocs(less))/(more-less), 4.5, test.name)
	}
}

// fullRows are rows that hold all that a row can hold, 200 of them in each channel.
func fullRows(n int) []reader.Record {
	rows := make([]reader.Record, n)
	for i := range rows {
		rec := record(i+1, fmt.Sprintf("CH%032x", i/200+1), fmt.Sprintf("user-%07d", i))
		set := func(f reader.Field, kind reader.Kind, text string) {
			rec.Values[f] = reader.Value{Kind: kind, Text: []byte(text)}
		}
		set(reader.SID, reader.String, fmt.Sprintf("MB%032x", i+1))
		set(reader.RoleSID, reader.String, roleA)
		set(reader.LastConsumedMessageIndex, reader.Number, "3065")
		set(reader.LastConsumptionTimestamp, reader.String, "2020-03-12T18:21:45Z")
		set(reader.DateUpdated, reader.String, "2019-03-02T09:16:29Z")
		set(reader.Attributes, reader.String, `{"name":"User","tags":["b1"],"prefs":{"theme":"dark","push":{"from":"08:00"}}}`)
		rows[i] = rec
	}
	return rows
}

// willing is a Chat API that makes every member as it is told to, and allocates nothing for it.
type willing struct{ Client }

func (willing) CreateMember(_ context.Context, m *chat.Member) (chat.Answer, error) {
	return chat.Answer{Status: 201, Member: chat.Resource{
		SID: "MB0123456789abcdef0123456789abcdef", ServiceSID: m.ServiceSID, ChannelSID: m.Channel, Identity: m.Identity,
		RoleSID: m.RoleSID, Attributes: m.Attributes, LastConsumedMessageIndex: m.LastConsumedMessageIndex,
		LastConsumptionTimestamp: m.LastConsumptionTimestamp, DateCreated: m.DateCreated, DateUpdated: m.DateUpdated,
	}}, nil
}

func (willing) FetchService(_ context.Context, sid string) (chat.Service, error) {
	return chat.Service{SID: sid}, nil
}

func (willing) FetchRole(_ context.Context, _, sid string) (chat.Role, error) {
	return chat.Role{SID: sid, Type: "channel"}, nil
}

// noTwins knows, as an audit does, that no row has a twin.
type noTwins struct{}

func (noTwins) Twin(int64) (line int64, same, ok bool, err error) { return 0, false, false, nil }

// heard is a sink that counts, and keeps nothing.
type heard struct{ created, others int }

func (h *heard) Write(outcomes []*Outcome) error {
	for _, o := range outcomes {
		if o.Kind == Created && o.MemberSID != "" && o.NotApplied == nil {
			h.created++
		} else {
			h.others++
		}
	}
	return nil
}
