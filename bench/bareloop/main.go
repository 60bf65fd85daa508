package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"sync"
	"time"
)

// timeout is how long a client waits for an answer.
const timeout = 30 * time.Second

type row struct {
	ServiceSID               string `json:"service_sid"`
	ChannelSID               string `json:"channel_sid"`
	Identity                 string `json:"identity"`
	RoleSID                  string `json:"role_sid"`
	LastConsumedMessageIndex int    `json:"last_consumed_message_index"`
	LastConsumptionTimestamp string `json:"last_consumption_timestamp"`
	DateCreated              string `json:"date_created"`
	DateUpdated              string `json:"date_updated"`
	Attributes               string `json:"attributes"`
}

// form is what is posted for the row.
func (r *row) form() string {
	return url.Values{
		"Identity": {r.Identity}, "RoleSid": {r.RoleSID}, "Attributes": {r.Attributes},
		"LastConsumedMessageIndex": {strconv.Itoa(r.LastConsumedMessageIndex)},
		"LastConsumptionTimestamp": {r.LastConsumptionTimestamp}, "DateCreated": {r.DateCreated}, "DateUpdated": {r.DateUpdated},
	}.Encode()
}

// A target is the service, and who writes to it.
type target struct{ base, account, token string }

// A post sends a form to a path of the target, and returns the answer's status and its body, which stands until the next
// call. It is called by one goroutine.
type post func(path, form string) (status int, body []byte, err error)

// A client makes a post for each of the goroutines.
type client interface {
	post() (post, error)
}

type outcome struct {
	line string
	err  error
}

func main() {
	through := flag.String("client", "net/http", "what posts: net/http, fasthttp, raw or none")
	flag.Parse()
	if err := run(*through, flag.Arg(0), flag.Arg(1), flag.Arg(2)); err != nil {
		fmt.Fprintln(os.Stderr, "bareloop:", err)
		os.Exit(1) //nolint:forbidigo // in main
	}
}

func clientOf(through string, workers int, to target) (client, error) {
	switch through {
	case "net/http":
		return newStandard(workers, to), nil
	case "fasthttp":
		return newFast(workers, to), nil
	case "raw":
		return newRaw(to)
	case "none":
		return none{}, nil
	}
	return nil, fmt.Errorf("found the client %q, expected net/http, fasthttp, raw or none", through)
}

func run(through, inFlight, base, backup string) error {
	workers, err := strconv.Atoi(inFlight)
	if err != nil {
		return err
	}
	c, err := clientOf(through, workers, target{base, os.Getenv("TWILIO_ACCOUNT_SID"), os.Getenv("TWILIO_AUTH_TOKEN")})
	if err != nil {
		return err
	}
	f, err := os.Open(backup)
	if err != nil {
		return err
	}
	lines, outcomes := make(chan []byte, 4*workers), make(chan outcome, 4*workers)
	var senders sync.WaitGroup
	for range workers {
		p, err := c.post()
		if err != nil {
			return err
		}
		senders.Go(func() {
			for line := range lines {
				o, err := send(p, line)
				outcomes <- outcome{o, err}
			}
		})
	}
	s := bufio.NewScanner(f)
	go func() {
		for s.Scan() {
			lines <- bytes.Clone(s.Bytes())
		}
		close(lines)
		senders.Wait()
		close(outcomes)
	}()
	out := bufio.NewWriter(os.Stdout)
	for o := range outcomes {
		err = errors.Join(err, o.err)
		_, _ = out.WriteString(o.line)
	}
	return errors.Join(err, s.Err(), out.Flush())
}

// send posts one row, and returns its outcome.
func send(p post, line []byte) (string, error) {
	var r row
	if err := json.Unmarshal(line, &r); err != nil {
		return "", err
	}
	status, body, err := p("/v2/Services/"+r.ServiceSID+"/Channels/"+r.ChannelSID+"/Members", r.form())
	if err != nil {
		return "", err
	}
	if status != http.StatusCreated {
		return "", fmt.Errorf("%d: %s", status, body)
	}
	return fmt.Sprintf(`{"identity":%q,"channel":%q,"status":%d}`+"\n", r.Identity, r.ChannelSID, status), nil
}
