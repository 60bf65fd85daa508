package restore

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"
	"sync/atomic"
	"time"

	"rejoin/reader"
	"rejoin/retry"
)

// Source gives the records of a backup. The context ends when the run stops; a source that can block for long must end
// with it. An error that is not a [*reader.RowError] is the last thing it gives.
type Source func(ctx context.Context) iter.Seq2[reader.Record, error]

// Run restores the members that source holds and returns how it ended. The summary is true in any case, also where an
// error says that the run stopped before its end: an error that is one of this package's Err values, or the cause of
// ctx. ctx stops intake and new requests; requests in flight may finish for Config.Grace.
//
// A source that ends with an error ends the backup: what was read before it is restored, and the run returns
// [ErrInput].
func Run(ctx context.Context, source Source, cfg Config) (Summary, error) {
	cfg, err := cfg.withDefaults()
	switch {
	case err != nil:
		return Summary{}, err
	case cfg.Rules == nil:
		return Summary{}, errors.New("restore: Rules are needed")
	}
	e := newEngine(ctx, cfg)
	defer e.Close()
	return e.run(func() { e.intake(source(e.Sending)) })
}

// run takes rows in until there are no more, or the run stops, and sees them to their end.
func (e *engine) run(takeIn func()) (Summary, error) {
	var intake, workers, collector sync.WaitGroup
	collector.Go(e.collect)
	intake.Go(takeIn)
	for range e.Workers {
		workers.Go(e.work)
	}
	intake.Wait()
	workers.Wait()
	for _, r := range e.window.drain() {
		e.leave(r)
	}
	close(e.outcomes)
	collector.Wait()
	return e.summary()
}

// engine is one run.
type engine struct {
	Config
	*retry.Caller // the run's contexts, and what it knows of the service
	started       time.Time

	window   *window
	outcomes chan *Outcome
	channels closedChannels
	live     live
	force    bool // undo: members that have been changed are deleted, too

	read        int64   // by intake
	inputErr    error   // by intake
	earlier     Settled // by intake
	counts      [NumKinds]int64
	notRestored int64        // by the collector
	sinkErr     error        // by the collector
	pending     atomic.Int64 // rows left without an outcome
	cut         atomic.Bool  // some row was left because the run stopped
}

func newEngine(ctx context.Context, cfg Config) *engine {
	e := &engine{Config: cfg, started: time.Now(), outcomes: make(chan *Outcome, outcomeQueue)}
	e.Caller = retry.New(ctx, retry.Config{
		Limiter: cfg.Limiter, MaxElapsed: cfg.MaxElapsed, OutageTimeout: cfg.OutageTimeout, Grace: cfg.Grace,
		Counters: &cfg.Progress.Counters, Warn: cfg.Warn,
	})
	e.window = newWindow(cfg.Limiter, cfg.WindowRows, cfg.WindowBytes, cfg.Progress)
	e.window.filling, e.window.whole = cfg.DryRun, cfg.DryRun // the more rows of a channel are there, the fewer requests they need
	if cfg.Announce != nil && !cfg.DryRun {
		e.window.announce = e.announce
	}
	e.channels.closed = make(map[string]*closedChannel)
	e.live.init()
	return e
}

// announce stops the run where what it is about to send cannot be told to the one after it: it is not sent then.
func (e *engine) announce(rows []int64) {
	if err := e.Announce(rows); err != nil {
		e.Stop(ErrSink, err)
	}
}

// work is one worker: it takes rows and makes one request for each until there are no more.
func (e *engine) work() {
	for {
		r, err := e.window.next(e.Sending, e.Outage.Gate)
		if err != nil || r == nil {
			return
		}
		if e.Sending.Err() != nil { // since the token was taken
			e.again(r, 0)
			return
		}
		e.Progress.InFlight.Add(1)
		e.attempt(r)
		e.Progress.InFlight.Add(-1)
	}
}

// again puts a row back for another request, after a while.
func (e *engine) again(r *row, after time.Duration) {
	if e.Sending.Err() != nil {
		e.window.forget(r)
		e.leave(r)
		return
	}
	if after > 0 {
		r.notBefore = time.Now().Add(after)
	}
	e.window.again(r)
}

// end gives a row that a worker has its outcome.
func (e *engine) end(r *row, o *Outcome) {
	e.window.forget(r)
	e.tell(o)
}

// tell hands an outcome to the collector.
func (e *engine) tell(o *Outcome) { e.outcomes <- o }

// leave ends a row that the run stops before. What may have been applied is unknown; what was tried and certainly was
// not applied has failed; the others are pending, also those that an earlier run may have sent: what it left of them
// still stands in the report.
func (e *engine) leave(r *row) {
	e.cut.Store(true)
	switch {
	case r.doubt && r.requests > 0:
		e.tell(e.stopped(r, Unknown))
	case r.failures > 0:
		e.tell(e.stopped(r, Failed))
	default:
		e.pending.Add(1)
	}
}

// stopped is the outcome of a row that was being tried when the run stopped. The API's last error stays in it: that
// the run was stopped explains nothing about the row.
func (e *engine) stopped(r *row, kind Kind) *Outcome {
	o := r.decided(kind, r.last)
	o.Error += "; the run stopped before another try: " + context.Cause(e.Sending).Error()
	return o
}

func (e *engine) summary() (Summary, error) {
	s := Summary{
		Read: e.read, Counts: e.counts, NotRestored: e.notRestored,
		Requests: e.Progress.Requests.Load(), Throttled: e.Progress.Throttled.Load(),
		Elapsed: time.Since(e.started), DryRun: e.DryRun,
	}
	for k, n := range e.earlier.Counts {
		s.Counts[k] += n
	}
	s.NotRestored += e.earlier.NotRestored
	s.Counts[Pending] += e.pending.Load()
	s.NotRestored += e.pending.Load()
	if err := s.Check(); err != nil {
		return s, err
	}
	switch {
	case e.sinkErr != nil:
		return s, fmt.Errorf("%w: %w", ErrSink, e.sinkErr)
	case e.inputErr != nil:
		return s, e.inputErr
	case e.Sending.Err() != nil && !e.inTime():
		return s, context.Cause(e.Sending)
	}
	return s, nil
}

// inTime reports whether the run was told to stop when all its rows had come to their end by themselves: then there is
// nothing left to resume.
func (e *engine) inTime() bool { return e.Progress.ReadAll.Load() && !e.cut.Load() && e.sinkErr == nil }
