package report

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// MismatchError says that a report speaks of something else than what is to be run, so that the run cannot be resumed
// from it. Nothing was changed.
type MismatchError struct {
	Path        string
	Differences []Mismatch
}

// Mismatch is one thing that differs. A side that does not have it is empty.
type Mismatch struct {
	What     string // such as "backup sha256" or "option on_conflict"
	Old, New string // in the report, in the run
}

// Error names all that differs, and the ways on.
func (e *MismatchError) Error() string {
	var b strings.Builder
	b.WriteString("the report " + e.Path + " belongs to another run: ")
	for i, d := range e.Differences {
		if i > 0 {
			b.WriteString("; ")
		}
		b.WriteString(d.What + " was " + orNone(d.Old) + " and is now " + orNone(d.New))
	}
	b.WriteString("; resume it with what it was begun with, or begin anew with another --report")
	return b.String()
}

func orNone(s string) string {
	if s == "" {
		return "not given"
	}
	return strconv.Quote(s)
}

// mismatches names all in which two runs differ that changes what becomes of a row. The backup's path may differ: it is
// its content that counts. What one side does not know of the content, as with standard input, is not compared.
func mismatches(old, now *Run) []Mismatch {
	var out []Mismatch
	differ := func(what, a, b string) {
		if a != b {
			out = append(out, Mismatch{What: what, Old: a, New: b})
		}
	}
	differ("command", old.Command, now.Command)
	out = append(out, contents(&old.Backup, &now.Backup)...)
	differ("backup format", old.Backup.Format, now.Backup.Format)
	differ("target url", old.Target.APIURL, now.Target.APIURL)
	differ("target service", old.Target.ServiceSID, now.Target.ServiceSID)
	differ("dry run", yesNo(old.DryRun), yesNo(now.DryRun))
	differ("choice among duplicates", yesNo(old.Chosen), yesNo(now.Chosen))
	names := slices.AppendSeq(slices.Collect(maps.Keys(old.Meaning)), maps.Keys(now.Meaning))
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		differ("option "+name, old.Meaning[name], now.Meaning[name])
	}
	return out
}

// contents names in what the contents of two backups differ, as far as both are known.
func contents(old, now *Backup) (out []Mismatch) {
	if old.SHA256 == "" || now.SHA256 == "" {
		return nil
	}
	if old.Bytes != now.Bytes {
		out = append(out, Mismatch{
			What: "backup size in bytes", Old: strconv.FormatInt(old.Bytes, 10), New: strconv.FormatInt(now.Bytes, 10),
		})
	}
	if old.SHA256 != now.SHA256 {
		out = append(out, Mismatch{What: "backup sha256", Old: old.SHA256, New: now.SHA256})
	}
	return out
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
