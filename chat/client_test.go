package chat_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/chat"
)

func TestNewClientRefuses(t *testing.T) {
	t.Parallel()
	for why, change := range map[string]func(*chat.Config){
		"plain http is for loopback":   func(c *chat.Config) { c.BaseURL = "http://chat.twilio.com" },
		"plain http is for":            func(c *chat.Config) { c.BaseURL = "http://127.0.0.1.example.com" },
		"plain http is":                func(c *chat.Config) { c.BaseURL = "http://localhost.example.com:80" },
		"plain http":                   func(c *chat.Config) { c.BaseURL = "HTTP://10.0.0.1" },
		"unencrypted":                  func(c *chat.Config) { c.BaseURL = "http://[::2]:80" },
		"does not begin with https":    func(c *chat.Config) { c.BaseURL = "ftp://chat.twilio.com" },
		"does not begin":               func(c *chat.Config) { c.BaseURL = "chat.twilio.com" },
		"names no host":                func(c *chat.Config) { c.BaseURL = "https://" },
		"names no":                     func(c *chat.Config) { c.BaseURL = "https://:443/v2" },
		"holds a query":                func(c *chat.Config) { c.BaseURL = "https://chat.twilio.com/?a=b" },
		"or fragment":                  func(c *chat.Config) { c.BaseURL = "https://chat.twilio.com/#a" },
		"holds a user name":            func(c *chat.Config) { c.BaseURL = "https://" + user + ":" + secret + "@chat.twilio.com" },
		"cannot be parsed":             func(c *chat.Config) { c.BaseURL = "https://" + user + ":" + secret + "@chat.twilio.com:no" },
		"a part of its path":           func(c *chat.Config) { c.BaseURL = "https://chat.twilio.com/a/../b" },
		"user name is empty":           func(c *chat.Config) { c.Credentials.User = "" },
		"user name holds a colon":      func(c *chat.Config) { c.Credentials.User = "a:b" },
		"user name holds a space":      func(c *chat.Config) { c.Credentials.User = "a b" },
		"password is empty":            func(c *chat.Config) { c.Credentials.Password = "" },
		"password holds a space":       func(c *chat.Config) { c.Credentials.Password = secret + "\r" },
		"timeout of an attempt is -1s": func(c *chat.Config) { c.Timeout = -time.Second },
		"-1 connections":               func(c *chat.Config) { c.Connections = -1 },
		"user agent":                   func(c *chat.Config) { c.UserAgent = "a\r\nb: c" },
	} {
		cfg := config()
		change(&cfg)
		c, err := chat.NewClient(cfg)
		if assert.ErrorContains(t, err, why) {
			requireNoSecret(t, err)
			assert.Nil(t, c)
		}
	}
}

func TestNewClientTakes(t *testing.T) {
	t.Parallel()
	for _, base := range []string{
		"", "https://chat.twilio.com", "https://chat.twilio.com/", "HTTPS://chat.dublin.ie1.twilio.com:8443/base/path",
		"http://localhost", "http://LOCALHOST:8080/", "http://127.0.0.1:1", "http://127.8.9.1", "http://[::1]:80", "http://[::ffff:127.0.0.1]",
	} {
		cfg := config()
		cfg.BaseURL = base
		_, err := chat.NewClient(cfg)
		assert.NoError(t, err, base)
	}
}

func TestUserAgent(t *testing.T) {
	t.Parallel()
	agent := chat.UserAgent("1.2.3")
	assert.True(t, strings.HasPrefix(agent, "rejoin/1.2.3 ("+runtime.GOOS+" "+runtime.GOARCH+") go/go1."), agent)
	assert.True(t, strings.HasPrefix(chat.UserAgent(""), "rejoin ("))
	_, goVersion, _ := strings.Cut(agent, " go/")
	assert.NotContains(t, goVersion, " ")
}

// TestNothingShowsThePassword formats, logs and marshals everything that holds it.
func TestNothingShowsThePassword(t *testing.T) {
	t.Parallel()
	cfg := config()
	client := newClient(t, cfg)
	var out strings.Builder
	for _, v := range []any{cfg.Credentials, &cfg.Credentials, cfg, &cfg, client, *client, struct{ C chat.Credentials }{cfg.Credentials}, struct{ c *chat.Client }{client}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%T", "%10v"} {
			fmt.Fprintf(&out, verb+"\n", v)
		}
		slog.New(slog.NewTextHandler(&out, nil)).Info("x", "v", v)
		slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "v", v)
	}
	text, err := json.Marshal(cfg.Credentials)
	require.NoError(t, err)
	out.Write(text)
	assert.Contains(t, out.String(), user)
	for _, shown := range []string{secret, fmt.Sprintf("%x", secret), basicToken, fmt.Sprintf("%x", basicToken)} {
		assert.False(t, strings.Contains(out.String(), shown), "the password is shown") //nolint:testifylint // the text is long
	}
}

func TestCredentialsFromEnv(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		env            map[string]string
		user, password string
		why            string
	}{
		{env: map[string]string{"TWILIO_API_KEY": "SK1", "TWILIO_API_SECRET": "s"}, user: "SK1", password: "s"},
		{env: map[string]string{"TWILIO_API_KEY": "SK1", "TWILIO_API_KEY_SECRET": "s"}, user: "SK1", password: "s"},
		{env: map[string]string{"TWILIO_API_KEY": "SK1", "TWILIO_API_SECRET": "s", "TWILIO_API_KEY_SECRET": "other"}, user: "SK1", password: "s"},
		{env: map[string]string{"TWILIO_ACCOUNT_SID": "AC1", "TWILIO_AUTH_TOKEN": "t"}, user: "AC1", password: "t"},
		{
			env:  map[string]string{"TWILIO_ACCOUNT_SID": "AC1", "TWILIO_AUTH_TOKEN": "t", "TWILIO_API_KEY": "SK1", "TWILIO_API_SECRET": "s"},
			user: "SK1", password: "s",
		},
		{env: map[string]string{"TWILIO_ACCOUNT_SID": "AC1", "TWILIO_AUTH_TOKEN": "t", "TWILIO_API_KEY": "SK1"}, user: "AC1", password: "t"},
		{env: map[string]string{"TWILIO_ACCOUNT_SID": "AC1", "TWILIO_API_KEY": "SK1", "TWILIO_API_SECRET": "s"}, user: "SK1", password: "s"},
		{env: nil, why: "set TWILIO_API_KEY and TWILIO_API_SECRET, or TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN"},
		{env: map[string]string{"TWILIO_API_KEY": secret}, why: "TWILIO_API_KEY is set but TWILIO_API_SECRET is not"},
		{env: map[string]string{"TWILIO_API_SECRET": secret}, why: "TWILIO_API_SECRET is set but TWILIO_API_KEY is not"},
		{env: map[string]string{"TWILIO_API_KEY_SECRET": secret}, why: "TWILIO_API_KEY_SECRET is set but TWILIO_API_KEY is not"},
		{env: map[string]string{"TWILIO_ACCOUNT_SID": secret}, why: "TWILIO_ACCOUNT_SID is set but TWILIO_AUTH_TOKEN is not"},
		{env: map[string]string{"TWILIO_AUTH_TOKEN": secret}, why: "TWILIO_AUTH_TOKEN is set but TWILIO_ACCOUNT_SID is not"},
		{env: map[string]string{"TWILIO_API_KEY": "SK1", "TWILIO_API_SECRET": secret + "\r"}, why: "TWILIO_API_SECRET holds a space"},
		{env: map[string]string{"TWILIO_ACCOUNT_SID": secret + ":", "TWILIO_AUTH_TOKEN": "t"}, why: "TWILIO_ACCOUNT_SID holds a colon"},
	} {
		got, err := chat.CredentialsFromEnv(func(name string) string { return c.env[name] })
		if c.why != "" {
			require.ErrorContains(t, err, c.why)
			requireNoSecret(t, err)
			assert.Equal(t, chat.Credentials{}, got)
			continue
		}
		require.NoError(t, err, "%v", c.env)
		assert.Equal(t, c.user, got.User)
		assert.Equal(t, c.password, got.Password)
	}
}

func TestBaseURLFromEnv(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ edge, region, want string }{
		{"", "", "https://chat.twilio.com"},
		{"sydney", "", "https://chat.sydney.us1.twilio.com"},
		{"", "au1", "https://chat.au1.twilio.com"},
		{"sydney", "au1", "https://chat.sydney.au1.twilio.com"},
		{"Ashburn-ix", "us1", "https://chat.Ashburn-ix.us1.twilio.com"},
		{"evil.example/", "", ""},
		{"", "evil.example", ""},
		{"a@b", "", ""},
		{"-a", "", ""},
		{"a-", "", ""},
		{"é", "", ""},
		{" ", "", ""},
		{strings.Repeat("a", 64), "", ""},
	} {
		got, err := chat.BaseURLFromEnv(func(name string) string {
			return map[string]string{"TWILIO_EDGE": c.edge, "TWILIO_REGION": c.region}[name]
		})
		assert.Equal(t, c.want, got)
		if c.want == "" {
			require.ErrorContains(t, err, "expected one part of a host name")
			continue
		}
		require.NoError(t, err)
		cfg := config()
		cfg.BaseURL = got
		_, err = chat.NewClient(cfg)
		require.NoError(t, err)
	}
}
