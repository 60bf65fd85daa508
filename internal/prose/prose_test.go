package prose_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"rejoin/internal/prose"
)

func TestNumber(t *testing.T) {
	t.Parallel()
	for n, want := range map[int64]string{
		0: "0", 999: "999", 1000: "1,000", 123456: "123,456", 1234567: "1,234,567", -100: "-100", -1000: "-1,000", -123456: "-123,456",
		math.MaxInt64: "9,223,372,036,854,775,807", math.MinInt64: "-9,223,372,036,854,775,808",
	} {
		assert.Equal(t, want, prose.Number(n))
	}
}

func TestCounted(t *testing.T) {
	t.Parallel()
	for n, want := range map[int64]string{0: "0 rows", 1: "1 row", 2: "2 rows", 1000: "1,000 rows", -1: "-1 rows"} {
		assert.Equal(t, want, prose.Counted(n, "row"))
	}
}

func TestShare(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		n, all int64
		want   string
	}{
		{0, 0, "0.00 %"},
		{0, 7, "0.00 %"},
		{5, 5, "100.00 %"},
		{1, 3, "33.33 %"},
		{1, 10_000, "0.01 %"},
		{999_999, 1_000_000, ">99.9 %"},
		{1, 1_000_000, "<0.01 %"},
		{9_999, 10_000, "99.99 %"},
	} {
		assert.Equal(t, c.want, prose.Share(c.n, c.all), "%d of %d", c.n, c.all)
	}
}

func TestSize(t *testing.T) {
	t.Parallel()
	for n, want := range map[int64]string{
		0: "0 bytes", 1: "1 byte", 999: "999 bytes", 1000: "1.0 kB", 130_029: "130.0 kB", 999_949: "999.9 kB", 999_950: "1.0 MB",
		5_000_000_000: "5.0 GB", math.MaxInt64: "9.2 EB",
	} {
		assert.Equal(t, want, prose.Size(n))
	}
}

func TestPerSecond(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		rate        float64
		thing, want string
	}{
		{25, "request", "25 requests a second"},
		{1, "write", "1 write a second"},
		{0.5, "request", "30 requests a minute"},
		{1.0 / 60, "request", "1 request a minute"},
		{12.5, "", "12.5 a second"},
		{0.25, "", "15 a minute"},
		{12_345, "", "12,345 a second"},
		{0.333, "", "19.98 a minute"},
	} {
		assert.Equal(t, c.want, prose.PerSecond(c.rate, c.thing))
	}
}

func TestLengthsOfTime(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	for d, want := range map[time.Duration]string{
		0: "a second", 999 * time.Millisecond: "a second", time.Second: "1 s", 90 * time.Second: "90 s", 2 * time.Minute: "2 min",
		119 * time.Minute: "119 min", 2*time.Hour + 5*time.Minute: "2 h 5 min", 47 * time.Hour: "47 h 0 min",
		2 * day: "2 days 0 h", 400*day + 3*time.Hour: "400 days 3 h", 2000 * day: "2,000 days 0 h",
	} {
		assert.Equal(t, want, prose.Lasting(d), d.String())
	}
	for d, want := range map[time.Duration]string{
		0: "0s", 4 * time.Millisecond: "0s", 1234 * time.Millisecond: "1.23s", 59_990 * time.Millisecond: "59.99s",
		61_600 * time.Millisecond: "1m2s", 3*time.Hour + 400*time.Millisecond: "3h0m0s",
	} {
		assert.Equal(t, want, prose.Elapsed(d), d.String())
	}
}

func TestVisible(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]string{
		"":                    "",
		"jing":                "jing",
		"a\nb\r\nc\td":        "a b  c d",
		"a\u2028b\u2029c":     "a b c",
		"\x1b[2Jgone":         " [2Jgone",
		"\x00\a\x7f\u009b":    "    ",
		"\u202egpj.exe":       "�gpj.exe",
		"\u2066a\u2069\u200f": "�a��",
		"日本語 é 👩‍👩‍👧 a\u00a0b": "日本語 é 👩‍👩‍👧 a\u00a0b",
		"bad \xff byte": "bad � byte",
	} {
		assert.Equal(t, want, prose.Visible(s), "%q", s)
	}
	long := prose.Visible(strings.Repeat("é", 2000))
	assert.Len(t, long, 2048+len("…"))
	assert.True(t, strings.HasSuffix(long, "é…"))
}

func TestVisibleLines(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "a\n b\n  c", prose.VisibleLines("a\n\tb\n\r\x1bc"))
	long := strings.Repeat("x", 5000)
	assert.Equal(t, long, prose.VisibleLines(long))
}

func TestClip(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		s     string
		bytes int
		want  string
	}{{"abc", 3, "abc"}, {"abcd", 3, "abc…"}, {"aé", 2, "a…"}, {"é", 1, "…"}, {"é", 2, "é"}, {"ab", 0, "…"}, {strings.Repeat("\x80", 9), 8, strings.Repeat("\x80", 4) + "…"}} {
		assert.Equal(t, c.want, prose.Clip(c.s, c.bytes), "%q to %d bytes", c.s, c.bytes)
	}
}

// What is wide here is what terminals that go by Unicode's East Asian Width and by its grapheme clusters show as wide.
func TestWidthAndCut(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		s     string
		width int
		to5   string // cut to five columns
	}{
		{"", 0, ""},
		{"jing", 4, "jing"},
		{"jing-li", 7, "jing…"},
		{"日本", 4, "日本"},
		{"日本語", 6, "日本…"},
		{"a日本語", 7, "a日…"}, // the last letter would stand half outside
		{"e\u0301e\u0301e\u0301e\u0301e\u0301", 5, "e\u0301e\u0301e\u0301e\u0301e\u0301"},
		{"ae\u0301ffgh", 6, "ae\u0301ff…"},
		{"👩‍👩‍👧", 2, "👩‍👩‍👧"},
		{"ａｂｃ", 6, "ａｂ…"},
		{"\x1b[1m\x1b[31merror\x1b[0m", 5, "\x1b[1m\x1b[31merror\x1b[0m"},
		{"über…", 5, "über…"},
	} {
		assert.Equal(t, c.width, prose.Width(c.s), "%q", c.s)
		assert.Equal(t, c.to5, prose.Cut(c.s, 5), "%q", c.s)
		assert.LessOrEqual(t, prose.Width(prose.Cut(c.s, 5)), 5, "%q", c.s)
	}
}
