package chat

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
)

// Credentials are the user name and password of HTTP basic authentication: an API key's SID and its secret, or an
// Account's SID and its auth token (https://www.twilio.com/docs/usage/requests-to-twilio). However a value is
// formatted, logged or marshalled, the password is not shown.
type Credentials struct {
	User     string
	Password string
}

// The variables that hold credentials. The second spelling of the API key's secret is the one of newer documents.
const (
	envAPIKey       = "TWILIO_API_KEY"        //nolint:gosec // a name, no secret
	envAPISecret    = "TWILIO_API_SECRET"     //nolint:gosec // a name, no secret
	envAPIKeySecret = "TWILIO_API_KEY_SECRET" //nolint:gosec // a name, no secret
	envAccountSID   = "TWILIO_ACCOUNT_SID"
	envAuthToken    = "TWILIO_AUTH_TOKEN" //nolint:gosec // a name, no secret
)

// CredentialsFromEnv takes the credentials from the environment: TWILIO_API_KEY with TWILIO_API_SECRET (or
// TWILIO_API_KEY_SECRET) where both are set, else TWILIO_ACCOUNT_SID with TWILIO_AUTH_TOKEN. An error names the
// variables that are missing or malformed and never holds a value. getenv is as [os.Getenv].
func CredentialsFromEnv(getenv func(string) string) (Credentials, error) {
	secretName := envAPISecret
	if getenv(envAPISecret) == "" && getenv(envAPIKeySecret) != "" {
		secretName = envAPIKeySecret
	}
	key, secret := getenv(envAPIKey), getenv(secretName)
	account, token := getenv(envAccountSID), getenv(envAuthToken)

	switch {
	case key != "" && secret != "":
		return checked(Credentials{User: key, Password: secret}, envAPIKey, secretName)
	case account != "" && token != "":
		return checked(Credentials{User: account, Password: token}, envAccountSID, envAuthToken)
	case key != "":
		return Credentials{}, missing(envAPIKey, envAPISecret)
	case secret != "":
		return Credentials{}, missing(secretName, envAPIKey)
	case account != "":
		return Credentials{}, fmt.Errorf("%w (or set %s and %s)", missing(envAccountSID, envAuthToken), envAPIKey, envAPISecret)
	case token != "":
		return Credentials{}, missing(envAuthToken, envAccountSID)
	}
	return Credentials{}, fmt.Errorf("no credentials in the environment: set %s and %s, or %s and %s",
		envAPIKey, envAPISecret, envAccountSID, envAuthToken)
}

func missing(have, want string) error {
	return fmt.Errorf("%s is set but %s is not: set both", have, want)
}

// checked returns c, or an error that names the variable of the field that cannot be sent.
func checked(c Credentials, userName, passwordName string) (Credentials, error) {
	if err := checkUser(c.User); err != nil {
		return Credentials{}, fmt.Errorf("%s %w", userName, err)
	}
	if err := checkSecret(c.Password); err != nil {
		return Credentials{}, fmt.Errorf("%s %w", passwordName, err)
	}
	return c, nil
}

// checkUser refuses what basic authentication cannot carry: a colon would end the user name (RFC 7617, section 2).
func checkUser(s string) error {
	if strings.Contains(s, ":") {
		return errors.New(`holds a colon: it should be a SID such as SK… or AC…, alone`)
	}
	return checkSecret(s)
}

// checkSecret refuses what no SID and no secret holds and a slip of copying often does: space around it, a line end.
func checkSecret(s string) error {
	if s == "" {
		return errors.New("is empty")
	}
	for i := range len(s) {
		if s[i] <= ' ' || s[i] >= 0x7f {
			return errors.New("holds a space, a line end or another character that no credential has: copy it again, without anything around it")
		}
	}
	return nil
}

const hidden = "[hidden]"

// String returns the user name and, in the password's place, a mark.
func (c Credentials) String() string { return c.User + ":" + hidden }

// GoString returns what String returns.
func (c Credentials) GoString() string { return "chat.Credentials(" + c.String() + ")" }

// Format writes what String returns, whatever the verb.
func (c Credentials) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.String()) }

// LogValue returns what String returns.
func (c Credentials) LogValue() slog.Value { return slog.StringValue(c.String()) }

// MarshalText returns what String returns, so that no encoder shows the password.
func (c Credentials) MarshalText() ([]byte, error) { return []byte(c.String()), nil }
