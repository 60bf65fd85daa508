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

// manyLines is a report of so many rows, some of them with texts that are escaped, and with damage here and there.
func manyLines(rows int64) []byte {
	var text []byte
	for row := range rows {
		o := created(row + 1)
		if o.Identity = fmt.Sprintf("user %d", row); row%3 == 0 {
			o.Identity = fmt.Sprintf("\"user\"\n%d", row)
		}
		if row%10_000 == 7 {
			o.Error = strings.Repeat("\tlong", 40_000)
		}
		at := len(text)
		if text = appendOutcome(text, o, false); row%1000 == 9 {
			text[at+30] ^= 1
		}
	}
	return append(text, `{"type":"outco`...)
}

// What is looked at ahead, on several goroutines, is what would be seen line by line, in the same order.
func TestAheadSeesWhatALineByLineReaderSees(t *testing.T) {
	t.Parallel()
	for _, rows := range []int64{0, 1, blockLines, 12_000} {
		text := manyLines(rows)
		var want, got []string
		told := func(kind textKind, l *rawLine, e *entry) string {
			return fmt.Sprint(kind, l.number, l.offset, l.size, l.ended, string(e.identity), string(e.at), e.row, len(e.failure))
		}
		var s scanner
		require.NoError(t, eachLine(bytes.NewReader(text), func(l *rawLine) error {
			var e entry
			kind := kindOf(l, &s, &e)
			if kind != outcomeText {
				e = entry{}
			}
			want = append(want, told(kind, l, &e))
			return nil
		}))
		err := ahead(bytes.NewReader(text), classify, func(l *seenLine) error {
			if l.kind != outcomeText {
				l.entry = entry{}
			}
			got = append(got, told(l.kind, &l.raw, &l.entry))
			return nil
		})
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
}

func TestAheadEndsWhereItIsTold(t *testing.T) {
	t.Parallel()
	text := manyLines(20_000)
	for _, at := range []int{1, blockLines, blockLines + 1, 15_000} {
		enough, n := errors.New("enough"), 0
		err := ahead(bytes.NewReader(text), classify, func(*seenLine) error {
			if n++; n == at {
				return enough
			}
			return nil
		})
		require.ErrorIs(t, err, enough)
		assert.Equal(t, at, n, "nothing follows")
	}
	broken, n := errors.New("the disk is gone"), int64(0)
	err := ahead(io.MultiReader(bytes.NewReader(text[:len(text)/2]), iotest.ErrReader(broken)), classify, func(l *seenLine) error {
		n++
		assert.Equal(t, n, l.raw.number)
		return nil
	})
	require.ErrorIs(t, err, broken)
	assert.InDelta(t, int64(bytes.Count(text[:len(text)/2], []byte{'\n'})), n, 0, "what was read before counts")
}
