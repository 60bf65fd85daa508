package backup

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/maphash"

	"rejoin/chat"
)

// reading is what one reading of a channel's list of members has found.
type reading struct {
	text    bytes.Buffer
	rows    int64
	doubles int64
	pages   int
	sum     uint64 // of the text
}

// againError is why a reading of a channel came to nothing and is worth doing once more.
type againError struct{ why error }

func (e *againError) Error() string { return e.why.Error() }

var (
	errGone    = errors.New("the channel was deleted")                         // and its Service is there
	errTooMuch = errors.New("too much waits for the channels before this one") // it is to be read again in its turn

	seed = maphash.MakeSeed()
)

// read reads a channel until its list and its counts of members agree, or [Readings] are used up. The error is errTooMuch,
// or says that the run has been stopped.
//
// A list in one page is one answer, in which nothing can be doubled or skipped; of one in several pages the count before
// and the count after have to be its own.
func (r *run) read(t *target) (Channel, error) {
	before := int64(t.members)
	var last *reading
	for n := 1; ; n++ {
		now, err := r.once(t)
		var again *againError
		switch {
		case errors.As(err, &again) && n < Readings:
			r.count(&r.summary.Reread, 1)
			continue
		case errors.As(err, &again):
			return Channel{}, r.halt(ErrAnswer, fmt.Errorf("the channel %s: %w", t.name(), again.why))
		case errors.Is(err, errGone):
			return r.gone(t, last), nil
		case err != nil:
			r.give(last)
			return Channel{}, err
		}
		r.give(last)
		stable := last != nil && last.sum == now.sum && last.rows == now.rows
		last = now
		if now.pages == 1 && now.rows == before {
			break
		}
		after, err := r.members(t)
		switch {
		case errors.Is(err, errGone):
			return r.gone(t, last), nil
		case err != nil:
			return Channel{}, err
		}
		if now.rows == after && (now.pages == 1 || before == after) {
			break
		}
		if n == Readings || stable {
			r.differs(t, n, stable, now.rows, before, after)
			break
		}
		before = after
		r.count(&r.summary.Reread, 1)
	}
	return r.done(t, last), nil
}

// name is a channel in a message.
func (t *target) name() string {
	if t.uniqueName == "" {
		return t.sid
	}
	return fmt.Sprintf("%s (%q)", t.sid, t.uniqueName)
}

// differs warns of a channel whose list and whose counts of members do not agree.
func (r *run) differs(t *target, n int, stable bool, rows, before, after int64) {
	if stable {
		r.warn(fmt.Sprintf("the channel %s: its list has the same members each time, %d of them, and its members_count says %d; "+
			"the list is in the backup", t.name(), rows, after))
		return
	}
	r.warn(fmt.Sprintf("the channel %s changed while it was read, %d times: its list has %d members, and its members_count was %d before "+
		"and %d after; members that joined or left then may be missing in the backup, or in it", t.name(), n, rows, before, after))
}

// gone ends the reading of a channel that is no more. What is known of it is kept.
func (r *run) gone(t *target, last *reading) Channel {
	if last == nil {
		r.count(&r.summary.Gone, 1)
		r.warn(fmt.Sprintf("the channel %s was deleted before it was read; none of its members are in the backup", t.name()))
		return Channel{SID: t.sid}
	}
	r.warn(fmt.Sprintf("the channel %s was deleted while it was read; its members as they were read are in the backup", t.name()))
	return r.done(t, last)
}

func (r *run) done(t *target, last *reading) Channel {
	r.count(&r.summary.Doubles, last.doubles)
	if r.Format == CSV && binary(last.text.Bytes()) {
		r.warn(fmt.Sprintf("the channel %s: a value holds a control character; should the file be taken for something else than text, "+
			"read it with --format csv", t.name()))
	}
	return Channel{SID: t.sid, Rows: last.rows, Text: r.trimmed(&last.text)}
}

// trimmed is a channel's text without the room that its buffer has behind it, where that is much: the more channels may
// wait.
func (r *run) trimmed(buf *bytes.Buffer) []byte {
	text := buf.Bytes()
	if cap(text)-len(text) <= len(text)/4 {
		return text
	}
	held := cap(text)
	text = bytes.Clone(text)
	r.order.free(int64(held - cap(text)))
	return text
}

func (r *run) count(to *int64, n int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	*to += n
}

// give gives up what was held of a channel, if anything was.
func (r *run) give(of *reading) {
	if of != nil {
		r.order.free(int64(of.text.Cap()))
	}
}

// once reads a channel's list, page by page. The error is errGone, an *againError, errTooMuch, or that the run has been
// stopped; what was held of the channel has been given up then.
func (r *run) once(t *target) (*reading, error) {
	now := new(reading)
	rows := newEncoder(r.Format, &now.text)
	follow := pages{what: "the list of its members"}
	members := make(map[string]bool, min(max(t.members, 0), 1000))
	give := func(err error) (*reading, error) {
		r.give(now)
		return nil, err
	}
	for {
		var page chat.MemberPage
		err := r.ask("list the members of the channel "+t.name(), func(ctx context.Context) (err error) {
			page, err = r.Client.ListMembers(ctx, r.Service, t.sid, chat.Page{URL: follow.url})
			return err
		})
		if err != nil {
			return give(r.unlisted(t, &follow, err))
		}
		held := now.text.Cap()
		for i := range page.Members {
			m := &page.Members[i]
			if members[m.SID] {
				now.doubles++
				continue
			}
			members[m.SID] = true
			line := newRow(m, r.Service, t)
			if err := rows.encode(&line); err != nil {
				return give(r.halt(ErrSink, err))
			}
			now.rows++
		}
		if !r.order.hold(t, int64(now.text.Cap()-held)) {
			return give(errTooMuch)
		}
		more, err := follow.on(page.Next)
		if err != nil {
			return give(&againError{err})
		}
		if !more {
			now.pages = follow.n
			now.sum = maphash.Bytes(seed, now.text.Bytes())
			return now, nil
		}
	}
}

// unlisted says what it means that a page of a channel's members was not given.
func (r *run) unlisted(t *target, follow *pages, err error) error {
	switch {
	case err == errStopped: //nolint:errorlint // identity
		return err
	case missing(err):
		if _, err := r.members(t); err != nil {
			return err
		}
		return &againError{err} // it is there, and its list is not
	case follow.n > 0:
		return &againError{err} // a page's address may have had its time
	}
	return r.halt(ErrAnswer, err)
}

// members asks how many members a channel has. Where it is not there, the error is errGone, if its Service is.
func (r *run) members(t *target) (int64, error) {
	var c chat.Channel
	err := r.ask("look for the channel "+t.name(), func(ctx context.Context) (err error) {
		c, err = r.Client.FetchChannel(ctx, r.Service, t.sid)
		return err
	})
	switch {
	case err == nil:
		return int64(c.MembersCount), nil
	case err == errStopped: //nolint:errorlint // identity
		return 0, err
	case missing(err):
		if err := r.service(); err != nil {
			return 0, err
		}
		return 0, errGone
	}
	return 0, r.halt(ErrAnswer, err)
}
