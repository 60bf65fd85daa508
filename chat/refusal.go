package chat

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// refusal returns the error of an answer with another status than promised.
func (c *Client) refusal(r *call, resp *http.Response, body []byte) *Error {
	e := r.fail(nil)
	e.Status, e.Sent, e.RequestID = resp.StatusCode, true, resp.Header.Get("Twilio-Request-Id")
	e.RetryAfter, e.HasRetryAfter = retryAfter(resp.Header, time.Now())
	p := parseProblem(body)
	e.Code = p.code
	e.Message = c.secrets.Replace(p.message)
	e.MoreInfo = c.secrets.Replace(p.moreInfo)
	if e.Message == "" && resp.StatusCode/100 == 3 {
		e.Message = "a redirect, which is not followed"
	}
	return e
}

// retryAfter reads the Retry-After header: seconds, or a date, which is taken against the answer's own Date so that a
// clock that differs does not matter. What lies in the past is 0; what cannot be read is not there.
func retryAfter(h http.Header, now time.Time) (time.Duration, bool) {
	s := strings.TrimSpace(h.Get("Retry-After"))
	if s == "" {
		return 0, false
	}
	if seconds, err := strconv.ParseFloat(s, 64); err == nil {
		return durationOfSeconds(seconds)
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

func durationOfSeconds(s float64) (time.Duration, bool) {
	const most = 1<<63 - 1
	switch {
	case s != s: // not a number
		return 0, false
	case s <= 0:
		return 0, true
	case s >= most/float64(time.Second):
		return most, true
	}
	return time.Duration(s * float64(time.Second)), true
}

// problem is what the body of a refusal says.
type problem struct {
	code     int
	message  string
	moreInfo string
}

// parseProblem reads a refusal's body in any of the forms that the API and what stands before it are known to have:
// {code, message, more_info, status} with detail or details, {code, message, httpStatusCode, userError}, RFC 9457's
// {type, title, status, code, detail}, plain text, a page of HTML, nothing.
func parseProblem(body []byte) problem {
	var fields map[string]json.RawMessage
	if json.Unmarshal(body, &fields) != nil {
		return problem{message: gist(body)}
	}
	p := problem{code: intField(fields["code"]), moreInfo: stringField(fields["more_info"])}
	for _, name := range []string{"message", "title", "detail", "details", "error"} {
		if p.message = oneLine(stringField(fields[name])); p.message != "" {
			break
		}
	}
	return p
}

func stringField(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}

func intField(raw json.RawMessage) int {
	text := string(raw)
	if s := stringField(raw); s != "" {
		text = s
	}
	n, err := strconv.Atoi(strings.TrimSpace(text))
	if err != nil {
		return 0
	}
	return n
}

// gist returns a short line for a body that is not JSON.
func gist(body []byte) string { return oneLine(string(body)) }

const maxMessage = 300

// oneLine returns s without line ends and control characters, cut to a length that can be read.
func oneLine(s string) string {
	return strings.Join(strings.Fields(s), " ")
}
