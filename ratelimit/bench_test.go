package ratelimit

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// BenchmarkWaitNotHeld is what a request costs where nothing holds it.
func BenchmarkWaitNotHeld(b *testing.B) {
	lim, err := New(Config{Rate: maxRate, ChannelRate: 0})
	require.NoError(b, err)
	ctx := b.Context()
	b.ReportAllocs()
	for b.Loop() {
		if err := lim.Wait(ctx); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkWaitNotHeldParallel(b *testing.B) {
	lim, err := New(Config{Rate: maxRate})
	require.NoError(b, err)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := lim.Wait(b.Context()); err != nil {
				b.Error(err)
			}
		}
	})
}

// BenchmarkRequest is all calls of one accepted write in one of many channels.
func BenchmarkRequest(b *testing.B) {
	lim, err := New(Config{Rate: maxRate, ChannelRate: 25})
	require.NoError(b, err)
	names := make([]string, 1000)
	for i := range names {
		names[i] = fmt.Sprintf("IS%032d/CH%032d", 0, i)
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		name := names[i%len(names)]
		i++
		_ = lim.ChannelReadyAt(name)
		if err := lim.Wait(b.Context()); err != nil {
			b.Fatal(err)
		}
		lim.TakeChannel(name)
		lim.Accepted()
		lim.ChannelAccepted(name)
	}
}

// BenchmarkRate keeps a rate for two seconds of the real clock and reports what
// part of it was reached, and the fullest second as a part of it.
func BenchmarkRate(b *testing.B) {
	for _, perSecond := range []float64{1, 10, 25, 100, 1000, 5000} {
		b.Run(fmt.Sprintf("%g", perSecond), func(b *testing.B) {
			b.ReportMetric(0, "ns/op")
			var sum, fullest float64
			runs := 0
			for b.Loop() {
				at := grants(b, perSecond, 3*time.Second)
				sum += float64(len(at)-1) / at[len(at)-1].Sub(at[0]).Seconds() / perSecond
				fullest = max(fullest, float64(fullestSecond(at))/perSecond)
				runs++
			}
			b.ReportMetric(sum/float64(runs), "achieved/configured")
			b.ReportMetric(fullest, "fullest-second/configured")
		})
	}
}

// grants takes tokens for a time, and until there are two, and says when.
func grants(tb testing.TB, perSecond float64, d time.Duration) []time.Time {
	tb.Helper()
	lim, err := New(Config{Rate: perSecond})
	require.NoError(tb, err)
	at := make([]time.Time, 0, int(perSecond*d.Seconds())+2)
	for len(at) < 2 || at[len(at)-1].Sub(at[0]) < d {
		if err := lim.Wait(tb.Context()); err != nil {
			tb.Fatal(err)
		}
		at = append(at, time.Now())
	}
	return at
}

// fullestSecond is the most events that any second holds, its end not included.
func fullestSecond(at []time.Time) int {
	most, first := 0, 0
	for i := range at {
		for at[i].Sub(at[first]) >= time.Second {
			first++
		}
		most = max(most, i-first+1)
	}
	return most
}
