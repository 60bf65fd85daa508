// Package verify compares a backup, field by field, with what the Service holds now.
//
// It reads the backup once and puts what it needs of each row where the other rows of its channel are. A channel is the
// unit of work: its list pages of a hundred members are read once, and all its rows are told from them. Several channels
// are read side by side, under the run's ceiling.
//
// It promises that
//   - every row that is read has exactly one outcome, and nothing is written to the Service;
//   - a row is understood as a restore understands it: by the same rules, with the same choice among several rows for one
//     member;
//   - a field that the row does not have is not compared; attributes are compared as JSON and times as instants (see
//     [chat.Differences]);
//   - a channel's pages are read once, whatever the order of the backup's rows. Only a channel whose rows take more than
//     8 MB, which is more than a thousand members take, is read once for each 8 MB;
//   - a channel that some rows name by its SID and others by its unique name is one channel. That is seen on its first
//     page, which is then read twice;
//   - memory is bounded at any size of the backup: by 8 MB of rows, the channels in work, which take 8 MB of rows more
//     before they are unpacked, and some 40 bytes for each channel that the backup names by SID. What is beyond that goes
//     into one temporary file. Where rows of one channel stand together (Config.Grouped), no file is needed.
//
// It does not promise
//   - a picture of one moment: a member that joins or leaves while its channel is being read may be told either way;
//   - to see members of channels that no valid row of the backup names, or whether a user's device was notified;
//   - the order of outcomes, but that a channel's come together. Extra members come before the rows of their channel, so
//     that a channel all of whose rows have an outcome is done when the run is resumed.
package verify
