package sandbox

import (
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"
	"unicode/utf8"
)

// maxBody is how many bytes of a request's body are read: far more than any documented request has.
const maxBody = 1 << 20

// exchange is one request on its way to its answer. It is reused, so that nothing may keep it.
type exchange struct {
	w   http.ResponseWriter
	req *http.Request

	path       string // escaped, as sent
	base       string // scheme and host, for the URLs in the answer
	id         string
	clock      time.Time // when it arrived
	now        time.Time // the same in UTC and whole seconds, as the API shows it
	concurrent int64

	op      *operation
	opIndex int
	names   [4]string // the path's variable segments, decoded: Service, then what is in it
	args    form      // the body's parameters
	query   form

	body []byte // as sent

	status int
	out    []byte // the answer's body
	extra  string // the value of a Retry-After header
	html   bool   // the answer's body is a page
	sent   int    // the status that went out; 0: none

	fault *faultOrder // that strikes; nil: none
	draw  digest      // the chance that it struck by
	entry *Request    // in the journal; nil: none is kept
}

func (x *exchange) reset() {
	*x = exchange{
		args: x.args[:0], query: x.query[:0], body: x.body[:0], out: x.out[:0],
	}
}

// readBody reads the body whole, so that a fault strikes when the client has sent all of it.
func (x *exchange) readBody() *apiError {
	if x.req.Body == nil || x.req.Body == http.NoBody {
		return nil
	}
	var err error
	x.body, err = readAll(x.body, x.req.Body)
	if errors.Is(err, errTooLarge) {
		return &apiError{status: http.StatusRequestEntityTooLarge, code: codeTooLarge, message: "Request entity too large"}
	}
	if err != nil {
		return badRequest(codeParameter, "The post body could not be read")
	}
	return nil
}

var errTooLarge = errors.New("body too large")

func readAll(dst []byte, src io.Reader) ([]byte, error) {
	for {
		if len(dst) == cap(dst) {
			dst = append(dst, 0)[:len(dst)]
		}
		n, err := src.Read(dst[len(dst):cap(dst)])
		dst = dst[:len(dst)+n]
		switch {
		case len(dst) > maxBody:
			return dst, errTooLarge
		case errors.Is(err, io.EOF):
			return dst, nil
		case err != nil:
			return dst, err
		}
	}
}

// parse reads the parameters of the body and of the query. A body in another encoding than a form's has none.
func (x *exchange) parse() *apiError {
	var ok bool
	if x.req.URL.RawQuery != "" {
		if x.query, ok = appendForm(x.query, x.req.URL.RawQuery); !ok {
			return badRequest(codeParameter, "The query is not percent-encoded as it should be")
		}
	}
	if len(x.body) == 0 || !isForm(x.req.Header.Get("Content-Type")) {
		return nil
	}
	if x.args, ok = appendForm(x.args, string(x.body)); !ok {
		return badRequest(codeParameter, "The post body is not percent-encoded as it should be")
	}
	for i := range x.args {
		if !utf8.ValidString(x.args[i].value) || !utf8.ValidString(x.args[i].name) {
			return badRequest(codeParameter, "The parameter "+x.args[i].name+" is not UTF-8")
		}
	}
	return nil
}

// answer makes the success that the operation is documented with.
func (x *exchange) answer(body []byte) *apiError {
	x.status, x.out = x.op.success, body
	return nil
}

// fail makes the answer an error.
func (x *exchange) fail(e *apiError) {
	x.status, x.extra, x.html = e.status, e.retryAfter, false
	x.out = e.appendJSON(x.out[:0])
}

// The header values that every answer shares; they are never written to.
type fixedHeaders struct {
	json, html, realm                              []string
	origin, methods, headers, credentials, exposed []string
}

func newFixedHeaders() fixedHeaders {
	return fixedHeaders{
		json:        []string{"application/json"},
		html:        []string{"text/html; charset=utf-8"},
		realm:       []string{`Basic realm="Twilio API"`},
		origin:      []string{"*"},
		methods:     []string{"GET, POST, DELETE, OPTIONS"},
		headers:     []string{"Accept, Authorization, Content-Type, If-Match, If-Modified-Since, If-None-Match, If-Unmodified-Since"},
		credentials: []string{"true"},
		exposed:     []string{"ETag"},
	}
}

// setHeaders writes what an answer carries beside its body: the documented CORS headers, and the two of Twilio's that
// recorded responses show.
func (x *exchange) setHeaders(f *fixedHeaders, id string, concurrent int64) {
	h := x.w.Header()
	h["Twilio-Request-Id"] = []string{id}
	h["Twilio-Concurrent-Requests"] = []string{strconv.FormatInt(concurrent, 10)}
	if x.extra != "" {
		h["Retry-After"] = []string{x.extra}
	}
	switch {
	case x.html:
		h["Content-Type"] = f.html
		return
	case x.status != http.StatusNoContent:
		h["Content-Type"] = f.json
	}
	h["Access-Control-Allow-Origin"] = f.origin
	h["Access-Control-Allow-Methods"] = f.methods
	h["Access-Control-Allow-Headers"] = f.headers
	h["Access-Control-Allow-Credentials"] = f.credentials
	h["Access-Control-Expose-Headers"] = f.exposed
	if x.status == http.StatusUnauthorized {
		h["Www-Authenticate"] = f.realm
	}
}
