package app

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
)

func TestADrawnLineFitsItsTerminal(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	columns := 40
	d := drawn{w: &out, width: func() int { return columns }}
	taken := func() string {
		text := out.String()
		out.Reset()
		return text
	}
	d.draw("short")
	assert.Equal(t, "short", taken())
	d.draw(strings.Repeat("x", 60))
	assert.Equal(t, "\r\033[J"+strings.Repeat("x", 38)+"…", taken(), "one column is left free")
	columns = 15 // the 39 columns that were drawn now stand on three lines
	d.draw("y")
	assert.Equal(t, "\r\033[2A\033[Jy", taken())
	d.keep()
	assert.Equal(t, "\n", taken())
	d.erase()
	d.keep()
	assert.Empty(t, taken(), "there is nothing to erase or to keep")
}

func TestABarTakesTheRoomThatThereIs(t *testing.T) {
	t.Parallel()
	const text = "60 of 100, 59/s, 3 s left"
	for columns := 20; columns < 200; columns++ {
		for _, done := range []int64{0, 1, 50, 99, 100, 101} {
			line := withBar(done, 100, text, columns)
			assert.Contains(t, line, text)
			if columns >= 60 {
				assert.LessOrEqual(t, utf8.RuneCountInString(line), columns, line)
				assert.Contains(t, line, "[", line)
			}
			assert.Equal(t, done >= 100, strings.HasPrefix(line, "100 %"), "%d: %s", done, line)
		}
	}
	assert.Equal(t, "[==========>         ]", bar(55, 100, 20))
	assert.Equal(t, text, withBar(5, 0, text, 80), "of an unknown total there is no share")
	assert.Equal(t, " 99 % "+text, withBar(999, 1000, text, 20))
}

func TestLongMessagesAreWrappedAtATerminal(t *testing.T) {
	t.Parallel()
	s := &screen{terminal: true, line: drawn{width: func() int { return 30 }}}
	command := "  rejoin restore --resume 'a name that is longer than the terminal is wide.ndjson'"
	assert.Equal(t, "rejoin: a message that is\n        longer than a line;\n        run:\n"+command+"\n",
		s.laidOut("rejoin: a message that is longer than a line; run:\n"+command), "a command stands as it is")
	s.terminal = false
	assert.Equal(t, "rejoin: now run: rejoin report x\n", s.laidOut("rejoin: now run:\n  rejoin report x"), "a log has one line a message")
}
