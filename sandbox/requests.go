package sandbox

import (
	"net/http"
	"slices"
	"sync"
	"time"
)

// Request is one request as it arrived, and what was answered. Its header holds the credentials that were sent.
type Request struct {
	ID        string // the answer's Twilio-Request-Id
	At        time.Time
	Method    string
	Path      string // escaped, as sent
	Query     string // without the question mark, as sent
	Header    http.Header
	Body      []byte
	Operation string // such as "create member"; empty where the path or the method is none of the API's

	Done   bool   // answered, or given up
	Status int    // that was answered; 0: no answer was sent, or not yet
	Fault  string // the fault that struck; empty: none
}

// Requests returns the last requests in the order in which they arrived, as many as [Config.Keep] says.
func (s *Server) Requests() []Request {
	s.journal.mu.Lock()
	defer s.journal.mu.Unlock()
	requests := make([]Request, len(s.journal.kept))
	for i, r := range s.journal.kept {
		requests[i] = *r
	}
	return requests
}

type journal struct {
	keep int
	mu   sync.Mutex
	kept []*Request
}

// open notes that the request arrived.
func (j *journal) open(x *exchange) {
	if j.keep == 0 {
		return
	}
	x.entry = &Request{
		ID: x.id, At: x.clock, Method: x.req.Method, Path: x.path, Query: x.req.URL.RawQuery,
		Header: x.req.Header.Clone(), Body: slices.Clone(x.body),
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.kept = append(j.kept, x.entry)
	if j.keep > 0 && len(j.kept) > j.keep {
		j.kept = j.kept[len(j.kept)-j.keep:]
	}
}

// close notes what became of it.
func (j *journal) close(x *exchange) {
	if x.entry == nil {
		return
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	x.entry.Done, x.entry.Status, x.entry.Fault = true, x.sent, x.struck()
	if x.op != nil {
		x.entry.Operation = x.op.name
	}
}
