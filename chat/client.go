package chat

import (
	"context"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"runtime"
	"strings"
	"time"
)

// What a [Config] leaves open.
const (
	DefaultTimeout     = 30 * time.Second
	DefaultConnections = 32
)

// Config says how a [Client] reaches the API. The zero value of every field but Credentials has a default.
type Config struct {
	// BaseURL is what every request's URL begins with; empty: [DefaultBaseURL]. Plain http is for loopback hosts alone
	// (127.0.0.0/8, ::1, localhost).
	BaseURL string

	Credentials Credentials

	// Timeout bounds one attempt, from the moment it is sent until its answer's last byte, the making of a connection
	// included; 0: [DefaultTimeout].
	Timeout time.Duration

	// Connections is how many connections are kept open for reuse, best as many as there are workers; it does not
	// bound how many are open at once. 0: [DefaultConnections].
	Connections int

	// UserAgent names the program to the API; empty: [UserAgent] without a version.
	UserAgent string

	// RootCAs are the authorities that may vouch for the API's host; nil: the system's.
	RootCAs *x509.CertPool

	// DialContext opens connections in place of the network, for a service in the same process. With it no proxy is
	// used. nil: the network, by the proxy that HTTPS_PROXY and NO_PROXY name, if any (a loopback host never goes
	// through a proxy).
	DialContext func(ctx context.Context, network, addr string) (net.Conn, error)
}

// Client calls the Chat API. It is safe for concurrent use; all calls share its connections.
type Client struct {
	pool    *pool
	timeout time.Duration

	base         string // scheme://host/path, without a slash at its end, for messages
	scheme, host string
	basePath     string // escaped, without a slash at its end

	// What holds the password is kept in functions, the one thing that package fmt cannot look into: it prints what
	// a struct holds under any verb, past the struct's own Format where the field is not exported.
	header          func(purpose) []byte // never changed, shared by all requests
	withoutPassword func(string) string  // hides the password in what a service or a proxy repeats
}

// purpose is what a request is for, which decides its headers.
type purpose uint8

const (
	reading purpose = iota
	writing
	deleting
	purposes
)

// NewClient checks cfg and returns a client. It opens no connection.
func NewClient(cfg Config) (*Client, error) {
	if cfg.BaseURL == "" {
		cfg.BaseURL = DefaultBaseURL
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = DefaultTimeout
	}
	if cfg.Connections == 0 {
		cfg.Connections = DefaultConnections
	}
	if cfg.UserAgent == "" {
		cfg.UserAgent = UserAgent("")
	}
	base, err := parseBaseURL(cfg.BaseURL)
	if err != nil {
		return nil, err
	}
	if err := cfg.check(); err != nil {
		return nil, err
	}
	basePath := strings.TrimSuffix(base.EscapedPath(), "/")
	c := &Client{
		timeout:  cfg.Timeout,
		base:     base.Scheme + "://" + base.Host + basePath,
		scheme:   base.Scheme,
		host:     base.Host,
		basePath: basePath,
	}
	if err := c.keepSecrets(&cfg, base); err != nil {
		return nil, err
	}
	c.pool = &pool{dialer: newDialer(&cfg, base, hostOf(c.header(reading))), most: cfg.Connections}
	return c, nil
}

func (cfg *Config) check() error {
	if err := checkUser(cfg.Credentials.User); err != nil {
		return fmt.Errorf("the credentials' user name %w", err)
	}
	if err := checkSecret(cfg.Credentials.Password); err != nil {
		return fmt.Errorf("the credentials' password %w", err)
	}
	if cfg.Timeout < 0 {
		return fmt.Errorf("the timeout of an attempt is %v: expected a positive duration", cfg.Timeout)
	}
	if cfg.Connections < 0 {
		return fmt.Errorf("%d connections to keep open: expected a positive number", cfg.Connections)
	}
	for _, r := range cfg.UserAgent {
		if r < ' ' || r > '~' {
			return errors.New("the user agent holds a character that a header cannot carry")
		}
	}
	return nil
}

// keepSecrets makes all that needs the password. Accept-Encoding is left to answers that may be long: a member's is
// shorter than what unpacking it costs.
func (c *Client) keepSecrets(cfg *Config, base *url.URL) error {
	password := cfg.Credentials.Password
	token := base64.StdEncoding.EncodeToString([]byte(cfg.Credentials.User + ":" + password))
	c.withoutPassword = strings.NewReplacer(token, hidden, password, hidden).Replace

	common := http.Header{
		"Accept":        {"application/json"},
		"Authorization": {"Basic " + token},
		"User-Agent":    {cfg.UserAgent},
	}
	var lines [purposes][]byte
	for p, more := range [purposes]http.Header{
		reading: {"Accept-Encoding": {"gzip"}},
		// "true" or "false", on create, update and delete and only there (the OpenAPI document).
		writing:  {"X-Twilio-Webhook-Enabled": {"false"}, "Content-Type": {"application/x-www-form-urlencoded"}},
		deleting: {"X-Twilio-Webhook-Enabled": {"false"}},
	} {
		maps.Copy(more, common)
		var err error
		if lines[p], err = prepareHeader(base, more); err != nil {
			return err
		}
	}
	c.header = func(p purpose) []byte { return lines[p] }
	return nil
}

// Close closes the connections that are kept open. Calls under way are not disturbed, and a later call opens
// connections anew.
func (c *Client) Close() { c.pool.close() }

// String returns where the client's requests go.
func (c *Client) String() string { return "chat.Client(" + c.base + ")" }

// Format writes what String returns, whatever the verb.
func (c *Client) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.String()) }

// UserAgent returns the value of the User-Agent header, in the form that the official libraries use:
// "rejoin/1.2.3 (linux amd64) go/go1.26".
func UserAgent(version string) string {
	name := "rejoin"
	if version != "" {
		name += "/" + version
	}
	goVersion, _, _ := strings.Cut(runtime.Version(), " ") // what follows lists experiments
	return name + " (" + runtime.GOOS + " " + runtime.GOARCH + ") go/" + goVersion
}
