package reader

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestWordsAgreeWithBytes puts each byte at each place of texts of all short lengths, so that it meets every place of a
// word and the bytes behind the last one.
func TestWordsAgreeWithBytes(t *testing.T) {
	t.Parallel()
	p := csvParser{delim: ','}
	for size := range 27 {
		for at := range size {
			for c := range 256 {
				text := bytes.Repeat([]byte{'!'}, size) // one above ' ' and one below '"'
				text[at] = byte(c)
				if at+1 < size {
					text[size-1] = '"'
				}
				stop := bytes.IndexFunc(text, func(r rune) bool { return r == '"' || r == '\\' || r < ' ' })
				if stop < 0 {
					stop = size
				}
				high := bytes.ContainsFunc(text[:stop], func(r rune) bool { return r >= 0x80 })

				end, h := plainEnd(text, 0)
				require.Equal(t, stop, end, "%q", text)
				require.Equal(t, high, h&highs != 0, "%q", text)

				dst := make([]byte, 2+size+8)
				end, n, h := copyPlain(dst, 2, text, 0)
				require.Equal(t, stop, end, "%q", text)
				require.Equal(t, text[:stop], dst[2:n], "%q", text)
				require.Equal(t, high, h&highs != 0, "%q", text)

				p.data = text
				cell := bytes.IndexAny(text, ",\"\r\n")
				if cell < 0 {
					cell = size
				}
				require.Equal(t, cell, p.cellEnd(0), "%q", text)
			}
		}
	}
}

// TestLongStrings meets faults and characters at each place of a string, behind an escape or not.
func TestLongStrings(t *testing.T) {
	t.Parallel()
	for _, escape := range []string{"", `\n`} {
		for at := range 20 {
			fill := escape + strings.Repeat("x", at)
			for c, rule := range map[string]string{"\x1f": RuleBadJSON, "\xff": RuleBadUTF8, "\xc3": RuleBadUTF8, "é": "", "\u2028": ""} {
				items := readText(t, fmt.Sprintf(`{"identity":"%s%sxxxxxxxxx"}`+"\n", fill, c), Config{})
				require.Equal(t, rule, items[0].rule, "%q behind %q", c, fill)
				if rule == "" {
					require.Equal(t, strings.ReplaceAll(fill, `\n`, "\n")+c+"xxxxxxxxx", items[0].values["identity"])
				} else {
					require.Equal(t, 14+len(fill), items[0].column)
				}
			}
		}
	}
}
