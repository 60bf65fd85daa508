package sandbox

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"rejoin/internal/filelock"
)

// The file is lines, each a checksum and a JSON array of entries that were written together:
//
//	5f3a09c1 [{"user":{…}},{"member":{…}}]
//
// Since a line is on the disk before the next one is begun, only the last can be torn, and one that is was never
// answered: it is left out. Any other line that is not whole means that the file was damaged later.

// stateHeader is the first line's array. Its number changes when older programs would misread the file.
const stateHeader = `"rejoin sandbox",1`

// sumDigits is how long a checksum is: CRC-32C in hexadecimal digits.
const sumDigits = 8

func castagnoli() *crc32.Table { return crc32.MakeTable(crc32.Castagnoli) } // made once, by the standard library

// appendFrame appends one line.
func appendFrame(out, entries []byte) []byte {
	start := len(out)
	out = append(out, "00000000 ["...)
	out = append(out, entries...)
	out = append(out, ']', '\n')
	text := out[start+sumDigits+1 : len(out)-1]
	sum := crc32.Checksum(text, castagnoli())
	hex.Encode(out[start:], []byte{byte(sum >> 24), byte(sum >> 16), byte(sum >> 8), byte(sum)})
	return out
}

// openFrame returns a line's array, if the line is whole.
func openFrame(line []byte) ([]byte, bool) {
	body, ended := bytes.CutSuffix(line, []byte("\n"))
	if !ended || len(body) < sumDigits+1 {
		return nil, false
	}
	entries, inner := bytes.CutPrefix(body[sumDigits:], []byte(" ["))
	entries, closed := bytes.CutSuffix(entries, []byte("]"))
	return body[sumDigits+1:], inner && closed && bytes.Equal(appendFrame(nil, entries), line)
}

// load reads a state into a server that holds nothing. A file that is not there holds nothing, too.
func (s *Server) load(path string) error {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return errors.Join(s.read(bufio.NewReaderSize(file, 1<<20)), file.Close())
}

func (s *Server) read(src *bufio.Reader) error {
	for number := 1; ; number++ {
		line, err := src.ReadBytes('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		if number == 1 { // a server writes it before the file has its name
			if !bytes.Equal(line, appendFrame(nil, []byte(stateHeader))) {
				return fmt.Errorf("%s is no state that this version reads: expected a file that a sandbox of this version "+
					"wrote; give a new folder", stateFile)
			}
			continue
		}
		if len(line) == 0 {
			return nil
		}
		array, whole := openFrame(line)
		if !whole {
			if _, err := src.Peek(1); errors.Is(err, io.EOF) {
				return nil // torn when it was written; nobody was told that it was done
			}
			return fmt.Errorf("%s, line %d is damaged: its checksum is wrong; put a copy in its place, or give a new folder", stateFile, number)
		}
		if err := s.readEntries(array); err != nil {
			return fmt.Errorf("%s, line %d: %w", stateFile, number, err)
		}
	}
}

func (s *Server) readEntries(array []byte) error {
	var entries []entry
	if err := json.Unmarshal(array, &entries); err != nil {
		return err
	}
	for i := range entries {
		if err := s.restore(&entries[i]); err != nil {
			return err
		}
	}
	return nil
}

// compact writes the file anew, with a snapshot alone, and puts it in the old one's place when it is on the disk. Until
// then the old one stays as it is. One that could not be finished is taken away: where the disk is full, it may be what
// fills it. The caller holds the lock, or is alone.
func (st *store) compact() error {
	path, fresh := st.path(), st.path()+".new"
	size, err := st.writeSnapshot(fresh)
	if err == nil {
		err = os.Rename(fresh, path)
	}
	if err != nil {
		return errors.Join(err, ignore(os.Remove(fresh), fs.ErrNotExist))
	}
	if err := filelock.SyncFolder(st.dir); err != nil {
		return err
	}
	st.snapshot, st.since = size, 0
	st.file, err = os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0o600)
	return err
}

func (st *store) writeSnapshot(path string) (size int64, err error) {
	file, err := os.OpenFile(filepath.Clean(path), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	w := bufio.NewWriterSize(file, 1<<20)
	frame := appendFrame(nil, []byte(stateHeader))
	var text []byte
	size, err = int64(len(frame)), second(w.Write(frame))
	for e := range st.server.entries {
		if err != nil {
			return size, err
		}
		if text, err = appendEntry(text[:0], &e); err == nil {
			frame = appendFrame(frame[:0], text)
			size += int64(len(frame))
			err = second(w.Write(frame))
		}
	}
	return size, errors.Join(err, w.Flush(), file.Sync())
}

func second[T any](_ T, err error) error { return err }
