package restore

import (
	"errors"
	"time"

	"rejoin/chat"
	"rejoin/retry"
)

// attempt makes the one request that a row needs next, and sees to what its answer means.
func (e *engine) attempt(r *row) {
	if c := e.channels.get(r.channel); c != nil && r.step.queues() && !c.mayHold(r) {
		e.end(r, c.reject(r))
		return
	}
	if r.step == look && !r.urgent && e.lookTogether(r) {
		return
	}
	if r.begun.IsZero() {
		r.downBefore = e.Outage.Downtime()
	}
	r.begin()
	e.Outage.Asks()
	e.Progress.Requests.Add(1)
	switch r.step {
	case create:
		answer, err := e.Client.CreateMember(e.Flight, &r.member)
		e.afterCreate(r, &answer, err)
	case update:
		answer, err := e.Client.UpdateMember(e.Flight, &r.member, r.member.Identity)
		e.afterUpdate(r, &answer, err)
	case look:
		answer, err := e.fetch(r)
		e.afterLook(r, &answer, err)
	case settle:
		answer, err := e.fetch(r)
		e.afterSettle(r, &answer, err)
	case askChannel:
		_, err := e.Client.FetchChannel(e.Flight, r.member.ServiceSID, r.member.Channel)
		e.afterChannel(r, err)
	case askService:
		_, err := e.Client.FetchService(e.Flight, r.member.ServiceSID)
		e.afterService(r, err)
	case readBack:
		answer, err := e.Client.FetchMember(e.Flight, r.member.ServiceSID, r.member.Channel, r.made.sid)
		e.afterReadBack(r, &answer, err)
	case remove:
		err := e.Client.DeleteMember(e.Flight, r.member.ServiceSID, r.member.Channel, r.made.sid)
		e.afterRemove(r, err)
	}
}

func (e *engine) fetch(r *row) (chat.Answer, error) {
	return e.Client.FetchMember(e.Flight, r.member.ServiceSID, r.member.Channel, r.member.Identity)
}

// heard notes what an answer means for the run as a whole, and returns what it means for the row. It ends the row
// itself, and returns handled, where the meaning is the same for every step.
func (e *engine) heard(r *row, err error) (m retry.Meaning, answer *chat.Error, handled bool) {
	m = retry.MeaningOf(err)
	e.Progress.Heard(m, time.Since(r.sent))
	answer, _ = errors.AsType[*chat.Error](err)
	if err != nil && answer == nil {
		answer = &chat.Error{Sent: true, Err: err}
	}
	if answer != nil && (m != retry.Missing || r.step != settle) {
		r.last = answer // that a member is not there is no reason for it
	}
	if r.spared = false; m.Alive() {
		e.Outage.Alive()
	} else {
		r.spared = e.Outage.Failed(answer)
	}
	switch m {
	case retry.Throttled, retry.ChannelThrottled:
		e.throttled(r, m, answer)
		return m, answer, true
	case retry.RefusedRun:
		e.refusedRun(r, answer)
		return m, answer, true
	case retry.Done, retry.Exists, retry.Missing, retry.ChannelFull, retry.RefusedRow:
		e.Limiter.Accepted()
		if r.step.writes() {
			e.Limiter.ChannelAccepted(r.channel)
		}
	case retry.Unsent, retry.Busy, retry.Doubtful:
		e.Limiter.Answered()
	}
	return m, answer, false
}

// throttled slows the channel or the run. It is no failure of the row: the request was not processed.
func (e *engine) throttled(r *row, m retry.Meaning, answer *chat.Error) {
	e.Progress.Throttled.Add(1)
	if m == retry.ChannelThrottled {
		e.Limiter.Answered()
		e.Limiter.ChannelThrottled(r.channel, answer.RetryAfter, answer.HasRetryAfter)
	} else {
		e.Limiter.Throttled(answer.RetryAfter, answer.HasRetryAfter)
	}
	if e.late(r) {
		e.exhausted(r)
		return
	}
	wait := min(answer.RetryAfter, retry.HintMax)
	if !r.step.writes() { // no pace of a channel holds back what does not write to it
		wait = r.waits.Next(answer.RetryAfter)
	}
	if r.step == remove {
		r.step = readBack // it may have been changed until it is tried again
	}
	e.again(r, wait)
}

// refusedRun stops the run. The row was not applied, so that it is left like those that were never sent.
func (e *engine) refusedRun(r *row, answer *chat.Error) {
	e.Stop(retry.ErrRefused, answer)
	e.window.forget(r)
	e.leave(r)
}

// retry puts a row back after a failed attempt, or ends it where its attempts are used up.
func (e *engine) retry(r *row, answer *chat.Error) {
	if !r.spared && e.spent(r) {
		e.exhausted(r)
		return
	}
	e.again(r, r.waits.Next(answer.RetryAfter))
}

// spent reports whether a row's attempts, or its time, are used up.
func (e *engine) spent(r *row) bool {
	return r.failures > e.Retries || r.readFailures > e.Retries || e.late(r)
}

// late reports whether a row's time is used up. The time in which the service was down does not count.
func (e *engine) late(r *row) bool {
	return time.Since(r.begun)-(e.Outage.Downtime()-r.downBefore) > e.MaxElapsed
}

// exhausted ends a row whose attempts are used up.
func (e *engine) exhausted(r *row) {
	kind := Failed
	if r.doubt {
		kind = Unknown
	}
	e.end(r, r.decided(kind, r.last))
}

// afterCreate decides on the answer to a create.
func (e *engine) afterCreate(r *row, answer *chat.Answer, err error) {
	m, refusal, handled := e.heard(r, err)
	if handled {
		return
	}
	switch m {
	case retry.Done:
		o := r.found(Created, answer)
		o.NotApplied = fields(chat.Differences(&r.member, &answer.Member))
		e.end(r, o)
	case retry.Exists:
		e.conflict(r, refusal)
	case retry.Unsent, retry.Busy:
		r.writeFailed()
		e.retry(r, refusal)
	case retry.Doubtful:
		r.writeFailed()
		e.ask(r, settle, r.waits.Next(refusal.RetryAfter))
	case retry.Missing:
		// The service has been seen to answer 404 to a create that it carried out:
		// https://support.twilio.com/hc/en-us/articles/50009103572635.
		r.writeFailed()
		r.refused = refusal
		e.ask(r, settle, 0)
	case retry.ChannelFull:
		e.closeChannel(r, refusal)
	case retry.RefusedRow:
		e.end(r, r.decided(Rejected, refusal))
	case retry.Throttled, retry.ChannelThrottled, retry.RefusedRun: // heard has seen to them
	}
}

// ask goes over from writing to asking what became of it.
func (e *engine) ask(r *row, s step, after time.Duration) {
	r.step, r.doubt, r.ours, r.readFailures = s, true, true, 0
	e.again(r, after)
}

// conflict decides on a member that is already there.
func (e *engine) conflict(r *row, refusal *chat.Error) {
	r.doubt = false
	switch {
	case r.ours, e.OnConflict == Verify:
		r.step, r.readFailures = settle, 0
		e.again(r, 0)
	case e.OnConflict == Update:
		e.change(r, refusal)
	case e.OnConflict == Fail:
		e.end(r, r.decided(Rejected, refusal))
	default:
		o := r.outcome(Exists)
		o.HTTPStatus, o.ErrorCode = refusal.Status, refusal.Code
		e.end(r, o)
	}
}

// change goes over to the update endpoint. A row that holds nothing to change is done: the API refuses an empty update
// (error 20161, https://www.twilio.com/docs/api/errors/20161).
func (e *engine) change(r *row, refusal *chat.Error) {
	if nothingToUpdate(&r.member) {
		o := r.outcome(Exists)
		if refusal != nil {
			o.HTTPStatus, o.ErrorCode = refusal.Status, refusal.Code
		}
		e.end(r, o)
		return
	}
	r.step, r.ours = update, false
	e.again(r, 0)
}

// afterUpdate decides on the answer to an update. An update may be sent twice without harm, so a lost answer is simply
// tried again.
func (e *engine) afterUpdate(r *row, answer *chat.Answer, err error) {
	m, refusal, handled := e.heard(r, err)
	if handled {
		return
	}
	switch m {
	case retry.Done:
		o := r.found(Updated, answer)
		o.NotApplied = fields(chat.Differences(&r.member, &answer.Member))
		e.end(r, o)
	case retry.Doubtful:
		r.doubt = true
		r.writeFailed()
		e.retry(r, refusal)
	case retry.Unsent, retry.Busy:
		r.writeFailed()
		e.retry(r, refusal)
	case retry.Missing: // it has gone since the conflict: it can be made after all
		r.step, r.doubt = create, false
		r.writeFailed()
		e.retry(r, refusal)
	case retry.Exists, retry.ChannelFull, retry.RefusedRow:
		e.end(r, r.decided(Rejected, refusal))
	case retry.Throttled, retry.ChannelThrottled, retry.RefusedRun: // heard has seen to them
	}
}

func nothingToUpdate(m *chat.Member) bool {
	return *m == chat.Member{ServiceSID: m.ServiceSID, Channel: m.Channel, Identity: m.Identity}
}

func fields(differences []chat.Difference) []string {
	if len(differences) == 0 {
		return nil
	}
	names := make([]string, len(differences))
	for i, d := range differences {
		names[i] = d.Field
	}
	return names
}
