package verify

import (
	"context"
	"fmt"
	"iter"
	"math/rand/v2"
	"runtime/metrics"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rejoin/chat"
	"rejoin/reader"
	"rejoin/restore"
	"rejoin/rules"
)

// The backup of the benchmark: 500 channels of 400 members, four pages each.
const (
	benchChannels = 500
	benchEach     = 400
)

// made is a Chat API that makes up its members as it is asked for them.
type made struct{ pages atomic.Int64 }

func (m *made) ListMembers(_ context.Context, _, channel string, page chat.Page) (chat.MemberPage, error) {
	m.pages.Add(1)
	from, _ := strconv.Atoi(page.URL)
	got := chat.MemberPage{Members: make([]chat.Resource, chat.MaxPageSize)}
	for i := range got.Members {
		id := fmt.Sprintf("member-%d", from+i)
		got.Members[i] = chat.Resource{
			SID: "MB" + serviceA[2:], ChannelSID: channel, Identity: id, RoleSID: roleA, Attributes: `{"of": "` + id + `"}`,
			DateCreated: time.Date(2016, 3, 24, 21, 5, 50, 0, time.UTC),
		}
	}
	if to := from + chat.MaxPageSize; to < benchEach {
		got.Next = strconv.Itoa(to)
	}
	return got, nil
}

func (m *made) FetchChannel(context.Context, string, string) (chat.Channel, error) {
	return chat.Channel{}, nil
}

func (m *made) FetchService(context.Context, string) (chat.Service, error) {
	return chat.Service{}, nil
}

// benchRecords makes up the backup as it is read.
func benchRecords(order []int32) restore.Source {
	return func(context.Context) iter.Seq2[reader.Record, error] {
		return func(yield func(reader.Record, error) bool) {
			for n, at := range order {
				rec := record(channelSID(int(at)/benchEach), fmt.Sprintf("member-%d", int(at)%benchEach))
				rec.Pos = reader.Pos{Row: int64(n + 1), Line: int64(n + 1)}
				if !yield(rec, nil) {
					return
				}
			}
		}
	}
}

type nowhere struct{}

func (nowhere) Write([]*restore.Outcome) error { return nil }

// peak watches how much memory the heap's objects take, those that nobody holds any more included.
func peak(done <-chan struct{}) <-chan uint64 {
	out := make(chan uint64)
	go func() {
		sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
		var most uint64
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				metrics.Read(sample)
				most = max(most, sample[0].Value.Uint64())
			case <-done:
				out <- most
				return
			}
		}
	}()
	return out
}

// BenchmarkVerify compares 200,000 rows, and tells the pages as a share of those that there are.
func BenchmarkVerify(b *testing.B) {
	sorted := make([]int32, benchChannels*benchEach)
	for i := range sorted {
		sorted[i] = int32(i)
	}
	mixed := append([]int32(nil), sorted...)
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(mixed), func(i, k int) { mixed[i], mixed[k] = mixed[k], mixed[i] })
	judge, err := rules.New(rules.Config{})
	require.NoError(b, err)
	for _, c := range []struct {
		name    string
		order   []int32
		grouped bool
	}{{"sorted", sorted, true}, {"shuffled", mixed, false}} {
		b.Run(c.name, func(b *testing.B) {
			client := new(made)
			done := make(chan struct{})
			most := peak(done)
			for b.Loop() {
				sum, err := Run(b.Context(), benchRecords(c.order), Config{
					Client: client, Limiter: freely{}, Sink: nowhere{}, Rules: judge, Grouped: c.grouped, Extra: true, TempDir: b.TempDir(),
				})
				require.NoError(b, err)
				require.EqualValues(b, len(c.order), sum.Counts[restore.Same])
			}
			close(done)
			b.ReportMetric(float64(<-most)/(1<<20), "peak-MB")
			b.ReportMetric(float64(client.pages.Load())/float64(b.N)/(benchChannels*benchEach/chat.MaxPageSize), "pages/needed")
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(c.order)), "ns/row")
		})
	}
}
