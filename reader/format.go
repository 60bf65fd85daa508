package reader

import (
	"fmt"
	"strings"
)

// Format is the shape in which a backup holds its members.
type Format uint8

// The formats that are read.
const (
	Auto    Format = iota // found out from the content
	CSV                   // cells between delimiters, under a header
	NDJSON                // one object a line
	JSON                  // arrays of objects, the API's list pages, or objects one behind the other over several lines
	Singer                // a Singer tap's messages, one a line; the members are in RECORD messages
	Airbyte               // Airbyte's rows or messages, one a line; the member is in _airbyte_data or record.data
)

var formatNames = [...]string{Auto: "auto", CSV: "csv", NDJSON: "ndjson", JSON: "json", Singer: "singer", Airbyte: "airbyte"}

// String returns the name that [ParseFormat] takes.
func (f Format) String() string {
	if int(f) < len(formatNames) {
		return formatNames[f]
	}
	return "unknown"
}

// ParseFormat returns the format of that name. It takes tsv for csv and jsonl for ndjson, too.
func ParseFormat(name string) (Format, error) {
	switch folded := strings.ToLower(strings.TrimSpace(name)); folded {
	case "":
		return Auto, nil
	case "tsv":
		return CSV, nil
	case "jsonl":
		return NDJSON, nil
	default:
		for f, known := range formatNames {
			if folded == known {
				return Format(f), nil
			}
		}
	}
	return Auto, fmt.Errorf("unknown format %q: expected %s", name, strings.Join(formatNames[:], ", "))
}
