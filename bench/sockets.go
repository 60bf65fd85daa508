package main

import (
	"bufio"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// sockets is the task of a loop that does nothing but send and receive, in this process: a connection for each worker,
// over which one request follows the other. What it reaches is what the service and the machine let through. It adds up
// in total how long the answers took, from the writing of a request to the reading of its answer's last byte.
func (b *bench) sockets(backup string, rows, workers int, service []string, total *atomic.Int64) task {
	return task{"bare sockets", func(ctx context.Context) (cost, error) {
		return b.withService(ctx, backup, func(base string) (cost, error) {
			var next atomic.Int64
			failed := make([]error, workers)
			var group sync.WaitGroup
			start := time.Now()
			for w := range workers {
				group.Go(func() { failed[w] = converse(ctx, base, rows, &next, total) })
			}
			group.Wait()
			return cost{wall: time.Since(start)}, errors.Join(failed...)
		}, service...)
	}}
}

// converse sends rows over one connection as long as there are any.
func converse(ctx context.Context, base string, rows int, next, total *atomic.Int64) (err error) {
	host := strings.TrimPrefix(base, "http://")
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", host)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	defer context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Now()) })()
	in := bufio.NewReader(conn)
	var request []byte
	for i := int(next.Add(1)) - 1; i < rows; i = int(next.Add(1)) - 1 {
		request = appendPost(request[:0], host, i)
		sent := time.Now()
		if _, err := conn.Write(request); err != nil {
			return err
		}
		answer, err := http.ReadResponse(in, nil)
		if err != nil {
			return err
		}
		body, err := io.ReadAll(answer.Body)
		if err := errors.Join(err, answer.Body.Close()); err != nil {
			return err
		}
		total.Add(int64(time.Since(sent)))
		if answer.StatusCode != http.StatusCreated {
			return fmt.Errorf("%s: %s", answer.Status, body)
		}
	}
	return nil
}

// appendPost appends the request of the row with that number.
func appendPost(dst []byte, host string, i int) []byte {
	m := memberOf(i, perChannel)
	form := m.form().Encode()
	return fmt.Appendf(dst, "POST /v2/Services/%s/Channels/%s/Members HTTP/1.1\r\nHost: %s\r\nAuthorization: Basic %s\r\n"+
		"X-Twilio-Webhook-Enabled: false\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n%s",
		m.ServiceSID, m.ChannelSID, host, base64.StdEncoding.EncodeToString([]byte(accountSID+":any")), len(form), form)
}
