package backup

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// Head is what a backup in a file is of. Where two differ in more than version and time, one is not the other's beginning.
type Head struct {
	Version   string
	StartedAt time.Time
	APIURL    string
	Service   string
	Only      []string
	Format    Format
}

// stateSchema is the version of the state's form.
const stateSchema = 1

// FILE.state is NDJSON: a line that says what the backup is of; one for each block that is on the disk, with the
// channels in it, where it ends, and the check value of all bytes up to there; and one that says that the file is whole.
// A line counts if it has its end. What stands in FILE.partial behind the last block's end does not.
type stateLine struct {
	Type string `json:"type"` // backup, block or whole

	// backup
	Schema      int       `json:"schema,omitempty"`
	Version     string    `json:"version,omitempty"`
	StartedAt   time.Time `json:"started_at,omitzero"`
	APIURL      string    `json:"api_url,omitempty"`
	ServiceSID  string    `json:"service_sid,omitempty"`
	OnlyChannel []string  `json:"only_channel,omitempty"`
	Format      string    `json:"format,omitempty"`
	Compression string    `json:"compression,omitempty"`

	// block
	Offset   *int64         `json:"offset,omitempty"`
	CRC32C   *uint32        `json:"crc32c,omitempty"`
	Channels []stateChannel `json:"channels,omitempty"`
}

type stateChannel struct {
	SID  string `json:"sid"`
	Rows int64  `json:"rows"`
}

func headLine(h *Head, c Compression) *stateLine {
	return &stateLine{
		Type: "backup", Schema: stateSchema, Version: h.Version, StartedAt: h.StartedAt.UTC(), APIURL: h.APIURL,
		ServiceSID: h.Service, OnlyChannel: h.Only, Format: h.Format.String(), Compression: c.String(),
	}
}

// state is what a FILE.state says.
type state struct {
	head     stateLine
	channels map[string]int64 // rows by SID
	offset   int64            // of the last block's end
	crc      uint32           // of all bytes before it
	whole    bool
	size     int64 // of the state's own lines that count
}

// MismatchError says that what is to be resumed is another backup.
type MismatchError struct {
	Path        string
	Differences []string
}

// Error says in what the two differ.
func (e *MismatchError) Error() string {
	return e.Path + " belongs to another backup: " + strings.Join(e.Differences, "; ")
}

// readState reads a state back. A line without its end was being written when the process ended, and even the first may
// be.
func readState(r io.Reader) (*state, error) {
	s := &state{channels: make(map[string]int64)}
	lines := bufio.NewReaderSize(r, 64<<10)
	for n := 1; ; n++ {
		text, err := lines.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		var l stateLine
		if err := json.Unmarshal(text, &l); err != nil {
			return nil, fmt.Errorf("line %d is damaged: %w", n, err)
		}
		if err := s.take(&l, n); err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		s.size += int64(len(text))
	}
	return s, nil
}

func (s *state) take(l *stateLine, n int) error {
	switch {
	case (n == 1) != (l.Type == "backup"):
		return fmt.Errorf("found a line of type %q, expected the first to be of type backup and no other", l.Type)
	case s.whole:
		return errors.New("found a line behind the last")
	case l.Type == "backup":
		if l.Schema != stateSchema {
			return fmt.Errorf("found schema %d, expected %d: another version of rejoin has written it", l.Schema, stateSchema)
		}
		s.head = *l
	case l.Type == "whole":
		s.whole = true
	case l.Type != "block" || l.Offset == nil || l.CRC32C == nil || *l.Offset < s.offset:
		return errors.New("found no block with an offset behind the one before it and a check value")
	default:
		s.offset, s.crc = *l.Offset, *l.CRC32C
		for _, c := range l.Channels {
			s.channels[c.SID] = c.Rows
		}
	}
	return nil
}

// mismatches are the differences between what was begun and what is to be gone on with.
func (s *state) mismatches(now *stateLine) (differences []string) {
	then := &s.head
	for _, d := range []struct{ what, then, now string }{
		{"the API's address", then.APIURL, now.APIURL},
		{"--service", then.ServiceSID, now.ServiceSID},
		{"--format", then.Format, now.Format},
		{"the compression", then.Compression, now.Compression},
		{"--only-channel", list(then.OnlyChannel), list(now.OnlyChannel)},
	} {
		if d.then != d.now {
			differences = append(differences, fmt.Sprintf("%s was %s and is %s", d.what, d.then, d.now))
		}
	}
	return differences
}

func list(names []string) string {
	if len(names) == 0 {
		return "not given"
	}
	return fmt.Sprintf("%q", slices.Compact(slices.Sorted(slices.Values(names))))
}
