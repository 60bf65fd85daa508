// Package audit reads a backup once and says two things of it: whether it may be restored, and what is in it.
//
// It promises:
//   - The rules of one record are those of package rules, by which a restore decides, too. A row that breaks one stands
//     for nothing in what the audit says of duplicates, as in a restore.
//   - Every problem of a row is told, with its place; of each rule that is broken, how often, and the first few.
//   - Duplicates are exact: two rows are called duplicates because their Service, channel and identity were compared byte
//     for byte, never because of a hash.
//   - Memory does not grow with the backup, whether it is a file or a stream: what is kept of each row, about 40 bytes
//     (see [member]), goes into a temporary file as soon as there is more of it than a few megabytes. That file is gone
//     when Run returns.
//
// It does not promise:
//   - That the API takes a row: it asks no service.
//   - To tell the problems that only show across records in the order of the rows. They come last, channel by channel.
package audit
