package restore

import (
	"errors"
	"net/http"

	"rejoin/chat"
)

// meaning is what one answer of the API, or its absence, says about the request.
type meaning uint8

const (
	done             meaning = iota // the documented success
	exists                          // the member is already there
	unsent                          // certainly not applied: nothing has reached the service
	busy                            // certainly not applied; the same request may succeed later
	throttled                       // certainly not applied; the run is too fast
	channelThrottled                // certainly not applied; the channel is too fast
	doubtful                        // it may have been applied
	missing                         // something in the address is not there, or so the service says
	channelFull                     // certainly not applied; the channel takes no more members
	refusedRun                      // credentials, account or Service: no request of this run can succeed
	refusedRow                      // certainly not applied, and it never will be
)

// codeMeanings are the API's error codes that say more than the HTTP status does. Each is described at
// https://www.twilio.com/docs/api/errors/CODE. A code that is not here is read by its status.
var codeMeanings = map[int]meaning{
	50404: exists, // Member already exists
	50433: exists, // Participant already exists: the same in Conversations, which shares the backend

	20162: busy, // Conflicting resource update in progress
	20409: busy, // Conflict: wait until modifiable
	50002: busy, // Resource is being deleted
	50213: busy, // Conflicting User modification
	50334: busy, // Channel deletion in progress
	50349: busy, // Conflicting Channel modification
	50419: busy, // Conflicting Member modification
	50449: busy, // Conflicting Conversation modification

	20429: throttled,        // Too many concurrent requests for the account
	50063: channelThrottled, // Actions per second limit exceeded
	50074: throttled,        // Global actions per second limit exceeded

	20500: doubtful, // Internal server error
	20503: doubtful, // Service unavailable

	50403: channelFull, // Channel member limit exceeded
	50417: channelFull, // Participants limit exceeded

	20003: refusedRun, // Permission denied: bad credentials, wrong region, suspended
	20004: refusedRun, // Method not allowed: this is not the Chat API
	20005: refusedRun, // Account not active
	20006: refusedRun, // Access denied
	20008: refusedRun, // Test credentials
	20010: refusedRun, // Action disabled for the account
	20403: refusedRun, // 403 Forbidden: account suspended
	20426: refusedRun, // Upgrade required
	50050: refusedRun, // Service instance not found
	50385: refusedRun, // Conversations are disabled in this region

	50100: refusedRow, // Role not found
	50101: refusedRow, // Channel role not found
	50102: refusedRow, // Deployment role not found
	50105: refusedRow, // Invalid role type
	50200: refusedRow, // User not found
}

// meaningOf says what the outcome of one request means: nil is the documented success, everything else a
// [*chat.Error]. The code counts before the status, since a 409 can say both "already there" and "try again", and a 404
// can speak of the address or of a role. What cannot be known for certain to have had no effect is doubtful.
func meaningOf(err error) meaning {
	if err == nil {
		return done
	}
	answer, ok := errors.AsType[*chat.Error](err)
	if !ok {
		return doubtful
	}
	if m, ok := codeMeanings[answer.Code]; ok && answer.Status != 0 {
		return m
	}
	switch answer.Status {
	case 0:
		if answer.Sent {
			return doubtful
		}
		return unsent
	case http.StatusNotFound:
		return missing
	case http.StatusRequestTimeout, http.StatusConflict:
		return doubtful
	case http.StatusTooManyRequests:
		return throttled
	case http.StatusUnauthorized, http.StatusMethodNotAllowed, http.StatusProxyAuthRequired, http.StatusUpgradeRequired:
		return refusedRun
	}
	if answer.Status >= 400 && answer.Status < 500 {
		return refusedRow
	}
	// 5xx; and 1xx, 2xx or 3xx that is no answer the API documents: something else may have spoken for it, so that
	// nothing is known of what it has done.
	return doubtful
}

// alive reports whether an answer shows that the service is there and at work, so that a run of failures is broken.
func (m meaning) alive() bool { return m != unsent && m != doubtful }
