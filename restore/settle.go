package restore

import (
	"rejoin/chat"
	"rejoin/reader"
	"rejoin/retry"
)

// afterSettle decides on what was found when asked whether the member is there.
func (e *engine) afterSettle(r *row, answer *chat.Answer, err error) {
	m, refusal, handled := e.heard(r, err)
	if handled {
		return
	}
	switch m {
	case retry.Done:
		r.doubt, r.readFailures = false, 0
		e.compared(r, answer)
	case retry.Missing:
		e.absent(r)
	case retry.Unsent, retry.Busy, retry.Doubtful:
		r.readFailed()
		e.retry(r, refusal)
	case retry.Exists, retry.ChannelFull, retry.RefusedRow:
		// The question itself is refused, so that there is no answer to be had.
		kind := Failed
		if r.doubt {
			kind = Unknown
		}
		e.end(r, r.decided(kind, refusal))
	case retry.Throttled, retry.ChannelThrottled, retry.RefusedRun: // heard has seen to them
	}
}

// compared decides on a member that was found.
func (e *engine) compared(r *row, answer *chat.Answer) {
	differences := chat.Differences(&r.member, &answer.Member)
	if r.ours && e.recovered(r, answer, differences) {
		o := r.found(Created, answer)
		o.Recovered = true
		if r.suspect {
			o.Fingerprint = 0 // an undo is not to delete what may have been there before
		}
		o.NotApplied = fields(differences)
		e.end(r, o)
		return
	}
	switch e.OnConflict {
	case Skip:
		e.end(r, r.found(Exists, answer))
	case Fail:
		o := r.found(Rejected, answer)
		o.alreadyThere()
		e.end(r, o)
	case Verify, Update:
		switch {
		case len(differences) == 0:
			e.end(r, r.found(Exists, answer))
		case e.OnConflict == Update:
			e.change(r, nil)
		default:
			o := r.found(Differs, answer)
			o.Differences = differences
			e.end(r, o)
		}
	}
}

// recovered reports whether a member that was found is the one that a try of this row made: it holds what was sent. A
// member with the SID that it had in the backup was never lost, and was not made by anyone since.
//
// The service is reported to drop a read timestamp that comes without an index
// (https://github.com/twilio/twilio-python/issues/526), so its absence does not speak against it.
func (e *engine) recovered(r *row, answer *chat.Answer, differences []chat.Difference) bool {
	if answer.Member.SID != "" && answer.Member.SID == r.backupSID {
		return false
	}
	for _, d := range differences {
		if d.Field != reader.LastConsumptionTimestamp.String() || r.member.LastConsumedMessageIndex.Set {
			return false
		}
	}
	return true
}

// absent decides on a member that is not there.
func (e *engine) absent(r *row) {
	r.doubt, r.suspect, r.readFailures = false, false, 0
	switch {
	case r.refused != nil:
		r.step = askChannel
		e.again(r, 0)
	case r.failures > e.Retries:
		e.exhausted(r)
	default:
		// It is still ours if it appears: the lost request may yet arrive.
		r.step = create
		e.again(r, 0)
	}
}

// afterChannel decides on a 404 to a create, or to a dry run's look, once the channel has been asked for.
func (e *engine) afterChannel(r *row, err error) {
	m, answer, handled := e.heard(r, err)
	if handled {
		return
	}
	switch m {
	case retry.Done:
		r.readFailures = 0
		e.channelIsThere(r)
	case retry.Missing:
		r.step = askService
		e.again(r, 0)
	case retry.Unsent, retry.Busy, retry.Doubtful:
		r.readFailed()
		e.retry(r, answer)
	case retry.Exists, retry.ChannelFull, retry.RefusedRow:
		e.end(r, r.decided(Rejected, r.refused))
	case retry.Throttled, retry.ChannelThrottled, retry.RefusedRun: // heard has seen to them
	}
}

// channelIsThere goes on with a row whose channel turned out to be there.
func (e *engine) channelIsThere(r *row) {
	if e.DryRun {
		e.channels.open(r.channel)
		e.end(r, r.outcome(Created))
		return
	}
	// The create was answered 404 although there is nothing to miss: it may go better another time.
	if r.failures > e.Retries {
		e.end(r, r.decided(Failed, r.refused))
		return
	}
	refused := r.refused
	r.step, r.refused = create, nil
	e.retry(r, refused)
}

// afterService decides on a channel that is not there, once the Service has been asked for: without it, no row of this
// run can be restored, and to call them rejected would be a lie about each of them.
func (e *engine) afterService(r *row, err error) {
	m, answer, handled := e.heard(r, err)
	if handled {
		return
	}
	switch m {
	case retry.Done:
		e.closeChannel(r, r.refused)
	case retry.Missing:
		e.Stop(retry.ErrRefused, answer)
		e.window.forget(r)
		e.leave(r)
	case retry.Unsent, retry.Busy, retry.Doubtful:
		r.readFailed()
		e.retry(r, answer)
	case retry.Exists, retry.ChannelFull, retry.RefusedRow:
		e.end(r, r.decided(Rejected, r.refused))
	case retry.Throttled, retry.ChannelThrottled, retry.RefusedRun: // heard has seen to them
	}
}

// afterLook decides what a dry run says of a row.
func (e *engine) afterLook(r *row, answer *chat.Answer, err error) {
	m, refusal, handled := e.heard(r, err)
	if handled {
		return
	}
	switch m {
	case retry.Done:
		e.wouldConflict(r, answer)
	case retry.Missing:
		if e.channels.isOpen(r.channel) {
			e.end(r, r.outcome(Created))
			return
		}
		r.refused, r.step = refusal, askChannel
		e.again(r, 0)
	case retry.Unsent, retry.Busy, retry.Doubtful:
		r.readFailed()
		e.retry(r, refusal)
	case retry.Exists, retry.ChannelFull, retry.RefusedRow:
		e.end(r, r.decided(Rejected, refusal))
	case retry.Throttled, retry.ChannelThrottled, retry.RefusedRun: // heard has seen to them
	}
}

// wouldConflict says what a real run would make of a member that is there.
func (e *engine) wouldConflict(r *row, answer *chat.Answer) {
	differences := chat.Differences(&r.member, &answer.Member)
	switch {
	case e.OnConflict == Fail:
		o := r.found(Rejected, answer)
		o.alreadyThere()
		e.end(r, o)
	case e.OnConflict == Skip, e.OnConflict == Verify && len(differences) == 0, nothingToUpdate(&r.member):
		e.end(r, r.found(Exists, answer))
	case e.OnConflict == Update: // also where nothing differs: the member is not compared before it is given its values
		o := r.found(Updated, answer)
		o.Differences = differences
		e.end(r, o)
	default:
		o := r.found(Differs, answer)
		o.Differences = differences
		e.end(r, o)
	}
}
