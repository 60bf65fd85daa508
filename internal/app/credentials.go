package app

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"rejoin/chat"
)

// The variables that hold credentials.
const (
	envAPIKey       = "TWILIO_API_KEY"        //nolint:gosec // a name, no secret
	envAPISecret    = "TWILIO_API_SECRET"     //nolint:gosec // a name, no secret
	envAPIKeySecret = "TWILIO_API_KEY_SECRET" //nolint:gosec // a name, no secret
	envAccountSID   = "TWILIO_ACCOUNT_SID"
	envAuthToken    = "TWILIO_AUTH_TOKEN" //nolint:gosec // a name, no secret
)

// credentials are those of the environment for an address. What Twilio certainly refuses is refused before anything is
// sent: a SID is two letters and 32 hexadecimal digits (https://www.twilio.com/docs/glossary/what-is-a-sid), AC of an
// account and SK of a key. Of what is secret no form is documented. Another host than Twilio's may take what it likes.
//
// No error holds a value: the one that stands where a SID is expected may be the secret.
func credentials(getenv func(string) string, baseURL string) (chat.Credentials, error) {
	creds, err := chat.CredentialsFromEnv(getenv)
	if err != nil || !isTwilio(baseURL) {
		return creds, err
	}
	user, secret := usedPair(getenv)
	found := "an account's SID, which is AC"
	if user == envAPIKey {
		found = "an API key's SID, which is SK"
	}
	swapped := isCredentialSID(creds.Password)
	switch {
	case !isCredentialSID(creds.User) && swapped:
		return chat.Credentials{}, usagef("%s and %s are each other's value: %s holds a SID", user, secret, secret)
	case !isCredentialSID(creds.User):
		return chat.Credentials{}, usagef("%s is not %s and 32 hexadecimal digits; copy it from the Twilio Console again", user, found)
	case swapped:
		return chat.Credentials{}, usagef("%s holds a SID, which is no secret: it goes with the SID in %s, and the Twilio Console shows it beside it",
			secret, user)
	}
	return creds, nil
}

// usedPair names the variables whose values are used: those of the API key where both are set.
func usedPair(getenv func(string) string) (user, secret string) {
	if getenv(envAPIKey) != "" {
		for _, secret := range []string{envAPISecret, envAPIKeySecret} {
			if getenv(secret) != "" {
				return envAPIKey, secret
			}
		}
	}
	return envAccountSID, envAuthToken
}

// halfPair says that one variable of the API key's pair is set alone, so that the other pair is used; nothing where that is
// not so.
func halfPair(getenv func(string) string) string {
	if user, _ := usedPair(getenv); user == envAPIKey {
		return ""
	}
	have, lacks := envAPIKey, envAPISecret
	if getenv(envAPIKey) == "" {
		have, lacks = envAPISecret, envAPIKey
		if getenv(have) == "" {
			have = envAPIKeySecret
		}
	}
	if getenv(have) == "" {
		return ""
	}
	return have + " is set without " + lacks + ", and is ignored: the credentials are those of " + envAccountSID + " and " + envAuthToken
}

// tellHalfPair warns of a variable that is ignored.
func (a *app) tellHalfPair(s *screen) {
	if half := halfPair(a.Getenv); half != "" {
		s.warn(half)
	}
}

// whose names the variables whose values the API refuses, in a line of its own; nothing where it does not.
func (a *app) whose(err error) string {
	failure, ok := errors.AsType[*chat.Error](err)
	if !ok || failure.Status != http.StatusUnauthorized {
		return ""
	}
	user, secret := usedPair(a.Getenv)
	return "\nrejoin: the credentials were those of " + user + " and " + secret
}

// isCredentialSID reports whether s is the SID of an account or of an API key: either goes with its own secret, whichever
// pair of variables holds them.
func isCredentialSID(s string) bool {
	digits, account := strings.CutPrefix(s, "AC")
	if !account {
		var key bool
		if digits, key = strings.CutPrefix(s, "SK"); !key {
			return false
		}
	}
	return len(digits) == 32 && strings.Trim(digits, "0123456789abcdefABCDEF") == ""
}

// isTwilio reports whether an address is one of Twilio's.
func isTwilio(baseURL string) bool {
	u, err := url.Parse(baseURL)
	if err != nil {
		return false // which is told in other words
	}
	host := strings.ToLower(u.Hostname())
	return host == "twilio.com" || strings.HasSuffix(host, ".twilio.com")
}
