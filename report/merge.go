package report

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"time"

	"github.com/klauspost/compress/gzip"

	"rejoin/restore"
)

// Reports are one or more reports, read together. Each row has one outcome in them, its last:
//   - in one report a row's last line counts;
//   - reports of one backup against one target, such as those of its shards, add up; of a row that stands in several,
//     the latest outcome counts, by its time ([Totals.Doubled]);
//   - reports of different backups, such as that of a file of rejects that was mended and fed back, are put together by
//     member: by Service, channel as the row names it, and identity. The backup with the latest outcome for a member
//     speaks for it, and the rows that other backups have for it do not count ([Totals.Superseded]).
//
// A member that is in no row (row 0) stands once, as it was told last.
//
// Nothing is held of a row but 4 bytes, or 14 where several reports are of one backup, and some 50 bytes for each
// member that is in no row, and for each of every backup but the one with the largest reports. The files are read once by [Load] and once more by
// whatever asks for their rows, and must not change in between. It is not safe for concurrent use.
type Reports struct {
	sources []*source
	groups  []*group
	members map[uint64]standing // of the groups behind the first

	superseded int64 // as of the last Each
}

// group are reports of one backup against one target.
type group struct {
	number  int
	sources []*source
	size    int64
	last    lastLines
}

// standing says which group speaks for a member.
type standing struct {
	at    int64 // milliseconds since 1970
	group int32
}

// First is the run that began a report: what its first line says. It is zero where that is no run's.
func First(path string) (Run, error) {
	s, err := openSource(path, 0)
	if err != nil {
		return Run{}, err
	}
	return s.run(), nil
}

// Load reads reports, plain or compressed with gzip. What is damaged in them is passed over, and told in
// [Totals.Reports]; a file without a line of a report is an error, and so are reports of real runs together with those of
// dry runs or rehearsals.
func Load(paths ...string) (*Reports, error) {
	if len(paths) == 0 {
		return nil, errors.New("no report is named")
	}
	r := &Reports{members: make(map[uint64]standing)}
	groups := make(map[groupKey]*group)
	for i, path := range paths {
		s, err := openSource(path, i)
		if err != nil {
			return nil, err
		}
		r.sources = append(r.sources, s)
		key := s.groupKey()
		g := groups[key]
		if g == nil {
			g = &group{}
			groups[key] = g
			r.groups = append(r.groups, g)
		}
		g.sources = append(g.sources, s)
		g.size += s.size
		s.group = g
	}
	// The largest backup's members need not be remembered: those of the others are enough to know whom they share.
	slices.SortStableFunc(r.groups, func(a, b *group) int { return cmp.Compare(b.size, a.size) })
	for i, g := range slices.Backward(r.groups) {
		g.number = i
		g.last.several = len(g.sources) > 1
		for _, s := range g.sources {
			if err := r.index(s); err != nil {
				return nil, err
			}
		}
	}
	if err := r.alike(); err != nil {
		return nil, err
	}
	return r, nil
}

// index reads a report for the first time.
func (r *Reports) index(s *source) error {
	err := s.read(true, func(e *entry, seq uint32) error {
		g := s.group
		if len(s.runs) == 0 && bytes.HasPrefix(e.word, []byte("would_")) { // no run has said that it is a dry one
			s.would++
		}
		var at int64
		if g.last.several || len(r.groups) > 1 {
			at = e.time().UnixMilli()
		}
		if e.row == 0 {
			g.last.noteExtra(e.key(), extraLine{at: at, seq: seq, source: s.number})
		} else {
			s.rowLines++
			g.last.note(e.row, s.number, seq, at)
		}
		if len(r.groups) > 1 {
			r.stand(e.key(), standing{at: at, group: int32(g.number)})
		}
		return nil
	})
	s.lastKnown()
	rows := s.group.last.rows
	if s.group.last.several {
		rows = s.rowLines // of rows that have several lines it finds less missing than is
	}
	s.missing(rows)
	if err == nil && len(s.runs) == 0 && s.outcomes == 0 {
		err = errors.New("it is no report of rejoin")
	}
	if err != nil {
		return fmt.Errorf("the report %s cannot be read: %w", s.path, err)
	}
	return nil
}

// stand notes who speaks for a member. Of the first group's members only those matter that another group has, too.
func (r *Reports) stand(key uint64, now standing) {
	old, ok := r.members[key]
	if !ok && now.group == 0 {
		return
	}
	if !ok || now.at > old.at {
		r.members[key] = now
	}
}

// Row is a row's last outcome.
type Row struct {
	Kind     restore.Kind
	DryRun   bool
	Restored bool
	Report   string // the report that it stands in

	entry *entry
	at    time.Time
	timed bool // at is known
}

// At is when the outcome was; zero where the report does not say.
func (r *Row) At() time.Time {
	if !r.timed {
		r.at, r.timed = r.entry.time(), true
	}
	return r.at
}

// Took is how long the row took, from its first request to its last answer; ok is false where none was sent for it.
func (r *Row) Took() (took time.Duration, ok bool) {
	const longest = math.MaxInt64 / time.Millisecond // no run writes a longer one
	return time.Duration(min(r.entry.elapsedMS, int64(longest))) * time.Millisecond, r.entry.attempts > 0
}

// Address is the Service and the channel of the row's member, as the row names them. They are valid as long as the row.
func (r *Row) Address() (service, channel []byte) { return r.entry.service, r.entry.named() }

// Outcome is all that the report says of the row.
func (r *Row) Outcome() (*restore.Outcome, error) { return r.entry.outcome(r.Kind) }

// Number is the row's number in the backup, from 1.
func (r *Row) Number() int64 { return r.entry.row }

// Each calls fn for the last outcome of every row, report by report, in the order of their lines, until fn fails. The
// row is valid until fn returns.
func (r *Reports) Each(fn func(*Row) error) error {
	r.superseded = 0
	var row Row
	for _, s := range r.sources {
		row.Report = s.path
		var failed error // by fn, which is no failure to read
		err := s.read(false, func(e *entry, seq uint32) error {
			last := &s.group.last
			if e.row == 0 && !last.isExtra(e.key(), s.number, seq) || e.row > 0 && !last.is(e.row, s.number, seq) {
				return nil
			}
			if now, ok := r.members[e.key()]; ok && int(now.group) != s.group.number {
				r.superseded++
				return nil
			}
			kind, dryRun, err := e.kind()
			if err != nil {
				return err // the first reading has seen to it that there is none
			}
			row.Kind, row.DryRun, row.Restored, row.entry, row.timed = kind, dryRun, e.restored(kind, s.chosen), e, false
			failed = fn(&row)
			return failed
		})
		if failed != nil {
			return failed
		}
		if err != nil {
			return fmt.Errorf("the report %s cannot be read: %w", s.path, err)
		}
	}
	return nil
}

// openText opens a report for reading, compressed or not.
func openText(path string) (io.Reader, io.Closer, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	buffered := bufio.NewReaderSize(f, 256<<10)
	magic, _ := buffered.Peek(2) // a file that is shorter is not compressed
	if !bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		return buffered, f, nil
	}
	unzipped, err := gzip.NewReader(buffered)
	if err != nil {
		return nil, nil, errors.Join(err, f.Close())
	}
	return unzipped, f, nil
}
