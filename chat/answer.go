package chat

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// answer is what came back, up to where its body begins.
type answer struct {
	status int
	id     string // the Twilio-Request-Id header, as it came

	// A plain answer's body is length bytes long, and stands in the connection's buffer behind the head.
	head, length int

	resp *http.Response // of an answer that is not plain
	over bool           // its body was read to the end
}

// readAnswer waits for the answer to a request for which want is promised. Interim answers are passed over.
//
// The usual answer is read here, at a fraction of what net/http takes for it; whatever is not of that form, right or
// wrong, is left to net/http, which reads the same bytes from the first on. A fuzz test holds the two to one meaning.
func (c *conn) readAnswer(want int) (answer, error) {
	c.left = maxHeaderBytes
	defer func() { c.left = -1 }()
	a, plain, err := c.readPlain(want)
	if plain || err != nil {
		return a, err
	}
	for {
		resp, err := http.ReadResponse(c.in, nil) //nolint:bodyclose // it is the connection that is closed, or kept
		if err != nil {
			if c.left == 0 {
				err = errHeadersTooLong // whatever the cut made of them
			}
			return answer{}, err
		}
		if resp.StatusCode/100 == 1 && resp.StatusCode != http.StatusSwitchingProtocols {
			continue
		}
		return answer{status: resp.StatusCode, id: resp.Header.Get("Twilio-Request-Id"), resp: resp}, nil
	}
}

// readPlain reads the head of a plain answer; false: it is none, and not a byte of it was taken.
func (c *conn) readPlain(want int) (answer, bool, error) {
	for need := 1; need <= c.in.Size(); need = c.in.Buffered() + 1 {
		if _, err := c.in.Peek(need); err != nil {
			return answer{}, false, noAnswer(err, c.in.Buffered())
		}
		head, _ := c.in.Peek(c.in.Buffered())
		if a, how := parseHead(head, want); how != cut {
			return a, how == plain, nil
		}
	}
	return answer{}, false, nil
}

// noAnswer is the error of an answer of which only got bytes came.
func noAnswer(err error, got int) error {
	switch {
	case err != io.EOF: //nolint:errorlint // as package bufio gives it
		return err
	case got == 0:
		return fmt.Errorf("the connection was closed: %w", io.EOF)
	}
	return fmt.Errorf("the connection was closed in the midst of the answer: %w", io.ErrUnexpectedEOF)
}

// form says what parseHead makes of a head.
type form uint8

const (
	plain form = iota
	unusual
	cut // it goes on
)

// parseHead reads the head of an answer of the usual form: HTTP/1.1, the promised status, header lines as RFC 9112
// has them, among them one Content-Length (but for 204, which has none), and none that changes how the body is read
// or what becomes of the connection.
func parseHead(b []byte, want int) (answer, form) {
	a := answer{status: want, length: -1}
	line, rest, how := cutLine(b)
	if how != plain {
		return a, how
	}
	if !isStatusLine(line, want) {
		return a, unusual
	}
	for {
		if line, rest, how = cutLine(rest); how != plain {
			return a, how
		}
		if len(line) == 0 {
			break
		}
		if !a.header(line) {
			return a, unusual
		}
	}
	if want == http.StatusNoContent && a.length < 0 {
		a.length = 0
	} else if want == http.StatusNoContent || a.length < 0 {
		return a, unusual
	}
	a.head = len(b) - len(rest)
	return a, plain
}

// cutLine returns b's first line, and what follows it. A line that does not end in CR and LF, or holds a control
// character, is unusual.
func cutLine(b []byte) (line, rest []byte, how form) {
	i := bytes.IndexByte(b, '\n')
	if i < 0 {
		return nil, nil, cut
	}
	if i == 0 || b[i-1] != '\r' {
		return nil, nil, unusual
	}
	line = b[:i-1]
	for _, c := range line {
		if c < ' ' || c == 0x7f {
			return nil, nil, unusual
		}
	}
	return line, b[i+1:], plain
}

// isStatusLine reports whether line is an HTTP/1.1 status line with the status want.
func isStatusLine(line []byte, want int) bool {
	const version = "HTTP/1.1 "
	if len(line) < len(version)+3 || string(line[:len(version)]) != version {
		return false
	}
	code, reason := line[len(version):len(version)+3], line[len(version)+3:]
	return int(code[0]-'0')*100+int(code[1]-'0')*10+int(code[2]-'0') == want &&
		isDigit(code[0]) && isDigit(code[1]) && isDigit(code[2]) && (len(reason) == 0 || reason[0] == ' ')
}

// header takes one header line in; false: it is unusual.
func (a *answer) header(line []byte) bool {
	colon := bytes.IndexByte(line, ':')
	if colon <= 0 {
		return false
	}
	name, value := line[:colon], bytes.Trim(line[colon+1:], " ")
	for _, c := range name {
		if !tokens[c] {
			return false
		}
	}
	switch len(name) {
	case len("Content-Length"):
		if isNamed(name, "content-length") {
			return a.setLength(value)
		}
	case len("Connection"):
		if isNamed(name, "connection") {
			return isNamed(value, "keep-alive")
		}
	case len("Twilio-Request-Id"):
		if isNamed(name, "twilio-request-id") {
			first := a.id == ""
			if a.id = string(value); !first || a.id == "" {
				return false
			}
			return true
		}
		return !isNamed(name, "transfer-encoding")
	case len("Content-Encoding"):
		return !isNamed(name, "content-encoding")
	case len("Trailer"): // and Upgrade, which is as long
		return !isNamed(name, "trailer") && !isNamed(name, "upgrade")
	}
	return true
}

// setLength takes the one Content-Length in.
func (a *answer) setLength(digits []byte) bool {
	const most = 9 // digits
	if a.length >= 0 || len(digits) == 0 || len(digits) > most {
		return false
	}
	n := 0
	for _, c := range digits {
		if !isDigit(c) {
			return false
		}
		n = n*10 + int(c-'0')
	}
	a.length = n
	return true
}

// isNamed reports whether b is lower, which is in lower case, whatever the case of b's letters.
func isNamed(b []byte, lower string) bool {
	if len(b) != len(lower) {
		return false
	}
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}

// tokens holds the characters of a header's name (RFC 9110, section 5.6.2).
var tokens = func() (t [256]bool) {
	for _, c := range []byte("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") {
		t[c] = true
	}
	return t
}()

// needsBuffer reports whether the body has no room in c's buffer.
func (a *answer) needsBuffer(c *conn) bool { return a.resp != nil || a.head+a.length > c.in.Size() }

// readBody returns the answer's body, unpacked. It stands in the connection's buffer, or in buf where it has no room
// there. A body of more than limit bytes is an error.
func (c *conn) readBody(a *answer, buf *bytes.Buffer, limit int64) ([]byte, error) {
	if a.resp != nil {
		err := a.readUnusual(buf, limit)
		return buf.Bytes(), err
	}
	if int64(a.length) > limit {
		return nil, tooLong(limit)
	}
	if whole := a.head + a.length; !a.needsBuffer(c) {
		b, err := c.in.Peek(whole)
		if err != nil {
			return nil, cutShort(err)
		}
		_, _ = c.in.Discard(whole) // what was peeked at
		a.over = true
		return b[a.head:], nil // it stays until the next read
	}
	_, _ = c.in.Discard(a.head)
	n, err := buf.ReadFrom(io.LimitReader(c.in, int64(a.length)))
	if err == nil && n < int64(a.length) {
		err = io.EOF
	}
	if err != nil {
		return nil, cutShort(err)
	}
	a.over = true
	return buf.Bytes(), nil
}

// cutShort is the error of a body that did not come to its end.
func cutShort(err error) error {
	if err == io.EOF { //nolint:errorlint // as package bufio gives it
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("read the answer: %w", err)
}

func tooLong(limit int64) error { return fmt.Errorf("the answer is longer than %d bytes", limit) }

// readUnusual reads the body of an answer that net/http has begun into buf, to its end, so that the connection can be
// used again.
func (a *answer) readUnusual(buf *bytes.Buffer, limit int64) error {
	if a.status == http.StatusSwitchingProtocols {
		return errors.New("the service switched protocols, which was not asked for")
	}
	body := &ending{Reader: a.resp.Body}
	var src io.Reader = body
	if strings.EqualFold(a.resp.Header.Get("Content-Encoding"), "gzip") {
		packed, err := gzip.NewReader(io.LimitReader(body, limit))
		if err != nil {
			return fmt.Errorf("unpack the answer: %w", err)
		}
		src = packed
	}
	n, err := buf.ReadFrom(io.LimitReader(src, limit+1))
	if err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	if n > limit {
		return tooLong(limit)
	}
	a.over = body.ended
	return nil
}

// ending is a reader that knows whether its end was seen.
type ending struct {
	io.Reader
	ended bool
}

func (e *ending) Read(p []byte) (int, error) {
	n, err := e.Reader.Read(p)
	e.ended = e.ended || err == io.EOF
	return n, err
}

// keeps reports whether the connection can carry another request after the answer: it was read to its end, nothing
// came behind it, and neither side is about to close.
func (a *answer) keeps(in *bufio.Reader) bool {
	if !a.over || in.Buffered() > 0 {
		return false
	}
	return a.resp == nil || !a.resp.Close && a.status > 199
}
