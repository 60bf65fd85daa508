package spill

import (
	"fmt"
	"os"
)

// File is the temporary file of any number of spills. It is made when the first of them needs it.
type File struct {
	dir   string
	chunk int
	file  *os.File
	size  int64
	free  []int64 // places of chunks that were read back
}

// NewFile returns a file that will be made in dir, or, where that is empty, in the system's folder for temporary files.
// It is written and read in pieces of chunk bytes; what is put at once and is larger makes a larger piece.
func NewFile(dir string, chunk int) *File { return &File{dir: dir, chunk: max(chunk, 1)} }

// Close ends the file and takes it away. There may be none.
func (f *File) Close() {
	if f.file == nil {
		return
	}
	_ = f.file.Close() // nobody reads it again
	_ = os.Remove(f.file.Name())
	f.file = nil
}

// extent is a piece of the file.
type extent struct {
	at   int64
	size int
}

// write puts data where there is room and returns the place.
func (f *File) write(data []byte) (extent, error) {
	if f.file == nil {
		file, err := os.CreateTemp(f.dir, "rejoin-")
		if err != nil {
			return extent{}, fmt.Errorf("there is more than is kept in memory, and no temporary file can be made for it: %w; TMPDIR may name another folder", err)
		}
		f.file = file
		_ = os.Remove(file.Name()) // where an open file cannot be removed, Close does it
	}
	e := extent{f.size, len(data)}
	n := len(f.free)
	again := n > 0 && len(data) <= f.chunk
	if again {
		e.at = f.free[n-1]
	}
	if _, err := f.file.WriteAt(data, e.at); err != nil {
		return extent{}, fmt.Errorf("the temporary file cannot be written behind its first %d MB: %w; make room, or let TMPDIR name another folder", f.size>>20, err)
	}
	if again {
		f.free = f.free[:n-1]
	} else {
		f.size += int64(max(len(data), f.chunk))
	}
	return e, nil
}

// read reads what was written at a place.
func (f *File) read(e extent, into []byte) error {
	if _, err := f.file.ReadAt(into, e.at); err != nil {
		return fmt.Errorf("the temporary file cannot be read again: %w; TMPDIR may name a folder on another disk", err)
	}
	return nil
}

// release gives the room of what will not be read again.
func (f *File) release(e extent) {
	if e.size <= f.chunk {
		f.free = append(f.free, e.at)
	}
}
