package sandbox

import (
	"maps"
	"sync"
	"sync/atomic"
)

// Stats is what the server has answered so far.
type Stats struct {
	Requests      int            // that ended
	Operations    map[string]int // by name, such as "create member"; what is none of the API's is under "other"
	Statuses      map[int]int    // by status; under 0 those that got no answer
	Faults        map[string]int // by name, those that struck
	InFlight      int
	MaxConcurrent int // the most that were in flight together
}

// Stats returns the counts so far.
func (s *Server) Stats() Stats {
	stats := s.counts.stats()
	stats.InFlight = int(s.inFlight.Load())
	return stats
}

type counters struct {
	operations    []atomic.Int64 // as the table of operations; the last counts what is none of them
	statuses      [600]atomic.Int64
	maxConcurrent atomic.Int64

	mu     sync.Mutex
	faults map[string]int
}

func (c *counters) add(x *exchange) {
	at := len(c.operations) - 1
	if x.op != nil {
		at = x.opIndex
	}
	c.operations[at].Add(1)
	c.statuses[x.sent].Add(1)
	for {
		most := c.maxConcurrent.Load()
		if x.concurrent <= most || c.maxConcurrent.CompareAndSwap(most, x.concurrent) {
			break
		}
	}
	if name := x.struck(); name != "" {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.faults == nil {
			c.faults = map[string]int{}
		}
		c.faults[name]++
	}
}

func (c *counters) stats() Stats {
	s := Stats{
		Operations: map[string]int{}, Statuses: map[int]int{}, Faults: map[string]int{},
		MaxConcurrent: int(c.maxConcurrent.Load()),
	}
	for i := range c.operations {
		n := int(c.operations[i].Load())
		s.Requests += n
		if n == 0 {
			continue
		}
		if i == len(c.operations)-1 {
			s.Operations["other"] = n
		} else {
			s.Operations[operations[i].name] = n
		}
	}
	for status := range c.statuses {
		if n := c.statuses[status].Load(); n > 0 {
			s.Statuses[status] = int(n)
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	maps.Copy(s.Faults, c.faults)
	return s
}
