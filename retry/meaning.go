package retry

import (
	"errors"
	"net/http"

	"rejoin/chat"
)

// Meaning is what one answer of the API, or its absence, says about the request.
type Meaning uint8

// The meanings.
const (
	Done             Meaning = iota // the documented success
	Exists                          // the member is already there
	Unsent                          // certainly not applied: nothing has reached the service
	Busy                            // certainly not applied; the same request may succeed later
	Throttled                       // certainly not applied; the run is too fast
	ChannelThrottled                // certainly not applied; the channel is too fast
	Doubtful                        // it may have been applied
	Missing                         // something in the address is not there, or so the service says
	ChannelFull                     // certainly not applied; the channel takes no more members
	RefusedRun                      // credentials, account or Service: no request of this run can succeed
	RefusedRow                      // certainly not applied, and it never will be

	NumMeanings = int(iota)
)

var meaningNames = [NumMeanings]string{
	Done: "done", Exists: "exists", Unsent: "unsent", Busy: "busy", Throttled: "throttled", ChannelThrottled: "channel_throttled",
	Doubtful: "doubtful", Missing: "missing", ChannelFull: "channel_full", RefusedRun: "refused_run", RefusedRow: "refused_row",
}

// String is the meaning's word in metrics.
func (m Meaning) String() string { return meaningNames[m] }

// codeMeanings are the API's error codes that say more than the HTTP status does. Each is described at
// https://www.twilio.com/docs/api/errors/CODE. A code that is not here is read by its status.
var codeMeanings = map[int]Meaning{
	50404: Exists, // Member already exists
	50433: Exists, // Participant already exists: the same in Conversations, which shares the backend

	20162: Busy, // Conflicting resource update in progress
	20409: Busy, // Conflict: wait until modifiable
	50002: Busy, // Resource is being deleted
	50213: Busy, // Conflicting User modification
	50334: Busy, // Channel deletion in progress
	50349: Busy, // Conflicting Channel modification
	50419: Busy, // Conflicting Member modification
	50449: Busy, // Conflicting Conversation modification

	20429: Throttled,        // Too many concurrent requests for the account
	50063: ChannelThrottled, // Actions per second limit exceeded
	50074: Throttled,        // Global actions per second limit exceeded

	20500: Doubtful, // Internal server error
	20503: Doubtful, // Service unavailable

	50403: ChannelFull, // Channel member limit exceeded
	50417: ChannelFull, // Participants limit exceeded

	20003: RefusedRun, // Permission denied: bad credentials, wrong region, suspended
	20004: RefusedRun, // Method not allowed: this is not the Chat API
	20005: RefusedRun, // Account not active
	20006: RefusedRun, // Access denied
	20008: RefusedRun, // Test credentials
	20010: RefusedRun, // Action disabled for the account
	20403: RefusedRun, // 403 Forbidden: account suspended
	20426: RefusedRun, // Upgrade required
	50050: RefusedRun, // Service instance not found
	50385: RefusedRun, // Conversations are disabled in this region

	50100: RefusedRow, // Role not found
	50101: RefusedRow, // Channel role not found
	50102: RefusedRow, // Deployment role not found
	50105: RefusedRow, // Invalid role type
	50200: RefusedRow, // User not found
}

// MeaningOf says what the outcome of one request means: nil is the documented success, everything else a
// [*chat.Error]. The code counts before the status, since a 409 can say both "already there" and "try again", and a 404
// can speak of the address or of a role. What cannot be known for certain to have had no effect is doubtful.
func MeaningOf(err error) Meaning {
	if err == nil {
		return Done
	}
	answer, ok := errors.AsType[*chat.Error](err)
	if !ok {
		return Doubtful
	}
	if m, ok := codeMeanings[answer.Code]; ok && answer.Status != 0 {
		return m
	}
	switch answer.Status {
	case 0:
		if answer.Sent {
			return Doubtful
		}
		return Unsent
	case http.StatusNotFound:
		return Missing
	case http.StatusRequestTimeout, http.StatusConflict:
		return Doubtful
	case http.StatusTooManyRequests:
		return Throttled
	case http.StatusUnauthorized, http.StatusMethodNotAllowed, http.StatusProxyAuthRequired, http.StatusUpgradeRequired:
		return RefusedRun
	}
	if answer.Status >= 400 && answer.Status < 500 {
		return RefusedRow
	}
	// 5xx; and 1xx, 2xx or 3xx that is no answer the API documents: something else may have spoken for it, so that
	// nothing is known of what it has done.
	return Doubtful
}

// Alive reports whether an answer shows that the service is there and at work, so that a run of failures is broken.
func (m Meaning) Alive() bool { return m != Unsent && m != Doubtful }
