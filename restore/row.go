package restore

import (
	"time"

	"rejoin/chat"
	"rejoin/reader"
	"rejoin/retry"
)

// step is the next request that a row needs.
type step uint8

const (
	create     step = iota // the member is to be made
	update                 // the member is there and is to be given the backup's values
	look                   // dry run: is the member there?
	settle                 // the member may be there: is it, and with which values?
	askChannel             // the member was said not to be there: is its channel?
	askService             // nor its channel: is its Service?
	readBack               // undo: is the member as it was made?
	remove                 // undo: it is to be deleted
)

// writes reports whether the step counts against the ceiling of its channel. Reads are not counted by the service
// (https://www.twilio.com/docs/chat/chat-limits).
func (s step) writes() bool { return s == create || s == update || s == remove }

// queues reports whether rows with this step wait in their channel's queue: those that have not begun, and writes.
func (s step) queues() bool { return s.writes() || s == look || s == readBack }

// row is a record on its way through the engine. It belongs to one goroutine at a time: intake, the window, or a worker.
type row struct {
	pos       reader.Pos
	raw       []byte
	member    chat.Member
	backupSID string
	channel   string // the key of its channel: Service and SID or unique name
	made      made   // of an undo

	step step
	// notBefore is when the row may be tried again; zero: at once.
	notBefore time.Time
	// urgent rows have begun and go before those that have not.
	urgent bool
	// announced rows may go without a word: that they may have been sent is known to whoever comes after this run.
	announced bool

	requests     int  // sent so far
	failures     int  // attempts to write that failed
	readFailures int  // attempts to ask that failed, since the last that did not
	spared       bool // the last failure was the service being down, and is not held against the row
	waits        retry.Backoff
	begun        time.Time     // when its first request went out
	sent         time.Time     // when its last one did
	downBefore   time.Duration // how long the service had been down by then

	// doubt says that some try may have been applied and that no answer has settled it yet.
	doubt bool
	// ours says that some try was in doubt at some time, so that a member that holds what was sent is ours.
	ours bool
	// suspect says that the try in doubt is one of an earlier run, which may not have come to it.
	suspect bool
	// refused is the 404 to a create whose reason is being looked for.
	refused *chat.Error
	// last is the last error that the row met; it is told if nothing better follows.
	last *chat.Error
}

// rowOverhead is what a row costs beside its bytes: the structure itself, its map and heap entries, and what the
// allocator rounds up.
const rowOverhead = 600

// size is what the row costs in the window.
func (r *row) size() int64 { return 2*int64(len(r.raw)) + rowOverhead }

// outcome is an outcome of the row, with all that does not depend on how it ended.
func (r *row) outcome(kind Kind) *Outcome {
	o := &Outcome{
		Row: r.pos.Row, Line: r.pos.Line, Kind: kind,
		ServiceSID: r.member.ServiceSID, Channel: r.member.Channel, Identity: r.member.Identity, BackupSID: r.backupSID,
		MemberSID: r.made.sid,
		Attempts:  r.requests,
		At:        time.Now(), Raw: r.raw,
	}
	if chat.IsChannelSID(o.Channel) {
		o.ChannelSID = o.Channel
	}
	if !r.begun.IsZero() {
		o.Elapsed = o.At.Sub(r.begun)
	}
	return o
}

// decided is the row's outcome where err decided it.
func (r *row) decided(kind Kind, err *chat.Error) *Outcome {
	o := r.outcome(kind)
	if err != nil {
		o.HTTPStatus, o.ErrorCode, o.RequestID = err.Status, err.Code, err.RequestID
		o.Error = err.Error()
	}
	return o
}

// found is the row's outcome where the member was seen, in an answer to whatever request.
func (r *row) found(kind Kind, answer *chat.Answer) *Outcome {
	o := r.outcome(kind)
	o.HTTPStatus = answer.Status
	o.MemberSID = answer.Member.SID
	if kind == Created {
		o.Fingerprint = chat.Fingerprint(&answer.Member)
	}
	if answer.Member.ChannelSID != "" {
		o.ChannelSID = answer.Member.ChannelSID
	}
	return o
}

// begin counts a request.
func (r *row) begin() {
	r.sent = time.Now()
	if r.begun.IsZero() {
		r.begun = r.sent
	}
	r.requests++
}

// writeFailed counts a failed attempt to write, and readFailed one to ask, unless the service was down.
func (r *row) writeFailed() {
	if !r.spared {
		r.failures++
	}
}

func (r *row) readFailed() {
	if !r.spared {
		r.readFailures++
	}
}
