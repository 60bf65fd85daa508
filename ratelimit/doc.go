// Package ratelimit says when the next request may be sent.
//
// A [Limiter] holds three brakes, and a request passes all of them:
//
//   - the pace of the whole run: a token bucket under the run's ceiling;
//   - the pace of each channel: a token bucket a channel;
//   - the pause: while it lasts nothing is sent at all.
package ratelimit
