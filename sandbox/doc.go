// Package sandbox is Twilio's Programmable Chat API (v2) in memory: Services, Roles, Channels, Users and Members, with
// limits and faults to order. It is an [net/http.Handler] for tests, and the service behind rehearsals.
//
// # What it promises
//
// It answers as the API's documents say: their paths, form encoding, statuses, fields, patterns, pages and dates. What
// was neither created nor seeded (see [Server.AddService]) does not exist. It was written from the documents alone and
// shares no type with this module's client, so that a wrong field name cannot hide on both sides at once.
//
// A limit or a fault never changes an answer by halves: a request is either applied or it is not, and [Server.Requests]
// says what was answered. Which requests a fault with a probability hits depends on [Config.Seed] and on the request
// alone, not on how many others run beside it. All methods may be called at the same time from several goroutines, and
// time is the standard library's, so that a testing/synctest bubble may hold both the server and its clients. Over the
// network, on Linux, an answer comes no more than some tenths of a millisecond after the time that [Faults] gives it, as
// long as the machine has the processors for it; elsewhere it may come a millisecond or two later.
//
// What [Open] returns keeps what it holds in a folder: what was answered is there again after a restart, however the
// server ended.
//
// # What it does not promise
//
// It is not the service. Where the documents are silent it takes the stricter reading, so that a rehearsal finds the
// mistake: a parameter that an operation does not take is refused (error 20001, "Unknown parameters"), and so is an
// empty value of one that it requires; a date must be RFC 3339 with a zone, and an index must be an integer from 0.
// These answers are its own guesses:
//
//   - Dates keep the fraction of a second that was sent; the API's documents show whole seconds only.
//   - An empty LastConsumedMessageIndex in an update sets the index to null.
//   - An update that gives no DateUpdated sets it to now.
//   - Attributes may hold 16 KiB and an identity 256 characters (see [Limits]).
//   - The statuses that belong to some error codes, which the error dictionary leaves out.
//
// Messages, Invites, Bindings, Webhooks and Credentials are not served, and no webhook is ever called.
package sandbox
