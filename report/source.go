package report

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"syscall"
	"time"
)

// toldLines is how many damaged lines are told by their number.
const toldLines = 10

// source is one report that is read.
type source struct {
	path   string
	number int
	size   int64
	group  *group

	runs      []Run
	past      []RunInfo // the same runs, and how each went
	summaries []summaryLine
	ended     bool // the last run has a summary
	chosen    bool
	outcomes  int64 // lines
	rowLines  int64 // of these, of rows
	would     int64 // of these, a dry run's, where no run's line says so

	begun  bool   // a line has been read that is intact
	lastAt []byte // when the last run's last outcome was, as its line says
	damage Damage
}

// Damage is what of a report could not be read, or not be checked.
type Damage struct {
	Lines   int64   `json:"lines"`           // that are not as they were written; they are passed over
	Where   []int64 `json:"where,omitempty"` // the first of them
	Torn    bool    `json:"torn"`            // the last line has no end: the run was killed, or is still going on
	Cut     string  `json:"cut,omitempty"`   // the file could not be read to its end, and why
	Unknown int64   `json:"unchecked_lines"` // without a check value: written or changed by something else; they count

	// NoBeginning says that the report does not begin with the line of the run that began it.
	NoBeginning bool `json:"no_beginning"`
	// Missing is how many rows the last run's summary counts beyond those that have a line, damaged lines taken for
	// theirs. There may be more.
	Missing int64 `json:"missing_lines"`
}

// Damaged is a report of which not all could be read.
type Damaged struct {
	Path string
	Damage
}

// Damaged are the reports of which not all could be read, once they have been. A last line without its end is no damage:
// it is what a run leaves behind that was killed.
func (r *Reports) Damaged() (all []Damaged) {
	for _, s := range r.sources {
		if d := &s.damage; d.Lines > 0 || d.Cut != "" || d.NoBeginning || d.Missing > 0 {
			all = append(all, Damaged{s.path, s.damage})
		}
	}
	return all
}

// groupKey is what reports must share to be of one backup against one target.
type groupKey struct {
	sha256       string
	bytes        int64
	url, service string
	apart        int // of a backup that nothing identifies: not zero, and its own
}

func (s *source) groupKey() groupKey {
	if len(s.runs) == 0 || s.runs[0].Backup.SHA256 == "" {
		return groupKey{apart: s.number + 1}
	}
	run := &s.runs[0]
	return groupKey{
		sha256: run.Backup.SHA256, bytes: run.Backup.Bytes, url: run.Target.APIURL, service: run.Target.ServiceSID,
	}
}

var errEnough = errors.New("enough was read")

// openSource reads a report's first line.
func openSource(path string, number int) (*source, error) {
	s := &source{path: path, number: number}
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("the report cannot be opened: %w", err)
	}
	if info.IsDir() {
		return nil, fmt.Errorf("the report cannot be opened: %w", &fs.PathError{Op: "open", Path: path, Err: syscall.EISDIR})
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("the report %s is no regular file; it is read twice, so that it cannot come through a pipe", path)
	}
	s.size = info.Size()
	err = s.open(func(src io.Reader) error {
		return eachLine(src, func(l *rawLine) error {
			if sealOf(l.text) != brokenSeal {
				s.head(l.text)
			}
			return errEnough
		})
	})
	if err != nil && !errors.Is(err, errEnough) {
		return nil, fmt.Errorf("the report %s cannot be read: %w", path, err)
	}
	return s, nil
}

// open calls fn with the file's text.
func (s *source) open(fn func(io.Reader) error) (err error) {
	src, closer, err := openText(s.path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closer.Close()) }()
	return fn(src)
}

// read calls fn for every outcome's line that can be read, with its number among them. What else the report holds is
// taken in the first time it is read.
func (s *source) read(first bool, fn func(e *entry, seq uint32) error) error {
	if first {
		s.runs, s.past = nil, nil // the head has been read before
	}
	var seq uint32
	var fnErr error
	take := func(l *seenLine) error {
		if first {
			s.note(l.kind, &l.raw)
		}
		if l.kind != outcomeText {
			return nil
		}
		if first {
			s.lastAt = append(s.lastAt[:0], l.entry.at...)
		}
		if seq++; seq == math.MaxUint32 {
			fnErr = errors.New("it has too many lines")
			return fnErr
		}
		fnErr = fn(&l.entry, seq)
		return fnErr
	}
	err := s.open(func(src io.Reader) error { return ahead(src, classify, take) })
	switch {
	case err == nil, fnErr != nil:
		return err
	case errors.Is(err, io.ErrUnexpectedEOF):
		s.damage.Cut = "the compressed file ends too early"
		return nil
	}
	return err
}

// textKind is what a line of a report is.
type textKind uint8

const (
	outcomeText textKind = iota
	otherText
	damagedText
	tornText
)

// classify says what a line is, and reads it if it is an outcome's.
func classify(seen *seenLine, s *scanner) { seen.kind = kindOf(&seen.raw, s, &seen.entry) }

func kindOf(l *rawLine, s *scanner, e *entry) textKind {
	seal := sealOf(l.text)
	switch {
	case l.huge, seal == brokenSeal, seal == noSeal && !json.Valid(l.text):
		if !l.ended {
			return tornText
		}
		return damagedText
	case !isOutcome(l.text) && (isSending(l.text) || !maybeOutcome(l.text)):
		return otherText
	}
	if s.parse(l.text, e) != nil {
		return damagedText
	}
	if _, _, err := e.kind(); err != nil {
		return damagedText
	}
	return outcomeText
}

// maybeOutcome looks closer at a line that is not written as this package writes outcomes.
func maybeOutcome(text []byte) bool {
	var kind struct {
		Type string `json:"type"`
	}
	return json.Unmarshal(text, &kind) == nil && kind.Type == "outcome"
}

// note takes in what a line tells of the report.
func (s *source) note(kind textKind, l *rawLine) {
	switch kind {
	case tornText:
		s.damage.Torn = true
		return
	case damagedText:
		if s.damage.Lines++; len(s.damage.Where) < toldLines {
			s.damage.Where = append(s.damage.Where, l.number)
		}
		return
	case outcomeText:
		s.outcomes++
		s.ended = false
	case otherText:
		s.head(l.text)
	}
	if !s.begun {
		s.begun = true
		s.damage.NoBeginning = s.damage.NoBeginning || len(s.runs) == 0
	}
	if sealOf(l.text) == noSeal {
		s.damage.Unknown++
	}
}

// head takes in the line of a run or of a summary.
func (s *source) head(text []byte) {
	if isSending(text) {
		return // there are many
	}
	var line runLine
	if json.Unmarshal(text, &line) != nil {
		line.Type = "summary" // its options, if it has any, are not a run's
	}
	switch line.Type {
	case "run":
		s.lastKnown()
		run := line.run()
		s.damage.NoBeginning = s.damage.NoBeginning || len(s.runs) == 0 && line.Resumed
		s.runs = append(s.runs, run)
		s.past = append(s.past, RunInfo{
			Version: run.Version, StartedAt: run.StartedAt, Limit: line.Options["limit"], Mended: line.mended(),
		})
		s.chosen, s.ended = line.Chosen, false
	case "summary":
		if sum, err := parseSummary(text); err == nil {
			s.summaries = append(s.summaries, *sum)
			s.ended = true
			s.ends(sum)
		}
	case "progress":
		if p, ok := parseProgress(text); ok && len(s.past) > 0 {
			last := &s.past[len(s.past)-1]
			last.add(p)
		}
	}
}

// ends takes in how the last run ended.
func (s *source) ends(sum *summaryLine) {
	if len(s.past) == 0 {
		return
	}
	last := &s.past[len(s.past)-1]
	last.Ended, last.ExitCode, last.Read = true, sum.ExitCode, sum.Read
	last.Requests, last.Throttled, last.Pending = sum.Requests, sum.Throttled, sum.Pending
	last.Elapsed, last.BackupChanged = seconds(sum.ElapsedS), sum.BackupChanged != ""
}

// lastKnown takes in of the run that was the last so far how far it is known to have come, if it has no summary.
func (s *source) lastKnown() {
	if n := len(s.past); n > 0 && !s.past[n-1].Ended {
		r := &s.past[n-1]
		e := entry{at: s.lastAt}
		last := e.time()
		if n := len(r.Points); n > 0 {
			p := &r.Points[n-1]
			r.Requests, r.Throttled = p.Requests, p.Throttled
			if p.At.After(last) {
				last = p.At
			}
		}
		if !last.IsZero() && !r.StartedAt.IsZero() {
			r.Elapsed = max(last.Sub(r.StartedAt), 0)
		}
	}
	s.lastAt = s.lastAt[:0]
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// pending is how many rows the last run left; ok is false where it did not say.
func (s *source) pending() (n int64, ok bool) {
	if !s.ended || len(s.summaries) == 0 {
		return 0, false
	}
	return s.summaries[len(s.summaries)-1].Pending, true
}

// missing notes how many rows the last summary counts beyond those that there are.
func (s *source) missing(rows int64) {
	if !s.ended || len(s.summaries) == 0 {
		return
	}
	last := &s.summaries[len(s.summaries)-1]
	s.damage.Missing = max(last.Read-last.Pending-rows-s.damage.Lines, 0)
}

// run is the report's first run, or what is known of it.
func (s *source) run() Run {
	if len(s.runs) == 0 {
		return Run{}
	}
	return s.runs[0]
}
