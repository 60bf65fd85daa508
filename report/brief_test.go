package report

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"rejoin/internal/prose"
)

func TestBrief(t *testing.T) {
	t.Parallel()
	const path = "/Services/IS0123456789abcdef0123456789abcdef/Channels/CH0123456789abcdef0123456789abcdef/Members"
	for text, want := range map[string]string{
		"create member: the API answered 404 Not Found, code 20404: The requested resource " + path + " was not found [request RQ1]": "create member: the API answered 404 Not Found, code 20404 [request RQ1]",
		"a: The requested resource /x was not found; b: The requested resource /y was not found":                                     "a; b",
		"create member: the API answered 403 Forbidden, code 50403: Channel member limit exceeded":                                   "create member: the API answered 403 Forbidden, code 50403: Channel member limit exceeded",
		"The requested resource is not there": "The requested resource is not there",
		"":                                    "",
	} {
		assert.Equal(t, want, Brief(text))
	}
}

// What an example says beside its cause is what the cause does not say: the API's own words, and what support asks for.
func TestDetails(t *testing.T) {
	t.Parallel()
	answer, rule := &Cause{Class: ByCode}, &Cause{Class: ByRule}
	assert.Empty(t, (&Cause{Class: ByMember, Title: "it was changed"}).details("it was changed"), "the title says it")
	for text, want := range map[string]string{
		"create member: the API answered 404 Not Found, code 20404: The requested resource /x was not found [request RQ1]": "[request RQ1]",
		"create member: the API answered 404 Not Found, code 20404: The requested resource /x was not found":               "",
		"create member: the API answered 403 Forbidden, code 50403: Channel limit [request RQ2]":                           "Channel limit [request RQ2]",
		"create member: the API answered 503 Service Unavailable: no healthy upstream":                                     "no healthy upstream",
		"no healthy upstream": "no healthy upstream",
	} {
		assert.Equal(t, want, answer.details(text))
		assert.Equal(t, text, rule.details(text))
	}
}

func TestCutDifference(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"is 7, expected 9": "is 7, expected 9",
		"is 1234567890123456789, expected 1234567890":           "is 12345678901…, expected 123…",
		"x: found \"abc\", expected a whole number from 0":      "x: found \"abc\", expected a wh…",
		"is 12, expected 12345678901234567890123":               "is 12, expected 1234567890123…",
		"is 12345678901234567890, expected 1234567890123456789": "is 12345678901…, expected 123…",
		"something else that is too long for the line":          "something else that is too lo…",
	} {
		got := CutDifference(text, 30)
		assert.Equal(t, want, got)
		assert.LessOrEqual(t, prose.Width(got), 30)
	}
	for columns := range 20 {
		assert.LessOrEqual(t, prose.Width(CutDifference("is 1234567890123456789, expected 1234567890", columns)), max(columns, 1))
	}
}

func TestAdvice(t *testing.T) {
	t.Parallel()
	what, means, check := Advice(20003, 401)
	assert.Equal(t, "the credentials are refused", what)
	assert.Contains(t, means, "another region")
	assert.Equal(t, "Check TWILIO_ACCOUNT_SID and the key or token, TWILIO_REGION, and the account's state", check)
	what, _, check = Advice(0, 407)
	assert.Equal(t, "the proxy wants credentials", what)
	assert.Equal(t, "Set HTTPS_PROXY with its credentials", check)
}
