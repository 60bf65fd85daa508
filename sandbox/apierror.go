package sandbox

import (
	"net/http"
	"strconv"
)

// apiError is an answer that is no success, in the API's own shape: {"code", "message", "more_info", "status"}.
type apiError struct {
	status  int
	code    int
	message string
	detail  string

	retryAfter string // the header's value; empty: no header
}

// The codes of Twilio's error dictionary that the server answers with (https://www.twilio.com/docs/api/errors).
const (
	codeParameter       = 20001 // unknown or missing parameter
	codeAuthentication  = 20003
	codeMethod          = 20004
	codePageSize        = 20007
	codeNothingToUpdate = 20161
	codeBusy            = 20162
	codeNotFound        = 20404
	codeConflict        = 20409
	codeTooLarge        = 20413
	codeConcurrency     = 20429
	codeInternal        = 20500
	codeUnavailable     = 20503

	codeChannelRate = 50063
	codeServiceRate = 50074

	codeServiceRoleMissing = 50102
	codeChannelRoleMissing = 50101
	codeRoleType           = 50105

	codeUserExists      = 50201
	codeIdentityMissing = 50204
	codeIdentityIsSID   = 50206
	codeIdentityLength  = 50207
	codeUserChannels    = 50208
	codeUserBusy        = 50213

	codeAttributesLength  = 50303
	codeAttributesInvalid = 50304
	codeUniqueNameIsSID   = 50306
	codeUniqueNameTaken   = 50307
	codeDateCreated       = 50308
	codeDateUpdated       = 50309

	codeChannelFull   = 50403
	codeMemberExists  = 50404
	codeReadTimestamp = 50405
	codeReadIndex     = 50406
	codeMemberBusy    = 50419

	codeChannelBusy = 50349
)

func badRequest(code int, message string) *apiError {
	return &apiError{status: http.StatusBadRequest, code: code, message: message}
}

func missing(parameter string) *apiError {
	return badRequest(codeParameter, "Missing required parameter "+parameter+" in the post body")
}

func conflict(code int, message string) *apiError {
	return &apiError{status: http.StatusConflict, code: code, message: message}
}

func forbidden(code int, message string) *apiError {
	return &apiError{status: http.StatusForbidden, code: code, message: message}
}

func tooMany(code int, message string) *apiError {
	return &apiError{status: http.StatusTooManyRequests, code: code, message: message}
}

func (e *apiError) appendJSON(out []byte) []byte {
	o := openObject(out)
	o.integer("code", int64(e.code))
	if e.detail != "" {
		o.text("detail", e.detail)
	}
	o.text("message", e.message)
	o.address("more_info", "https://www.twilio.com/docs/errors/", strconv.Itoa(e.code))
	o.integer("status", int64(e.status))
	return o.close()
}
