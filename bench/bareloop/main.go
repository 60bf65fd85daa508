// Command bareloop is a restore as one would write it in an hour: it takes how many requests are in flight, a base URL and
// a backup in NDJSON, posts each row over net/http, and prints one line a row. It tries nothing twice and keeps no
// promise.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

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

type outcome struct {
	line string
	err  error
}

func main() {
	workers, err := strconv.Atoi(os.Args[1])
	if err == nil {
		err = run(workers, os.Args[2], os.Args[3])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bareloop:", err)
		os.Exit(1) //nolint:forbidigo // in main
	}
}

func run(workers int, base, backup string) error {
	f, err := os.Open(backup)
	if err != nil {
		return err
	}
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: workers, DisableCompression: true}, Timeout: 30 * time.Second}
	lines, outcomes := make(chan []byte, 4*workers), make(chan outcome, 4*workers)
	var senders sync.WaitGroup
	for range workers {
		senders.Go(func() {
			for line := range lines {
				o, err := send(client, base, line)
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
func send(client *http.Client, base string, line []byte) (string, error) {
	var r row
	if err := json.Unmarshal(line, &r); err != nil {
		return "", err
	}
	form := url.Values{
		"Identity": {r.Identity}, "RoleSid": {r.RoleSID}, "Attributes": {r.Attributes},
		"LastConsumedMessageIndex": {strconv.Itoa(r.LastConsumedMessageIndex)},
		"LastConsumptionTimestamp": {r.LastConsumptionTimestamp}, "DateCreated": {r.DateCreated}, "DateUpdated": {r.DateUpdated},
	}
	members := base + "/v2/Services/" + r.ServiceSID + "/Channels/" + r.ChannelSID + "/Members"
	req, err := http.NewRequest(http.MethodPost, members, strings.NewReader(form.Encode())) //nolint:noctx,gosec // a script's way
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("X-Twilio-Webhook-Enabled", "false")
	req.SetBasicAuth(os.Getenv("TWILIO_ACCOUNT_SID"), os.Getenv("TWILIO_AUTH_TOKEN"))
	resp, err := client.Do(req) //nolint:gosec // to the service that the caller names
	if err != nil {
		return "", err
	}
	defer resp.Body.Close() //nolint:errcheck // read
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return "", err
	}
	if resp.StatusCode != http.StatusCreated {
		return "", fmt.Errorf("%s: %s", resp.Status, body)
	}
	return fmt.Sprintf(`{"identity":%q,"channel":%q,"status":%d}`+"\n", r.Identity, r.ChannelSID, resp.StatusCode), nil
}
