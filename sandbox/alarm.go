package sandbox

import (
	"context"
	"net"
	"net/http"
	"time"
)

// waitUntil lets time pass until then, or gives the request up when its client does.
//
// A timer of package time wakes a program that has nothing else to do up to a millisecond late, for it waits in whole
// milliseconds. Of an answer that is to take 50 ms that would be 1 or 2 %, which a client's figures would show as its
// own. So a request that came over the network waits for an alarm first, where the system has them; the timer has what
// is left. Any other may come from a test in virtual time, in which an alarm does not ring.
func (s *Server) waitUntil(x *exchange, then time.Time) {
	ctx := x.req.Context()
	if _, network := ctx.Value(http.LocalAddrContextKey).(*net.TCPAddr); network {
		s.alarms.wait(ctx, then)
	}
	x.wait(time.Until(then))
}

// wait lets time pass until then, or until the context ends. It returns earlier where there is no alarm to be had.
func (a *alarms) wait(ctx context.Context, then time.Time) {
	if ctx.Err() != nil || time.Until(then) <= 0 {
		return
	}
	alarm, ok := a.idle.Get().(*alarm)
	if !ok {
		var err error
		if alarm, err = newAlarm(); err != nil {
			return
		}
	}
	if alarm.wait(ctx, time.Until(then)) {
		a.idle.Put(alarm)
		return
	}
	alarm.close()
}
