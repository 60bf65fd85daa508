// Package conformance drives the sandbox with Twilio's official Go client, through every operation that the sandbox
// serves. The client was generated from the API's OpenAPI description by Twilio; what it can speak with answers as the
// description says. It is a module of its own, so that rejoin's go.mod does not list the client.
//
// It promises that the client's requests are understood and its answers decoded, field by field. It does not compare
// with the live service.
package conformance
