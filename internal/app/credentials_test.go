package app

import (
	"maps"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/sandbox"
)

// What Twilio certainly refuses is told before anything is opened or sent, and no value of the environment is shown.
func TestCredentialsThatCannotBeRight(t *testing.T) {
	t.Parallel()
	const hex = "0123456789abcdefABCDEF0123456789"
	account, key := "AC"+hex, "SK"+hex
	for name, c := range map[string]struct {
		account, token, key, secret string
		says                        string // "": it may be right
	}{
		"an account":              {account: account, token: hex},
		"a token of another form": {account: account, token: "anything"},
		"a key":                   {key: key, secret: "anything"},
		"a key as an account":     {account: key, token: "anything"},
		"a key and a bad account": {account: "me", token: "x", key: key, secret: "anything"},
		"a name":                  {account: "somebody@example.com", token: hex, says: "TWILIO_ACCOUNT_SID is not an account's SID, which is AC and 32 hexadecimal digits; copy it"},
		"one digit less":          {account: account[:33], token: hex, says: "TWILIO_ACCOUNT_SID is not an account's SID"},
		"one digit more":          {account: account + "0", token: hex, says: "TWILIO_ACCOUNT_SID is not an account's SID"},
		"no digits":               {account: "AC" + strings.Repeat("g", 32), token: hex, says: "TWILIO_ACCOUNT_SID is not an account's SID"},
		"a lower-case SID":        {account: "ac" + hex, token: hex, says: "TWILIO_ACCOUNT_SID is not an account's SID"},
		"a Service's":             {account: "IS" + hex, token: hex, says: "TWILIO_ACCOUNT_SID is not an account's SID"},
		"swapped":                 {account: hex, token: account, says: "TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN are each other's value: TWILIO_AUTH_TOKEN holds a SID"},
		"twice":                   {account: account, token: account, says: "TWILIO_AUTH_TOKEN holds a SID, which is no secret"},
		"the secret as a key":     {key: "hiddenhidden", secret: "another", says: "TWILIO_API_KEY is not an API key's SID, which is SK and 32 hexadecimal digits; copy it"},
		"a swapped key":           {key: "hiddenhidden", secret: key, says: "TWILIO_API_KEY and TWILIO_API_SECRET are each other's value"},
		"a key and its SID":       {key: key, secret: key, says: "TWILIO_API_SECRET holds a SID, which is no secret: it goes with the SID in TWILIO_API_KEY"},
	} {
		env := map[string]string{
			"TWILIO_ACCOUNT_SID": c.account, "TWILIO_AUTH_TOKEN": c.token, "TWILIO_API_KEY": c.key, "TWILIO_API_SECRET": c.secret,
		}
		_, err := credentials(func(name string) string { return env[name] }, "https://chat.dublin.ie1.TWILIO.com/")
		if c.says == "" {
			require.NoError(t, err, name)
			continue
		}
		require.Error(t, err, name)
		assert.Equal(t, statusUsage, statusOf(err), name)
		assert.Contains(t, err.Error(), c.says, name)
		_, err = credentials(func(name string) string { return env[name] }, "https://chat.example.com")
		require.NoError(t, err, "%s: another host may take it", name)

		dir := t.TempDir()
		write(t, dir, "b", many(3))
		for _, args := range [][]string{
			{"restore", "--report", "./r", "./b"},
			{"verify", "--report", "./r", "./b"},
			{"undo", "./b"},
			{"backup", "--service", serviceA, "--out", "./o"},
			{"map", "--from", serviceA, "--to", serviceB},
		} {
			got := rejoinEnv(t, dir, "", env, args...)
			assert.Equal(t, statusUsage, got.status, "%s: %s: %s", name, args[0], got.stderr)
			assert.Contains(t, got.stderr, c.says)
			for _, value := range env {
				if value != "" {
					assert.NotContains(t, got.stderr, value, name)
				}
			}
		}
	}
	_, err := credentials(func(name string) string {
		return map[string]string{"TWILIO_API_KEY": key, "TWILIO_API_KEY_SECRET": key}[name]
	}, "https://chat.twilio.com")
	assert.ErrorContains(t, err, "TWILIO_API_KEY_SECRET holds a SID")
	for address, is := range map[string]bool{
		"https://twilio.com": true, "https://nottwilio.com": false, "https://twilio.com.example.com": false, "http://127.0.0.1:1": false, "%": false,
	} {
		assert.Equal(t, is, isTwilio(address), address)
	}
}

// Where the API refuses the credentials it is told which variables they came from, and that another one is ignored.
func TestCredentialsThatAreRefused(t *testing.T) {
	t.Parallel()
	s := newService(t, sandbox.Config{})
	s.hold(t, serviceA, "general")
	account := map[string]string{"TWILIO_ACCOUNT_SID": accountSID, "TWILIO_AUTH_TOKEN": "wrong"}
	with := func(name, value string) map[string]string {
		env := maps.Clone(account)
		env[name] = value
		return env
	}
	key := with("TWILIO_API_KEY", "SK1")
	key["TWILIO_API_KEY_SECRET"] = "wrong"
	for name, c := range map[string]struct {
		env     map[string]string
		says    string
		ignored string
	}{
		"an account":           {account, "TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN", ""},
		"a key":                {key, "TWILIO_API_KEY and TWILIO_API_KEY_SECRET", ""},
		"a key without secret": {with("TWILIO_API_KEY", "SK1"), "TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN", "TWILIO_API_KEY is set without TWILIO_API_SECRET, and is ignored"},
		"a secret without key": {with("TWILIO_API_SECRET", "x"), "TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN", "TWILIO_API_SECRET is set without TWILIO_API_KEY, and is ignored"},
	} {
		dir := t.TempDir()
		write(t, dir, "b", many(2))
		for _, args := range [][]string{
			{"restore", "--api-url", s.url, "--report", "./r", "./b"},
			{"verify", "--api-url", s.url, "--report", "./v", "./b"},
			{"backup", "--api-url", s.url, "--service", serviceA, "--out", "./o"},
			{"map", "--api-url", s.url, "--from", serviceA, "--to", serviceB},
		} {
			got := rejoinEnv(t, dir, "", c.env, args...)
			assert.Equal(t, statusRefused, got.status, "%s: %s: %s", name, args[0], got.stderr)
			assert.Contains(t, got.stderr, "rejoin: the credentials were those of "+c.says+"\n", "%s: %s", name, args[0])
			assert.Equal(t, c.ignored != "", strings.Contains(got.stderr, " is ignored"), "%s: %s", name, args[0])
			assert.Contains(t, got.stderr, c.ignored)
		}
	}
}
