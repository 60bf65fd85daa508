package report

import (
	"strconv"
	"strings"

	"rejoin/internal/prose"
	"rejoin/restore"
)

// Reason says in one line of 2 KiB at most why a row is not restored, as in "rejected: 404 20404: …".
func Reason(o *restore.Outcome) string {
	var b strings.Builder
	b.WriteString(o.Kind.String())
	switch {
	case o.Kind == restore.Duplicate:
		b.WriteString(": of line " + strconv.FormatInt(o.DuplicateOf, 10))
		if !o.Same {
			b.WriteString(", with other values")
		}
	case len(o.Problems) > 0:
		writeProblems(&b, o)
	case len(o.Differences) > 0:
		writeDifferences(&b, o)
	default:
		writeAnswer(&b, o)
	}
	return prose.Visible(b.String())
}

func writeProblems(b *strings.Builder, o *restore.Outcome) {
	sep := ": "
	for _, p := range o.Problems {
		b.WriteString(sep)
		if p.Column != "" {
			b.WriteString(p.Column + ": ")
		}
		b.WriteString(p.Rule + ": " + p.Message)
		sep = "; "
	}
}

func writeDifferences(b *strings.Builder, o *restore.Outcome) {
	sep := ": "
	for _, d := range o.Differences {
		b.WriteString(sep + d.Field + " is " + d.Got + ", expected " + d.Want)
		sep = "; "
	}
}

func writeAnswer(b *strings.Builder, o *restore.Outcome) {
	sep := ": "
	for _, n := range [...]int{o.HTTPStatus, o.ErrorCode} {
		if n != 0 {
			b.WriteString(sep + strconv.Itoa(n))
			sep = " "
		}
	}
	if o.Error != "" {
		b.WriteString(": " + o.Error)
	}
}
