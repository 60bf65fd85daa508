// Command bareloop is a restore as one would write it in an hour: it takes a base URL and a backup in NDJSON, posts
// each row over net/http, sixteen at a time, and prints one line a row. It tries nothing twice and keeps no promise.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

const workers = 16

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

var client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: workers, DisableCompression: true}, Timeout: 30 * time.Second}

func main() {
	base := os.Args[1]
	f, err := os.Open(os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	lines, outcomes := make(chan []byte, 4*workers), make(chan string, 4*workers)
	var senders sync.WaitGroup
	for range workers {
		senders.Go(func() {
			for line := range lines {
				outcomes <- send(base, line)
			}
		})
	}
	done := make(chan struct{})
	go func() {
		out := bufio.NewWriter(os.Stdout)
		for o := range outcomes {
			_, _ = out.WriteString(o)
		}
		_ = out.Flush()
		close(done)
	}()
	s := bufio.NewScanner(f)
	for s.Scan() {
		lines <- bytes.Clone(s.Bytes())
	}
	if s.Err() != nil {
		log.Fatal(s.Err())
	}
	close(lines)
	senders.Wait()
	close(outcomes)
	<-done
}

// send posts one row, and returns its outcome.
func send(base string, line []byte) string {
	var r row
	if err := json.Unmarshal(line, &r); err != nil {
		log.Fatal(err)
	}
	form := url.Values{
		"Identity": {r.Identity}, "RoleSid": {r.RoleSID}, "Attributes": {r.Attributes},
		"LastConsumedMessageIndex": {strconv.Itoa(r.LastConsumedMessageIndex)},
		"LastConsumptionTimestamp": {r.LastConsumptionTimestamp}, "DateCreated": {r.DateCreated}, "DateUpdated": {r.DateUpdated},
	}
	req, err := http.NewRequest(http.MethodPost, base+"/v2/Services/"+r.ServiceSID+"/Channels/"+r.ChannelSID+"/Members", strings.NewReader(form.Encode())) //nolint:noctx // a script's way
	if err != nil {
		log.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("X-Twilio-Webhook-Enabled", "false")
	req.SetBasicAuth(os.Getenv("TWILIO_ACCOUNT_SID"), os.Getenv("TWILIO_AUTH_TOKEN"))
	resp, err := client.Do(req)
	if err != nil {
		log.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		log.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusCreated {
		log.Fatalf("%s: %s", resp.Status, body)
	}
	return fmt.Sprintf(`{"identity":%q,"channel":%q,"status":%d}`+"\n", r.Identity, r.ChannelSID, resp.StatusCode)
}
