package report

import (
	"math/bits"
	"strconv"
	"strings"
)

// rowSet is a set of rows, which costs a bit a row where they stand close together. Asking leaves it alone, so that a set
// that is complete can be asked by several goroutines.
type rowSet struct {
	pages map[int64]*rowBits

	at   int64 // the last page that was written to
	page *rowBits
}

type rowBits [pageRows / 64]uint64

func place(row int64) (word int64, bit uint64) { return row % pageRows / 64, 1 << (row % 64) }

func (s *rowSet) add(row int64) {
	p := s.find(row / pageRows)
	if p == nil {
		if s.pages == nil {
			s.pages = make(map[int64]*rowBits)
		}
		p = new(rowBits)
		s.at, s.page = row/pageRows, p
		s.pages[s.at] = p
	}
	word, bit := place(row)
	p[word] |= bit
}

func (s *rowSet) drop(row int64) {
	if p := s.find(row / pageRows); p != nil {
		word, bit := place(row)
		p[word] &^= bit
	}
}

func (s *rowSet) find(no int64) *rowBits {
	if s.page == nil || no != s.at {
		p := s.pages[no]
		if p == nil {
			return nil
		}
		s.at, s.page = no, p
	}
	return s.page
}

func (s *rowSet) has(row int64) bool {
	p := s.pages[row/pageRows]
	word, bit := place(row)
	return p != nil && p[word]&bit != 0
}

// takeAll moves the rows of another set into this one.
func (s *rowSet) takeAll(other *rowSet) {
	for no, from := range other.pages {
		for word, set := range from {
			for ; set != 0; set &= set - 1 {
				s.add(no*pageRows + int64(word*64+bits.TrailingZeros64(set)))
			}
		}
	}
	*other = rowSet{}
}

// appendRows writes rows, as in 1-16,1001,1003: those that follow one another together.
func appendRows(dst []byte, rows []int64) []byte {
	for i, row := range rows {
		follows := i > 0 && row == rows[i-1]+1
		goesOn := i+1 < len(rows) && rows[i+1] == row+1
		switch {
		case follows && goesOn:
			continue
		case follows:
			dst = append(dst, '-')
		case i > 0:
			dst = append(dst, ',')
		}
		dst = strconv.AppendInt(dst, row, 10)
	}
	return dst
}

// addText adds rows that were written by appendRows. It returns false where they were not, or are far too many.
func (s *rowSet) addText(text string) bool {
	for part := range strings.SplitSeq(text, ",") {
		first, last, several := strings.Cut(part, "-")
		if !several {
			last = first
		}
		from, err := strconv.ParseInt(first, 10, 64)
		to, err2 := strconv.ParseInt(last, 10, 64)
		if err != nil || err2 != nil || from < 1 || to < from || to-from > maxSending {
			return false
		}
		for row := from; row <= to; row++ {
			s.add(row)
		}
	}
	return true
}

// maxSending bounds the rows of one part of a line that tells what is about to be sent: it tells of some dozens.
const maxSending = 1 << 16
