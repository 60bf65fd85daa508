package reader

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestCSVTraps(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, text string
		rules      []string
		identities []string
		lines      []int64
	}{
		{"cell over several lines", "identity\n\"a\nb\r\nc\"\nd\n", []string{"-", "-"}, []string{"a\nb\r\nc", "d"}, []int64{2, 5}},
		{"line ends of all kinds", "identity\na\r\nb\rc\nd", []string{"-", "-", "-", "-"}, []string{"a", "b", "c", "d"}, []int64{2, 3, 4, 5}},
		{"blank lines", "\n\nidentity\n\na\n\r\n\n\rb\n\n", []string{"-", "-"}, []string{"a", "b"}, []int64{5, 9}},
		{"quotes in quotes", "identity\n\"a\"\"b\"\"\"\n", []string{"-"}, []string{`a"b"`}, []int64{2}},
		{"short row", "identity,sid\na,b\nc\nd,e\n", []string{"-", RuleFieldCount, "-"}, []string{"a", "d"}, []int64{2, 3, 4}},
		{"long row", "identity,sid\na,b,\nd,e\n", []string{RuleFieldCount, "-"}, []string{"d"}, []int64{2, 3}},
		{"bare quote", "identity\na\"b\nc\n", []string{RuleBareQuote, "-"}, []string{"c"}, []int64{2, 3}},
		{"text behind a quoted cell", "identity\n\"a\"b\nc\n", []string{RuleBareQuote, "-"}, []string{"c"}, []int64{2, 3}},
		{"a quote that opens by mistake swallows nothing", "identity,sid\n\"a,b\nc,d\ne,\"f\"\n", []string{RuleBareQuote, "-", "-"}, []string{"c", "e"}, []int64{2, 3, 4}},
		{"invalid UTF-8", "identity\na\xff\nb\n", []string{RuleBadUTF8, "-"}, []string{"b"}, []int64{2, 3}},
		{"row too long", "identity\n" + strings.Repeat("x", 101) + "\n" + strings.Repeat("y", 100) + "\n", []string{RuleRowTooLong, "-"}, []string{strings.Repeat("y", 100)}, []int64{2, 3}},
		{"row far too long, in quotes", "identity\n\"" + strings.Repeat("x\n", 500) + "\"\nb\n", []string{RuleRowTooLong, "-"}, []string{"b"}, []int64{2, 503}},
		{"row far too long, \\r\\n", "identity\r\n" + strings.Repeat("x", 1000) + "\r\nb\r\n", []string{RuleRowTooLong, "-"}, []string{"b"}, []int64{2, 3}},
		{"last row too long", "identity\na\n" + strings.Repeat("x", 1000), []string{"-", RuleRowTooLong}, []string{"a"}, []int64{2, 3}},
		{"only the first column is the name", "identity,attributes\nnull,null\nNULL,\\N\n\\N,\n", []string{"-", "-", "-"}, []string{"null", "NULL", `\N`}, []int64{2, 3, 4}},
		{"header in quotes behind a byte order mark", "\xef\xbb\xbf\"identity\",\"sid\"\na,b\n", []string{"-"}, []string{"a"}, []int64{2}},
		{"quotes in tab-delimited text", "identity\tsid\nthe \"x\"\t\"y\" z\n\"a\tb\n\"c \"\"d\"\"\"\te\n\"f\n", []string{"-", "-", "-", RuleFieldCount}, []string{`the "x"`, `"a`, `c "d"`}, []int64{2, 3, 4, 5}},
	}
	for _, tt := range tests {
		for _, piece := range []int{0, 1, 16} {
			t.Run(fmt.Sprintf("%s/%d", tt.name, piece), func(t *testing.T) {
				t.Parallel()
				items := readText(t, tt.text, Config{piece: piece, MaxRowBytes: 100, Workers: 2})
				assert.Equal(t, tt.rules, rules(items))
				assert.Equal(t, tt.identities, column(items, Identity))
				var lines []int64
				for _, it := range items {
					lines = append(lines, it.pos.Line)
				}
				assert.Equal(t, tt.lines, lines)
			})
		}
	}
}

func TestCSVMessages(t *testing.T) {
	t.Parallel()
	items := readText(t, "identity,sid,url\na\nb,\"c\"x,d\ne,f\"g,h\n\"i\nj\",k\"l,m\n", Config{})
	require.Equal(t, []string{RuleFieldCount, RuleBareQuote, RuleBareQuote, RuleBareQuote}, rules(items))
	assert.Equal(t, "found 1 cell, expected 3 as in the header", items[0].msg)
	assert.Equal(t, 6, items[1].column)
	assert.Contains(t, items[1].msg, "found 'x' behind a quoted cell")
	assert.Equal(t, 4, items[2].column)
	assert.Equal(t, "sid", items[2].field)
	assert.Zero(t, items[3].column, "the fault is not on the row's first line")
	assert.Contains(t, items[3].msg, "1 line further down, column 5: ")
}

// What stands behind a quote that closes too early is told alike wherever a piece ends, in the middle of a letter too.
func TestALetterBehindAQuoteInPieces(t *testing.T) {
	t.Parallel()
	const text = "identity,sid\n\"a\nb\n\"日\",c\n"
	for _, piece := range []int{1, 2, 3, 5, 100} {
		items := readText(t, text, Config{piece: piece, MaxRowBytes: 8})
		require.Equal(t, []string{RuleBareQuote, RuleFieldCount, "-"}, rules(items))
		assert.Equal(t, "the quote that opened here closes 2 lines further down before other text: expected a quote at the end of the cell", items[0].msg, piece)
	}
}

// A part of a list page that is both faulty and too long is what is met first, however much of it is there at once.
func TestAPartOfAPageThatIsFaultyAndTooLong(t *testing.T) {
	t.Parallel()
	const limit = 20
	for text, want := range map[string]string{
		`{"meta":"` + strings.Repeat("x", 13) + "\x1f": "found '\\x1f'", // the last byte that is looked at
		`{"meta":"` + strings.Repeat("x", 14) + "\x1f": "found a part of a list page, other than its members, of more than 20 bytes",
		`{"meta":[` + strings.Repeat(" ", 12) + "é":    "found 'é'",
		`{"meta":[` + strings.Repeat(" ", 13) + "é":    "found a part of a list page, other than its members, of more than 20 bytes",
	} {
		for _, piece := range []int{1, 2, 7, 1000} {
			items, _, err := read(t, strings.NewReader(text+strings.Repeat("x", 100)+`","members":[]}`), Config{Format: JSON, piece: piece, MaxRowBytes: limit})
			require.NoError(t, err)
			require.Equal(t, []string{"fatal"}, rules(items))
			assert.ErrorContains(t, items[0].fatal, want, "%q in pieces of %d", text, piece)
		}
	}
}

func TestNulls(t *testing.T) {
	t.Parallel()
	const text = "identity,role_sid,channel_sid,channel_unique_name,attributes,sid\nnull,null,NULL,\\N,NULL,\"null\"\n-,-,,n,,nul\n"
	kinds := func(items []item) (out [][]Kind) {
		for _, it := range items {
			out = append(out, []Kind{it.kinds[Identity], it.kinds[RoleSID], it.kinds[ChannelSID], it.kinds[ChannelUniqueName], it.kinds[Attributes], it.kinds[SID]})
		}
		return out
	}
	assert.Equal(t, [][]Kind{{String, Null, String, String, Null, Null}, {String, String, Absent, String, Absent, String}}, kinds(readText(t, text, Config{})))
	assert.Equal(t, [][]Kind{{String, String, String, String, String, String}, {Null, Null, Absent, String, Absent, String}}, kinds(readText(t, text, Config{Null: []string{"-"}})))
	assert.Equal(t, [][]Kind{{String, String, String, String, String, String}, {String, String, Absent, String, Absent, String}}, kinds(readText(t, text, Config{Null: []string{}})))
}

func TestNDJSONTraps(t *testing.T) {
	t.Parallel()
	long := func(n int) string { return `{"identity":"` + strings.Repeat("x", n-len(`{"identity":""}`)) + `"}` }
	tests := []struct {
		name, line string
		rule       string
		column     int
		field      string
	}{
		{"null", "null", RuleNotAnObject, 1, ""},
		{"array", " [1]", RuleNotAnObject, 2, ""},
		{"scalar", "12", RuleNotAnObject, 1, ""},
		{"words", "hello", RuleBadJSON, 1, ""},
		{"trailing object", `{"identity":"a"} {"identity":"b"}`, RuleTrailingData, 18, ""},
		{"trailing comma", `{"identity":"a"},`, RuleTrailingData, 17, ""},
		{"duplicate key", `{"identity":"a","identity":"a"}`, RuleDuplicateKey, 17, "identity"},
		{"duplicate key, escaped", `{"identity":"a","\u0069dentity":"a"}`, RuleDuplicateKey, 17, "identity"},
		{"duplicate key, null first", `{"identity":null,"identity":"a"}`, RuleDuplicateKey, 18, "identity"},
		{"duplicate unknown key", `{"x":1,"identity":"a","x":2}`, RuleDuplicateKey, 23, "x"},
		{"duplicate unknown key, escaped", `{"x":1,"identity":"a","\u0078":2}`, RuleDuplicateKey, 23, "x"},
		{"duplicate ignored key", `{"url":1,"identity":"a","url":2}`, RuleDuplicateKey, 25, "url"},
		{"two names of one field", `{"role_sid":"a","roleSid":"b"}`, RuleDuplicateKey, 17, "roleSid"},
		{"invalid UTF-8", "{\"identity\":\"ab\xff\"}", RuleBadUTF8, 16, "identity"},
		{"invalid UTF-8 in an unknown key", "{\"\xc3\x28\":1}", RuleBadUTF8, 3, ""},
		{"invalid UTF-8 in an object", "{\"attributes\":{\"a\":\"\xed\xa0\x80\"}}", RuleBadUTF8, 21, "attributes"},
		{"half of a surrogate pair", `{"identity":"\ud83d"}`, RuleBadUTF8, 14, "identity"},
		{"halves in the wrong order", `{"identity":"\ude00\ud83d"}`, RuleBadUTF8, 14, "identity"},
		{"half in a key", `{"\ud83d":1}`, RuleBadUTF8, 2, ""},
		{"control character", "{\"identity\":\"a\tb\"}", RuleBadJSON, 15, "identity"},
		{"bad escape", `{"identity":"\x41"}`, RuleBadJSON, 15, "identity"},
		{"bad escape behind a good one", `{"identity":"\n\u00g0"}`, RuleBadJSON, 20, "identity"},
		{"cut off", `{"identity":"a"`, RuleBadJSON, 16, ""},
		{"cut off in a string", `{"identity":"a\"`, RuleBadJSON, 17, ""},
		{"leading zero", `{"last_consumed_message_index":012}`, RuleBadJSON, 33, ""},
		{"plus", `{"last_consumed_message_index":+1}`, RuleBadJSON, 32, "last_consumed_message_index"},
		{"no digit behind the point", `{"last_consumed_message_index":1.}`, RuleBadJSON, 34, "last_consumed_message_index"},
		{"NaN", `{"last_consumed_message_index":NaN}`, RuleBadJSON, 32, "last_consumed_message_index"},
		{"single quotes", `{'identity':'a'}`, RuleBadJSON, 2, ""},
		{"comma before }", `{"identity":"a",}`, RuleBadJSON, 17, ""},
		{"no colon", `{"identity" "a"}`, RuleBadJSON, 13, ""},
		{"nested too deep", `{"attributes":` + strings.Repeat("[", 10001) + strings.Repeat("]", 10001) + `}`, RuleBadJSON, 10014, "attributes"},
		{"too long", long(100_001), RuleRowTooLong, 0, ""},
		{"far too long", long(1_000_000), RuleRowTooLong, 0, ""},
		{"as long as may be", long(100_000), "", 0, ""},
	}
	for _, tt := range tests {
		for _, piece := range []int{0, 7} {
			for _, end := range []string{"\n", "\r\n"} {
				t.Run(fmt.Sprintf("%s/%d/%q", tt.name, piece, end), func(t *testing.T) {
					t.Parallel()
					text := `{"identity":"before"}` + end + " " + end + tt.line + end + `{"identity":"after"}`
					items := readText(t, text, Config{piece: piece, MaxRowBytes: 100_000, Workers: 2})
					require.Len(t, items, 3)
					assert.Equal(t, "before", items[0].values["identity"])
					assert.Equal(t, "after", items[2].values["identity"])
					it := items[1]
					assert.Equal(t, tt.rule, it.rule, it.msg)
					assert.Equal(t, tt.column, it.column, it.msg)
					assert.Equal(t, tt.field, it.field)
					assert.Equal(t, Pos{Row: 2, Line: 3, Offset: int64(len(`{"identity":"before"}`) + 1 + 2*len(end))}, it.pos)
					if tt.rule != RuleRowTooLong {
						assert.Equal(t, tt.line, it.raw)
					}
				})
			}
		}
	}
}

// A line of blanks is no row, however much longer it is than a row may be and however it arrives.
func TestLongBlankLines(t *testing.T) {
	t.Parallel()
	const a = `{"identity":"a"}`
	tests := []struct {
		name, text string
		rules      []string
		lines      []int64
	}{
		{"between rows", a + "\n" + strings.Repeat(" ", 1000) + "\n" + a + "\n", []string{"-", "-"}, []int64{1, 3}},
		{"tabs and returns", a + "\n" + strings.Repeat("\t\r", 500) + "\r\n" + a, []string{"-", "-"}, []int64{1, 3}},
		{"at the end", a + "\n" + strings.Repeat(" ", 1000), []string{"-"}, []int64{1}},
		{"a row far to the right", a + "\n" + strings.Repeat(" ", 1000) + a + "\n" + a, []string{"-", RuleRowTooLong, "-"}, []int64{1, 2, 3}},
		{"a row at the line end", a + "\n" + strings.Repeat(" ", 1000) + "x\n" + a, []string{"-", RuleRowTooLong, "-"}, []int64{1, 2, 3}},
		{"blanks far to the right", a + "\nx" + strings.Repeat(" ", 1000) + "\n" + a, []string{"-", RuleRowTooLong, "-"}, []int64{1, 2, 3}},
		{"behind a row that is too long", a + "\n" + strings.Repeat("x", 1000) + "\n" + strings.Repeat(" ", 1000) + "\n" + a, []string{"-", RuleRowTooLong, "-"}, []int64{1, 2, 4}},
	}
	for _, tt := range tests {
		for _, piece := range []int{0, 1, 50} {
			t.Run(fmt.Sprintf("%s/%d", tt.name, piece), func(t *testing.T) {
				t.Parallel()
				items := readText(t, tt.text, Config{Format: NDJSON, piece: piece, MaxRowBytes: 100, Workers: 2})
				assert.Equal(t, tt.rules, rules(items))
				var lines []int64
				for i, it := range items {
					lines = append(lines, it.pos.Line)
					assert.Equal(t, int64(i+1), it.pos.Row)
				}
				assert.Equal(t, tt.lines, lines)
			})
		}
	}
}

func TestValuesKeepTheirKindAndText(t *testing.T) {
	t.Parallel()
	items := readText(t, `{"identity":12,"last_consumed_message_index":"7","attributes":{ "n": 1152921504606846977 },"role_sid":null,`+
		`"date_created":true,"sid":[1, 2],"date_updated":-0.50E+3,"channel_sid":"\ud83d\uDE00\/\b\f\n\r\t\\\"é","service_sid":""}`, Config{})
	require.Len(t, items, 1)
	assert.Equal(t, map[string]string{
		"identity": "12", "last_consumed_message_index": "7", "attributes": `{ "n": 1152921504606846977 }`, "date_created": "true",
		"sid": "[1, 2]", "date_updated": "-0.50E+3", "channel_sid": "\U0001F600/\b\f\n\r\t\\\"é", "service_sid": "",
	}, items[0].values)
	want := [NumFields]Kind{
		Identity: Number, LastConsumedMessageIndex: String, Attributes: Object, RoleSID: Null, DateCreated: Bool, SID: Array,
		DateUpdated: Number, ChannelSID: String, ServiceSID: String,
	}
	assert.Equal(t, want, items[0].kinds)
}

func TestJSONTraps(t *testing.T) {
	t.Parallel()
	const a = `{"identity":"a"}`
	tests := []struct {
		name, text string
		rules      []string
		columns    []int
	}{
		{"empty array", "[]", nil, nil},
		{"empty page", `{"meta":{},"members":[]}`, nil, nil},
		{"arrays one behind the other", "[" + a + "][]\n[" + a + "]", []string{"-", "-"}, []int{0, 0}},
		{"elements that are no objects", "[" + a + ",null, 5 ,[1],\"x\"," + a + "]", []string{"-", RuleNotAnObject, RuleNotAnObject, RuleNotAnObject, RuleNotAnObject, "-"}, []int{0, 19, 25, 28, 32, 0}},
		{"a faulty element", "[" + a + ",\n{\"identity\":x,\"b\":[\"}]\"]}," + a + "]", []string{"-", RuleBadJSON, "-"}, []int{0, 13, 0}},
		{"a faulty element, further down", "[" + a + ", {\n\"identity\"\n:x}," + a + "]", []string{"-", RuleBadJSON, "-"}, []int{0, 0, 0}},
		{"a word", "[" + a + ", nix ," + a + "]", []string{"-", RuleBadJSON, "-"}, []int{0, 20, 0}},
		{"an element that is too long", "[" + a + ",{\"identity\":\"" + strings.Repeat("x\\\"", 1000) + "\"},\n" + a + "]", []string{"-", RuleRowTooLong, "-"}, []int{0, 0, 0}},
		{"an element that is too long on one line with a faulty one", "[" + a + ",{\"identity\":\"" + strings.Repeat("x", 986) + "\"},{x}," + a + "]", []string{"-", RuleRowTooLong, RuleBadJSON, "-"}, []int{0, 0, 1022, 0}},
		{"keys in another order", "[" + a + `,{"sid":"1","identity":"b"},{"attributes":[{"identity":"c"}],"identity":"b"}]`, []string{"-", "-", "-"}, []int{0, 0, 0}},
	}
	for _, tt := range tests {
		for _, piece := range []int{0, 1, 50} {
			t.Run(fmt.Sprintf("%s/%d", tt.name, piece), func(t *testing.T) {
				t.Parallel()
				items := readText(t, tt.text, Config{piece: piece, MaxRowBytes: 200, Workers: 2})
				assert.Equal(t, tt.rules, rules(items))
				var columns []int
				for _, it := range items {
					columns = append(columns, it.column)
				}
				assert.Equal(t, tt.columns, columns)
			})
		}
	}
}
