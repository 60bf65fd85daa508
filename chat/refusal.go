package chat

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// refusal returns the error of an answer with another status than promised.
func (c *Client) refusal(r *call, a *answer, body []byte) *Error {
	e := r.fail(nil)
	header := a.resp.Header
	e.Status, e.Sent, e.RequestID = a.status, true, c.requestID(a.id)
	e.RetryAfter, e.HasRetryAfter = retryAfter(header, time.Now())
	p := parseProblem(body)
	if a.status/100 == 3 {
		p.message = redirect(header.Get("Location"))
	}
	e.Code = p.code
	e.Message = c.withoutPassword(p.message)
	e.MoreInfo = c.withoutPassword(p.moreInfo)
	return e
}

// requestID returns an answer's Twilio-Request-Id as it may be shown: "RQ" and 32 hexadecimal digits, as recorded
// answers show it.
func (c *Client) requestID(id string) string {
	if isSID(id, 'R', 'Q') {
		return id
	}
	return c.withoutPassword(oneLine(id))
}

// redirect says where a redirect points, without the query, which is not ours to show.
func redirect(location string) string {
	u, err := url.Parse(location)
	if err != nil || location == "" {
		return "a redirect, which is not followed"
	}
	to := url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}
	return "a redirect to " + oneLine(to.String()) + ", which is not followed"
}

// retryAfter reads the Retry-After header: seconds, or a date, which is taken against the answer's own Date so that a
// clock that differs does not matter. What lies in the past is 0; what cannot be read is not there.
func retryAfter(h http.Header, now time.Time) (time.Duration, bool) {
	s := strings.TrimSpace(h.Get("Retry-After"))
	if strings.Trim(s, "-.0123456789") == "" {
		// RFC 9110 has whole seconds; a fraction and a sign are read where they come.
		seconds, err := strconv.ParseFloat(s, 64)
		return durationOf(seconds), err == nil
	}
	at, err := http.ParseTime(s)
	if err != nil {
		return 0, false
	}
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		now = date
	}
	return max(at.Sub(now), 0), true
}

func durationOf(s float64) time.Duration {
	const most = 1<<63 - 1
	switch {
	case s <= 0:
		return 0
	case s >= most/float64(time.Second):
		return most
	}
	return time.Duration(s * float64(time.Second))
}
