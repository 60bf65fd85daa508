package reader

import (
	"fmt"
	"slices"
	"strings"
)

// Info is what was found out about a backup.
type Info struct {
	Format      Format
	Compression string // gzip, zstd, bzip2, xz, or empty
	Encoding    string // UTF-8, UTF-8 with a byte order mark, UTF-16LE or UTF-16BE

	Delimiter     byte     // CSV: what stands between cells
	Header        []byte   // CSV: the header as the backup has it, with its line end, in UTF-8
	HeaderColumns []string // CSV: the names in it

	// Unknown names the columns or keys that stand for nothing that is restored, in the order in which they were met,
	// a thousand of them at most. It is complete when the records have been read.
	Unknown []string

	// Skipped counts the Singer and Airbyte messages that hold no member, as far as the records have been read.
	Skipped int64

	rejects *rejectsState
}

// Info returns what is known by now. It may be called at any time, from any goroutine.
func (r *Reader) Info() Info {
	r.mu.Lock()
	defer r.mu.Unlock()
	info := Info{
		Format: r.format, Compression: r.src.compression, Encoding: r.src.encoding,
		Unknown: slices.Clone(r.unknown), Skipped: r.skipped, rejects: r.rejects,
	}
	if r.header != nil {
		info.Delimiter = r.header.delim
		info.Header = slices.Clone(r.header.raw)
		info.HeaderColumns = slices.Clone(r.header.names)
	}
	return info
}

// titles name the formats in a sentence.
var titles = [...]string{Auto: "", CSV: "CSV", NDJSON: "NDJSON", JSON: "JSON", Singer: "Singer messages", Airbyte: "Airbyte rows"}

// String tells in one line what was found out.
func (i Info) String() string {
	parts := []string{titles[i.Format]}
	if i.Format == CSV {
		parts = append(parts, fmt.Sprintf("%d columns delimited by %s", len(i.HeaderColumns), delimiterName(i.Delimiter)))
	}
	parts = append(parts, i.Encoding)
	if i.Compression != "" {
		parts = append(parts, i.Compression)
	}
	if i.Skipped > 0 {
		parts = append(parts, "skipped "+counted(i.Skipped, "other message"))
	}
	text := strings.Join(parts, ", ")
	if len(i.Unknown) > 0 {
		text += "; not restored: " + i.unknownList()
	}
	return text
}

// unknownList names the unknown columns or keys, as far as fits a line.
func (i Info) unknownList() string {
	const most = 8
	var out []string
	for _, name := range i.Unknown[:min(len(i.Unknown), most)] {
		text := clip(name, 40)
		if strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r == ',' || r == ';' }) {
			text = quoteName(text)
		}
		out = append(out, text+hint(name))
	}
	text := strings.Join(out, ", ")
	if more := len(i.Unknown) - most; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

func delimiterName(d byte) string {
	switch d {
	case ',':
		return "commas"
	case ';':
		return "semicolons"
	case '\t':
		return "tabs"
	}
	return quoteName(string(rune(d)))
}
