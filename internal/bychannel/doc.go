// Package bychannel gives the records of a backup channel by channel, whatever their order.
//
// It promises:
//   - Every record and every row that cannot be read comes once, as it stands in the backup, with its row and line. Rows
//     that cannot be read, and those whose channel cannot be, come as they are met; the others when all are read.
//   - The records of one channel, named in one way, follow each other in the backup's order. Only those of a channel that
//     takes more than 16 MB may have others among them.
//   - Memory is bounded by about 48 MB at any size of the backup. What is beyond that goes into one temporary file (see
//     package spill), which takes about twice the room of the backup.
//
// It does not promise an order of the channels.
package bychannel
