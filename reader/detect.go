package reader

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// binaries are known by the bytes they start with.
var binaries = []struct{ name, magic, advice string }{
	{"a ZIP archive or spreadsheet", "PK\x03\x04", "unpack it, or save the sheet as CSV"},
	{"a PDF document", "%PDF-", "the backup itself is needed"},
	{"an SQLite database", "SQLite format 3\x00", "export its table as CSV"},
	{"a Parquet file", "PAR1", "export it as CSV or NDJSON"},
	{"a 7-Zip archive", "7z\xbc\xaf\x27\x1c", "unpack it"},
}

// notText says why the sample is no text, or returns an empty string. Where the format is given, only what is certainly
// something else is refused: rows with bytes that no text has are each a row error then.
func notText(sample []byte, given bool) string {
	const wanted = "expected text: CSV, NDJSON or JSON, plain or compressed with gzip, zstd, bzip2 or xz"
	for _, b := range binaries {
		if bytes.HasPrefix(sample, []byte(b.magic)) {
			return "found " + b.name + ", " + wanted + "; " + b.advice
		}
	}
	if len(sample) > 262 && string(sample[257:262]) == "ustar" {
		return "found a tar archive, " + wanted + "; unpack it"
	}
	if even, odd := zeros(sample); !given && even+odd > 0 {
		if (even == 0 || odd == 0) && even+odd > min(len(sample), sniffed)/4 {
			return "found what may be UTF-16 without a byte order mark, " + wanted + "; save it as UTF-8"
		}
		return "found binary data (a byte 0x00), " + wanted
	}
	if !given && controls(sample) > min(len(sample), sniffed)/10 {
		return "found binary data, " + wanted
	}
	return ""
}

// sniffed is how many bytes are looked at to tell text from other things.
const sniffed = 4096

// zeros counts the zero bytes at even and at odd places.
func zeros(s []byte) (even, odd int) {
	for i, c := range s[:min(len(s), sniffed)] {
		if c == 0 && i%2 == 0 {
			even++
		} else if c == 0 {
			odd++
		}
	}
	return even, odd
}

// controls counts what text does not hold: control characters and bytes that are not UTF-8.
func controls(s []byte) (n int) {
	s = s[:min(len(s), sniffed)]
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRune(s[i:])
		if r == utf8.RuneError && size == 1 && i+utf8.UTFMax <= len(s) || r < ' ' && !strings.ContainsRune("\t\r\n\f", r) {
			n++
		}
		i += size
	}
	return n
}

// detectFormat finds the format from the beginning of the text, which is not blank.
func detectFormat(sample []byte, final bool) Format {
	i := space(sample, 0)
	switch sample[i] {
	case '[':
		return JSON
	case '{':
		return detectObjects(sample[i:], final)
	}
	return CSV
}

// detectObjects tells one object a line from objects over several lines, by the first line.
func detectObjects(s []byte, final bool) Format {
	p := jsonParser{data: s, final: final, max: len(s)}
	if page, _ := p.isPage(); page {
		return JSON
	}
	line, rest, found := bytes.Cut(s, []byte{'\n'})
	var m message
	if _, f := m.read(line, 0, "_airbyte_data"); f == nil {
		return detectWrapper(&m, line)
	}
	var v valueSkipper
	if _, whole := v.skip(line); whole || !found {
		return NDJSON
	}
	// The first line has no whole object in it: its first lines are those of a pretty-printed one, or it is cut off and
	// the next line starts anew.
	if i := space(rest, 0); i < len(rest) && rest[i] == '{' && len(bytes.TrimSpace(line)) > 1 {
		return NDJSON
	}
	return JSON
}

// detectWrapper tells messages that hold members from members.
func detectWrapper(m *message, line []byte) Format {
	if m.data >= 0 {
		return Airbyte
	}
	switch string(m.kind) {
	case "RECORD":
		var inner message
		if m.record >= 0 && line[m.record] == '{' {
			if _, f := inner.read(line, m.record, "data"); f == nil && inner.data >= 0 && inner.stream != nil {
				return Airbyte
			}
		}
		return Singer
	case "SCHEMA", "STATE", "ACTIVATE_VERSION", "BATCH":
		return Singer
	case "LOG", "TRACE", "SPEC", "CATALOG", "CONNECTION_STATUS", "CONTROL":
		return Airbyte
	}
	return NDJSON
}
