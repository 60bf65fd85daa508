package backup

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"rejoin/chat"
	"rejoin/retry"
)

// listed finds the channels that are to be read, by SID. Those that an earlier run has written are counted and left out.
func (r *run) listed() ([]target, error) {
	if len(r.Only) > 0 {
		return r.named()
	}
	return r.list()
}

// list reads the list of all channels, public and private, and gives those that were not seen before.
func (r *run) list() ([]target, error) {
	var fresh []target
	follow := pages{what: "the list of channels"}
	for {
		var page chat.ChannelPage
		err := r.ask("list the channels of the Service "+r.Service, func(ctx context.Context) (err error) {
			page, err = r.Client.ListChannels(ctx, r.Service, chat.Page{URL: follow.url})
			return err
		})
		if err == errStopped { //nolint:errorlint // identity
			return nil, err
		}
		if missing(err) {
			return nil, r.noService(err)
		}
		if err != nil {
			return nil, r.halt(ErrAnswer, err)
		}
		for i := range page.Channels {
			if t, ok := r.sight(&page.Channels[i]); ok {
				fresh = append(fresh, t)
			}
		}
		more, err := follow.on(page.Next)
		if err != nil {
			return nil, r.halt(ErrAnswer, err)
		}
		if !more {
			break
		}
	}
	slices.SortFunc(fresh, func(a, b target) int { return cmp.Compare(a.sid, b.sid) })
	return fresh, nil
}

func (r *run) noService(err error) error {
	return r.halt(retry.ErrRefused, fmt.Errorf("there is no Service %s: %w", r.Service, err))
}

// sight notes a channel, and gives it as a target where it is neither known nor in the backup already.
func (r *run) sight(c *chat.Channel) (t target, fresh bool) {
	if r.seen[c.SID] {
		return target{}, false
	}
	r.seen[c.SID] = true
	r.mu.Lock()
	defer r.mu.Unlock()
	r.summary.Channels++
	r.Progress.Channels.Add(1)
	if rows, ok := r.sink.Has(c.SID); ok {
		r.summary.Earlier++
		r.summary.Done++
		r.summary.Members += rows
		r.Progress.Done.Add(1)
		r.Progress.Members.Add(rows)
		return target{}, false
	}
	return target{sid: c.SID, uniqueName: c.UniqueName, members: c.MembersCount}, true
}

// lookAgain reads the list of channels for a second time: a channel that was made in the meantime, or that the first
// list has lost between two of its pages because another was deleted, is still read.
func (r *run) lookAgain() {
	more, err := r.list()
	if err != nil {
		return
	}
	r.order.add(more)
}

// named asks for the channels that the configuration names.
func (r *run) named() ([]target, error) {
	var targets []target
	for _, name := range r.Only {
		var c chat.Channel
		err := r.ask(fmt.Sprintf("look for the channel %q", name), func(ctx context.Context) (err error) {
			c, err = r.Client.FetchChannel(ctx, r.Service, name)
			return err
		})
		switch {
		case err == errStopped: //nolint:errorlint // identity
			return nil, err
		case missing(err):
			return nil, r.noChannel(name)
		case err != nil:
			return nil, r.halt(ErrAnswer, err)
		}
		if t, ok := r.sight(&c); ok {
			targets = append(targets, t)
		}
	}
	slices.SortFunc(targets, func(a, b target) int { return cmp.Compare(a.sid, b.sid) })
	return targets, nil
}

// noChannel stops the run because a channel is not there, or the whole Service.
func (r *run) noChannel(name string) error {
	if err := r.service(); err != nil {
		return err
	}
	return r.halt(ErrNoChannel, fmt.Errorf("%w: %q in the Service %s", ErrNoChannel, name, r.Service))
}

// service sees that the Service is there.
func (r *run) service() error {
	err := r.ask("look for the Service "+r.Service, func(ctx context.Context) error {
		_, err := r.Client.FetchService(ctx, r.Service)
		return err
	})
	switch {
	case err == nil || err == errStopped: //nolint:errorlint // identity
		return err
	case missing(err):
		return r.noService(err)
	}
	return r.halt(ErrAnswer, err)
}

// pages follows a list from page to page.
type pages struct {
	what string
	url  string // of the page to read; empty: the first
	seen map[string]bool
	n    int // pages read
}

// on goes on to the next page, if there is one. A list that leads back to a page of itself would never end.
func (p *pages) on(next string) (more bool, err error) {
	p.n++
	if next == "" {
		return false, nil
	}
	if p.seen == nil {
		p.seen = make(map[string]bool)
	}
	if p.seen[next] {
		return false, fmt.Errorf("%s leads from its page %d back to a page before it", p.what, p.n)
	}
	p.seen[next] = true
	p.url = next
	return true, nil
}
