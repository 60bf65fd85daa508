package verify

import (
	"context"
	"fmt"
	"hash/maphash"
	"sync"
	"time"

	"rejoin/restore"
	"rejoin/retry"
)

// Run compares the rows that source holds with the Service and returns how it ended. The summary is true in any case,
// also where an error says that the run stopped before its end: it is [restore.ErrSink], [restore.ErrInput],
// [restore.ErrChanged], [retry.ErrRefused], [retry.ErrOutage], the cause of ctx, or says why the temporary file could not
// be used. ctx stops reading and new requests; requests in flight may finish for Config.Grace.
//
// A source that ends with an error ends the backup: what was read before it is compared, but for extra members, and the
// run returns [restore.ErrInput].
func Run(ctx context.Context, source restore.Source, cfg Config) (restore.Summary, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return restore.Summary{}, err
	}
	e := newEngine(ctx, cfg)
	defer e.Close()

	var intake, workers, collector sync.WaitGroup
	collector.Go(e.collect)
	intake.Go(func() { e.intake(source(e.Sending)) })
	for range cfg.Workers {
		workers.Go(e.work)
	}
	intake.Wait()
	workers.Wait()
	close(e.told)
	collector.Wait()
	return e.summary()
}

// engine is one run.
type engine struct {
	Config
	*retry.Caller // the run's contexts, and what it knows of the service
	started       time.Time
	seed          maphash.Seed // of all hashes: no backup can be made to fall into one part

	units    chan *unit
	room     room
	moved    chan *unit // that turned out to be channels with another name
	told     chan []*restore.Outcome
	services services
	sids     map[uint64]struct{} // hashes of the channels that rows name by their SID; by intake, while it reads

	read     int64                   // by intake
	inputErr error                   // by intake
	earlier  restore.Settled         // by intake; extra members are counted, too
	left     tally                   // rows that end without an outcome
	counts   [restore.NumKinds]int64 // by the collector
	notAlike int64                   // of these, rows that are not restored
	sinkErr  error                   // by the collector
}

// tally is a number that several goroutines count.
type tally struct {
	mu sync.Mutex
	n  int64
}

func (t *tally) add(n int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.n += n
}

func newEngine(ctx context.Context, cfg Config) *engine {
	e := &engine{
		Config: cfg, started: time.Now(), seed: maphash.MakeSeed(), units: make(chan *unit), moved: make(chan *unit),
		told: make(chan []*restore.Outcome), room: newRoom(cfg.sizes.room), services: newServices(),
		sids: make(map[uint64]struct{}),
	}
	e.Caller = retry.New(ctx, retry.Config{
		Limiter: cfg.Limiter, MaxElapsed: cfg.MaxElapsed, OutageTimeout: cfg.OutageTimeout, Grace: cfg.Grace,
		Counters: &cfg.Progress.Counters, Warn: cfg.Warn,
	})
	if cfg.Ledger != nil {
		e.earlier.Counts[restore.Extra] = cfg.Ledger.Extras()
	}
	return e
}

// work is one worker: it takes channels and compares each to its end.
func (e *engine) work() {
	for u := range e.units {
		e.compare(u)
	}
}

// collect is the collector: it writes outcomes down, and counts them once they are written. When writing fails the run
// stops, and the rows whose outcome could not be written are as good as never compared.
func (e *engine) collect() {
	for batch := range e.told {
		if e.sinkErr == nil {
			if e.sinkErr = e.Sink.Write(batch); e.sinkErr != nil {
				e.Stop(restore.ErrSink, e.sinkErr)
			}
		}
		for _, o := range batch {
			switch {
			case e.sinkErr == nil:
				e.count(o)
			case o.Kind != restore.Extra:
				e.left.add(1)
			}
		}
	}
}

func (e *engine) count(o *restore.Outcome) {
	e.counts[o.Kind]++
	e.Progress.Done[o.Kind].Add(1)
	if o.Kind != restore.Extra && !o.Restored(e.Chosen) {
		e.notAlike++
		e.Progress.NotRestored.Add(1)
	}
}

// tell hands outcomes to the collector.
func (e *engine) tell(batch []*restore.Outcome) {
	if len(batch) > 0 {
		e.told <- batch
	}
}

func (e *engine) summary() (restore.Summary, error) {
	s := restore.Summary{
		Read: e.read, Counts: e.counts, NotRestored: e.notAlike + e.earlier.NotRestored + e.left.n,
		Requests: e.Progress.Requests.Load(), Throttled: e.Progress.Throttled.Load(),
		Elapsed: time.Since(e.started), Kinds: restore.KindsOf("verify"),
	}
	for k, n := range e.earlier.Counts {
		s.Counts[k] += n
	}
	s.Counts[restore.Pending] += e.left.n
	if err := s.Check(); err != nil {
		return s, err
	}
	switch {
	case e.sinkErr != nil:
		return s, fmt.Errorf("%w: %w", restore.ErrSink, e.sinkErr)
	case e.inputErr != nil:
		return s, e.inputErr
	case e.Sending.Err() != nil && (e.left.n > 0 || !e.Progress.ReadAll.Load()):
		return s, context.Cause(e.Sending)
	}
	return s, nil // told to stop or not, all rows had come to their end by then
}
