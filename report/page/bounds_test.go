package page

import (
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/report"
	"rejoin/restore"
)

// Time is cut into few steps, however long it is, and nothing that happened is lost.
func TestTimeIsCutIntoFewSteps(t *testing.T) {
	t.Parallel()
	for _, span := range []time.Duration{time.Second, time.Minute, time.Hour, 31 * time.Hour, 400 * 24 * time.Hour, 90 * 365 * 24 * time.Hour} {
		line := newTimeline()
		var want report.Latency
		const rows = 20_000
		r := rand.New(rand.NewPCG(3, 4))
		for i := range rows {
			at := fixtureStart.Add(time.Duration(i) * span / rows).UnixMilli()
			b := line.bucket(floorDiv(at, widthOf(line.scale)))
			if b.rows() == 0 {
				b.first, b.last = at, at
			}
			b.first, b.last = min(b.first, at), max(b.last, at)
			b.restored++
			took := time.Duration(r.IntN(5000)) * time.Millisecond
			b.latency.Add(took)
			want.Add(took)
			if len(line.buckets) > bucketsKept {
				t.Fatalf("%d steps are held", len(line.buckets))
			}
		}
		moments := line.moments()
		assert.LessOrEqual(t, len(moments), bucketsKept, span)
		var got report.Latency
		var restored int64
		var shown float64
		for _, b := range line.buckets {
			got.Merge(&b.latency)
			restored += b.restored
		}
		for i := range moments {
			shown += moments[i].restored * float64(moments[i].to-moments[i].from) / 1e3
			require.True(t, i == 0 || moments[i-1].to <= moments[i].from, "%s: steps follow each other", span)
		}
		assert.Equal(t, int64(rows), restored, span)
		assert.InDelta(t, rows, shown, 0.5, span)
		assert.Equal(t, want, got, span)
	}
}

// A run that is resumed days later is a stretch of its own; what is between costs nothing.
func TestPausesAreLeftOut(t *testing.T) {
	t.Parallel()
	line := newTimeline()
	for _, begin := range []time.Duration{0, 100 * time.Hour, 101 * time.Hour} {
		for i := range 600 {
			at := fixtureStart.Add(begin + time.Duration(i)*100*time.Millisecond).UnixMilli()
			b := line.bucket(floorDiv(at, widthOf(line.scale)))
			b.first, b.last = at, at
			b.restored++
		}
	}
	moments := line.moments()
	assert.Equal(t, 2, moments[len(moments)-1].stretch)
	assert.LessOrEqual(t, widthOf(line.scale), int64(1000), "the steps are still short")
}

func TestCountersAreSpreadOverTheirTime(t *testing.T) {
	t.Parallel()
	line := newTimeline()
	at := func(s float64) time.Time { return fixtureStart.Add(time.Duration(s * float64(time.Second))) }
	line.run(&report.RunInfo{StartedAt: at(0), Every: time.Second, Points: []report.Point{
		{At: at(1), Requests: 40},
		{At: at(1.5), Requests: 60, Throttled: 10},
		{At: at(100), Requests: 100, Throttled: 10},
		{At: at(101), Requests: 90, Throttled: 10}, // no run's counters go back
	}})
	var requests, throttled float64
	for number, b := range line.buckets {
		requests += b.requests
		throttled += b.throttled
		second := float64(number*widthOf(line.scale))/1e3 - float64(fixtureStart.Unix())
		assert.True(t, second < 1.5 || second >= 99, "nothing was counted at %g", second)
	}
	assert.InDelta(t, 100, requests, 1e-6)
	assert.InDelta(t, 10, throttled, 1e-6)
	assert.InDelta(t, 10, line.buckets[floorDiv(at(0).UnixMilli(), widthOf(0))].requests, 1e-6)
}

// A channel that comes more often than the bound on the error is never missing, and no count is more wrong than is said.
func TestFrequentNamesAreFound(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(5, 6))
	h, exact := newHeavy(50), map[string]int64{}
	for range 200_000 {
		name := fmt.Sprintf("rare-%d", r.IntN(20_000))
		if n := r.IntN(20); n < 5 {
			name = fmt.Sprintf("often-%d", n)
		}
		h.add([]byte(name))
		exact[name]++
		if len(h.counts) > 100 {
			t.Fatalf("%d names are held", len(h.counts))
		}
	}
	top := h.top(5)
	for _, n := range top {
		assert.Regexp(t, "^often-", n.name)
		assert.LessOrEqual(t, n.count, exact[n.name])
		assert.GreaterOrEqual(t, n.count+h.taken, exact[n.name])
	}
	assert.LessOrEqual(t, h.taken, int64(200_000/50))

	few := newHeavy(50)
	for i := range 100 {
		for range i + 1 {
			few.add(fmt.Appendf(nil, "name-%d", i))
		}
	}
	assert.Zero(t, few.taken, "as long as there are few the counts are exact")
	assert.Equal(t, named{"name-99", 100}, few.top(1)[0])
}

// In a report that is sorted by channel the slowest are found, however many channels there are.
func TestTheSlowestChannelsAreFound(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(7, 8))
	s := newSlow(100)
	const channels = 10_000
	for c := range channels {
		typical := 50 + r.IntN(20)
		if c%1000 == 500 {
			typical = 1000 + c
		}
		for range 5 {
			s.add(fmt.Appendf(nil, "ch-%d", c), time.Duration(typical)*time.Millisecond)
		}
		if len(s.paces) > 100 {
			t.Fatalf("%d channels are held", len(s.paces))
		}
	}
	assert.True(t, s.shed)
	top := s.top(channelsShown)
	for i, p := range top {
		assert.Equal(t, fmt.Sprintf("ch-%d", 9500-1000*i), p.name)
		assert.Equal(t, int64(5), p.rows)
		assert.Equal(t, p.mean(), p.worst)
	}
	// Channels that are all alike have no faster half.
	alike := newSlow(10)
	for c := range 1000 {
		alike.add(fmt.Appendf(nil, "ch-%d", c), time.Second)
		require.LessOrEqual(t, len(alike.paces), 10)
	}
}

func TestScalesAreRound(t *testing.T) {
	t.Parallel()
	for largest, want := range map[float64]string{
		0: "0 0.2 0.4 0.6 0.8 1", 0.7: "0 0.2 0.4 0.6 0.8", 1: "0 0.2 0.4 0.6 0.8 1", 24.4: "0 5 10 15 20 25", 1003: "0 250 500 750 1,000 1,250", 31_000: "0 10,000 20,000 30,000 40,000",
	} {
		s, ticks := upTo(largest, 100, 0, perSecond)
		var got []string
		for i, tick := range ticks {
			if i > 0 {
				assert.Less(t, tick.At, ticks[i-1].At)
			}
			got = append(got, tick.Label)
		}
		assert.Equal(t, want, strings.Join(got, " "))
		assert.GreaterOrEqual(t, s.high, largest)
	}
	s, ticks := decades(40, 3000, 100, 0, milliseconds)
	assert.Equal(t, []string{"10 ms", "100 ms", "1 s", "10 s"}, []string{ticks[0].Label, ticks[1].Label, ticks[2].Label, ticks[3].Label})
	assert.InDelta(t, 100.0/3, s.place(1000), 0.1)
}

// BenchmarkTenMillionRows makes the page of a report of 10 million rows (4 GB), which is made first.
func BenchmarkTenMillionRows(b *testing.B) {
	path := filepath.Join(b.TempDir(), "big.ndjson")
	const rows = 10_000_000
	j, err := report.Create(path, report.Run{Version: "1.4.0", Command: "restore", StartedAt: fixtureStart, Backup: report.Backup{Path: "members.ndjson"}})
	require.NoError(b, err)
	batch := make([]*restore.Outcome, 1000)
	for first := 0; first < rows; first += len(batch) {
		for i := range batch {
			row := first + i + 1
			channel := fmt.Sprintf("CH%032x", row/100)
			o := &restore.Outcome{
				Row: int64(row), Line: int64(row), Kind: restore.Created, ServiceSID: fixtureService, Channel: channel, ChannelSID: channel,
				Identity: fmt.Sprintf("user-%d", row), BackupSID: "MB7a3abc545c5d2e269bf7d9400a688fd2", MemberSID: "MB4fa4072182c4466d3a9d33800b79563a",
				Attempts: 1, HTTPStatus: 201, Elapsed: time.Duration(40+row*7919%53) * time.Millisecond,
				At: fixtureStart.Add(time.Duration(row) * time.Millisecond),
			}
			if row%100 == 0 {
				o.Kind, o.HTTPStatus, o.ErrorCode, o.MemberSID = restore.Rejected, 403, 50403, ""
				o.Error = "create member: the API answered 403 Forbidden, code 50403: Channel member limit exceeded"
			}
			batch[i] = o
		}
		require.NoError(b, j.Write(batch))
	}
	require.NoError(b, j.Finish(restore.Summary{Read: rows, Elapsed: rows * time.Millisecond}, 3))
	require.NoError(b, j.Close())
	info, err := os.Stat(path)
	require.NoError(b, err)
	b.SetBytes(info.Size())
	b.ReportAllocs()
	for b.Loop() {
		reports, err := report.Load(path)
		require.NoError(b, err)
		totals, err := Write(io.Discard, reports, Config{})
		require.NoError(b, err)
		require.Equal(b, int64(rows), totals.Rows)
	}
}
