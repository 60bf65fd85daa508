// Package chat speaks the Programmable Chat REST API, version 2: the Member as it is sent, the Resource as it is
// answered, and a typed [Client].
//
// What it promises:
//
//   - One call is one HTTP request. Nothing is retried, no redirect is followed, and no request goes to a second
//     connection once a byte of it may have left on the first.
//   - A call ends in the answer that the documents promise or in an [*Error], which says whether any byte of the
//     request can have reached the service (Sent), what was answered, and when the API asks to come back.
//   - A value travels exactly as given: each part of a path is one percent-encoded segment, an index of 0 is sent as 0,
//     a time is sent in UTC and never cut.
//   - Webhooks stay silent: every write carries X-Twilio-Webhook-Enabled: false.
//   - No error, log value or formatted credential holds a secret.
//
// What it does not: it judges no member (see package rules), keeps no rate, decides nothing about an answer beyond
// its form, and speaks HTTP/1.1 only. HTTP/2 is left out on purpose: streams share a connection, and whether the bytes
// of one request were written could no longer be told from the connection.
//
// The exchange is the package's own, for a bulk of small requests spends most of its time in it: the caller's goroutine
// writes the request and reads the answer, over connections that are kept. net/http is still asked for whatever is not
// everyday: an answer of another form than the API's own (chunked, packed, refused, malformed), the environment's
// proxy. An idle connection is looked at before a request is written to it, so that one which the service has closed
// is not taken for a lost answer.
//
// The facts of the API come from the Member resource's reference page
// (https://www.twilio.com/docs/chat/rest/member-resource) and from the published OpenAPI document
// (twilio/twilio-oai, spec/json/twilio_chat_v2.json).
package chat
