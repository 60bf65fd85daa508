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
	Began       Run // the run that the report began with
	Differences []Mismatch
}

// Mismatch is one thing that differs. A side that does not have it is empty.
type Mismatch struct {
	What     string // one of the things below, or "option " and the option's name
	Option   string // the option's name, as in [Run.Meaning]; empty of all else
	Old, New string // in the report, in the run
}

// What of two runs may differ beside their options.
const (
	DiffersCommand = "command"
	DiffersSize    = "backup size in bytes"
	DiffersSHA256  = "backup sha256"
	DiffersFormat  = "backup format"
	DiffersURL     = "target url"
	DiffersService = "target service"
	DiffersDryRun  = "dry run"
	DiffersChoice  = "choice among duplicates"
)

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

// mismatch is the error of a report that belongs to another run; nil where it is of the same.
func (l *Ledger) mismatch(path string, now *Run) error {
	if d := mismatches(&l.head, now); len(d) > 0 && l.runs > 0 {
		return &MismatchError{Path: path, Began: l.head, Differences: d}
	}
	return nil
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
	differ(DiffersCommand, old.Command, now.Command)
	out = append(out, contents(&old.Backup, &now.Backup)...)
	differ(DiffersFormat, old.Backup.Format, now.Backup.Format)
	differ(DiffersURL, old.Target.APIURL, now.Target.APIURL)
	differ(DiffersService, old.Target.ServiceSID, now.Target.ServiceSID)
	differ(DiffersDryRun, yesNo(old.DryRun), yesNo(now.DryRun))
	differ(DiffersChoice, yesNo(old.Chosen), yesNo(now.Chosen))
	names := slices.AppendSeq(slices.Collect(maps.Keys(old.Meaning)), maps.Keys(now.Meaning))
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		if a, b := old.Meaning[name], now.Meaning[name]; a != b {
			out = append(out, Mismatch{What: "option " + name, Option: name, Old: a, New: b})
		}
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
			What: DiffersSize, Old: strconv.FormatInt(old.Bytes, 10), New: strconv.FormatInt(now.Bytes, 10),
		})
	}
	if old.SHA256 != now.SHA256 {
		out = append(out, Mismatch{What: DiffersSHA256, Old: old.SHA256, New: now.SHA256})
	}
	return out
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
