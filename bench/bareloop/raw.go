package main

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// raw posts over sockets, one for each goroutine. It knows as much of HTTP as the service that it is meant for needs: an
// answer has its length in its head.
type raw struct {
	addr string
	head []byte // of every request, behind its path
}

func newRaw(to target) (*raw, error) {
	u, err := url.Parse(to.base)
	if err != nil {
		return nil, err
	}
	return &raw{u.Host, fmt.Appendf(nil, " HTTP/1.1\r\nHost: %s\r\nAuthorization: Basic %s\r\n"+
		"Content-Type: application/x-www-form-urlencoded\r\nX-Twilio-Webhook-Enabled: false\r\nContent-Length: ",
		u.Host, base64.StdEncoding.EncodeToString([]byte(to.account+":"+to.token)))}, nil
}

func (c *raw) post() (post, error) {
	conn, err := net.DialTimeout("tcp", c.addr, timeout) //nolint:noctx // a script's way
	if err != nil {
		return nil, err
	}
	var request []byte
	answers := bufio.NewReader(conn)
	var body []byte
	return func(path, form string) (status int, _ []byte, err error) {
		request = append(append(append(request[:0], "POST "...), path...), c.head...)
		request = append(append(strconv.AppendInt(request, int64(len(form)), 10), "\r\n\r\n"...), form...)
		if err := conn.SetDeadline(time.Now().Add(timeout)); err != nil {
			return 0, nil, err
		}
		if _, err := conn.Write(request); err != nil {
			return 0, nil, err
		}
		status, body, err = answer(answers, body)
		return status, body, err
	}, nil
}

// answer reads an answer's status and, into buf, its body.
func answer(from *bufio.Reader, buf []byte) (status int, body []byte, err error) {
	line, err := from.ReadSlice('\n')
	if err != nil {
		return 0, buf, err
	}
	const before = len("HTTP/1.1 ")
	if len(line) < before+3 {
		return 0, buf, fmt.Errorf("found %q, expected the first line of an answer", line)
	}
	if status, err = strconv.Atoi(string(line[before : before+3])); err != nil {
		return 0, buf, err
	}
	length := -1
	for {
		if line, err = from.ReadSlice('\n'); err != nil {
			return 0, buf, err
		}
		name, value, more := bytes.Cut(bytes.TrimSpace(line), []byte(": "))
		if !more {
			break
		}
		if string(name) == "Content-Length" {
			if length, err = strconv.Atoi(string(value)); err != nil {
				return 0, buf, err
			}
		}
	}
	if length < 0 {
		return 0, buf, fmt.Errorf("an answer %d %s has no length", status, http.StatusText(status))
	}
	if cap(buf) < length {
		buf = make([]byte, length)
	}
	body = buf[:length]
	_, err = io.ReadFull(from, body)
	return status, body, err
}
