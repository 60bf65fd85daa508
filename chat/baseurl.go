package chat

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
)

// DefaultBaseURL is where the Chat API is served (the OpenAPI document, servers).
const DefaultBaseURL = "https://chat.twilio.com"

// BaseURLFromEnv returns the API's base URL as TWILIO_EDGE and TWILIO_REGION choose it, by the rule of the official
// libraries: chat[.edge][.region].twilio.com, with the region us1 where only an edge is named. Without either it is
// [DefaultBaseURL]. A value that is no DNS label is an error, for it would send the credentials to another host.
// getenv is as [os.Getenv].
func BaseURLFromEnv(getenv func(string) string) (string, error) {
	edge, region := getenv("TWILIO_EDGE"), getenv("TWILIO_REGION")
	for _, v := range [...]struct{ name, value, example string }{
		{"TWILIO_EDGE", edge, "dublin"},
		{"TWILIO_REGION", region, "ie1"},
	} {
		if v.value != "" && !isDNSLabel(v.value) {
			return "", fmt.Errorf("%s is %q: expected one part of a host name, such as %s", v.name, v.value, v.example)
		}
	}
	switch {
	case edge == "" && region == "":
		return DefaultBaseURL, nil
	case edge == "":
		return "https://chat." + region + ".twilio.com", nil
	case region == "":
		region = "us1"
	}
	return "https://chat." + edge + "." + region + ".twilio.com", nil
}

// isDNSLabel reports whether s is a label as RFC 1123 has it: 1 to 63 letters, digits and inner hyphens.
func isDNSLabel(s string) bool {
	if s == "" || len(s) > 63 || s[0] == '-' || s[len(s)-1] == '-' {
		return false
	}
	for i := range len(s) {
		c := s[i] | 0x20
		if !isDigit(s[i]) && s[i] != '-' && (c < 'a' || c > 'z') {
			return false
		}
	}
	return true
}

// parseBaseURL checks what the requests' URLs will begin with. Credentials travel in every request, so plain http is
// for loopback alone. Errors do not repeat a URL that holds user information.
func parseBaseURL(s string) (*url.URL, error) {
	u, err := url.Parse(s)
	if err != nil {
		// The parser's error repeats the URL, and a password may stand in it.
		return nil, errors.New("the API's base URL cannot be parsed: expected something like " + DefaultBaseURL)
	}
	switch {
	case u.User != nil:
		return nil, errors.New("the API's base URL holds a user name or password: credentials come from the environment, not from the URL")
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, fmt.Errorf("the API's base URL %q does not begin with https://", s)
	case u.Opaque != "" || u.Hostname() == "":
		return nil, fmt.Errorf("the API's base URL %q names no host: expected something like %s", s, DefaultBaseURL)
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return nil, fmt.Errorf("the API's base URL %q holds a query or fragment: expected a scheme, a host and at most a path", s)
	case u.Scheme == "http" && !isLoopback(u.Hostname()):
		return nil, fmt.Errorf("the API's base URL %q would send the credentials unencrypted: plain http is for loopback addresses alone, use https", s)
	}
	if err := checkPath(u.EscapedPath()); err != nil {
		return nil, fmt.Errorf("the API's base URL %q: %w", s, err)
	}
	return u, nil
}

// checkPath refuses an escaped path that would not arrive as it stands.
func checkPath(path string) error {
	path = strings.TrimSuffix(path, "/")
	if path == "" {
		return nil
	}
	for part := range strings.SplitSeq(path[1:], "/") {
		if err := CheckPathSegment(part); err != nil {
			return fmt.Errorf("a part of its path, %w", err)
		}
	}
	return nil
}

// isLoopback reports whether host names this machine: 127.0.0.0/8, ::1 or localhost.
func isLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}
