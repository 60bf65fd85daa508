package sandbox

import (
	"encoding/json"
	"testing"
	"testing/quick"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Whatever is written is JSON that reads back as it was; bytes that are no UTF-8 read back as encoding/json has them.
func TestTextIsEscaped(t *testing.T) {
	t.Parallel()
	same := func(s string) bool { return reads(t, appendText(nil, s)) == reads(t, marshal(t, s)) }
	require.NoError(t, quick.Check(same, &quick.Config{MaxCount: 2000}))
	for _, s := range []string{
		"", `"`, `\`, "\x00\x1f\x7f", "\r\n\t", "\u2028\u2029", "é🐈", "</script>", "a\xffb", "\xed\xa0\x80", "\xf0\x9f",
	} {
		assert.True(t, same(s), "%q", s)
	}
}

func FuzzText(f *testing.F) {
	for _, s := range []string{"", `"\`, "\x00\xff", "é🐈\u2028"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		require.Equal(t, reads(t, marshal(t, s)), reads(t, appendText(nil, s)))
	})
}

func marshal(t *testing.T, s string) []byte {
	t.Helper()
	text, err := json.Marshal(s)
	require.NoError(t, err)
	return text
}

func reads(t *testing.T, text []byte) (s string) {
	t.Helper()
	require.NoError(t, json.Unmarshal(text, &s), "%s", text)
	return s
}
