package restore

import "runtime"

// outcomeQueue is how many outcomes may wait for the collector. What is ready together is written together.
const outcomeQueue = 1024

// collect is the collector: it writes outcomes down, and counts them once they are written. When writing fails the run
// stops, and what could not be written counts as what a resumed run will find.
//
// The first outcome wakes it at once, while the workers whose answers have come, too, wait for the processor. They go
// first: a write for all of them costs a system call where there would be one for each.
func (e *engine) collect() {
	batch := make([]*Outcome, 0, outcomeQueue)
	for o := range e.outcomes {
		runtime.Gosched()
		batch = e.gather(append(batch[:0], o))
		if e.sinkErr == nil {
			if e.sinkErr = e.Sink.Write(batch); e.sinkErr != nil {
				e.Stop(ErrSink, e.sinkErr)
			}
		}
		if e.sinkErr != nil {
			e.unwritten(batch)
			continue
		}
		for _, o := range batch {
			e.count(o.Kind, o.Restored(e.Chosen))
		}
		e.spend()
	}
}

// unwritten counts outcomes that could not be written. Nobody will know of a member that was made, or may have been: it
// is unknown. The others are as good as never sent.
func (e *engine) unwritten(batch []*Outcome) {
	for _, o := range batch {
		switch o.Kind {
		case Created, Updated, Unknown:
			e.count(Unknown, false)
		case Pending, Exists, Differs, Duplicate, Invalid, Rejected, Failed,
			Same, Missing, Extra, Deleted, Gone, Kept: // those of the last line are no restore's
			e.pending.Add(1)
		}
	}
}

// gather adds what is ready without waiting.
func (e *engine) gather(batch []*Outcome) []*Outcome {
	for len(batch) < cap(batch) {
		select {
		case o, ok := <-e.outcomes:
			if !ok {
				return batch
			}
			batch = append(batch, o)
		default:
			return batch
		}
	}
	return batch
}

func (e *engine) count(kind Kind, restored bool) {
	e.counts[kind]++
	e.Progress.Done[kind].Add(1)
	if !restored {
		e.notRestored++
		e.Progress.NotRestored.Add(1)
	}
}

// spend stops the run when too many rows are not restored.
func (e *engine) spend() {
	var finished int64
	for _, n := range e.counts {
		finished += n
	}
	if err := e.MaxErrors.spent(e.notRestored, finished); err != nil {
		e.Stop(ErrTooManyErrors, err)
	}
}
