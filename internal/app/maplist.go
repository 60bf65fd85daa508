package app

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"rejoin/chat"
	"rejoin/mapping"
	"rejoin/retry"
)

// lister reads what Services hold, page by page.
type lister struct {
	ctx     context.Context //nolint:containedctx // it is the command's, and says why it ends
	stop    context.CancelCauseFunc
	client  *chat.Client
	caller  *retry.Caller
	retries int
	began   time.Time

	channels, roles atomic.Int64 // read so far
}

func newLister(ctx context.Context, client *chat.Client, cfg retry.Config, retries int) *lister {
	l := &lister{client: client, retries: retries, began: time.Now()}
	l.ctx, l.stop = context.WithCancelCause(ctx)
	l.caller = retry.New(l.ctx, cfg) //nolint:contextcheck // the lister ends with the context that it was given
	return l
}

func (l *lister) close() {
	l.caller.Close()
	l.stop(nil)
}

// both reads two Services, one beside the other. What goes wrong with the one ends the other.
func (l *lister) both(from, to string) (*mapping.Holding, *mapping.Holding, error) {
	var held [2]mapping.Holding
	var reading sync.WaitGroup
	for i, sid := range []string{from, to} {
		reading.Go(func() {
			if err := l.holding(sid, &held[i]); err != nil {
				l.stop(err)
			}
		})
	}
	reading.Wait()
	err := context.Cause(l.ctx)
	if signal, ok := errors.AsType[*interrupted](err); ok {
		err = &exit{status: signal.status(), err: signal}
	}
	return &held[0], &held[1], err
}

// holding reads what a Service holds.
func (l *lister) holding(sid string, h *mapping.Holding) error {
	err := l.ask("the Service "+sid, func(ctx context.Context) (err error) {
		h.Service, err = l.client.FetchService(ctx, sid)
		return err
	})
	if err != nil {
		return err
	}
	h.Service.SID = sid
	h.Channels, err = pages(l, "the channels of "+sid, &l.channels, func(ctx context.Context, page chat.Page) ([]chat.Channel, string, error) {
		p, err := l.client.ListChannels(ctx, sid, page)
		return p.Channels, p.Next, err
	})
	if err != nil {
		return err
	}
	h.Roles, err = pages(l, "the roles of "+sid, &l.roles, func(ctx context.Context, page chat.Page) ([]chat.Role, string, error) {
		p, err := l.client.ListRoles(ctx, sid, page)
		return p.Roles, p.Next, err
	})
	return err
}

func (l *lister) ask(what string, request func(context.Context) error) error {
	if err := l.caller.Do(retry.Try{Retries: l.retries}, request); err != nil {
		return asked(what, err)
	}
	return nil
}

// pages reads a list to its end. A list that comes back to a page has none.
func pages[T any](l *lister, what string, n *atomic.Int64, read func(context.Context, chat.Page) ([]T, string, error)) ([]T, error) {
	var all []T
	seen := make(map[string]bool)
	for page := (chat.Page{}); ; {
		var items []T
		var next string
		err := l.ask(what, func(ctx context.Context) (err error) {
			items, next, err = read(ctx, page)
			return err
		})
		if err != nil {
			return nil, err
		}
		all = append(all, items...)
		n.Add(int64(len(items)))
		if next == "" {
			return all, nil
		}
		if seen[next] {
			return nil, failed(fmt.Errorf("%s: %w", what, errEndless))
		}
		seen[next] = true
		page.URL = next
	}
}

var errEndless = errors.New("the list comes back to a page that it has shown before, and has no end")

// counting begins to show how much has been read, and returns what ends it.
func (s *screen) counting(l *lister) (end func()) {
	if s.style == "none" {
		return func() {}
	}
	every := lineEvery
	if s.style == "bar" {
		every = barEvery
	}
	stop := make(chan struct{})
	var ticking sync.WaitGroup
	drawn := false
	ticking.Go(func() {
		ticker := time.NewTicker(every)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				s.mu.Lock()
				drawn = s.drawCount(l) || drawn
				s.mu.Unlock()
			case <-stop:
				return
			}
		}
	})
	return func() {
		close(stop)
		ticking.Wait()
		if drawn {
			fmt.Fprint(s.w, "\r\033[K")
		}
	}
}

// drawCount shows how much has been read, and reports whether it stands on a line that is to be drawn over.
func (s *screen) drawCount(l *lister) (drawn bool) {
	channels, roles := l.channels.Load(), l.roles.Load()
	text := strings.Join([]string{"reading: " + counted(channels, "channel"), counted(roles, "role")}, ", ")
	switch s.style {
	case "json":
		fmt.Fprintln(s.w, object([]any{"type", "reading", "elapsed_s", time.Since(l.began).Seconds(), "channels", channels, "roles", roles}))
	case "bar":
		fmt.Fprintf(s.w, "\r\033[K%s", text)
		return true
	default:
		fmt.Fprintf(s.w, "rejoin: %s\n", text)
	}
	return false
}
