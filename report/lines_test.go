package report

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// linesOf reads a text's lines in the plainest way.
func linesOf(text string, longest int) []string {
	var out []string
	for at := 0; at < len(text); {
		line, _, ended := strings.Cut(text[at:], "\n")
		size := len(line)
		if ended {
			size++
		}
		huge := len(line) > longest
		if huge {
			line = line[:longest+1]
		}
		out = append(out, fmt.Sprint(at, size, ended, huge, line))
		at += size
	}
	return out
}

// piecesOf reads them with pieces of so many bytes.
func piecesOf(src io.Reader, size, longest int) ([]string, error) {
	r := newPieceReader(src)
	r.size, r.most, r.max = size, size, longest
	var out []string
	var p piece
	for r.next(&p) {
		for p.more() {
			l := p.line()
			out = append(out, fmt.Sprint(l.offset, l.size, l.ended, l.huge, string(l.text)))
		}
	}
	return out, r.failure()
}

// However a report arrives, its lines are the same.
func TestLinesOfPieces(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 100)
	texts := []string{
		"", "\n", "a", "a\n", "\n\n\n", "a\nbb\n\nccc", long, long + "\n", "a\n" + long + "\nb\n\n" + long + "\n" + long,
		strings.Repeat("x", 40) + "\n" + strings.Repeat("x", 41) + "\n" + strings.Repeat("x", 39) + "\n" + strings.Repeat("x", 40),
		strings.Repeat("\n", 300), strings.Repeat("ab\n", 100) + long + "\n" + strings.Repeat("\n", 50) + "end",
	}
	for _, text := range texts {
		want := linesOf(text, 40)
		for _, size := range []int{1, 2, 7, 40} {
			for name, wrap := range map[string]func(io.Reader) io.Reader{
				"all": func(r io.Reader) io.Reader { return r }, "bytes": iotest.OneByteReader, "halves": iotest.HalfReader, "the end with the last": iotest.DataErrReader,
			} {
				got, err := piecesOf(wrap(strings.NewReader(text)), size, 40)
				require.NoError(t, err)
				require.Equal(t, want, got, "%q in pieces of %d, %s", text, size, name)
			}
		}
	}
}

// Of a line in the midst of which reading fails nothing is given, and of those before it all.
func TestLinesBeforeAFailure(t *testing.T) {
	t.Parallel()
	broken := errors.New("the disk is gone")
	text := "a\nbb\n" + strings.Repeat("x", 100) + "\ncc\n"
	for cut := range len(text) {
		whole := text[:strings.LastIndexByte(text[:cut], '\n')+1]
		want := linesOf(whole, 40)
		for _, size := range []int{1, 5, 40} {
			got, err := piecesOf(io.MultiReader(strings.NewReader(text[:cut]), iotest.ErrReader(broken)), size, 40)
			require.ErrorIs(t, err, broken)
			require.Equal(t, want, got, "cut behind %d bytes, in pieces of %d", cut, size)
		}
	}
}

// Lines that are far shorter than outcomes are seen like all others, and take little memory.
func TestAheadSeesManyShortLines(t *testing.T) {
	t.Parallel()
	text := bytes.Repeat([]byte("\n"), 2*pieceSize+10)
	n := int64(0)
	require.NoError(t, ahead(bytes.NewReader(text), classify, func(l *seenLine) error {
		n++
		if l.raw.number != n || l.raw.offset != n-1 || l.kind != damagedText {
			return fmt.Errorf("line %d: %+v", n, l)
		}
		return nil
	}))
	assert.Equal(t, int64(len(text)), n)
	var b block
	b.done = make(chan struct{}, 1)
	require.True(t, newPieceReader(bytes.NewReader(text)).next(&b.piece))
	b.look(classify)
	require.NoError(t, b.each(classify, func(*seenLine) error { return nil }))
	assert.LessOrEqual(t, cap(b.lines), 2*blockLines)
}
