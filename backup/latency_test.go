package backup

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// latency is how long an answer takes.
const latency = 50 * time.Millisecond

// Requests in flight hide the latency: a Service with many channels takes as long as its requests, shared among the
// workers, and no longer, the lists of channels at its beginning and at its end included. What is lost are the first page
// of the list, and the last rounds, in which some have nothing to do.
func TestPagesInFlightHideTheLatency(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ channels, members, workers int }{
		{500, 1, 32}, {3000, 1, 32}, {250, 13, 32}, {250, 13, 64}, {50, 13, 1},
	} {
		s := newService(test.channels, test.members)
		s.latency, s.size = latency, 5
		backUp(t, s, Config{Workers: test.workers}, func(_ *written, sum Summary, err error) {
			require.NoError(t, err)
			pages := s.called("members") + s.called("channels")
			t.Logf("%d channels of %d members, %d workers: %v; %d requests, of them %d pages: %.2f of requests, %.2f of pages × latency / workers",
				test.channels, test.members, test.workers, sum.Elapsed, sum.Requests, pages, inFlight(sum.Requests, test.workers, sum),
				inFlight(int64(pages), test.workers, sum))
			least := time.Duration(sum.Requests) * latency / time.Duration(test.workers)
			assert.LessOrEqual(t, sum.Elapsed, least+4*latency)
			assert.Equal(t, test.workers, s.most)
		})
	}
}

// inFlight is how much of the workers' time such requests took: 1 where each was always waiting for an answer to one.
func inFlight(requests int64, workers int, sum Summary) float64 {
	return float64(requests) * latency.Seconds() / float64(workers) / sum.Elapsed.Seconds()
}

// BenchmarkTwoHundredThousandMembers backs up that many, and compares what the pages alone would take,
// shared among the workers, with the time that it took: 1 where the latency is wholly hidden, and nothing but pages was
// asked for.
func BenchmarkTwoHundredThousandMembers(b *testing.B) {
	for _, test := range []struct{ channels, members, workers int }{
		{20_000, 10, 32}, {2000, 100, 32}, {500, 400, 32}, {200, 1000, 32}, {500, 400, 8},
	} {
		b.Run(fmt.Sprint(test.channels, "x", test.members, "/", test.workers), func(b *testing.B) {
			s := newService(test.channels, test.members)
			s.latency = latency
			for b.Loop() {
				s.calls = nil
				sum, err := runInto(b.Context(), s, &written{}, Config{Workers: test.workers})
				if err != nil || sum.Members != 200_000 {
					b.Fatal(sum, err)
				}
				b.ReportMetric(inFlight(sum.Requests, test.workers, sum), "of_requests")
				b.ReportMetric(inFlight(int64(s.called("members")+s.called("channels")), test.workers, sum), "of_pages")
			}
		})
	}
}

// BenchmarkRows is what a row costs between the answer and the sink.
func BenchmarkRows(b *testing.B) {
	for _, format := range []Format{NDJSON, CSV} {
		b.Run(format.String(), func(b *testing.B) {
			var to bytes.Buffer
			rows := newEncoder(format, &to)
			m, at := member(1, 2), &target{sid: channelSID(1), uniqueName: "channel 1"}
			m.Attributes = `{"crm":{"id":9007199254740993,"score":0.10,"history":[{"at":"2020-02-29T23:59:59Z","delta":-1.5e-3},[]]}}`
			b.ReportAllocs()
			for b.Loop() {
				to.Reset()
				line := newRow(&m, serviceA, at)
				if err := rows.encode(&line); err != nil {
					b.Fatal(err)
				}
			}
			b.SetBytes(int64(to.Len()))
		})
	}
}

// BenchmarkBlocks is what compression costs: a block of rows, as it goes into a file.
func BenchmarkBlocks(b *testing.B) {
	var text bytes.Buffer
	rows := newEncoder(NDJSON, &text)
	for n := 0; text.Len() < blockBytes; n++ {
		m := member(n/1000, n%1000)
		line := newRow(&m, serviceA, &target{sid: channelSID(n / 1000)})
		if err := rows.encode(&line); err != nil {
			b.Fatal(err)
		}
	}
	for _, how := range []Compression{Gzip, Zstd} {
		b.Run(how.String(), func(b *testing.B) {
			p, err := newPacker(how)
			if err != nil {
				b.Fatal(err)
			}
			b.SetBytes(int64(text.Len()))
			for b.Loop() {
				packed, err := p.pack(text.Bytes())
				if err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(text.Len())/float64(len(packed)), "ratio")
			}
		})
	}
}
