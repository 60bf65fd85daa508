package chat

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
)

// throughProxy opens a way to the host through a proxy: of HTTP, over TLS where its URL says so, or of SOCKS. What is
// asked of a proxy is nothing of a request to the service.
func (d *dialer) throughProxy(ctx context.Context, proxy *url.URL) (net.Conn, error) {
	ask := d.askHTTP
	port := "80"
	switch proxy.Scheme {
	case "http":
	case "https":
		port = "443"
	case "socks5", "socks5h":
		port, ask = "1080", d.askSOCKS
	default:
		return nil, errProxy
	}
	if proxy.Port() != "" {
		port = proxy.Port()
	}
	conn, err := d.reach(ctx, net.JoinHostPort(proxy.Hostname(), port))
	if err != nil {
		return nil, fmt.Errorf("reach the proxy: %w", err)
	}
	if proxy.Scheme == "https" {
		if conn, err = d.handshake(ctx, conn, proxy.Hostname()); err != nil {
			return nil, fmt.Errorf("secure the connection to the proxy: %w", err)
		}
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(longAgo()) })
	err = ask(conn, proxy)
	if !stop() && err == nil {
		err = ctx.Err()
	}
	if err != nil {
		_ = conn.Close() // it leads nowhere
		return nil, withoutUser(fmt.Errorf("ask the proxy for the way to %s: %w", d.host, err), proxy)
	}
	return conn, nil
}

// askHTTP asks a proxy of HTTP for the way, with CONNECT (RFC 9110, section 9.3.6).
func (d *dialer) askHTTP(conn net.Conn, proxy *url.URL) error {
	to := net.JoinHostPort(d.host, d.port)
	var b bytes.Buffer
	fmt.Fprintf(&b, "CONNECT %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: %s\r\n", to, to, d.agent)
	if token := proxyToken(proxy); token != "" {
		fmt.Fprintf(&b, "Proxy-Authorization: Basic %s\r\n", token)
	}
	b.WriteString("\r\n")
	if _, err := conn.Write(b.Bytes()); err != nil {
		return err
	}
	in := bufio.NewReader(io.LimitReader(conn, maxHeaderBytes))
	for {
		resp, err := http.ReadResponse(in, &http.Request{Method: http.MethodConnect}) //nolint:bodyclose // the connection is what follows
		switch {
		case err != nil:
			return err
		case resp.StatusCode/100 == 1 && resp.StatusCode != http.StatusSwitchingProtocols:
			continue
		case resp.StatusCode/100 != 2:
			return fmt.Errorf("the proxy answered %s", oneLine(resp.Status))
		case in.Buffered() > 0:
			return errors.New("the proxy sent more than an answer")
		}
		return nil
	}
}

// proxyToken is what basic authentication makes of the user information in a proxy's URL.
func proxyToken(proxy *url.URL) string {
	if proxy.User == nil {
		return ""
	}
	password, _ := proxy.User.Password()
	return base64.StdEncoding.EncodeToString([]byte(proxy.User.Username() + ":" + password))
}

// withoutUser returns err, or where its text holds the proxy's password an error without it.
func withoutUser(err error, proxy *url.URL) error {
	password, ok := proxy.User.Password()
	if !ok || password == "" {
		return err
	}
	text := err.Error()
	if shown := strings.NewReplacer(proxyToken(proxy), hidden, password, hidden).Replace(text); shown != text {
		return errors.New(shown)
	}
	return err
}
