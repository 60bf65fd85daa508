package chat

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Error is a call that did not end in the answer that the documents promise.
type Error struct {
	Op     string // what was called, such as "create member"
	Method string
	Path   string // escaped, without the query

	Status int // the answer's HTTP status; 0: no answer

	// What the API says of it, as far as its answer could be read: its error code
	// (https://www.twilio.com/docs/api/errors), what it means, where to read on.
	Code     int
	Message  string
	MoreInfo string

	RequestID string // the Twilio-Request-Id header; support asks for it

	// RetryAfter is how long the API asks to wait, where HasRetryAfter.
	RetryAfter    time.Duration
	HasRetryAfter bool

	// Sent is false where certainly not one byte of the request left: the name was not found, the connection was
	// refused or could not be secured, the context had ended.
	Sent bool

	// Timeout says that the attempt's own clock ended it, rather than the caller's context.
	Timeout bool

	// Err is the cause; nil where the API answered with another status than promised.
	Err error
}

// Error says what was called, what came back, and what the API says of it, in one line.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Op)
	b.WriteString(": ")
	e.writeOutcome(&b)
	if e.Message != "" {
		b.WriteString(": ")
		b.WriteString(e.Message)
	}
	if e.Err != nil {
		b.WriteString(": ")
		b.WriteString(e.Err.Error())
	}
	if e.RequestID != "" {
		b.WriteString(" [request ")
		b.WriteString(e.RequestID)
		b.WriteByte(']')
	}
	return b.String()
}

// writeOutcome writes how far the call came.
func (e *Error) writeOutcome(b *strings.Builder) {
	switch {
	case e.Status != 0:
		b.WriteString("the API answered ")
		b.WriteString(strconv.Itoa(e.Status))
		if text := http.StatusText(e.Status); text != "" {
			b.WriteByte(' ')
			b.WriteString(text)
		}
		if e.Code != 0 {
			b.WriteString(", code ")
			b.WriteString(strconv.Itoa(e.Code))
		}
	case e.Sent:
		b.WriteString("sent, but not answered")
	default:
		b.WriteString("not sent")
	}
}

// Unwrap returns the cause, if there is one.
func (e *Error) Unwrap() error { return e.Err }
