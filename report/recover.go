package report

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// DamagedError says that a line of a report is not as it was written, and that intact ones follow it.
type DamagedError struct {
	Path string
	Line int64
	Err  error // what is wrong with it
}

// Error says where the damage is, and the ways on.
func (e *DamagedError) Error() string {
	return fmt.Sprintf("the report %s is damaged in line %d: %v; put back an undamaged copy, or take the line out: "+
		"its row is then looked at again, and not made twice", e.Path, e.Line, e.Err)
}

// Unwrap returns what is wrong with the line.
func (e *DamagedError) Unwrap() error { return e.Err }

var (
	errTorn   = errors.New("it has no end")
	errSeal   = errors.New("its check value does not fit")
	errNoSeal = errors.New("it has no check value")
)

// recovery reads a journal back.
type recovery struct {
	path   string
	ledger *Ledger
	intact int64  // the end of the last intact line
	open   bool   // that line lacks its line end
	tail   Mended // what is not intact behind it

	bad   int64 // the first line of the tail
	why   error
	first []byte // the first line's beginning, for the error of a file that is no report
}

// journalFile is what a journal is read back from.
type journalFile interface {
	io.Reader
	io.ReaderAt
}

// recoverFrom reads a journal back, and changes nothing.
func recoverFrom(path string, src journalFile, chosen bool) (*recovery, error) {
	r := &recovery{path: path, ledger: &Ledger{src: src, rows: newTable(), chosen: chosen}}
	err := ahead(src, inspect, r.line)
	if err == nil {
		err = r.end()
	}
	if err != nil {
		return nil, fmt.Errorf("the report cannot be read: %w", err)
	}
	return r, nil
}

// inspect says of a line whether it is an outcome's, and what is wrong with it.
func inspect(seen *seenLine, s *scanner) {
	l := &seen.raw
	seen.kind, seen.err = otherText, nil
	// A line that is whole but for its line end is intact: its outcome is known.
	switch seal := sealOf(l.text); {
	case l.huge, !l.ended && seal != intact:
		seen.err = errTorn
	case seal == brokenSeal:
		seen.err = errSeal
	case seal == noSeal:
		seen.err = errNoSeal
	case isOutcome(l.text):
		seen.kind, seen.err = outcomeText, s.parse(l.text, &seen.entry)
	}
}

// line takes in a line. Its error ends the reading.
func (r *recovery) line(seen *seenLine) error {
	l := &seen.raw
	if l.number == 1 {
		r.first = append(r.first, l.text[:min(len(l.text), 1<<16)]...)
	}
	if err := r.take(seen); err != nil {
		if r.bad == 0 {
			r.bad, r.why = l.number, err
		}
		if l.number == 1 && l.ended {
			return r.noReport() // whatever follows
		}
		r.tail.Bytes += l.size
		r.tail.Lines++
		return nil
	}
	if r.bad != 0 {
		return &DamagedError{Path: r.path, Line: r.bad, Err: r.why}
	}
	r.intact, r.open = l.offset+l.size, !l.ended
	return nil
}

// take reads a line. Its error says what is wrong with it.
func (r *recovery) take(seen *seenLine) error {
	if seen.err != nil {
		return seen.err
	}
	if seen.kind == outcomeText && r.ledger.runs > 0 {
		r.ledger.ended = false
		return r.ledger.add(&seen.entry, seen.raw.offset)
	}
	return r.ledger.other(seen.raw.text)
}

// other takes in a line that is no outcome. What it does not know was written by a later rejoin, and is passed over.
func (l *Ledger) other(text []byte) error {
	if ok, err := l.sending(text); ok {
		return err
	}
	var kind struct {
		Type string `json:"type"`
	}
	if err := json.Unmarshal(text, &kind); err != nil {
		return err
	}
	switch kind.Type {
	case "run":
		return l.begin(text)
	case "input":
		return json.Unmarshal(text, &l.checkpoint)
	case "summary":
		s, err := parseSummary(text)
		if err != nil {
			return err
		}
		l.ended, l.rejects, l.partial = true, s.RejectsSHA256, s.PartialSHA256
		l.announced = rowSet{} // those without an outcome were not sent
		l.changed = l.changed || s.BackupChanged != ""
	case "sending":
		return errNoSending // not in the form in which they are written
	case "outcome":
		return errNoOutcome // not in the form in which outcomes are written
	}
	if l.runs == 0 {
		return errors.New("it is not the line of a run")
	}
	return nil
}

// begin takes in a run's line.
func (l *Ledger) begin(text []byte) error {
	var line runLine
	if err := json.Unmarshal(text, &line); err != nil {
		return err
	}
	if line.Schema != schema {
		return fmt.Errorf("it is of schema %d, and this rejoin reads schema %d", line.Schema, schema)
	}
	if l.runs == 0 {
		l.head = line.run()
	}
	l.sent.takeAll(&l.announced)
	l.runs++
	l.ended, l.rejects = false, ""
	return nil
}

// end says what is wrong with the journal as a whole.
func (r *recovery) end() error {
	r.ledger.rows.settle()
	r.ledger.sent.takeAll(&r.ledger.announced)
	if r.ledger.runs > 0 || r.unbegun() {
		return nil
	}
	return r.noReport()
}

// noReport is the error of a file whose first line is not a run's.
func (r *recovery) noReport() error {
	if strings.HasPrefix(string(r.first), runHead) {
		return &DamagedError{Path: r.path, Line: 1, Err: r.why}
	}
	return fmt.Errorf("%s is no report of rejoin: %w; nothing was changed; name the run's report, or begin anew with another "+
		"--report", r.path, r.why)
}

// runHead is how a report begins.
const runHead = `{"type":"run",`

// unbegun reports whether the earlier run ended before its first line was whole. Nothing can have been sent then, since
// nothing is before that line is on the disk. A loss of power can leave zeros where the line was to stand.
func (r *recovery) unbegun() bool {
	text := strings.TrimRight(string(r.first), "\x00")
	return strings.HasPrefix(text, runHead) || strings.HasPrefix(runHead, text)
}
