// Package report writes down what became of every row of a run, and reads it back.
//
// # The journal
//
// A report is NDJSON that is only ever appended to: a line for the run, a line for each outcome in the order in which
// they complete, a line for the summary. It is the journal, too, from which a run is resumed: a resumed run appends a
// run line of its own, and a row's last line counts.
//
// The package promises that
//   - an outcome that [Journal.Write] took is in the file before Write returns, in one write for the batch, so that it
//     survives the process being killed; at most about a second's lines are lost with the power, since the file is
//     synced a second after a write, and at the end;
//   - a file is made with mode 0600 and never overwritten, and two processes never write one journal;
//   - a line that is not intact is never taken for an outcome: every line ends in "crc", the CRC-32C (Castagnoli) of
//     the bytes before it, as 8 lower-case hexadecimal digits. [Resume] cuts off what is not intact behind the last
//     line that is (a torn last line), says so, and refuses a journal that is damaged anywhere else. The rows of lines
//     that were cut off count as never sent, and are settled by asking the API;
//   - once a write or a sync has failed, every further one fails with the same error.
//
// It does not promise that the lines stand in the backup's order, that a row whose outcome was written has been
// counted, or that a check value withstands someone who wants to deceive: it finds damage, not forgery.
//
// # The rejects
//
// [Rejects] holds the rows that were not restored, as the backup has them, each with the reason. Its file can always be
// made again from the backup and the journal, and a resumed run does so; see [Journal.Rejects].
package report
