package restore

import (
	"context"
	"iter"

	"rejoin/chat"
	"rejoin/reader"
	"rejoin/retry"
)

// MadeSource gives the outcomes of an earlier run whose members are to be taken out again, each row once. The context
// ends when the undo stops. An error is the last thing it gives.
type MadeSource func(ctx context.Context) iter.Seq2[*Outcome, error]

// UndoConfig is an undo. Of Config it takes all that is not about reading a backup.
type UndoConfig struct {
	Config

	// Force deletes members that have been changed since they were made, too.
	Force bool
}

// Undo deletes the members that source names, each after it has been read back: one that is not as it was when it was
// made ([Outcome.Fingerprint]) is kept, unless UndoConfig.Force. It works as [Run] does, and returns what Run returns.
//
// A member that is changed between its reading and its deletion is deleted all the same: the API has no deletion under a
// condition. No more lies between the two than the pace of the run and of the channel; after a failure the member is read
// again.
func Undo(ctx context.Context, source MadeSource, cfg UndoConfig) (Summary, error) {
	full, err := cfg.withDefaults()
	if err != nil {
		return Summary{}, err
	}
	e := newEngine(ctx, full)
	e.window.filling, e.window.whole = false, false
	e.force = cfg.Force
	defer e.Close()
	sum, err := e.run(func() { e.takeMade(source(e.Sending)) })
	sum.Kinds = KindsOf("undo")
	return sum, err
}

// made is what an undo knows of a member that a run has made.
type made struct {
	sid         string
	fingerprint uint64 // 0: not known
	recovered   bool   // it was found, and not seen to be made
}

// takeMade is the intake of an undo.
func (e *engine) takeMade(rows iter.Seq2[*Outcome, error]) {
	defer e.window.close()
	in := &intake{engine: e}
	for o, err := range rows {
		if e.Sending.Err() != nil {
			return
		}
		if err != nil {
			in.broken(err)
			return
		}
		in.counted()
		if !in.earlier.Take(in.Ledger, o.Row, in.Progress) {
			in.takeOut(o)
		}
	}
	if e.Sending.Err() == nil {
		e.Progress.ReadAll.Store(true)
	}
}

// takeOut puts a member that is to be deleted on its way.
func (in *intake) takeOut(o *Outcome) {
	r := &row{
		pos: reader.Pos{Row: o.Row, Line: o.Line}, step: readBack, backupSID: o.BackupSID,
		member: chat.Member{ServiceSID: o.ServiceSID, Channel: o.Channel, Identity: o.Identity},
		made:   made{sid: o.MemberSID, fingerprint: o.Fingerprint, recovered: o.Recovered},
	}
	if o.ChannelSID != "" {
		r.member.Channel = o.ChannelSID // a unique name may have come to mean another channel
	}
	in.share(&r.member)
	r.channel = in.key
	if in.Ledger != nil && !in.DryRun { // a dry run has sent no request to delete
		kind, _, known := in.Ledger.Outcome(o.Row)
		r.doubt = known && kind == Unknown || in.Ledger.Sent(o.Row)
	}
	if err := in.live.there(in.engine, o.ServiceSID); err != nil {
		in.leave(r)
		return
	}
	if err := in.window.put(in.Sending, r); err != nil {
		in.leave(r)
	}
}

// taken is the row's outcome in an undo.
func (r *row) taken(kind Kind, why string) *Outcome {
	o := r.outcome(kind)
	o.Error = why
	return o
}

// afterReadBack decides what to do about a member, now that it has been read.
func (e *engine) afterReadBack(r *row, answer *chat.Answer, err error) {
	m, refusal, handled := e.heard(r, err)
	if handled {
		return
	}
	switch m {
	case retry.Done:
		if answer.Member.SID != r.made.sid { // the API takes a text for a SID or for an identity, whichever there is
			e.end(r, r.taken(Kept, "another member answers: "+answer.Member.SID))
			return
		}
		if why := r.changed(&answer.Member); why != "" && !e.force {
			e.end(r, r.taken(Kept, why))
			return
		}
		if e.DryRun {
			e.end(r, r.taken(Deleted, ""))
			return
		}
		r.step, r.doubt, r.readFailures = remove, r.ours, 0 // a deletion of this run may yet arrive
		e.again(r, 0)
	case retry.Missing:
		e.goneAway(r)
	case retry.Unsent, retry.Busy, retry.Doubtful:
		r.readFailed()
		e.retry(r, refusal)
	case retry.Exists, retry.ChannelFull, retry.RefusedRow:
		e.end(r, r.decided(Rejected, refusal))
	case retry.Throttled, retry.ChannelThrottled, retry.RefusedRun: // heard has seen to them
	}
}

// changed says why a member is not the one that was made, as it was made; nothing where it is.
func (r *row) changed(now *chat.Resource) string {
	switch {
	case r.made.fingerprint == 0 && r.made.recovered:
		return "the member may have been there before: a run that may have made it was killed, and the next one found it"
	case r.made.fingerprint == 0:
		return "the report does not say how the member was when it was made, so that a change would not be seen"
	case chat.Fingerprint(now) != r.made.fingerprint:
		return "the member has been changed since it was made"
	}
	return ""
}

// goneAway ends a row whose member is not there. Where a request to delete it had no answer, or a run was killed that
// may have sent one, it is taken to be the reason.
func (e *engine) goneAway(r *row) {
	if !r.doubt {
		e.end(r, r.taken(Gone, ""))
		return
	}
	o := r.taken(Deleted, "")
	o.Recovered = true
	e.end(r, o)
}

// afterRemove decides on the answer to a deletion, which may be asked for twice without harm. Before it is, the member is
// read back again: an outage may lie between the two, and the member may have been changed in it.
func (e *engine) afterRemove(r *row, err error) {
	m, refusal, handled := e.heard(r, err)
	if handled {
		return
	}
	switch m {
	case retry.Done:
		e.end(r, r.taken(Deleted, ""))
	case retry.Missing:
		e.goneAway(r)
	case retry.Unsent, retry.Busy, retry.Doubtful:
		if m == retry.Doubtful {
			r.doubt, r.ours = true, true
		}
		r.writeFailed()
		r.step = readBack
		e.retry(r, refusal)
	case retry.Exists, retry.ChannelFull, retry.RefusedRow:
		e.end(r, r.decided(Rejected, refusal))
	case retry.Throttled, retry.ChannelThrottled, retry.RefusedRun: // heard has seen to them
	}
}
