package main

import (
	"io"
	"net/http"
	"strings"
)

// standard posts over net/http.
type standard struct {
	target
	http *http.Client
}

func newStandard(workers int, to target) *standard {
	t := &http.Transport{MaxIdleConnsPerHost: workers, DisableCompression: true}
	return &standard{target: to, http: &http.Client{Transport: t, Timeout: timeout}}
}

func (c *standard) post() (post, error) { return c.send, nil }

func (c *standard) send(path, form string) (int, []byte, error) {
	req, err := http.NewRequest(http.MethodPost, c.base+path, strings.NewReader(form)) //nolint:noctx // a script's way
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("X-Twilio-Webhook-Enabled", "false")
	req.SetBasicAuth(c.account, c.token)
	resp, err := c.http.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close() //nolint:errcheck // read
	body, err := io.ReadAll(resp.Body)
	return resp.StatusCode, body, err
}
