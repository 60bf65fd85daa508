// Package ratelimit says when the next request may be sent.
//
// A [Limiter] holds three brakes, and a request passes all of them: the pace of
// the whole run ([Limiter.Wait]), the pace of its channel
// ([Limiter.ChannelReadyAt], [Limiter.TakeChannel]) and the pause, while which
// nothing is sent at all.
//
// # What it promises
//
//   - No second holds more than 1.01 × the ceiling + 1 requests, and none of a
//     channel more than its ceiling + 1. There is no burst: not at the start,
//     not after silence, not after a pause.
//   - A ceiling is used in full while there is demand. What a timer that wakes
//     late has lost is made up for, up to ten milliseconds' worth; time beyond
//     that is lost.
//   - A pause holds every caller, is extended and never shortened by another,
//     and lasts [MaxPause] at most.
//   - Callers of Wait are served in the order in which they came, and none gets
//     a token after its context is done.
//
// It does not retry, does not back off for one request, and knows nothing of
// what an answer means: the caller says which answers show that the service
// keeps up and which that it does not. It starts no goroutine. Memory does not
// grow with the run: a bucket is kept for each channel that was written to
// within the last moments or throttled within the last minute, never more than
// twice those or 1,024.
//
// # How the rate adapts
//
// Under a ceiling the rate starts there; with auto it starts at 10/s and
// doubles each 0.4 s, so that 3,000/s takes 3.3 s. It rises only while requests
// wait for their turn, so that it stays near what workers and latency allow.
//
// The first 429 ends the rise. It says that the rate is too high, not what
// would not be: that is what was accepted over the last second, or where the
// service then still refuses, over the longer time for which it goes on to
// refuse, because a service that counts over five seconds accepts far too much
// for three of them. The rate goes to 0.95 of that capacity, climbs to 0.99,
// rests there, and then probes: 2 % above, and from there the step doubles each
// 0.7 s (or 0.7 of the time over which the service seems to count, 4 s at
// most), until the next 429.
//
// The rest is what keeps 429s rare: each has to be made up for by 80 accepted
// requests, so that steady probing costs about 1/80 = 1.25 % of the requests,
// and each second of a Retry-After by 45 s of rest, so that pauses cost about
// 1/46 = 2.2 % of the time. In the cycle the rate is on average 1 to 3 % under
// the capacity. Where the capacity has just changed by more than a tenth the
// plateau is not trusted, until a probe ends where the one before did: rests are
// a fifth as long (but not below 8/s, where a probe is a large part of all
// requests) and the first step is 10 %.
// A capacity four times as high is so found within about 6 s of probing, one
// half as high within about a second.
//
// # Refusals that no rate is to blame for
//
// Other users of the account can have requests refused at any rate, and cuts
// would then follow each other down to nothing. Under a capacity, requests at
// 0.95 of what was accepted are accepted. Where four cuts in a row, no more
// than 300 answers apart on average, are each followed by a 429 all the same,
// the rate goes to 0.9 of what is accepted and is tested there: with refusals
// of a part p of the requests, six mean gaps without one, 6/p requests, say
// that there was a capacity (chance alone does in e^-6 = 0.25 % of the gaps);
// four refusals before that say that p is a background. A ceiling is the word
// of somebody who knows the service: there p is taken to be smaller than a row
// of cuts shows, by 40 requests (ten seconds' worth at most), and a rest that was
// shorter than that forgets no cut. The rate then climbs
// back within a second to where it was before the four cuts. From then on
// 1.5 p + 1 % of the requests may be refused, and 8 refusals beyond that are
// an alarm. A full service that refuses p of the requests looks the same as a
// background at one rate, so that each alarm, and else each 32 refusals, twice
// as many after each test that confirms, up to 512, have it tested again at
// 0.95 of what is accepted. p is averaged over 200 requests of such tests.
// Six refusals in a row in the first test, and twelve at any time, are no
// background.
//
// A run that has only just begun, or gone on after a pause, has had little
// accepted because it has sent little. What it has had accepted is measured over
// no more time than there was, and where fewer than four requests in a row were
// refused it loses no more than half of its rate at once. An answer that is
// neither a 429 nor shows that the service keeps up was taken all the same.
//
// Requests that were in flight at a cut are answered 429 too, and cut no more.
// Where nothing that was sent after a cut is accepted, one request at a time
// asks again, after 0.1 s and then twice as long each time, up to 5 s, until
// one is accepted.
//
// A channel's own rate under its ceiling follows the same rules. At a ceiling of
// 25/s it holds 70 to 85 % of it where 2, 8 or 20 % of its writes are refused at
// random.
//
// # What it does not promise
//
// A limiter that is told only yes or no cannot tell a small capacity from bad
// luck. Where the service counts over five seconds and its capacity changes,
// some 10 % of the capacity of the minutes around the change are lost; where a
// capacity and a background come together, 15 to 50 % are, and twice the
// background is refused; where 40 % are refused at random, or one in
// 200, which is too few to be told from a capacity soon, half of the ceiling;
// where it
// sends a Retry-After, a rise of the capacity is noticed only after the rest;
// below about 1.4/s a 429 is made up for within a minute, by fewer than 80
// requests. BenchmarkAuto prints what is reached for each kind of service.
package ratelimit
