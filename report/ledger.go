package report

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"sync"

	"rejoin/restore"
)

// Ledger is what the earlier runs of a journal made of the backup's rows. It costs 12 bytes a row where the rows stand
// close together and at most 16 where they are far apart, a bit for each row that was announced, and about 30 bytes for
// each member that was in no row. It is safe for concurrent use.
type Ledger struct {
	src   io.ReaderAt // the journal
	rows  *table      // hash<<8 | state, and the line's offset in units of stride
	head  Run
	runs  int
	ended bool // the last run has a summary

	announced rowSet // by the last run, and without an outcome since
	sent      rowSet // by runs before it that have no summary, and without an outcome since

	changed bool // a run found that the backup was changed under it

	extras map[uint64]struct{} // the keys of members that were in no row

	counts     [restore.NumKinds]int64
	unrestored int64
	chosen     bool

	checkpoint inputLine
	rejects    string // the SHA-256 of the rejects file as the last run left it; "" where that is not known
	partial    string // and of the file beside it, as the last run that told of one left it

	mu     sync.Mutex // of what reads lines again
	window windowReader
	scan   scanner
}

var _ restore.Ledger = (*Ledger)(nil)

// A row's state is its outcome, counted from 1 so that zero is none, and whether it is restored.
const (
	stateRestored = 0x80
	stateBits     = 64 - keyBits

	// stride is the shortest line there is, of any kind. An offset in units of it needs no more than 32 bits up to 256 GiB, and
	// there is only one line that begins in a unit.
	stride = 64
)

// Outcome is the last outcome that was written for a row, and whether the row is restored with it.
func (l *Ledger) Outcome(row int64) (kind restore.Kind, restored, ok bool) {
	first, _ := l.rows.get(row)
	if first == 0 {
		return 0, false, false
	}
	return stateKind(first), first&stateRestored != 0, true
}

func stateKind(first uint64) restore.Kind {
	return restore.Kind(first&^stateRestored&(1<<stateBits-1)) - 1
}

// Key is the [KeyHash] of the member that the row's last outcome speaks of, so that a row that now speaks of another
// member is noticed.
func (l *Ledger) Key(row int64) (hash uint64, ok bool) {
	first, _ := l.rows.get(row)
	return first >> stateBits, first != 0
}

// Sent reports whether a run that ended without a summary may have sent the row, so that it may be there although nothing
// tells what came of it. That the runs after it ended well changes nothing for the rows that they did not come to. Of rows
// that were announced in the second before the power was lost nothing may be known.
func (l *Ledger) Sent(row int64) bool { return l.sent.has(row) }

// BackupChanged reports whether a run found that the backup was changed under it, so that a row's outcome may be that of
// another row, also where the backup is now what it was.
func (l *Ledger) BackupChanged() bool { return l.changed }

// Runs is how many runs the journal holds.
func (l *Ledger) Runs() int { return l.runs }

// First is the run that began the journal.
func (l *Ledger) First() Run { return l.head }

// Counts are the rows that have an outcome, by their last one.
func (l *Ledger) Counts() [restore.NumKinds]int64 { return l.counts }

// Checkpoint is the last fingerprint of the input: of its first bytes, their SHA-256. ok is false where there is none.
func (l *Ledger) Checkpoint() (bytes int64, sha256 string, ok bool) {
	return l.checkpoint.Bytes, l.checkpoint.SHA256, l.checkpoint.SHA256 != ""
}

// Earlier reads the row's last outcome back from the journal, without its raw record.
func (l *Ledger) Earlier(row int64) (*restore.Outcome, error) {
	first, unit := l.rows.get(row)
	if first == 0 {
		return nil, fmt.Errorf("row %d has no outcome", row)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	line, err := l.window.line(l.src, int64(unit)*stride)
	if err != nil {
		return nil, fmt.Errorf("read row %d's outcome again: %w", row, err)
	}
	var e entry
	if sealOf(line) != intact || l.scan.parse(line, &e) != nil || e.row != row {
		return nil, fmt.Errorf("read row %d's outcome again: it is not where it was; something else writes the report", row)
	}
	return e.outcome(stateKind(first))
}

// add takes in an outcome's line.
func (l *Ledger) add(e *entry, offset int64) error {
	kind, dryRun, err := e.kind()
	if err != nil {
		return err
	}
	unit := offset / stride
	switch {
	case dryRun != l.head.DryRun && kind <= restore.Differs:
		return fmt.Errorf("its outcome %q does not go with the run", e.word)
	case unit > 1<<32-1:
		return errors.New("the report is too large to be resumed: it has more than 256 GiB")
	}
	if kind == restore.Extra {
		l.addExtra(e.key())
		return nil
	}
	l.forget(e.row)
	l.announced.drop(e.row)
	l.sent.drop(e.row)
	state := uint64(kind) + 1
	if e.restored(kind, l.chosen) {
		state |= stateRestored
	} else {
		l.unrestored++
	}
	l.counts[kind]++
	l.rows.set(e.row, e.key()<<stateBits|state, uint32(unit))
	return nil
}

// addExtra takes in a member that was in no row. A run that was cut may have told it before.
func (l *Ledger) addExtra(key uint64) {
	if l.extras == nil {
		l.extras = make(map[uint64]struct{})
	}
	l.extras[key] = struct{}{}
}

// Extras is how many members that were in no row were told.
func (l *Ledger) Extras() int64 { return int64(len(l.extras)) }

// Extra reports whether a member was told that was in no row. The channel is as it was told.
func (l *Ledger) Extra(service, channel, identity string) bool {
	_, told := l.extras[KeyHash(service, channel, identity)]
	return told
}

// forget takes back what the row's earlier outcome counted.
func (l *Ledger) forget(row int64) {
	kind, restored, ok := l.Outcome(row)
	if !ok {
		return
	}
	l.counts[kind]--
	if !restored {
		l.unrestored--
	}
}

// windowReader reads lines at places that are nearly in order, many with one read.
type windowReader struct {
	buf  []byte
	from int64
	all  bool // buf reaches to the end of the file
}

const windowSize = 64 << 10

// line returns the line that begins in the stride at offset, without its line end. It is valid until the next call.
func (w *windowReader) line(src io.ReaderAt, offset int64) ([]byte, error) {
	before := max(offset-1, 0) // the byte before a line's first is a line end
	for size := windowSize; size <= 2*maxLine; size *= 4 {
		if line, ok := w.cut(before); ok {
			return line, nil
		}
		if err := w.fill(src, before, size); err != nil {
			return nil, err
		}
	}
	if line, ok := w.cut(before); ok {
		return line, nil
	}
	return nil, io.ErrUnexpectedEOF
}

func (w *windowReader) cut(before int64) ([]byte, bool) {
	if before < w.from || before >= w.from+int64(len(w.buf)) {
		return nil, false
	}
	_, rest, found := bytes.Cut(w.buf[before-w.from:], []byte{'\n'})
	if !found {
		return nil, false
	}
	line, _, ended := bytes.Cut(rest, []byte{'\n'})
	return line, ended || w.all
}

func (w *windowReader) fill(src io.ReaderAt, from int64, size int) error {
	if cap(w.buf) < size {
		w.buf = make([]byte, size)
	}
	n, err := src.ReadAt(w.buf[:size], from)
	w.buf, w.from, w.all = w.buf[:n], from, n < size
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}
