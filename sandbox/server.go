package sandbox

import (
	"fmt"
	"html/template"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// Config is what a server is made of. The zero value takes any credentials, limits no rate and has no faults.
type Config struct {
	AccountSID, AuthToken string // basic authentication that is accepted; with no pair given, any that is not empty
	APIKey, APISecret     string // a second pair that is accepted

	Limits Limits
	Faults Faults
	Seed   uint64 // of the SIDs and of the faults: the same seed and the same requests give the same answers
	Page   bool   // GET / shows people what the server holds, without credentials; else / is none of the API's
	Keep   int    // how many of the last requests [Server.Requests] returns; 0: none; negative: all
}

// Server is the Chat API in memory. It is made by [New], and safe for concurrent use.
type Server struct {
	credentials credentials
	account     string
	limits      Limits
	faults      *faultPlan
	seed        digest
	started     time.Time
	fixed       fixedHeaders

	exchanges  sync.Pool
	alarms     alarms
	memberRate atomic.Uint64 // a float64's bits
	served     atomic.Uint64 // numbers the requests
	inFlight   atomic.Int64
	counts     counters
	journal    journal
	store      *store             // nil: nothing is kept
	view       *template.Template // of the page at /; nil: there is none

	mu          sync.RWMutex
	services    map[string]*service
	serviceList sequence[*service]
	born        uint64
}

// New returns a server that holds nothing yet. The error says which part of the configuration cannot be.
func New(cfg Config) (*Server, error) {
	s := &Server{
		seed: newDigest(cfg.Seed), started: time.Now(), fixed: newFixedHeaders(), services: map[string]*service{},
	}
	var err error
	if s.credentials, err = newCredentials(&cfg); err != nil {
		return nil, fmt.Errorf("sandbox: %w", err)
	}
	if s.limits, err = cfg.Limits.complete(); err != nil {
		return nil, fmt.Errorf("sandbox: limits: %w", err)
	}
	if s.faults, err = newFaultPlan(&cfg.Faults, s.seed); err != nil {
		return nil, fmt.Errorf("sandbox: faults: %w", err)
	}
	if s.account = cfg.AccountSID; s.account == "" {
		s.account = s.seed.text("account").sid("AC")
	}
	if cfg.Page {
		if s.view, err = newView(); err != nil {
			return nil, fmt.Errorf("sandbox: %w", err)
		}
	}
	s.counts.operations = make([]atomic.Int64, len(operations)+1)
	s.journal.keep = cfg.Keep
	s.SetServiceRate(s.limits.MemberWrites)
	return s, nil
}

// AccountSID is the Account that new Services belong to: [Config.AccountSID], or one that the seed gives.
func (s *Server) AccountSID() string { return s.account }

// ServeHTTP answers one request of the API. A fault that loses the connection panics with [http.ErrAbortHandler], as
// net/http's servers expect it.
func (s *Server) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	if s.viewing(req) {
		s.serveView(w, req)
		return
	}
	x, ok := s.exchanges.Get().(*exchange)
	if !ok {
		x = &exchange{}
	}
	x.w, x.req, x.path, x.base = w, req, req.URL.EscapedPath(), baseOf(req)
	x.clock = time.Now()
	x.now = x.clock.UTC().Truncate(time.Second)
	x.concurrent = s.inFlight.Add(1)
	x.id = s.seed.text("request").number(s.served.Add(1)).sid("RQ")
	defer s.finish(x)
	s.serve(x) //nolint:contextcheck // the exchange has the request, and that its context
}

// finish runs however the request ended, so that a lost answer is counted and recorded too.
func (s *Server) finish(x *exchange) {
	s.inFlight.Add(-1)
	s.counts.add(x)
	s.journal.close(x)
	x.reset()
	s.exchanges.Put(x)
}

func (s *Server) serve(x *exchange) {
	unread := x.readBody()
	s.journal.open(x)
	if unread != nil {
		x.fail(unread)
	} else if refused := s.accept(x); refused != nil {
		x.fail(refused)
	} else {
		s.answer(x)
		return
	}
	s.send(x)
}

// accept does what comes before any resource is looked at.
func (s *Server) accept(x *exchange) *apiError {
	if fault := s.credentials.check(x.req); fault != nil {
		return fault
	}
	if s.limits.Concurrency > 0 && x.concurrent > int64(s.limits.Concurrency) {
		return s.limited(x, codeConcurrency, "Too Many Requests")
	}
	if fault := x.route(); fault != nil {
		return fault
	}
	if fault := x.parse(); fault != nil {
		return fault
	}
	if x.op.webhook {
		return checkWebhookHeader(x)
	}
	return nil
}

// send writes the answer.
func (s *Server) send(x *exchange) {
	x.setHeaders(&s.fixed, x.id, x.concurrent)
	x.sent = x.status
	if x.status == http.StatusNoContent {
		x.w.WriteHeader(x.status)
		return
	}
	x.w.Header()["Content-Length"] = []string{strconv.Itoa(len(x.out))}
	x.w.WriteHeader(x.status)
	_, _ = x.w.Write(x.out) // the client is gone: nobody is left to tell
}

// baseOf returns the scheme and host that the client used, for the URLs in the answer.
func baseOf(req *http.Request) string {
	switch {
	case req.Host == "":
		return "https://chat.twilio.com"
	case req.TLS != nil:
		return "https://" + req.Host
	default:
		return "http://" + req.Host
	}
}
