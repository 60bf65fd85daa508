package restore

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"rejoin/chat"
	"rejoin/retry"
	"rejoin/rules"
)

// deploymentRole is the type of a role that belongs to a User of the whole Service and cannot be a member's.
const deploymentRole = "deployment"

// live is what is asked of the target before the first write to it: the Service is there and answers, the roles that
// the rows name are there and are channel roles. It belongs to intake, which asks once for each Service and role that
// it meets, before the first row that names it is sent.
type live struct {
	services map[string]error
	roles    map[roleKey]error
	room     map[string]int // Services: members that a channel takes; 0: not known
	members  map[string]int // channels: rows to send
}

type roleKey struct{ service, role string }

func (l *live) init() {
	l.services = make(map[string]error)
	l.roles = make(map[roleKey]error)
	l.room = make(map[string]int)
	l.members = make(map[string]int)
}

// roleError says that a row's role is not to be had. A row that names it would be refused by the API.
type roleError struct {
	rule   string
	text   string
	answer *chat.Error // if it was an answer that said so
}

func (e *roleError) Error() string { return e.text }

// check asks for what the row needs. A [roleError] concerns the rows with this role; any other error has stopped the
// run.
func (l *live) check(e *engine, r *row) error {
	m := &r.member
	if len(l.services) == 0 && m.RoleSID != "" && e.Workers > 1 {
		l.first(e, m)
	}
	err, known := l.services[m.ServiceSID]
	if !known {
		err = l.service(e, m.ServiceSID)
		l.services[m.ServiceSID] = err
	}
	if err == nil {
		l.count(e, r)
	}
	if err != nil || m.RoleSID == "" {
		return err
	}
	key := roleKey{m.ServiceSID, m.RoleSID}
	err, known = l.roles[key]
	if !known {
		role, answer := l.fetchRole(e, m)
		err = l.role(e, m, &role, answer)
		l.roles[key] = err
	}
	return err
}

// first asks for the Service and the role of a run's first row side by side. Nothing else is in flight yet, and nothing
// can be written before both have answered.
func (l *live) first(e *engine, m *chat.Member) {
	var role chat.Role
	var answer error
	var asked sync.WaitGroup
	asked.Go(func() { role, answer = l.fetchRole(e, m) })
	err := l.service(e, m.ServiceSID)
	asked.Wait()
	l.services[m.ServiceSID] = err
	if err == nil { // else the run has been stopped, and the role does not matter
		l.roles[roleKey{m.ServiceSID, m.RoleSID}] = l.role(e, m, &role, answer)
	}
}

// count warns, once, of a channel for which the backup has more members than the Service lets one hold.
func (l *live) count(e *engine, r *row) {
	l.members[r.channel]++
	if room := l.room[r.member.ServiceSID]; room > 0 && l.members[r.channel] == room+1 {
		e.Warn(fmt.Sprintf("the backup has more than %d members for the channel %s, and the Service lets a channel hold %d; %s",
			room, r.member.Channel, room, moreRoom(room)))
	}
}

// mostMembers is how many members a Service can let a channel hold (https://www.twilio.com/docs/chat/chat-limits).
const mostMembers = 1000

// moreRoom says what to do where channels hold too few.
func moreRoom(room int) string {
	if room >= mostMembers {
		return "no Service lets one hold more: the others have to go to another channel"
	}
	return fmt.Sprintf("raise Limits.ChannelMembers in the Service, to %d at most", mostMembers)
}

// there asks for the Service, once, and for nothing else.
func (l *live) there(e *engine, service string) error {
	err, known := l.services[service]
	if !known {
		_, err = l.fetch(e, service)
		l.services[service] = err
	}
	return err
}

func (l *live) service(e *engine, sid string) error {
	service, err := l.fetch(e, sid)
	if err != nil {
		return err
	}
	l.room[sid] = service.Limits.ChannelMembers
	if service.Notifications.AddedToChannel.Enabled {
		e.Warn("the Service " + sid + " notifies people's devices when they are added to a channel; it is not documented " +
			"that a restore is kept from doing so: turn notifications.added_to_channel off in the Service while it runs")
	}
	return nil
}

// fetch asks for a Service. An error has stopped the run.
func (l *live) fetch(e *engine, sid string) (service chat.Service, err error) {
	err = e.Do(retry.Try{Retries: retry.UntilOutage}, func(ctx context.Context) (err error) {
		service, err = e.Client.FetchService(ctx, sid)
		return err
	})
	m := retry.MeaningOf(err)
	if m == retry.Missing {
		e.Stop(retry.ErrRefused, err)
	}
	return service, l.judge(e, m, err, "the Service "+sid)
}

// judge stops the run for an answer that speaks of all of it. What the API will not tell of one thing is no reason to
// stop.
func (l *live) judge(e *engine, m retry.Meaning, err error, what string) error {
	switch m {
	case retry.Done, retry.Missing:
	case retry.RefusedRun:
		e.Stop(retry.ErrRefused, err)
	case retry.RefusedRow, retry.Exists, retry.ChannelFull:
		e.Warn(what + " could not be looked at before the first write: " + err.Error())
		return nil
	case retry.Unsent, retry.Busy, retry.Doubtful, retry.Throttled, retry.ChannelThrottled:
		if e.Sending.Err() == nil {
			e.Stop(retry.ErrOutage, err)
		}
	}
	return err
}

func (l *live) fetchRole(e *engine, m *chat.Member) (role chat.Role, err error) {
	err = e.Do(retry.Try{Retries: retry.UntilOutage}, func(ctx context.Context) (err error) {
		role, err = e.Client.FetchRole(ctx, m.ServiceSID, m.RoleSID)
		return err
	})
	return role, err
}

// role judges what was answered for a member's role.
func (l *live) role(e *engine, member *chat.Member, role *chat.Role, err error) error {
	service, sid := member.ServiceSID, member.RoleSID
	m := retry.MeaningOf(err)
	switch {
	case m == retry.Done && role.Type == deploymentRole:
		return l.refuse(e, &roleError{rule: rules.RoleNotForChannels, text: fmt.Sprintf("the role %s is a %s role of the Service %s; a member needs a channel role",
			sid, role.Type, service)})
	case m == retry.Missing:
		answer, _ := errors.AsType[*chat.Error](err)
		return l.refuse(e, &roleError{rule: rules.RoleNotThere, text: fmt.Sprintf("the role %s does not exist in the Service %s", sid, service), answer: answer})
	}
	return l.judge(e, m, err, "the role "+sid)
}

func (l *live) refuse(e *engine, err *roleError) error {
	e.Warn(err.text + "; rows that name it are rejected without a request")
	return err
}
