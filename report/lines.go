package report

import (
	"bufio"
	"errors"
	"io"
)

// maxLine is the longest line that is read as one. Anything longer cannot be one that this package wrote.
const maxLine = 64 << 20

// rawLine is a line of a report, without its line end. Its text is valid until the next line is read.
type rawLine struct {
	number int64 // from 1
	offset int64 // of its first byte
	size   int64 // with its line end
	text   []byte
	ended  bool // it has a line end
	huge   bool // it is longer than maxLine; text holds its beginning
}

// eachLine calls fn for every line, the last included if it has no line end, until fn or reading fails.
func eachLine(src io.Reader, fn func(*rawLine) error) error {
	r := bufio.NewReaderSize(src, 64<<10)
	var l rawLine
	var long []byte
	for {
		l.number++
		l.offset += l.size
		l.size, l.huge = 0, false
		long = long[:0]
		for {
			part, err := r.ReadSlice('\n')
			l.size += int64(len(part))
			l.text = part
			if errors.Is(err, bufio.ErrBufferFull) {
				if len(long)+len(part) > maxLine {
					l.huge = true
				} else {
					long = append(long, part...)
				}
				continue
			}
			if err != nil && !errors.Is(err, io.EOF) {
				return err
			}
			if l.ended = err == nil; l.ended {
				l.text = part[:len(part)-1]
			}
			break
		}
		if l.size == 0 {
			return nil
		}
		if len(long) > 0 {
			if !l.huge {
				long = append(long, l.text...)
			}
			l.text = long
		}
		if err := fn(&l); err != nil {
			return err
		}
		if !l.ended {
			return nil
		}
	}
}
