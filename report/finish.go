package report

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"rejoin/restore"
)

// Note is something more that a summary line tells, such as why the run stopped. Its Key must not be one of the
// summary's own.
type Note struct{ Key, Value string }

// BackupChanged is the note of a run under which the backup was changed, so that it may have sent rows that are not those
// of which its head speaks ([Ledger.BackupChanged]).
func BackupChanged() Note { return Note{Key: "backup_changed", Value: "yes"} }

// Finish appends the last counters and the summary, and puts the report on the disk. A report without a summary is one
// of a run that was killed.
func (j *Journal) Finish(s restore.Summary, exitCode int, notes ...Note) error {
	notes = append(slices.Clone(notes), j.rejects.notes()...)
	if err := j.append(appendSummary(j.unwatch(), &s, exitCode, notes)); err != nil {
		return err
	}
	return j.Sync()
}

func appendSummary(dst []byte, s *restore.Summary, exitCode int, notes []Note) []byte {
	from := len(dst)
	number := func(key string, n int64) {
		dst = append(dst, `,"`...)
		dst = append(dst, key...)
		dst = append(dst, `":`...)
		dst = strconv.AppendInt(dst, n, 10)
	}
	dst = append(dst, `{"type":"summary"`...)
	number("read", s.Read)
	for _, kind := range s.Told() {
		number(kind.Word(s.DryRun), s.Counts[kind])
	}
	number("not_restored", s.NotRestored)
	number("requests", s.Requests)
	number("throttled", s.Throttled)
	dst = append(dst, `,"elapsed_s":`...)
	dst = strconv.AppendFloat(dst, s.Elapsed.Seconds(), 'f', 3, 64)
	number("exit_code", int64(exitCode))
	for _, note := range notes {
		dst = appendString(append(dst, ','), note.Key)
		dst = appendString(append(dst, ':'), note.Value)
	}
	return appendSeal(dst, from)
}

// inputLine is the form of a checkpoint's line.
type inputLine struct {
	Type   string `json:"type"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// Checkpoint appends a fingerprint of what has been read so far from an input that cannot be fingerprinted beforehand:
// the number of its first bytes and their SHA-256, in lower-case hexadecimal. A resumed run can hold the bytes that
// come again against it; see [Ledger.Checkpoint].
func (j *Journal) Checkpoint(bytes int64, sha256 string) error {
	line, err := appendJSON(nil, inputLine{Type: "input", Bytes: bytes, SHA256: sha256})
	if err != nil {
		return fmt.Errorf("write the report %s: %w", j.path, err)
	}
	return j.append(line)
}

// summaryLine is a summary's line, read back. Its outcomes are the words that it holds.
type summaryLine struct {
	Read        int64   `json:"read"`
	NotRestored int64   `json:"not_restored"`
	Requests    int64   `json:"requests"`
	Throttled   int64   `json:"throttled"`
	ElapsedS    float64 `json:"elapsed_s"`
	ExitCode    int     `json:"exit_code"`
	Pending     int64   `json:"pending"`

	RejectsSHA256 string `json:"rejects_sha256"`
	PartialSHA256 string `json:"rejects_partial_sha256"`
	BackupChanged string `json:"backup_changed"`
}

func parseSummary(line []byte) (*summaryLine, error) {
	s := new(summaryLine)
	err := json.Unmarshal(line, s)
	return s, err
}
