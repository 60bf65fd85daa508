package chat

import (
	"context"
	"slices"
	"sync"
	"time"
)

const (
	// idleTimeout is how long an unused connection is kept. Load balancers commonly drop theirs after 60 s; being
	// the first to let go saves a row from meeting a connection that has just been closed at the other end.
	idleTimeout = 50 * time.Second

	// connectTimeout bounds the making of one connection. A connection that is still being made when its request
	// gives up is kept for the next one.
	connectTimeout = 30 * time.Second
)

// pool holds the connections that no request has, and makes new ones.
type pool struct {
	dialer dialer
	most   int // that are kept

	mu      sync.Mutex
	idle    []*conn // the last used last
	waiting []*wanted
	making  map[*wanted]context.CancelFunc
	timer   *time.Timer // for what has been idle too long
	timed   bool        // it runs
	closing bool        // until the next request, connections are closed rather than kept
}

// wanted is a request's wish for a connection. It is in the pool's list until it is given one, or learns that none
// could be made; what it is given lies in got by the time it is off the list.
type wanted struct{ got chan given }

type given struct {
	conn *conn
	err  error
}

// get returns a connection for a request of ctx that has to end by until: the one used last, or a new one, whatever
// comes first.
func (p *pool) get(ctx context.Context, now, until time.Time) (*conn, error) {
	for {
		c, w := p.take()
		if w != nil {
			return p.wait(ctx, until, w)
		}
		if c.fresh(now) {
			return c, nil
		}
		c.close()
	}
}

// take returns the connection used last, or a wish for one.
func (p *pool) take() (*conn, *wanted) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closing = false
	if last := len(p.idle) - 1; last >= 0 {
		c := p.idle[last]
		p.idle[last] = nil
		p.idle = p.idle[:last]
		return c, nil
	}
	w := &wanted{got: make(chan given, 1)}
	p.waiting = append(p.waiting, w)
	return nil, w
}

// wait has a connection made, and waits for it or for one that another request gives back.
func (p *pool) wait(ctx context.Context, until time.Time, w *wanted) (*conn, error) {
	attempt, cancel := context.WithDeadlineCause(ctx, until, errAttemptTimeout)
	defer cancel()
	dialing, stop := context.WithTimeout(context.WithoutCancel(ctx), connectTimeout)
	p.mu.Lock()
	if p.making == nil {
		p.making = make(map[*wanted]context.CancelFunc)
	}
	p.making[w] = stop
	p.mu.Unlock()
	go p.make(dialing, w)
	select {
	case g := <-w.got:
		if g.err != nil && attempt.Err() != nil {
			return nil, context.Cause(attempt)
		}
		return g.conn, g.err
	case <-attempt.Done():
		p.giveUp(w)
		return nil, context.Cause(attempt)
	}
}

// leave takes w off the list; false: it is off already.
func (p *pool) leave(w *wanted) bool {
	i := slices.Index(p.waiting, w)
	if i >= 0 {
		p.waiting = slices.Delete(p.waiting, i, i+1)
	}
	return i >= 0
}

// giveUp ends w. A connection that it was given in the meantime goes on to the next.
func (p *pool) giveUp(w *wanted) {
	p.mu.Lock()
	left := p.leave(w)
	p.mu.Unlock()
	if left {
		return
	}
	if g := <-w.got; g.conn != nil {
		p.put(g.conn)
	}
}

// make makes a connection for w, or for whoever else wants one when it is there.
func (p *pool) make(ctx context.Context, w *wanted) {
	c, err := p.dialer.open(ctx)
	p.mu.Lock()
	p.making[w]()
	delete(p.making, w)
	waited := p.leave(w)
	if waited {
		w.got <- given{conn: c, err: err}
	}
	p.mu.Unlock()
	if !waited && err == nil {
		p.put(c)
	}
}

// put takes a connection back, for the next request.
func (p *pool) put(c *conn) {
	if !p.keep(c) {
		c.close()
	}
}

// keep gives c to whoever waits, or puts it with those that are idle; false: it is one too many.
func (p *pool) keep(c *conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	c.kept = true
	if len(p.waiting) > 0 {
		w := p.waiting[0]
		p.waiting = slices.Delete(p.waiting, 0, 1)
		w.got <- given{conn: c}
		return true
	}
	if p.closing || len(p.idle) >= p.most {
		return false
	}
	c.rest(time.Now())
	p.idle = append(p.idle, c)
	if !p.timed {
		p.timed = true
		p.setTimer(idleTimeout)
	}
	return true
}

func (p *pool) setTimer(d time.Duration) {
	if p.timer == nil {
		p.timer = time.AfterFunc(d, p.tidy)
		return
	}
	p.timer.Reset(d)
}

// tidy closes what has been idle too long.
func (p *pool) tidy() {
	p.mu.Lock()
	now := time.Now()
	n := 0 // those that have been idle longest come first
	for n < len(p.idle) && now.Sub(p.idle[n].since) >= idleTimeout {
		n++
	}
	old := slices.Clone(p.idle[:n])
	p.idle = slices.Delete(p.idle, 0, n)
	if p.timed = len(p.idle) > 0; p.timed {
		p.setTimer(p.idle[0].since.Add(idleTimeout).Sub(now))
	}
	p.mu.Unlock()
	for _, c := range old {
		c.close()
	}
}

// close closes the idle connections, and gives up making those that nobody waits for any more.
func (p *pool) close() {
	p.mu.Lock()
	p.closing = true
	idle := p.idle
	p.idle = nil
	for w, stop := range p.making {
		if !slices.Contains(p.waiting, w) {
			stop()
		}
	}
	p.mu.Unlock()
	for _, c := range idle {
		c.close()
	}
}
