package sandbox

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
)

// credentials are the pairs of user and password that the server takes; none: any that are not empty.
type credentials struct{ pairs [][2]string }

func newCredentials(cfg *Config) (c credentials, err error) {
	if cfg.AccountSID != "" && !isSID(cfg.AccountSID, "AC") {
		return c, fmt.Errorf("AccountSID %q: expected AC and 32 hexadecimal digits", cfg.AccountSID)
	}
	if cfg.AuthToken != "" && cfg.AccountSID == "" {
		return c, errors.New("AuthToken without an AccountSID: give both, or neither")
	}
	if (cfg.APIKey == "") != (cfg.APISecret == "") {
		return c, errors.New("APIKey and APISecret belong together: give both, or neither")
	}
	if cfg.AuthToken != "" {
		c.pairs = append(c.pairs, [2]string{cfg.AccountSID, cfg.AuthToken})
	}
	if cfg.APIKey != "" {
		c.pairs = append(c.pairs, [2]string{cfg.APIKey, cfg.APISecret})
	}
	return c, nil
}

func (c *credentials) check(req *http.Request) *apiError {
	user, password, given := req.BasicAuth()
	if !given || user == "" || password == "" {
		return unauthorized("Authentication Error - No credentials provided")
	}
	if len(c.pairs) == 0 {
		return nil
	}
	for _, p := range c.pairs {
		sameUser := subtle.ConstantTimeCompare([]byte(p[0]), []byte(user))
		if sameUser&subtle.ConstantTimeCompare([]byte(p[1]), []byte(password)) == 1 {
			return nil
		}
	}
	return unauthorized("Authentication Error - invalid username or password")
}

func unauthorized(message string) *apiError {
	return &apiError{
		status: http.StatusUnauthorized, code: codeAuthentication, message: message,
		detail: "Your AccountSid or AuthToken was incorrect.",
	}
}
