package sandbox

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// webhookHeader says whether a write fires webhooks; its values are exactly true and false.
const webhookHeader = "X-Twilio-Webhook-Enabled"

func checkWebhookHeader(x *exchange) *apiError {
	values := x.req.Header[webhookHeader]
	for _, v := range values {
		if v != "true" && v != "false" {
			return badRequest(codeParameter, "Invalid value "+strconv.Quote(v)+" of the header "+webhookHeader+": expected true or false")
		}
	}
	return nil
}

// parseDate reads an RFC 3339 date with its zone, as the OpenAPI description's format date-time means it.
func parseDate(text string, code int, name string) (time.Time, *apiError) {
	var t time.Time
	if err := t.UnmarshalText([]byte(text)); err != nil {
		return t, badRequest(code, "Invalid "+name+": expected an ISO 8601 date with a time and a zone")
	}
	t = t.UTC()
	if t.IsZero() || t.Year() < 1 || t.Year() > 9999 {
		return t, badRequest(code, "Invalid "+name+": the year must be from 1 to 9999 in UTC")
	}
	return t, nil
}

// parseIndex reads a message's index: an integer from 0.
func parseIndex(text string) (int64, *apiError) {
	n, err := strconv.ParseUint(text, 10, 63)
	if err != nil {
		return 0, badRequest(codeReadIndex, "Invalid last consumed message index: expected an integer from 0")
	}
	return int64(n), nil
}

func (s *Server) checkAttributes(text string) *apiError {
	if len(text) > s.limits.AttributesBytes {
		return badRequest(codeAttributesLength, "Attributes are too long")
	}
	if !json.Valid([]byte(text)) {
		return badRequest(codeAttributesInvalid, "Attributes are not valid JSON")
	}
	return nil
}

// identity reads the Identity of a new member or user.
func (s *Server) identity(f form) (string, *apiError) {
	id, given := f.lookup("Identity")
	switch {
	case !given:
		return "", missing("Identity")
	case id == "":
		return "", badRequest(codeIdentityMissing, "User identity not provided")
	case isSID(id, "US"):
		return "", badRequest(codeIdentityIsSID, "User identity should not match the user SID pattern")
	case utf8.RuneCountInString(id) > s.limits.IdentityLength:
		return "", badRequest(codeIdentityLength, "User identity is too long")
	}
	return strings.Clone(id), nil // the body is not kept alive by it
}

// parseBoolean reads true or false; other spellings are refused.
func parseBoolean(name, text string) (bool, *apiError) {
	switch text {
	case "true", "True":
		return true, nil
	case "false", "False":
		return false, nil
	}
	return false, badRequest(codeParameter, "Invalid "+name+": expected true or false")
}

func parseCount(name, text string, least, most int) (int, *apiError) {
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > most {
		return 0, badRequest(codeParameter, "Invalid "+name+": expected an integer from "+strconv.Itoa(least)+" to "+strconv.Itoa(most))
	}
	return n, nil
}
