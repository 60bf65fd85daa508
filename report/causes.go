package report

import (
	"strconv"
	"strings"

	"rejoin/rules"
)

// known is what is known of a cause, for people.
type known struct{ title, means, mend string }

// link is where to read on.
func link(class Class, key string) string {
	if class != ByCode {
		return ""
	}
	return "https://www.twilio.com/docs/api/errors/" + key
}

// explain says what a cause means and how to mend it.
func explain(class Class, key string) known {
	switch class {
	case ByRule:
		if k, ok := ruleCauses[key]; ok {
			return k
		}
		return explainRule(key)
	case ByCode:
		return explainCode(key)
	case ByStatus:
		return explainStatus(key)
	case ByNetwork:
		return networkKnown[key]
	case ByDifference:
		return known{
			"the member is there, with another value in " + key, "The Service holds another value than the backup.",
			"Keep the Service's value, or restore with --on-conflict update to put the backup's in its place.",
		}
	case ByMember:
		return memberCauses[key]
	case ByDuplicate:
		return known{
			"several rows for one member, with different values",
			"One of them was sent; the others say something else about the same channel and identity.",
			"If the last is right, restore once more with --on-duplicate last --on-conflict update and another --report; if " +
				"the first is, nothing is left to do. verify takes --on-duplicate, too.",
		}
	case ByNotApplied:
		return known{
			key + " was sent, and the API's answer does not show it", "The member is there, without this field's value.",
			"Compare it with rejoin verify. A last_consumption_timestamp may be ignored without an index.",
		}
	case ByOther:
	}
	return known{"further causes", "There are more causes than are told apart here.", "Look at the report's lines themselves."}
}

// memberCauses are what a verify or an undo can find of a member.
var memberCauses = map[string]known{
	"missing": {
		"the member is not there", "The backup has it, and the Service does not.",
		"Restore the backup: what is there already is left alone.",
	},
	"extra": {
		"the member is in no row of the backup", "The Service has it, and the backup does not.",
		"Nothing, if people have joined since; rejoin undo takes out what a run has made.",
	},
	"changed": {
		"the member has been changed since it was made", "It was left alone.",
		"Look at it; rejoin undo --force, with a --report of its own, deletes it all the same.",
	},
}

// explainRule says of a rule what the rules themselves say.
func explainRule(name string) known {
	k := known{"the row breaks the rule " + name, "Nothing was sent for the row.", mendRow}
	if rule, ok := rules.Lookup(name); ok {
		k.means = strings.ReplaceAll(rule.Broken, "`", "") + " " + k.means
		if rule.Fix != "" {
			k.mend = strings.ToUpper(rule.Fix[:1]) + rule.Fix[1:] + "."
		}
	}
	return k
}

func explainCode(key string) known {
	code, err := strconv.Atoi(key)
	if err == nil {
		if k, ok := codeCauses[code]; ok {
			return k
		}
	}
	return known{
		"the API's error " + key, "The API refused the row with a code that rejoin has no advice for.",
		"Read the code's page and the error's text; support asks for the request_id in the report.",
	}
}

func explainStatus(key string) known {
	if k, ok := statusCauses[key]; ok {
		return k
	}
	if len(key) == 3 && key[0] == '5' {
		return known{
			"HTTP " + key + ": the service failed", "The service, or a proxy before it, could not answer.",
			"Run it again with --resume once the service is well (https://status.twilio.com).",
		}
	}
	return known{
		"HTTP " + key + " without an error code", "The answer did not come from the API itself, or not in its own form.",
		"Look at the error's text: a proxy, a firewall or a wrong --api-url answers like this.",
	}
}

// again is how to mend what time mends.
const again = "Run it again with --resume."

// mendRow is how to mend what is wrong with a row.
const mendRow = "Mend the row in the rejects file and restore that file."

// codeCauses are the API's error codes that a restore can meet. Their titles are in rejoin's own words, after the pages
// at https://www.twilio.com/docs/api/errors.
var codeCauses = map[int]known{
	20001: {"a parameter is missing or unknown", "The API did not understand the request.", "Look at the error's text for the parameter. " + mendRow},
	20003: {"the credentials are refused", "They are wrong, expired, of another region, restricted, or the account is suspended.", "Check TWILIO_ACCOUNT_SID and the key or token, TWILIO_REGION, and the account's state; then go on with --resume."},
	20004: {"the method is not allowed", "What answered is not the Chat API.", "Check --api-url."},
	20005: {"the account is not active", "It is closed or suspended.", "Activate the account in the Twilio Console; then go on with --resume."},
	20006: {"access denied", "The credentials may not do this.", "Use a key with access to Chat; then go on with --resume."},
	20008: {"test credentials", "Twilio's test credentials cannot reach Chat.", "Use live credentials, or rehearse with --sandbox."},
	20010: {"the action is disabled for the account", "The account may not use this part of the API.", "Ask Twilio's support."},
	20162: {"another change was under way", "Something else changed the same member at the same time, each time that it was tried.", again + " Stop whatever else writes to the channel."},
	20403: {"forbidden", "The account may not do this; often it is suspended.", "Look at the account in the Twilio Console; then go on with --resume."},
	20404: {"not found", "The channel or the Service is not there, or not in this account or region.", "Check the channel's SID; make missing channels first."},
	20409: {"a conflict", "What was to be changed was being changed by something else.", again},
	20413: {"the request is too large", "The row holds more than the API takes; it can only be the attributes.", "Shorten the attributes. " + mendRow},
	20422: {"a parameter is invalid", "The API refuses a value.", "Look at the error's text for the field. " + mendRow},
	20423: {"a SID is invalid", "Some SID has not the right form.", "Look at the error's text for the SID. " + mendRow},
	20426: {"the connection must be secure", "The API was asked over plain http.", "Use an https --api-url."},
	20429: {"too many requests at the same time", "The account's limit of concurrent requests was met again and again.", again + " Use fewer --workers, and look for what else uses the account."},
	20500: {"the service failed", "Twilio met an error of its own.", again + " If it stays, give the request_id to support."},
	20503: {"the service is unavailable", "Twilio could not take the request for now.", again},
	50002: {"it is being deleted", "The channel or the Service is just being deleted.", "Do not restore into what is being deleted; name another channel in the backup."},
	50050: {"the Service is not there", "No Chat Service of this SID is in the account or region.", "Check --service, the account and TWILIO_REGION."},
	50056: {"a webhook forbade it", "The Service's webhook refused the command.", "Look at the Service's webhook settings."},
	50057: {"a webhook failed", "The Service's webhook did not answer as it should.", "Look at the Service's webhook settings."},
	50063: {"too many actions a second in one channel", "The channel's limit (30 a second) was met again and again.", again + " A lower --channel-rate leaves room for the channel's other users."},
	50074: {"too many actions a second in the Service", "The Service's limit was met again and again.", again + " A lower --rate leaves room for the Service's other users."},
	50076: {"a webhook did not answer in time", "The Service's webhook took too long.", "Look at the Service's webhook settings."},
	50100: {"the role is not there", "Role SIDs belong to one Service; this one is of another, or was deleted.", "Replace the role's SID in the backup by one of the target Service, or leave it empty for the Service's default."},
	50101: {"the channel role is not there", "The role is not there, or is none for channels.", "Replace the role's SID in the backup by one of the target Service, or leave it empty for the Service's default."},
	50102: {"the deployment role is not there", "The role is of a Service, where one of a channel is needed.", "Replace the role's SID in the backup by one of the target Service, or leave it empty for the Service's default."},
	50105: {"the role is of the wrong type", "A member's role must be one for channels.", "Replace the role's SID in the backup by one of the target Service, or leave it empty for the Service's default."},
	50107: {"the user is not authorized", "The credentials act for a user who may not do this.", "Use an API key or the auth token."},
	50200: {"the user is not there", "The row's identity has no User, and none was made for it.", "Make the Users first."},
	50203: {"the identity is reserved", "Chat keeps this identity for itself, such as system.", "Take the row out, or give the member another identity."},
	50204: {"no identity", "The row names no member.", mendRow},
	50205: {"the user may not set a role", "The credentials act for a user who may not give this role.", "Use an API key or the auth token."},
	50206: {"the identity looks like a User's SID", "An identity must not be US and 32 hexadecimal digits.", "Give the member's identity, not its User's SID. " + mendRow},
	50207: {"the identity is too long", "Chat takes no identity of this length.", mendRow},
	50208: {"the user is in too many channels", "A user can be in 250 channels by default, and 1,000 at most.", "Raise Limits.UserChannels of the Service, or take the user out of other channels; then restore the rejects."},
	50213: {"the user was being changed", "Something else changed the same user at the same time, each time that it was tried.", again},
	50300: {"the channel is not there", "No channel of this SID or unique name is in the Service.", "Make the channel first."},
	50303: {"the attributes are too long", "Chat takes no attributes of this size.", "Shorten the attributes. " + mendRow},
	50304: {"the attributes are no JSON", "Attributes must be the text of a JSON value.", mendRow},
	50308: {"date_created is invalid", "Chat does not take this date.", mendRow},
	50309: {"date_updated is invalid", "Chat does not take this date.", mendRow},
	50334: {"the channel is being deleted", "Nothing can be added to it any more.", "Name another channel in the backup."},
	50349: {"the channel was being changed", "Something else changed the channel at the same time, each time that it was tried.", again},
	50385: {"Chat is off in this region", "The account's Chat and Conversations are not enabled in this region.", "Check TWILIO_REGION and the credentials' region."},
	50400: {"the user is no member of the channel", "The member that was asked for is not there.", again},
	50402: {"the member is not there", "It was deleted while the run was under way.", again},
	50403: {"the channel is full", "A channel holds 100 members by default, and 1,000 at most.", "Raise Limits.ChannelMembers of the Service (up to 1,000), or remove members; then restore the rejects."},
	50404: {"the member is already there", "The run was told to fail for members that are there.", "Restore with --on-conflict skip, verify or update."},
	50405: {"last_consumption_timestamp is invalid", "Chat does not take this date.", mendRow},
	50406: {"last_consumed_message_index is invalid", "Chat does not take this index.", mendRow},
	50417: {"the conversation is full", "It takes no more participants.", "Remove participants; then restore the rejects."},
	50419: {"the member was being changed", "Something else changed the same member at the same time, each time that it was tried.", again},
	50433: {"the participant is already there", "The run was told to fail for members that are there.", "Restore with --on-conflict skip, verify or update."},
	50449: {"the conversation was being changed", "Something else changed it at the same time, each time that it was tried.", again},
}

// statusCauses are answers without a code of the API.
var statusCauses = map[string]known{
	"200": {"an answer that could not be understood", "Something answered, and it was not the Chat API.", "Look for a proxy or a portal between this machine and Twilio; then go on with --resume."},
	"201": {"an answer that could not be understood", "The member may have been made.", again + " It asks whether the member is there."},
	"403": {"forbidden", "The answer has no code: it may come from a proxy or a firewall.", "Look at the error's text and at what stands between this machine and Twilio."},
	"404": {"not found", "The channel or the Service is not there, or --api-url is wrong.", "Check --api-url, the Service and the channel."},
	"407": {"the proxy wants credentials", "The request never reached Twilio.", "Set HTTPS_PROXY with its credentials."},
	"408": {"the request timed out", "The service waited for the request too long.", again},
	"413": {"the request is too large", "The row holds more than the API takes.", "Shorten the attributes. " + mendRow},
	"429": {"too many requests", "A limit was met again and again.", again + " Use a lower --rate."},
}

// networkKnown are the ways in which no answer comes.
var networkKnown = map[string]known{
	"timeout":            {"no answer in time", "The service did not answer within --timeout.", again + " A longer --timeout or fewer --workers may help."},
	"connection-lost":    {"the connection was lost", "It broke before the answer was there.", again},
	"connection-refused": {"the connection was refused", "Nothing listens at the address.", "Check --api-url and the proxy; then go on with --resume."},
	"name-not-found":     {"the host's name was not found", "DNS does not know it, or does not answer.", "Check --api-url, TWILIO_EDGE, TWILIO_REGION and DNS; then go on with --resume."},
	"unreachable":        {"the network cannot be reached", "There is no way to the address.", "Check the network and the proxy; then go on with --resume."},
	"certificate":        {"the certificate is not trusted", "Something between this machine and Twilio may be reading along.", "Check the proxy and SSL_CERT_FILE; then go on with --resume."},
	"tls":                {"no secure connection could be made", "The TLS handshake failed.", "Check the proxy and the clock; then go on with --resume."},
	"proxy":              {"the proxy could not be used", "It refused the connection or could not make it.", "Check HTTPS_PROXY; then go on with --resume."},
	"no-answer":          {"no answer", "The requests for the row had no answer that decided.", again},
}

// thenResume ends the advice for what is to be mended before a run goes on.
const thenResume = "; then go on with --resume."

// Unreached says of an error of the network, for a run that has reached nobody, what happened, what that means, and what
// is to be looked at. The second is a sentence, the others are none.
func Unreached(failure string) (what, means, check string) {
	k := networkKnown[networkCause([]byte(failure))]
	check, found := strings.CutSuffix(k.mend, thenResume)
	if !found { // it advises to try again alone, which the run has done
		check = "Check the network and the proxy"
	}
	return k.title, k.means, check
}

// ruleCauses are the rules of the audit.
var ruleCauses = map[string]known{
	"role-not-there":        {"the role is not in the Service", "Role SIDs belong to one Service; nothing was sent for the row.", "Map the role (--map), or replace its SID in the rejects file by one of the Service, or leave it empty for the Service's default."},
	"role-not-for-channels": {"the role is not one for channels", "It is a role of the whole Service, which no member can have; nothing was sent for the row.", "Map the role (--map), or replace its SID in the rejects file by one for channels, or leave it empty for the Service's default."},
	"already-there":         {"the member is already there", "It was there before, and --on-conflict fail says that this is an error.", "Leave it with --on-conflict skip, or compare or update it with verify or update."},
	"missing-service":       {"no Service", "The row does not say which Service it belongs to.", "Give --service for all rows."},
	"bad-service-sid":       {"the Service's SID is malformed", "It must be IS and 32 hexadecimal digits.", "Give --service for all rows, or mend the row."},
	"missing-channel":       {"no channel", "The row does not say which channel the member belongs to.", "Name the column with --column NAME=channel_sid, or mend the row."},
	"bad-channel":           {"the channel's name cannot be sent", "It cannot be part of an address.", mendRow},
	"missing-identity":      {"no identity", "The row does not say who the member is.", "Name the column with --column NAME=identity, or mend the row."},
	"bad-identity":          {"the identity cannot be sent", "It is no text, or the SID of a User.", mendRow},
	"bad-role-sid":          {"the role's SID is malformed", "It must be RL and 32 hexadecimal digits.", mendRow},
	"bad-index":             {"the read position is no index", "last_consumed_message_index must be a whole number from 0.", mendRow},
	"bad-timestamp":         {"a date cannot be read", "It is no date and time in a form that rejoin knows.", "Use ISO 8601, such as 2016-03-24T21:05:50Z. " + mendRow},
	"no-time-zone":          {"a date without a time zone", "It cannot be known which instant it means.", "Say what such dates mean with --time-zone."},
	"bad-attributes":        {"the attributes are no JSON", "Attributes must be the text of a JSON value.", mendRow},
	"bad-json":              {"the row is no JSON", "It cannot be read, or is cut off.", mendRow},
	"not-an-object":         {"the row is no member", "It is JSON, but no object.", mendRow},
	"trailing-data":         {"something stands behind the row", "The line holds more than one object.", mendRow},
	"duplicate-key":         {"a field stands twice in the row", "It cannot be known which of its values is meant.", mendRow},
	"bad-utf8":              {"the row is not UTF-8", "Its text is in another encoding, or damaged.", "Convert the backup to UTF-8."},
	"field-count":           {"the number of cells is wrong", "The row has more or fewer cells than the header.", "Check --delimiter, and the quotes in the row."},
	"bare-quote":            {"a quote stands where none may", "The row's cells cannot be told apart.", mendRow},
	"row-too-long":          {"the row is too long", "It is longer than rejoin reads as one row.", "Allow more with --max-row-bytes."},
	"no-record":             {"a message without a record", "The line is not about a member.", mendRow},
}
