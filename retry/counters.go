package retry

import (
	"sync/atomic"
	"time"
)

// Counters say how a run's requests fare, for a screen or a monitor that looks at them now and then. They may be read at
// any time, and change while they are read, so that they need not agree with each other.
type Counters struct {
	Requests  atomic.Int64
	Throttled atomic.Int64 // requests answered 429
	Outage    atomic.Bool  // the service does not answer; the run waits and probes

	Answers [NumMeanings]atomic.Int64 // by what they meant
	Latency Latency                   // from a request's sending to its answer, or its end without one
}

// Heard counts an answer, and how long it took.
func (c *Counters) Heard(m Meaning, took time.Duration) {
	c.Answers[m].Add(1)
	c.Latency.Add(took)
}

// latencyBounds are the upper ends of the buckets but the last, which has none.
var latencyBounds = [...]time.Duration{
	time.Millisecond, 2500 * time.Microsecond, 5 * time.Millisecond, 10 * time.Millisecond, 25 * time.Millisecond,
	50 * time.Millisecond, 100 * time.Millisecond, 250 * time.Millisecond, 500 * time.Millisecond,
	time.Second, 2500 * time.Millisecond, 5 * time.Second, 10 * time.Second, 30 * time.Second,
}

// Latency is a histogram of times. Its zero value is empty. It is safe for concurrent use.
type Latency struct {
	buckets [len(latencyBounds) + 1]atomic.Int64
	sum     atomic.Int64 // nanoseconds
}

// Add takes in a time.
func (l *Latency) Add(d time.Duration) {
	at := 0
	for at < len(latencyBounds) && d > latencyBounds[at] {
		at++
	}
	l.buckets[at].Add(1)
	l.sum.Add(int64(d))
}

// Times are how many times there were, and their sum.
func (l *Latency) Times() (n int64, sum time.Duration) {
	for i := range l.buckets {
		n += l.buckets[i].Load()
	}
	return n, time.Duration(l.sum.Load())
}

// UpTo gives, for each bucket but the last, its upper end and how many times were no longer than that.
func (l *Latency) UpTo(bucket func(end time.Duration, n int64)) {
	var n int64
	for i, end := range latencyBounds {
		n += l.buckets[i].Load()
		bucket(end, n)
	}
}
