package main

import (
	"encoding/base64"

	"github.com/valyala/fasthttp"
)

// fast posts over fasthttp.
type fast struct {
	target
	http *fasthttp.Client
}

func newFast(workers int, to target) *fast {
	return &fast{target: to, http: &fasthttp.Client{MaxConnsPerHost: workers, ReadTimeout: timeout, WriteTimeout: timeout}}
}

// post keeps a request and an answer for all posts of one goroutine.
func (c *fast) post() (post, error) {
	req, resp := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
	req.Header.SetMethod(fasthttp.MethodPost)
	req.Header.SetContentType("application/x-www-form-urlencoded")
	req.Header.Set("X-Twilio-Webhook-Enabled", "false")
	req.Header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(c.account+":"+c.token)))
	return func(path, form string) (int, []byte, error) {
		req.SetRequestURI(c.base + path)
		req.SetBodyString(form)
		err := c.http.Do(req, resp)
		return resp.StatusCode(), resp.Body(), err
	}, nil
}
