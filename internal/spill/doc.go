// Package spill keeps more data than memory should hold, in parts that are looked at one after the other: what belongs
// together is put into the same part, and a part is small enough to be read back whole.
//
// It promises:
//   - A part's data comes back byte for byte and in the order in which it was put; what was put in one call stands in one
//     chunk.
//   - Memory is bounded by what a [Spill] may keep, and one open chunk a part. What is beyond that goes into one
//     temporary file, which is made when it is first needed, may be read by its owner alone, and is gone when the [File]
//     is closed; where the system allows it, it has no name even before that, so that nothing stays behind when the
//     process is killed. The room of what was read back is written to again.
//   - A file that cannot be made, written or read is an error that says where it was to be and what to do.
//
// It does not promise:
//   - To know what the bytes are: those who put them write and read them.
//   - To be safe for concurrent use: a [File], with all that spills into it, belongs to one goroutine.
package spill
