package report

import (
	"bytes"
	"strconv"

	"rejoin/internal/prose"
	"rejoin/restore"
)

// A Class says of what kind a cause is.
type Class string

// The classes of causes. They are stable: scripts may branch on them.
const (
	ByRule       Class = "rule"        // an invalid row; the key is the rule that it breaks
	ByCode       Class = "code"        // the API refused it; the key is the API's error code
	ByStatus     Class = "status"      // the API's answer had no code; the key is the HTTP status
	ByNetwork    Class = "network"     // no answer came; the key says what happened to the connection
	ByDifference Class = "difference"  // the member is there with another value; the key is the field
	ByMember     Class = "member"      // of a verify or an undo; the key says how it stands with the member
	ByDuplicate  Class = "duplicate"   // another row for the same member has other values
	ByNotApplied Class = "not_applied" // a restored member whose answer does not show a field; the key is the field
	ByOther      Class = "other"       // there were more causes than are told apart
)

const (
	// examplesKept is how many rows a cause names.
	examplesKept = 5
	// causesKept bounds the memory that causes take, whatever an API answers.
	causesKept = 1000
)

// Cause is why rows are not restored, or not as they should be. A row that breaks two rules has two causes.
type Cause struct {
	Class    Class
	Key      string
	Rows     int64
	Outcomes [restore.NumKinds]int64
	Examples []Example

	// What the cause is, what it means for the rows, how to mend it, and where to read on; empty where nothing is known.
	Title, Means, Mend, Link string
}

// Example is a row that a cause has struck.
type Example struct {
	Report   string `json:"report"`
	Row      int64  `json:"row"`
	Line     int64  `json:"line"`
	Channel  string `json:"channel,omitempty"`
	Identity string `json:"identity,omitempty"`
	Error    string `json:"error,omitempty"`
}

// CauseKey names a cause.
type CauseKey struct {
	Class Class
	Key   string
}

// struck is a cause that has struck a row, and what the report says of it for people.
type struck struct {
	CauseKey
	text string
}

// causes gathers the causes of rows.
type causes struct {
	byKey map[CauseKey]*Cause
	row   []struck // of one row
}

func newCauses() *causes { return &causes{byKey: make(map[CauseKey]*Cause)} }

// add takes in a row. Most rows have no cause.
func (c *causes) add(row *Row) {
	c.row = row.struck(c.row[:0])
	for i := range c.row {
		c.count(row, &c.row[i])
	}
}

// Causes are why the row is not restored, or not as it should be, the first one first; none for most rows.
func (r *Row) Causes() []CauseKey {
	all := r.struck(nil)
	keys := make([]CauseKey, len(all))
	for i := range all {
		keys[i] = all[i].CauseKey
	}
	return keys
}

// struck appends the causes that have struck the row.
func (r *Row) struck(dst []struck) []struck {
	e := r.entry
	if len(e.notApplied) > 0 {
		var fields []string
		if e.list(e.notApplied, &fields) == nil {
			for _, field := range fields {
				dst = appendCause(dst, ByNotApplied, field, "")
			}
		}
	}
	if r.Restored {
		return dst
	}
	switch r.Kind {
	case restore.Invalid:
		return e.rules(dst)
	case restore.Differs:
		return e.differing(dst)
	case restore.Duplicate:
		return appendCause(dst, ByDuplicate, "other-values", "")
	case restore.Rejected, restore.Failed, restore.Unknown:
		if len(e.problems) > 0 { // it was not the API that refused the row
			return e.rules(dst)
		}
		return e.answer(dst)
	case restore.Missing:
		if e.status != 0 { // its channel is
			return e.answer(dst)
		}
		return appendCause(dst, ByMember, "missing", "")
	case restore.Extra:
		return appendCause(dst, ByMember, "extra", "")
	case restore.Kept:
		return appendCause(dst, ByMember, "changed", string(e.failure))
	case restore.Created, restore.Updated, restore.Exists, restore.Pending,
		restore.Same, restore.Deleted, restore.Gone: // as they should be, or without a line
	}
	return dst
}

func appendCause(dst []struck, class Class, key, text string) []struck {
	return append(dst, struck{CauseKey{class, clip(key)}, text})
}

func (e *entry) rules(dst []struck) []struck {
	problems, err := e.problemList()
	if err != nil || len(problems) == 0 {
		return appendCause(dst, ByRule, "unknown", "")
	}
	for i, p := range problems {
		again := false
		for _, before := range problems[:i] {
			again = again || before.Rule == p.Rule
		}
		if again {
			continue // the cause counts rows
		}
		text := p.Message
		if p.Column != "" {
			text = p.Column + ": " + text
		}
		dst = appendCause(dst, ByRule, p.Rule, text)
	}
	return dst
}

func (e *entry) differing(dst []struck) []struck {
	var list []differenceLine
	if e.list(e.differences, &list) != nil || len(list) == 0 {
		return appendCause(dst, ByDifference, "unknown", "")
	}
	for _, d := range list {
		dst = appendCause(dst, ByDifference, d.Field, "is "+d.Got+", expected "+d.Want)
	}
	return dst
}

func (e *entry) answer(dst []struck) []struck {
	switch {
	case e.code != 0:
		return appendCause(dst, ByCode, strconv.FormatInt(e.code, 10), string(e.failure))
	case e.status != 0:
		return appendCause(dst, ByStatus, strconv.FormatInt(e.status, 10), string(e.failure))
	}
	return appendCause(dst, ByNetwork, networkCause(e.failure), string(e.failure))
}

// count adds a row to a cause.
func (c *causes) count(row *Row, s *struck) {
	k := s.CauseKey
	cause := c.byKey[k]
	if cause == nil && len(c.byKey) >= causesKept {
		k = CauseKey{ByOther, "other"}
		cause = c.byKey[k]
	}
	if cause == nil {
		known := explain(k.Class, k.Key)
		cause = &Cause{
			Class: k.Class, Key: k.Key, Title: known.title, Means: known.means, Mend: known.mend, Link: link(k.Class, k.Key),
		}
		c.byKey[k] = cause
	}
	cause.Rows++
	cause.Outcomes[row.Kind]++
	if len(cause.Examples) < examplesKept {
		e := row.entry
		cause.Examples = append(cause.Examples, Example{
			Report: row.Report, Row: e.row, Line: e.line, Channel: string(e.named()), Identity: string(e.identity),
			Error: prose.Visible(s.text),
		})
	}
}

// networkCauses are what the errors of Go's network code say, and what it is called here. The first that fits counts.
var networkCauses = []struct{ text, cause string }{
	{"no such host", "name-not-found"},
	{"server misbehaving", "name-not-found"},
	{"connection refused", "connection-refused"},
	{"network is unreachable", "unreachable"},
	{"no route to host", "unreachable"},
	{"x509:", "certificate"},
	{"certificate", "certificate"},
	{"tls:", "tls"},
	{"proxyconnect", "proxy"},
	{"connection reset", "connection-lost"},
	{"broken pipe", "connection-lost"},
	{"unexpected EOF", "connection-lost"},
	{"EOF", "connection-lost"},
	{"connection was lost", "connection-lost"},
	{"server closed", "connection-lost"},
	{"use of closed network connection", "connection-lost"},
	{"deadline exceeded", "timeout"},
	{"timeout", "timeout"},
	{"timed out", "timeout"},
	{"Timeout", "timeout"},
}

// networkCause says what kept an answer from coming.
func networkCause(failure []byte) string {
	for _, c := range networkCauses {
		if bytes.Contains(failure, []byte(c.text)) {
			return c.cause
		}
	}
	return "no-answer"
}
