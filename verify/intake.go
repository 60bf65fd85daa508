package verify

import (
	"errors"
	"fmt"
	"hash/maphash"
	"iter"

	"rejoin/chat"
	"rejoin/internal/spill"
	"rejoin/reader"
	"rejoin/restore"
	"rejoin/rules"
)

// intake reads the backup to its end, or until the run stops, and sees to it that every row it takes is given an outcome
// or is handed to a worker with its channel.
type intake struct {
	*engine
	rules *rules.Series
	file  *spill.File

	// Rows that are kept until all are read, by channel. Those that name it otherwise than by its SID come first: then it
	// is known which of them belong to a channel that other rows name by its SID.
	byName, bySID *shelf

	current *unit  // of a backup that is grouped: the channel that is being read
	large   *shelf // its rows by identity, where they are too many
}

func (e *engine) intake(rows iter.Seq2[reader.Record, error]) {
	defer close(e.units)
	file := spill.NewFile(e.TempDir, e.sizes.chunk)
	defer file.Close()
	in := &intake{
		engine: e, rules: e.Rules.Series(), file: file, byName: newShelf(file, e.sizes.keep/4), bySID: newShelf(file, e.sizes.keep),
	}
	err := in.readAll(rows)
	if err == nil {
		err = in.handOut()
	}
	if err != nil && e.Sending.Err() == nil {
		e.Stop(errSpill, err)
	}
	in.abandon()
}

// errSpill says that rows could not be kept.
var errSpill = errors.New("the rows cannot be kept until their channels are compared")

// readAll reads the backup. Its error says that a row could not be kept, or that the run has stopped.
func (in *intake) readAll(rows iter.Seq2[reader.Record, error]) error {
	for rec, err := range rows {
		if in.Sending.Err() != nil {
			return in.Sending.Err()
		}
		if err != nil && !in.unreadable(err) {
			in.inputErr = fmt.Errorf("%w: %w", restore.ErrInput, err)
			in.Extra = false // whoever is in no row may be in one that was not read
			break
		}
		if err == nil {
			if err := in.record(&rec); err != nil {
				return err
			}
		}
		if in.Part.Limit > 0 && in.read >= in.Part.Limit {
			break
		}
	}
	if in.Sending.Err() == nil {
		in.Progress.ReadAll.Store(true)
	}
	return in.Sending.Err()
}

// unreadable gives a row that cannot be read its outcome, and reports whether reading goes on.
func (in *intake) unreadable(err error) bool {
	bad, ok := errors.AsType[*reader.RowError](err)
	if !ok {
		return false
	}
	if !in.Part.Has("", "") {
		return true
	}
	in.counted()
	if !in.earlier.Take(in.Ledger, bad.Row, in.Progress) {
		in.invalid(&row{row: bad.Row, line: bad.Line}, []rules.Problem{{Column: bad.Field, Rule: bad.Rule, Message: bad.Msg}})
	}
	return true
}

func (in *intake) invalid(r *row, problems []rules.Problem) {
	o := r.outcome(restore.Invalid)
	o.Problems = problems
	in.tell([]*restore.Outcome{o})
}

func (in *intake) counted() {
	in.read++
	in.Progress.Read.Add(1)
}

// record judges one record and puts it where the rows of its channel are.
func (in *intake) record(rec *reader.Record) error {
	verdict := in.rules.Judge(rec)
	m := &verdict.Member
	if !in.Part.Has(verdict.Channel, m.Channel) {
		return nil
	}
	in.counted()
	if in.changed(rec.Row, m) {
		in.left.add(1)
		return in.Sending.Err()
	}
	r := row{
		row: rec.Row, line: rec.Line, settled: in.earlier.Take(in.Ledger, rec.Row, in.Progress), broken: len(verdict.Problems) > 0,
		backupSID: verdict.BackupSID, member: *m,
	}
	if r.broken {
		if !r.settled {
			in.invalid(&r, verdict.Problems)
		}
		if !in.Extra || m.Identity == "" || m.Channel == "" || m.ServiceSID == "" {
			return nil
		}
		r.backupSID, r.member = "", chat.Member{ServiceSID: m.ServiceSID, Channel: m.Channel, Identity: m.Identity}
	}
	err := in.keep(&r)
	if err != nil && r.open() {
		in.left.add(1)
	}
	return err
}

// changed stops the run where a row does not speak of the member that the earlier run read in it.
func (in *intake) changed(number int64, m *chat.Member) bool {
	if in.Ledger == nil || in.SameMember == nil {
		return false
	}
	if _, _, known := in.Ledger.Outcome(number); !known || in.SameMember(number, m.ServiceSID, m.Channel, m.Identity) {
		return false
	}
	in.Stop(restore.ErrChanged, fmt.Errorf("its row %d speaks of another member than before", number))
	return true
}

// keep puts a row where the rows of its channel are.
func (in *intake) keep(r *row) error {
	m := &r.member
	if in.Grouped {
		return in.group(r)
	}
	hash := in.hash(m.ServiceSID, m.Channel)
	to := in.byName
	if chat.IsChannelSID(m.Channel) {
		to = in.bySID
		in.sids[hash] = struct{}{}
	}
	return to.put(partOf(hash), r)
}

// group takes the next row of a backup whose channels' rows stand together, and hands out the channel before it.
func (in *intake) group(r *row) error {
	if in.current != nil && !in.current.is(&r.member) {
		if err := in.finishGroup(); err != nil {
			return err
		}
	}
	if in.current == nil {
		in.current = newUnit(channelKey{r.member.ServiceSID, r.member.Channel}, whole)
	}
	if in.large == nil && len(in.current.data) > in.sizes.part {
		if err := in.enlarge(); err != nil {
			return err
		}
	}
	if in.large != nil {
		return in.slice(in.large, r)
	}
	in.current.add(r)
	return nil
}

// enlarge goes over to keeping the channel's rows by identity.
func (in *intake) enlarge() error {
	in.large = newShelf(in.file, 0)
	err := in.current.each(func(r *row) error { return in.slice(in.large, r) })
	if err != nil {
		in.left.add(in.current.open - in.large.open)
	}
	in.current.text = ""
	return err
}

// finishGroup hands out the channel whose rows have been read.
func (in *intake) finishGroup() error {
	u, large := in.current, in.large
	in.current, in.large = nil, nil
	switch {
	case u == nil:
		return nil
	case large == nil:
		return in.give(u)
	}
	err := in.parts(large, byIdentity)
	in.left.add(large.open)
	return err
}

// abandon counts the rows that no worker was given.
func (in *intake) abandon() {
	in.left.add(in.byName.open + in.bySID.open)
	switch {
	case in.large != nil:
		in.left.add(in.large.open)
	case in.current != nil:
		in.left.add(in.current.open)
	}
}

// hash says which rows are kept together.
func (e *engine) hash(service, channel string) uint64 {
	var h maphash.Hash
	h.SetSeed(e.seed)
	_, _ = h.WriteString(service) // it never fails
	_ = h.WriteByte(0)            // the same
	_, _ = h.WriteString(channel) // the same
	return h.Sum64()
}

// named reports whether rows that are kept name a channel by this SID.
func (e *engine) named(service, sid string) bool {
	_, ok := e.sids[e.hash(service, sid)]
	return ok
}

// sliceOf is the part that an identity falls into.
func (e *engine) sliceOf(identity string) int { return partOf(maphash.String(e.seed, identity)) }

func partOf(hash uint64) int { return int(hash % spill.Parts) }
