package app

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"rejoin/report"
)

// mismatched is the end of a run that would go on with what belongs to another one, or that goes somewhere else than what
// it is about.
func mismatched(err error) error { return mismatch(err, nothingSent) }

// What is safe where a run ends before it has begun.
const (
	nothingSent    = "nothing was sent"
	nothingDeleted = "nothing was deleted"
)

func mismatch(err error, safe string) error {
	return &exit{status: statusMismatch, err: fmt.Errorf("%w; %s", err, safe)}
}

// notGoneOn is the end of a run whose report cannot be gone on with. A report of another run is told in the words of the
// command line: which flag differs, what it was and what it is, and what to do.
func notGoneOn(err error, safe string) error {
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*report.MismatchError](err); ok {
		return mismatch(&otherRun{e}, safe)
	}
	return asExit(err)
}

// otherRun tells of a report that belongs to another run.
type otherRun struct{ *report.MismatchError }

func (o *otherRun) Unwrap() error { return o.MismatchError }

func (o *otherRun) Error() string {
	var says, again []string
	for i := range o.Differences {
		d := &o.Differences[i]
		say, then := o.differs(d)
		if say == "" {
			continue
		}
		says = append(says, say)
		if then == "" {
			again = nil
			break
		}
		if !slices.Contains(again, then) {
			again = append(again, then)
		}
	}
	text := "the report " + o.Path + " belongs to another run: " + strings.Join(says, "; ")
	if len(again) == 0 {
		return text + "; name another file with --report"
	}
	return text + "; to go on with that run, give " + listed(again) + "; to begin another, name another file with --report"
}

// differs says what one thing was and is, and what is to be given to go on: nothing where that cannot be done. It says
// nothing of what another difference tells.
func (o *otherRun) differs(d *report.Mismatch) (say, again string) {
	switch d.What {
	case report.DiffersCommand:
		return "it is one of rejoin " + d.Old + ", and this is rejoin " + d.New, ""
	case report.DiffersSize:
		return fmt.Sprintf("the %s had %s, and has %s now", o.source(), bytesIn(d.Old), bytesIn(d.New)), o.asThen()
	case report.DiffersSHA256:
		if o.has(report.DiffersSize) {
			return "", ""
		}
		return "the " + o.source() + " holds other bytes now, as many as then", o.asThen()
	case report.DiffersFormat:
		return "the backup was read as " + d.Old + ", and is read as " + d.New + " now", "--format " + d.Old
	case report.DiffersURL:
		return "the target was " + targetWords(d.Old) + ", and is " + targetWords(d.New) + " now", targetArgs(d.Old)
	case report.DiffersService:
		return flagDiffers("service", lines(d.Old), lines(d.New))
	case report.DiffersDryRun:
		return flagDiffers("dry-run", given(d.Old == "yes"), given(d.New == "yes"))
	case report.DiffersChoice:
		return o.choice(d)
	}
	return o.option(d)
}

// option says of a flag that changes what becomes of a row what it was and is.
func (o *otherRun) option(d *report.Mismatch) (say, again string) {
	name := strings.ReplaceAll(d.Option, "_", "-")
	switch d.Option {
	case "dry_run": // it has been told
		return "", ""
	case "on_duplicate":
		if o.has(report.DiffersChoice) {
			return "", ""
		}
	case "map_sha256":
		return o.maps(d)
	case "force", "extra":
		return flagDiffers(name, given(d.Old == "true"), given(d.New == "true"))
	}
	return flagDiffers(name, lines(d.Old), lines(d.New))
}

// choice says whether --on-duplicate was given, which means something beside its value.
func (o *otherRun) choice(d *report.Mismatch) (say, again string) {
	then := o.Began.Meaning["on_duplicate"]
	now := then
	for i := range o.Differences {
		if other := &o.Differences[i]; other.Option == "on_duplicate" {
			now = other.New
		}
	}
	if d.Old == "yes" {
		return flagDiffers("on-duplicate", lines(then), nil)
	}
	return flagDiffers("on-duplicate", nil, lines(now))
}

// maps says how the maps differ, of which the report keeps the fingerprint.
func (o *otherRun) maps(d *report.Mismatch) (say, again string) {
	files := "the same --map"
	if paths := lines(o.Began.Options["map"]); len(paths) > 0 {
		files = flagArgs("map", paths)
	}
	switch {
	case d.Old == "":
		return "--map was not given, and is given now", "no --map"
	case d.New == "":
		return "--map was given, and is not given now", files
	}
	return "what --map says is not what it said then", files + " as it was then"
}

// source is what the run reads.
func (o *otherRun) source() string {
	if o.Began.Command == "undo" {
		return "report to undo"
	}
	return "backup"
}

func (o *otherRun) asThen() string {
	return "the " + o.source() + " as it was then (" + o.Began.Backup.Path + ")"
}

func (o *otherRun) has(what string) bool {
	return slices.ContainsFunc(o.Differences, func(d report.Mismatch) bool { return d.What == what })
}

// flagDiffers says what a flag was and is, and gives the words that give it as it was.
func flagDiffers(name string, old, now []string) (say, again string) {
	say = "--" + name + " was " + flagValues(old) + ", and is " + flagValues(now) + " now"
	if len(now) == 1 {
		say += origin(name, now[0])
	}
	return say, flagArgs(name, old)
}

// lines are the values of a flag as a report has them, one a line; none where it was not given.
func lines(values string) []string {
	if values == "" {
		return nil
	}
	return strings.Split(values, "\n")
}

// given is a flag without a value, if it was given.
func given(is bool) []string {
	if is {
		return []string{""}
	}
	return nil
}

func flagValues(values []string) string {
	quoted := make([]string, len(values))
	for i, value := range values {
		quoted[i] = shellWords([]string{value})
	}
	switch {
	case len(values) == 0:
		return "not given"
	case values[0] == "":
		return "given"
	}
	return listed(quoted)
}

func flagArgs(name string, values []string) string {
	var args []string
	for _, value := range values {
		args = append(args, "--"+name)
		if value != "" {
			args = append(args, value)
		}
	}
	if len(args) == 0 {
		return "no --" + name
	}
	return shellWords(args)
}

// bytesIn is a size that a report tells.
func bytesIn(size string) string {
	n, err := strconv.ParseInt(size, 10, 64)
	if err != nil {
		return size + " bytes"
	}
	return counted(n, "byte")
}

func targetWords(url string) string {
	if url == sandboxURL {
		return "the embedded sandbox"
	}
	return url
}

func targetArgs(url string) string {
	if url == sandboxURL {
		return "--sandbox"
	}
	return "--api-url " + url
}
