// Package backup writes down who the members of a Service's channels are, public and private ones: every member that the
// API lists, as NDJSON or CSV, in the API's own names, so that a restore reads back what the API said.
//
// What it promises:
//
//   - The order is stable: channels by their SID, the members of each as the API's pages give them. Several channels are
//     read at once; the pages of one follow each other, each at the address that the page before it named.
//   - Nothing is written of a channel before it was read whole. Where its count of members says that it changed under the
//     reading, it is read again, up to [Readings] times; a member that stands on two pages is written once.
//   - A [File] has its name only once it is whole. Until then it is FILE.partial, and FILE.state beside it says which
//     channels are in it, so that a run that was killed goes on behind the last of them ([Resume]).
//   - Memory is bounded: by Config.Buffer, the channel that is next to be written, and a page for each worker.
//
// What it does not:
//
//   - It is no snapshot. The API has none: channels are read one after the other, and each is as it was at some moment
//     while the backup was taken. A channel that changes all the time is written as it was read last, with a warning.
//   - Changes that leave the number of members as it was (one joins while another leaves) cannot be seen by it.
//   - It holds members alone: no messages, no users, no channels' own properties but the unique name.
//   - It knows no flag and no screen.
package backup
