// Command bareloop is a restore as one would write it in an hour: it takes how many requests are in flight, a base URL and
// a backup in NDJSON, posts each row, and prints one line a row. It tries nothing twice and keeps no promise.
//
// The flag -client says through what it posts: net/http; fasthttp; raw, a socket for each request in flight, written and
// read by hand, which is the least that a request can cost; or none, which posts nothing, so that one can tell what all of
// them spend on reading rows, making forms and printing lines. All else is the same for all.
package main
