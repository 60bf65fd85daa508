package restore

import (
	"errors"
	"fmt"
	"iter"
	"slices"

	"rejoin/chat"
	"rejoin/reader"
	"rejoin/rules"
)

// intake reads the backup to its end, or until the run stops, and sees to it that every row it takes is given an
// outcome or put into the window.
func (e *engine) intake(rows iter.Seq2[reader.Record, error]) {
	defer e.window.close()
	in := &intake{engine: e, rules: e.Rules.Series()}
	in.before()
	if e.Twins == nil {
		in.seen = newSeen()
	}
	for rec, err := range rows {
		if e.Sending.Err() != nil {
			return
		}
		if err != nil && !in.unreadable(err) {
			in.broken(err)
			return
		}
		if err == nil {
			in.record(&rec)
		}
		if e.Part.Limit > 0 && e.read >= e.Part.Limit {
			break
		}
	}
	if e.Sending.Err() == nil {
		e.Progress.ReadAll.Store(true)
	}
}

// intake is what reading keeps from row to row.
type intake struct {
	*engine
	rules *rules.Series
	seen  *seen // nil: Twins knows

	// The last row's Service and channel: in a backup sorted by channel the next row has the same.
	service, name, key string
}

// before counts the rows that the source has left out.
func (in *intake) before() {
	in.read, in.earlier = in.Settled.Rows, in.Settled
	in.Progress.Read.Add(in.Settled.Rows)
	in.Settled.show(in.Progress)
}

// broken ends the backup where it cannot be read, or where a reject of an earlier run cannot be kept on the way.
func (in *intake) broken(err error) {
	if errors.Is(err, ErrSink) {
		in.Stop(ErrSink, err)
		return
	}
	in.inputErr = fmt.Errorf("%w: %w", ErrInput, err)
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
	if in.earlier.Take(in.Ledger, bad.Row, in.Progress) {
		return true
	}
	r := &row{pos: bad.Pos, raw: slices.Clone(bad.Raw)}
	o := r.outcome(Invalid)
	o.Problems = []rules.Problem{{Column: bad.Field, Rule: bad.Rule, Message: bad.Msg}}
	in.tell(o)
	return true
}

func (in *intake) counted() {
	in.read++
	in.Progress.Read.Add(1)
}

// record judges one record and puts it on its way.
func (in *intake) record(rec *reader.Record) {
	verdict := in.rules.Judge(rec)
	in.share(&verdict.Member)
	if !in.Part.Has(verdict.Channel, verdict.Member.Channel) {
		return
	}
	in.counted()
	if in.changed(rec.Row, &verdict.Member) {
		in.pending.Add(1)
		return
	}
	// A row that is done still stands for its member: a later row for the same one is its duplicate.
	var twin twin
	var isTwin bool
	var err error
	if len(verdict.Problems) == 0 {
		twin, isTwin, err = in.twin(&rec.Pos, &verdict.Member)
	}
	if err != nil {
		in.Stop(ErrInput, err)
		in.pending.Add(1)
		return
	}
	if in.earlier.Take(in.Ledger, rec.Row, in.Progress) {
		return
	}
	r := &row{pos: rec.Pos, raw: slices.Clone(rec.Raw), member: verdict.Member, backupSID: verdict.BackupSID, channel: in.key}
	switch {
	case len(verdict.Problems) > 0:
		o := r.outcome(Invalid)
		o.Problems = verdict.Problems
		in.tell(o)
	case isTwin:
		o := r.outcome(Duplicate)
		o.DuplicateOf, o.Same = twin.line, twin.same
		in.tell(o)
	default:
		in.send(r)
	}
}

// twin tells whether another row counts for a row's member.
func (in *intake) twin(pos *reader.Pos, m *chat.Member) (t twin, ok bool, err error) {
	if in.Twins == nil {
		t, ok = in.seen.look(pos, in.key, m)
		return t, ok, nil
	}
	t.line, t.same, ok, err = in.Twins.Twin(pos.Row)
	return t, ok, err
}

// changed stops the run where a row does not speak of the member that the earlier run read in it.
func (in *intake) changed(number int64, m *chat.Member) bool {
	if in.Ledger == nil || in.SameMember == nil {
		return false
	}
	if _, _, known := in.Ledger.Outcome(number); !known || in.SameMember(number, m.ServiceSID, m.Channel, m.Identity) {
		return false
	}
	in.Stop(ErrChanged, fmt.Errorf("its row %d speaks of another member than before", number))
	return true
}

// share lets the rows of one channel share its key.
func (in *intake) share(m *chat.Member) {
	if m.Channel == in.name && m.ServiceSID == in.service && in.key != "" {
		return
	}
	in.service, in.name = m.ServiceSID, m.Channel
	in.key = m.ServiceSID + "/" + m.Channel
}

// send puts a row into the window, once its Service and role are known to be there.
func (in *intake) send(r *row) {
	if in.DryRun {
		r.step = look
	}
	if in.Ledger != nil && !in.DryRun {
		in.suspect(r)
	}
	if err := in.live.check(in.engine, r); err != nil {
		in.refuse(r, err)
		return
	}
	if c := in.channels.get(r.channel); c != nil && !c.mayHold(r) {
		in.tell(c.reject(r))
		return
	}
	if err := in.window.put(in.Sending, r); err != nil {
		in.leave(r)
	}
}

// suspect marks a row that an earlier run may have sent without learning what came of it. What is known of a row may be
// older than the run that was killed.
func (in *intake) suspect(r *row) {
	kind, _, known := in.Ledger.Outcome(r.pos.Row)
	r.suspect = in.Ledger.Sent(r.pos.Row)
	r.doubt = known && kind == Unknown || r.suspect
	// That a member holds what an update sends does not show who made it.
	r.ours = r.doubt && in.OnConflict != Update
}

// refuse ends a row whose role is not there. Any other error has stopped the run.
func (in *intake) refuse(r *row, err error) {
	role, ok := errors.AsType[*roleError](err)
	if !ok {
		in.leave(r)
		return
	}
	o := r.decided(Rejected, role.answer)
	o.Error = role.text
	o.Problems = []rules.Problem{{Column: reader.RoleSID.String(), Rule: role.rule, Message: role.text}}
	in.tell(o)
}
