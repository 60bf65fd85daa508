package sandbox

import "time"

// Faults is how the server misbehaves. The zero value does not.
type Faults struct {
	Orders  []Fault // the first that strikes a request is the one that does
	Latency Latency
}

// Fault is one kind of misbehaviour and when it strikes. All conditions that are set must hold. Whether a probability
// hits is decided by the configuration's seed, the operation, the Service, the channel, the identity and how many
// times this same request was tried before, so that it is the same for any number of requests side by side. Every,
// From and To count the requests in the fault's scope in the order in which they arrive.
type Fault struct {
	Kind        string        // one of [FaultKinds], such as "lost-after"
	Probability float64       // from 0 to 1; 0 stands for 1
	Every       int           // each n-th request only
	From, To    int           // the requests from the one to the other only, counted from 1; To 0: to the end
	First       int           // the first so many tries of the same request only
	Times       int           // so many times in all at most
	Since       time.Duration // only when the server is so old
	Until       time.Duration // only as long as it is younger
	On          string        // one of [FaultScopes]; empty: all of a member's operations, or its writes for what acts on writes alone
	RetryAfter  string        // the answer's Retry-After, as [Limits.RetryAfter]
	Code        int           // of the API's error, such as 50063 for a 429; 0: the usual; of a 409-busy, they take turns
	Over        time.Duration // that a slow answer takes; 0: 1 s
}

// The way in which a fault shows.
type faultManner uint8

const (
	answers faultManner = iota // with an error of the API
	shows                      // a page for people
	redirects
	loses // closes the connection without an answer
	hangs // never answers
	cuts  // closes the connection in the middle of the answer's body
	slows // sends the answer in pieces
)

// faultKind is one kind of fault.
type faultKind struct {
	name    string
	about   string
	manner  faultManner
	status  int
	code    int
	message string
	applied bool // the request is applied before the fault shows
	writes  bool // it strikes writes alone: on a read it would be a lie of the API, not a fault
}

// faultKinds is all of them. What is named -after is applied first.
var faultKinds = [...]faultKind{
	{name: "401", about: "credentials refused", status: 401, code: codeAuthentication, message: "Authenticate"},
	{name: "408", about: "a timeout's page, not applied", manner: shows, status: 408},
	{name: "429", about: "too many requests", status: 429, code: codeConcurrency, message: "Too Many Requests"},
	{name: "500", about: "not applied", status: 500, code: codeInternal, message: "An internal server error has occurred"},
	{name: "502", about: "not applied", status: 502, code: codeInternal, message: "Bad gateway"},
	{name: "503", about: "not applied", status: 503, code: codeUnavailable, message: "Service unavailable"},
	{name: "504", about: "not applied", status: 504, code: codeInternal, message: "Gateway timeout"},
	{
		name: "500-after", about: "applied, then 500",
		status: 500, code: codeInternal, message: "An internal server error has occurred", applied: true,
	},
	{name: "502-after", about: "applied, then 502", status: 502, code: codeInternal, message: "Bad gateway", applied: true},
	{
		name: "503-after", about: "applied, then 503",
		status: 503, code: codeUnavailable, message: "Service unavailable", applied: true,
	},
	{name: "504-after", about: "applied, then 504", status: 504, code: codeInternal, message: "Gateway timeout", applied: true},
	{name: "404-after", about: "applied, then 404/20404", status: 404, code: codeNotFound, applied: true, writes: true},
	{
		name: "409-busy", about: "a concurrent modification, not applied", status: 409, code: codeBusy,
		message: "Conflicting resource update in progress", writes: true,
	},
	{name: "lost-before", about: "the connection closes, nothing is applied", manner: loses},
	{name: "lost-after", about: "applied, then the connection closes", manner: loses, applied: true},
	{name: "html", about: "503 with a page, not applied", manner: shows, status: 503},
	{name: "html-200", about: "200 with a page, not applied", manner: shows, status: 200},
	{name: "html-200-after", about: "applied, then 200 with a page", manner: shows, status: 200, applied: true},
	{name: "redirect", about: "307 to another host, not applied", manner: redirects, status: 307},
	{name: "cut", about: "applied, the answer's body ends in the middle", manner: cuts, applied: true},
	{name: "slow", about: "applied, the answer comes in pieces", manner: slows, applied: true},
	{name: "hang", about: "never answers, not applied", manner: hangs},
	{name: "hang-after", about: "applied, never answers", manner: hangs, applied: true},
}

// FaultKinds returns the names of the faults that can be ordered, each with what it does.
func FaultKinds() [][2]string {
	kinds := make([][2]string, len(faultKinds))
	for i := range faultKinds {
		kinds[i] = [2]string{faultKinds[i].name, faultKinds[i].about}
	}
	return kinds
}

// FaultScopes returns the names of the operations that a fault can be kept to.
func FaultScopes() []string {
	return []string{"create", "fetch", "list", "update", "delete", "write", "read", "members", "any"}
}

// inScope reports whether the fault may strike the operation.
func (f *faultOrder) inScope(op *operation) bool {
	if f.kind.writes && !op.writes() {
		return false
	}
	switch f.On {
	case "any":
		return true
	case "write":
		return op.onMembers() && op.writes()
	case "read":
		return op.onMembers() && !op.writes()
	case "", "members":
		return op.onMembers()
	default:
		return op.name == f.On+" member" || op.name == f.On+" members"
	}
}
