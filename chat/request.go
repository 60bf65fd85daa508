package chat

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strconv"
)

// prepareHeader returns the lines that a request to base begins with behind its first one, as net/http writes them.
func prepareHeader(base *url.URL, header http.Header) ([]byte, error) {
	var b bytes.Buffer
	req := http.Request{Method: http.MethodGet, URL: base, Host: base.Host, Header: header}
	if err := req.Write(&b); err != nil {
		return nil, fmt.Errorf("the host of the API's base URL cannot be named in a request: %w", err)
	}
	_, lines, _ := bytes.Cut(b.Bytes(), []byte("\r\n"))
	return bytes.TrimSuffix(lines, []byte("\r\n")), nil // without the empty line
}

// hostOf returns the host that prepared header lines name: in the letters of DNS, whatever the base URL has it in.
func hostOf(lines []byte) string {
	_, host, _ := bytes.Cut(lines, []byte("Host: "))
	host, _, _ = bytes.Cut(host, []byte("\r\n"))
	return string(host)
}

// appendRequest appends r as it goes out.
func appendRequest(dst []byte, r *call, header []byte) []byte {
	dst = append(dst, r.method...)
	dst = append(dst, ' ')
	dst = append(dst, r.path...)
	if r.query != "" {
		dst = append(dst, '?')
		dst = append(dst, r.query...)
	}
	dst = append(dst, " HTTP/1.1\r\n"...)
	dst = append(dst, header...)
	if r.carry == writing {
		dst = append(dst, "Content-Length: "...)
		dst = strconv.AppendInt(dst, int64(len(r.body)), 10)
		dst = append(dst, "\r\n"...)
	}
	dst = append(dst, "\r\n"...)
	return append(dst, r.body...)
}

// inline is how long a request is that surely fits into the buffers on the way, so that writing it does not wait for
// the service to read. One that is longer is written by a goroutine of its own, for a service may well answer it, and
// wait for that to be read, before it reads on.
const inline = 8 << 10

// roundTrip sends r and waits for its answer.
func (c *conn) roundTrip(r *call, header []byte) (answer, error) {
	c.out = appendRequest(c.out[:0], r, header)
	if len(c.out) > inline {
		return c.roundTripAside(r)
	}
	if _, err := c.net.Write(c.out); err != nil {
		return answer{}, err
	}
	return c.readAnswer(r.want)
}

// roundTripAside is roundTrip for a long request.
func (c *conn) roundTripAside(r *call) (answer, error) {
	c.writing = make(chan error, 1)
	go func(done chan<- error) {
		_, err := c.net.Write(c.out)
		if err != nil {
			_ = c.net.SetReadDeadline(longAgo()) // no use in waiting on
		}
		done <- err
	}(c.writing)
	a, err := c.readAnswer(r.want)
	if err != nil {
		_, err = c.settle(err)
	}
	return a, err
}

// settle ends the writing of a long request. It reports whether the whole of it was written, for an answer may come
// before that, and returns the error with which reading has ended, or rather the one with which writing did where that
// made reading end.
func (c *conn) settle(reading error) (bool, error) {
	if c.writing == nil {
		return true, reading
	}
	_ = c.net.SetWriteDeadline(longAgo())
	failed := <-c.writing
	c.writing = nil
	if errors.Is(reading, os.ErrDeadlineExceeded) && failed != nil && !errors.Is(failed, os.ErrDeadlineExceeded) {
		reading = failed
	}
	return failed == nil, reading
}
