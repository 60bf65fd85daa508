package backup

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"rejoin/chat"
	"rejoin/retry"
)

// Run backs a Service up into sink and returns how it ended. The summary is true in any case, also where an error says
// that the run stopped before its end: an error that is one of this package's or of package retry's Err values, or the
// cause of ctx. ctx stops new requests; those in flight may finish for Config.Grace, and the channels that are whole by
// then are written.
func Run(ctx context.Context, sink Sink, cfg Config) (Summary, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return Summary{}, err
	}
	r := &run{Config: cfg, sink: sink, started: time.Now()}
	r.Caller = retry.New(ctx, retry.Config{
		Limiter: cfg.Limiter, OutageTimeout: cfg.OutageTimeout, Grace: cfg.Grace, Counters: &cfg.Progress.Counters, Warn: cfg.Warn,
	})
	defer r.Close()
	whole := r.all()
	r.summary.Requests, r.summary.Throttled = cfg.Progress.Requests.Load(), cfg.Progress.Throttled.Load()
	r.summary.Elapsed = time.Since(r.started)
	if whole {
		return r.summary, nil
	}
	return r.summary, context.Cause(r.Sending) //nolint:contextcheck // it was made of ctx
}

// run is one backup.
type run struct {
	Config
	*retry.Caller
	sink    Sink
	started time.Time
	order   *order

	mu      sync.Mutex
	summary Summary
	seen    map[string]bool // channels that are in the list or in the backup
}

// all does all of it, and reports whether the backup is whole. Where it is not, the run has been stopped with a cause.
func (r *run) all() bool {
	r.seen = make(map[string]bool)
	r.order = newOrder(r.Buffer, len(r.Only) == 0)
	defer context.AfterFunc(r.Sending, r.order.stop)()

	// The first worker reads the list, while the others begin with what it has found.
	var workers sync.WaitGroup
	listed := make(chan listing, 1)
	workers.Go(func() {
		if l, err := r.listed(); err == nil {
			listed <- l
		}
		close(listed)
		r.work()
	})
	for range r.Workers - 1 {
		workers.Go(r.work)
	}
	go func() {
		workers.Wait()
		r.order.close()
	}()
	defer r.order.drained() // nobody may be left that still asks for something
	all, ok := <-listed
	if !ok {
		return false
	}
	if err := r.sink.Begin(r.Format.header()); err != nil {
		r.Stop(ErrSink, err)
		return false
	}
	r.Begin(int(r.summary.Channels), int(r.summary.Earlier))
	r.order.begin(all)
	r.write()
	if !r.order.whole() {
		return false
	}
	switch {
	case r.summary.Channels == 0:
		r.warn("the Service " + r.Service + " has no channel: the backup holds no member")
	case r.summary.Members == 0:
		r.warn(fmt.Sprintf("the channels of the Service %s, %d of them, have no member: the backup holds none", r.Service, r.summary.Channels))
	}
	return true
}

// write writes the channels in their order, until there are no more.
func (r *run) write() {
	for {
		c, ok := r.order.get()
		if !ok {
			return
		}
		if err := r.sink.Write(c); err != nil {
			r.Stop(ErrSink, err)
			return
		}
		r.order.wrote(c)
		r.mu.Lock()
		r.summary.Done++
		r.summary.Members += c.Rows
		r.summary.Bytes += int64(len(c.Text))
		r.mu.Unlock()
		r.Progress.Done.Add(1)
		r.Progress.Members.Add(c.Rows)
	}
}

// work is one worker.
func (r *run) work() {
	for {
		j, ok := r.order.take()
		switch {
		case !ok:
			return
		case j.look:
			r.lookAgain()
		default:
			c, err := r.read(&j.target)
			switch {
			case err == errTooMuch: //nolint:errorlint // identity
				r.order.back(&j.target)
			case err != nil:
				return // the run has been stopped
			default:
				r.order.put(c)
			}
		}
	}
}

// warn tells what a person should know, at once and in the summary.
func (r *run) warn(message string) {
	r.mu.Lock()
	r.summary.Warned++
	if len(r.summary.Warnings) < MaxWarnings {
		r.summary.Warnings = append(r.summary.Warnings, message)
	}
	r.mu.Unlock()
	r.Warn(message)
}

// ask makes a request. Its error is the API's last answer where that settles the question; in every other case the run
// has been stopped, and the error is why.
//
// Retries are for a service that answers, and not as it should. For one that does not answer there is the outage's time,
// also where so few requests are made that nobody sees that it is one.
func (r *run) ask(what string, request func(context.Context) error) error {
	q := question{run: r, request: request}
	begun := time.Now()
	err := q.put()
	for silent(err) && q.astray == nil && r.Sending.Err() == nil && time.Since(begun) < r.OutageTimeout {
		err = q.put()
	}
	if q.astray != nil {
		return r.halt(ErrAnswer, fmt.Errorf("%s: %w", what, q.astray))
	}
	switch retry.MeaningOf(err) {
	case retry.Done:
		return nil
	case retry.Missing, retry.RefusedRow, retry.Exists, retry.ChannelFull:
		return err
	case retry.RefusedRun:
		return r.halt(retry.ErrRefused, fmt.Errorf("%s: %w", what, err))
	case retry.Unsent, retry.Busy, retry.Doubtful, retry.Throttled, retry.ChannelThrottled:
	}
	kind := ErrUnread
	if silent(err) {
		kind = retry.ErrOutage
	}
	return r.halt(kind, fmt.Errorf("%s, %d times: %w", what, q.tries, err))
}

// question is a request and what became of it.
type question struct {
	*run
	request func(context.Context) error
	tries   int
	astray  error // the request leads where the credentials must not go
}

// put makes the request until it is answered, or its tries are used up.
func (q *question) put() error {
	return q.Do(retry.Try{Retries: q.Retries}, func(ctx context.Context) error {
		q.tries++
		q.Progress.InFlight.Add(1)
		defer q.Progress.InFlight.Add(-1)
		err := q.request(ctx)
		if errors.Is(err, chat.ErrNotFollowed) {
			q.astray = err // nothing is the matter with the service's health, and another try is the same
			return nil
		}
		return err
	})
}

// silent reports whether a request had no answer at all.
func silent(err error) bool {
	answer, ok := errors.AsType[*chat.Error](err)
	return ok && answer.Status == 0
}

// halt stops the run and returns why it was stopped, which may be for another reason that came before.
func (r *run) halt(kind, why error) error {
	if r.Sending.Err() == nil {
		r.Stop(kind, why)
	}
	return errStopped
}

// errStopped is what the run's own functions return once the run has a cause to stop; nobody outside sees it.
var errStopped = errors.New("the run has been stopped")

// missing reports whether the API says that something in the address is not there.
func missing(err error) bool { return retry.MeaningOf(err) == retry.Missing }
