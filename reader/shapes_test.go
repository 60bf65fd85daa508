package reader

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/ulikunitz/xz"
)

const shapeRows = 300

// shape is one way in which a tool leaves the same members.
type shape struct {
	name   string
	backup []byte
	info   string // the line that tells what was found out, as far as it does not depend on the members
	plain  bool   // identities hold no tabs and line ends
}

func shapes(t *testing.T, members, plain []member) []shape {
	t.Helper()
	lines := ndjson(members)
	table := toCSV(t, members, ',', false)
	array := "[" + strings.Join(strings.Split(strings.TrimSpace(string(lines)), "\n"), ",") + "]"
	pages := listPages(members, "meta", "members")
	out := []shape{
		{name: "ndjson", backup: lines, info: "NDJSON, UTF-8"},
		{name: "ndjson, \\r\\n", backup: bytes.ReplaceAll(lines, []byte("\n"), []byte("\r\n"))},
		{name: "ndjson, blank lines, no last line end", backup: bytes.TrimSpace(bytes.ReplaceAll(lines, []byte("\n"), []byte("\n\n \n")))},
		{name: "ndjson, byte order mark", backup: append([]byte("\xef\xbb\xbf"), lines...), info: "NDJSON, UTF-8 with a byte order mark"},
		{name: "ndjson, attributes as objects", backup: nested(members)},
		{name: "ndjson, camelCase", backup: rekey(lines, camel)},
		{name: "ndjson, PascalCase", backup: rekey(lines, func(k string) string { c := camel(k); return strings.ToUpper(c[:1]) + c[1:] })},
		{name: "ndjson, as Conversations name it", backup: rekey(lines, conversations)},
		{name: "ndjson, spaces as Python writes them", backup: spaced(lines)},
		{name: "ndjson, all but ASCII escaped", backup: escaped(lines)},
		{name: "ndjson, UTF-16LE", backup: toUTF16(string(lines), false), info: "NDJSON, UTF-16LE"},
		{name: "csv", backup: table, info: "CSV, 12 columns delimited by commas, UTF-8"},
		{name: "csv, semicolons", backup: toCSV(t, members, ';', false), info: "CSV, 12 columns delimited by semicolons, UTF-8"},
		{name: "csv, tabs", backup: toCSV(t, members, '\t', false), info: "CSV, 12 columns delimited by tabs, UTF-8"},
		{name: "csv, pipes", backup: toCSV(t, members, '|', false), info: `CSV, 12 columns delimited by "|", UTF-8`},
		{name: "csv, \\r\\n", backup: toCSV(t, members, ',', true), plain: false},
		{name: "csv, \\r alone", backup: bytes.ReplaceAll(toCSV(t, plain, ',', false), []byte("\n"), []byte("\r")), plain: true},
		{name: "csv, all quoted, blank lines", backup: quoteAll(members)},
		{name: "csv, byte order mark", backup: append([]byte("\xef\xbb\xbf"), quoteAll(members)...), info: "CSV, 12 columns delimited by commas, UTF-8 with a byte order mark"},
		{name: "csv, UTF-16BE, no last line end", backup: toUTF16(strings.TrimSuffix(string(table), "\n"), true), info: "CSV, 12 columns delimited by commas, UTF-16BE"},
		{name: "csv, null", backup: nullCells(t, members, "null")},
		{name: "csv, NULL", backup: nullCells(t, members, "NULL")},
		{name: "csv, \\N", backup: nullCells(t, members, `\N`)},
		{name: "tsv without quoting, as twilio-cli writes it", backup: twilioTSV(plain), plain: true, info: "CSV, 12 columns delimited by tabs, UTF-8"},
		{name: "json array", backup: []byte(array), info: "JSON, UTF-8"},
		{name: "json array, pretty, camelCase, as twilio-cli and twilio-node write it", backup: pretty(t, string(rekey([]byte(array), camel)), "   ")},
		{name: "list pages, one behind the other, pretty", backup: pretty(t, pages, "    ")},
		{name: "list pages, one a line", backup: []byte(pages)},
		{name: "list pages, members before meta", backup: []byte(listPages(members, "members", "meta"))},
		{name: "list pages of Conversations", backup: bytes.ReplaceAll([]byte(pages), []byte(`"members":[`), []byte(`"participants":[`))},
		{name: "list page, one", backup: []byte(`{"meta":{"key":"members","page":0},"members":` + array + `}`)},
		{name: "objects one behind the other, pretty, as jq writes them", backup: pretty(t, string(lines), "  "), info: "JSON, UTF-8"},
		{name: "singer", backup: singer(lines), info: "Singer messages, UTF-8, skipped 302 other messages"},
		{name: "airbyte rows", backup: wrapLines(lines, `{"_airbyte_ab_id":"1","_airbyte_data":%s,"_airbyte_emitted_at":1}`), info: "Airbyte rows, UTF-8"},
		{name: "airbyte messages", backup: wrapLines(lines, `{"type":"RECORD","record":{"stream":"members","data":%s,"emitted_at":1}}`), info: "Airbyte rows, UTF-8"},
		{name: "airbyte rows, flat", backup: bytes.ReplaceAll(lines, []byte(`{"sid"`), []byte(`{"_airbyte_raw_id":"1","_airbyte_meta":{},"sid"`)), info: "NDJSON, UTF-8"},
	}
	return append(out, compressedShapes(t, lines)...)
}

func compressedShapes(t *testing.T, lines []byte) []shape {
	t.Helper()
	half := len(lines) / 2
	bz, err := os.ReadFile("testdata/members.ndjson.bz2")
	require.NoError(t, err)
	return []shape{
		{name: "gzip", backup: gzipped(t, lines), info: "NDJSON, UTF-8, gzip"},
		{name: "gzip, several members", backup: append(gzipped(t, lines[:half]), gzipped(t, lines[half:])...)},
		{name: "zstd", backup: zstded(t, lines), info: "NDJSON, UTF-8, zstd"},
		{name: "zstd, several frames", backup: append(zstded(t, lines[:half]), zstded(t, lines[half:])...)},
		{name: "bzip2", backup: bz, info: "NDJSON, UTF-8, bzip2"},
		{name: "xz", backup: xzed(t, lines), info: "NDJSON, UTF-8, xz"},
	}
}

func TestEveryShapeHoldsTheSameMembers(t *testing.T) {
	t.Parallel()
	members, plain := generate(shapeRows), generate(shapeRows)
	for i := range plain {
		plain[i].Identity = strings.NewReplacer("\n", "", "\t", "").Replace(plain[i].Identity)
	}
	for _, s := range shapes(t, members, plain) {
		want := members
		if s.plain {
			want = plain
		}
		for _, cfg := range []Config{{Workers: 1}, {Workers: 3, piece: 1000}, {Workers: 2, piece: 1 << 15}} {
			t.Run(fmt.Sprintf("%s/%d workers", s.name, cfg.Workers), func(t *testing.T) {
				t.Parallel()
				items, r, err := read(t, bytes.NewReader(s.backup), cfg)
				require.NoError(t, err)
				requireMembers(t, want, items)
				assert.Empty(t, r.Info().Unknown)
				if s.info != "" {
					assert.Equal(t, s.info, r.Info().String())
				}
			})
		}
	}
}

// requireMembers compares every field of every member.
func requireMembers(t *testing.T, want []member, got []item) {
	t.Helper()
	require.Len(t, got, len(want))
	for i := range want {
		m, it := &want[i], got[i]
		require.NoError(t, it.fatal)
		require.Empty(t, it.msg)
		require.Equal(t, int64(i+1), it.pos.Row)
		values := map[string]string{
			"sid": m.SID, "channel_sid": m.ChannelSID, "service_sid": m.ServiceSID, "identity": m.Identity, "role_sid": m.RoleSID,
			"date_created": m.DateCreated, "date_updated": m.DateUpdated, "attributes": m.Attributes,
		}
		if m.LastConsumed != nil {
			values["last_consumed_message_index"] = strconv.FormatInt(*m.LastConsumed, 10)
			values["last_consumption_timestamp"] = *m.LastTimestamp
		}
		require.Equal(t, values, it.values, "row %d", i+1)
	}
}

func toCSV(t *testing.T, members []member, delim rune, crlf bool) []byte {
	t.Helper()
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	w.Comma = delim
	require.NoError(t, w.WriteAll(cells(members)))
	if crlf {
		// encoding/csv would turn the line ends inside cells, too.
		text := out.String()
		quoted := false
		out.Reset()
		for i := range len(text) {
			if text[i] == '"' {
				quoted = !quoted
			}
			if text[i] == '\n' && !quoted {
				out.WriteByte('\r')
			}
			out.WriteByte(text[i])
		}
	}
	return out.Bytes()
}

func quoteAll(members []member) []byte {
	var out bytes.Buffer
	for _, row := range cells(members) {
		for i, cell := range row {
			if i > 0 {
				out.WriteByte(',')
			}
			out.WriteString(`"` + strings.ReplaceAll(cell, `"`, `""`) + `"`)
		}
		out.WriteString("\n\n")
	}
	return out.Bytes()
}

func nullCells(t *testing.T, members []member, null string) []byte {
	t.Helper()
	rows := cells(members)
	for _, row := range rows[1:] {
		for i := range row {
			if row[i] == "" {
				row[i] = null
			}
		}
	}
	var out bytes.Buffer
	require.NoError(t, csv.NewWriter(&out).WriteAll(rows))
	return out.Bytes()
}

func twilioTSV(members []member) []byte {
	var out bytes.Buffer
	for i, row := range cells(members) {
		for j, cell := range row {
			if i == 0 {
				row[j] = camel(cell)
			} else if cell == "" {
				row[j] = "null"
			}
		}
		out.WriteString(strings.Join(row, "\t") + "\n")
	}
	return out.Bytes()
}

var keyPattern = regexp.MustCompile(`"([a-z]+(?:_[a-z]+)*)":(["n0-9])`)

// rekey renames the keys of the members, which are the only unescaped words in quotes before a colon.
func rekey(lines []byte, name func(string) string) []byte {
	return keyPattern.ReplaceAllFunc(lines, func(m []byte) []byte {
		parts := keyPattern.FindSubmatch(m)
		return []byte(`"` + name(string(parts[1])) + `":` + string(parts[2]))
	})
}

func camel(name string) string {
	words := strings.Split(name, "_")
	for i, w := range words[1:] {
		words[i+1] = strings.ToUpper(w[:1]) + w[1:]
	}
	return strings.Join(words, "")
}

func conversations(name string) string {
	if other, ok := map[string]string{
		"channel_sid": "conversation_sid", "service_sid": "chat_service_sid",
		"last_consumed_message_index": "last_read_message_index", "last_consumption_timestamp": "last_read_timestamp",
	}[name]; ok {
		return other
	}
	return name
}

func spaced(lines []byte) []byte {
	text := keyPattern.ReplaceAll(lines, []byte(`"$1": $2`))
	return bytes.ReplaceAll(text, []byte(`,"`), []byte(`, "`))
}

func escaped(lines []byte) []byte {
	var out bytes.Buffer
	for _, r := range string(lines) {
		switch {
		case r < 0x80:
			out.WriteRune(r)
		case r < 0x10000:
			fmt.Fprintf(&out, `\u%04x`, r)
		default:
			a, b := utf16.EncodeRune(r)
			fmt.Fprintf(&out, `\u%04X\u%04x`, a, b)
		}
	}
	return out.Bytes()
}

func toUTF16(text string, big bool) []byte {
	var out []byte
	for _, u := range utf16.Encode([]rune("\uFEFF" + text)) {
		if big {
			out = append(out, byte(u>>8), byte(u))
		} else {
			out = append(out, byte(u), byte(u>>8))
		}
	}
	return out
}

func pretty(t *testing.T, text, indent string) []byte {
	t.Helper()
	var out bytes.Buffer
	dec := json.NewDecoder(strings.NewReader(text))
	for dec.More() {
		var v json.RawMessage
		require.NoError(t, dec.Decode(&v))
		require.NoError(t, json.Indent(&out, v, "", indent))
		out.WriteByte('\n')
	}
	return out.Bytes()
}

// listPages writes members as pages of the API, fifty members each.
func listPages(members []member, first, second string) string {
	var out strings.Builder
	for i := 0; i < len(members); i += 50 {
		rows := strings.ReplaceAll(strings.TrimSpace(string(ndjson(members[i:min(i+50, len(members))]))), "\n", ",")
		parts := map[string]string{
			"meta":    `"meta":{"page":0,"page_size":50,"next_page_url":null,"previous_page_url":null,"key":"members"}`,
			"members": `"members":[` + rows + `]`,
		}
		out.WriteString("{" + parts[first] + "," + parts[second] + "}\n")
	}
	return out.String()
}

func wrapLines(lines []byte, wrapper string) []byte {
	var out bytes.Buffer
	for line := range bytes.Lines(lines) {
		fmt.Fprintf(&out, wrapper+"\n", bytes.TrimSpace(line))
	}
	return out.Bytes()
}

// singer writes what a tap does: a schema, the members, and other streams and states between them.
func singer(lines []byte) []byte {
	var out bytes.Buffer
	out.WriteString(`{"type":"SCHEMA","stream":"members","schema":{},"key_properties":["sid"]}` + "\n")
	for line := range bytes.Lines(lines) {
		out.WriteString(`{"type":"RECORD","stream":"users","record":{"identity":"someone","role_sid":"RL1"}}` + "\n")
		fmt.Fprintf(&out, `{"type":"RECORD","stream":"members","record":%s,"time_extracted":"2020-01-01T00:00:00Z"}`+"\n", bytes.TrimSpace(line))
	}
	out.WriteString(`{"type":"STATE","value":{}}` + "\n")
	return out.Bytes()
}

func gzipped(tb testing.TB, text []byte) []byte {
	tb.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, err := w.Write(text)
	require.NoError(tb, err)
	require.NoError(tb, w.Close())
	return out.Bytes()
}

func zstded(tb testing.TB, text []byte) []byte {
	tb.Helper()
	w, err := zstd.NewWriter(nil)
	require.NoError(tb, err)
	defer func() { require.NoError(tb, w.Close()) }()
	return w.EncodeAll(text, nil)
}

func xzed(tb testing.TB, text []byte) []byte {
	tb.Helper()
	var out bytes.Buffer
	w, err := xz.NewWriter(&out)
	require.NoError(tb, err)
	_, err = w.Write(text)
	require.NoError(tb, err)
	require.NoError(tb, w.Close())
	return out.Bytes()
}
