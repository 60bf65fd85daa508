package verify

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"rejoin/chat"
	"rejoin/restore"
	"rejoin/retry"
)

// look is the comparison of one channel's rows with its members.
type look struct {
	*engine
	unit  *unit
	rows  []row
	done  []bool           // the row has its outcome, or needs none
	index map[string]int32 // by identity the row that stands for it
	open  int              // rows that are not done
	begun time.Time
	out   []*restore.Outcome
}

// compare compares a channel's rows with its members, and gives the unit's room back.
func (e *engine) compare(u *unit) {
	defer e.room.give(u.size())
	l := &look{engine: e, unit: u, index: make(map[string]int32, u.rows), begun: time.Now()}
	if err := l.unpack(); err != nil {
		e.Stop(errSpill, err)
		e.left.add(u.open)
		return
	}
	err := l.ask()
	switch {
	case errors.Is(err, errMoved):
		select {
		case e.moved <- u:
		case <-e.Sending.Done():
			e.left.add(u.open)
		}
		return
	case err == nil:
		l.rest(restore.Missing, nil, "")
	default:
		if u.extra {
			l.start() // a channel of which not all is known is not done, also where all rows are
			l.duplicates()
		}
		if e.Sending.Err() == nil {
			l.failed(err)
		}
	}
	e.left.add(int64(l.open))
	e.tell(l.out)
}

// unpack reads the rows, and finds those that stand for their members.
func (l *look) unpack() error {
	l.rows = make([]row, 0, l.unit.rows)
	err := l.unit.each(func(r *row) error {
		l.rows = append(l.rows, *r)
		return nil
	})
	if err != nil {
		return err
	}
	slices.SortStableFunc(l.rows, func(a, b row) int { return cmp.Compare(a.row, b.row) }) // those that have moved come last
	for i := range l.rows {
		r := &l.rows[i]
		at, twice := l.index[r.member.Identity]
		if !twice || l.rows[at].broken || !r.broken && l.LastWins {
			l.index[r.member.Identity] = int32(i)
		}
	}
	l.start()
	return nil
}

// start is how it stands before anything is known.
func (l *look) start() {
	l.out, l.open, l.done = nil, 0, make([]bool, len(l.rows))
	for i := range l.rows {
		if l.done[i] = !l.rows[i].open(); !l.done[i] {
			l.open++
		}
	}
}

// duplicates tells the rows for whose members another row stands.
func (l *look) duplicates() {
	for i := range l.rows {
		r := &l.rows[i]
		winner := &l.rows[l.index[r.member.Identity]]
		if l.done[i] || r == winner {
			continue
		}
		o := r.outcome(restore.Duplicate)
		o.DuplicateOf, o.Same = winner.line, sameValues(&winner.member, &r.member)
		l.tellOf(i, o)
	}
}

// tellOf gives a row its outcome.
func (l *look) tellOf(i int, o *restore.Outcome) {
	l.done[i] = true
	l.open--
	l.out = append(l.out, o)
}

// errMoved says that the channel is one that other rows name by its SID.
var errMoved = errors.New("other rows name the channel by its SID")

// ask asks for all that the rows need. An error says why it did not come.
func (l *look) ask() error {
	if !l.unit.mayMove {
		l.duplicates()
		if l.open == 0 && len(l.rows) > 0 {
			return nil
		}
	}
	if err := l.services.check(l.engine, l.unit.service); err != nil {
		return err
	}
	return l.list()
}

// list reads the channel's pages. nil says that all were read, or as many as the rows need.
func (l *look) list() error {
	seen := make(map[string]bool)
	for page := (chat.Page{}); ; {
		var got chat.MemberPage
		err := l.Do(retry.Try{Retries: l.Retries}, func(ctx context.Context) (err error) {
			l.Progress.InFlight.Add(1)
			defer l.Progress.InFlight.Add(-1)
			got, err = l.Client.ListMembers(ctx, l.unit.service, l.unit.channel, page)
			return err
		})
		if err != nil {
			return err
		}
		if l.unit.mayMove {
			if l.known(got.Members) {
				return errMoved
			}
			l.unit.mayMove = false
			l.duplicates()
		}
		l.page(got.Members)
		switch {
		case got.Next == "", l.open == 0 && !l.unit.extra:
			return nil
		case seen[got.Next]:
			return &chat.Error{Op: "list members", Sent: true, Err: errors.New("the list comes back to a page that it has shown before")}
		}
		seen[got.Next] = true
		page = chat.Page{URL: got.Next}
	}
}

// known reports whether other rows name the channel by the SID that its members show.
func (l *look) known(members []chat.Resource) bool {
	if len(members) == 0 {
		return false
	}
	l.unit.sid = members[0].ChannelSID
	return l.named(l.unit.service, l.unit.sid)
}

// page compares the rows with the members of a page.
func (l *look) page(members []chat.Resource) {
	for i := range members {
		m := &members[i]
		at, ok := l.index[m.Identity]
		switch {
		case !ok:
			l.extra(m)
		case at != noRow && !l.done[at]:
			l.tellOf(int(at), l.compared(&l.rows[at], m))
		}
	}
}

// compared is the outcome of a row whose member is there.
func (l *look) compared(r *row, m *chat.Resource) *restore.Outcome {
	o := r.outcome(restore.Same)
	if o.Differences = chat.Differences(&r.member, m); len(o.Differences) > 0 {
		o.Kind = restore.Differs
	}
	o.HTTPStatus, o.MemberSID, o.Attempts, o.Elapsed = http.StatusOK, m.SID, 1, time.Since(l.begun)
	if m.ChannelSID != "" {
		o.ChannelSID = m.ChannelSID
	}
	return o
}

// noRow is where the index leads for a member that is in no row and has been told.
const noRow = -1

// extra tells a member that is in no row.
func (l *look) extra(m *chat.Resource) {
	u := l.unit
	if !u.extra || !u.slices.holds(l.sliceOf(m.Identity)) || l.Ledger != nil && l.Ledger.Extra(u.service, u.channel, m.Identity) {
		return
	}
	l.index[m.Identity] = noRow // a member that a second page holds, too, is told once
	l.out = append(l.out, &restore.Outcome{
		Kind: restore.Extra, ServiceSID: u.service, Channel: u.channel, ChannelSID: m.ChannelSID, Identity: m.Identity,
		MemberSID: m.SID, HTTPStatus: http.StatusOK, At: time.Now(),
	})
}

// rest tells the rows that are not done.
func (l *look) rest(kind restore.Kind, why *chat.Error, text string) {
	for i := range l.rows {
		if l.done[i] {
			continue
		}
		o := l.rows[i].outcome(kind)
		o.Attempts, o.Elapsed = 1, time.Since(l.begun)
		if why != nil {
			o.HTTPStatus, o.ErrorCode, o.RequestID, o.Error = why.Status, why.Code, why.RequestID, text+why.Error()
		}
		l.tellOf(i, o)
	}
}

// failed tells the rows that are not done by the answer that kept the channel from being read.
func (l *look) failed(err error) {
	answer, _ := errors.AsType[*chat.Error](err)
	if answer == nil {
		answer = &chat.Error{Op: "list members", Sent: true, Err: err}
	}
	switch retry.MeaningOf(answer) {
	case retry.RefusedRun:
		l.Stop(retry.ErrRefused, answer)
	case retry.Missing:
		l.noChannel(answer)
	case retry.RefusedRow, retry.Exists, retry.ChannelFull:
		l.rest(restore.Rejected, answer, "")
	case retry.Done, retry.Unsent, retry.Busy, retry.Throttled, retry.ChannelThrottled, retry.Doubtful:
		l.rest(restore.Failed, answer, "")
	}
}

// noChannel tells the rows of a channel whose list was answered 404, once it is known whether the channel is there.
func (l *look) noChannel(answer *chat.Error) {
	err := l.Do(retry.Try{Retries: l.Retries}, func(ctx context.Context) error {
		_, err := l.Client.FetchChannel(ctx, l.unit.service, l.unit.channel)
		return err
	})
	switch retry.MeaningOf(err) {
	case retry.Missing:
		const text = "the channel does not exist in the Service"
		l.Warn("the channel " + l.unit.channel + " does not exist in the Service " + l.unit.service + ", so that its members are missing")
		l.rest(restore.Missing, answer, text+": ")
	case retry.RefusedRun:
		l.Stop(retry.ErrRefused, err)
	case retry.Done, retry.RefusedRow, retry.Exists, retry.ChannelFull,
		retry.Unsent, retry.Busy, retry.Throttled, retry.ChannelThrottled, retry.Doubtful:
		if l.Sending.Err() == nil {
			l.rest(restore.Failed, answer, "")
		}
	}
}
