package backup

import (
	"context"
	"fmt"

	"rejoin/chat"
	"rejoin/retry"
)

// listing is what the list of channels has told at its end.
type listing struct {
	rest   []target // channels that were not handed out yet
	lookAt int      // at how many requests that are left the list is to be read again
}

// listed finds the channels that are to be read. Those of the list's pages are handed out as they come, but for the last
// page's, before which nobody has to wait. Those that an earlier run has written are counted and left out.
func (r *run) listed() (l listing, err error) {
	if len(r.Only) > 0 {
		l.rest, err = r.named()
		return l, err
	}
	pages, err := r.list(func(fresh []target, more bool) {
		if more {
			r.order.found(fresh)
		} else {
			l.rest = fresh
		}
	})
	// The second look takes as many requests as this one did, one after the other, and the other workers make as many each
	// meanwhile, the last of them when no channel is left: so it ends when the last channels do.
	l.lookAt = max(pages-1, 0) * (r.Workers - 1)
	return l, err
}

// list reads the list of all channels, public and private, and gives those of each page that were not seen before, and
// whether there is another page. It returns how many pages there were.
func (r *run) list(give func(fresh []target, more bool)) (int, error) {
	follow := pages{what: "the list of channels"}
	for {
		var page chat.ChannelPage
		err := r.ask("list the channels of the Service "+r.Service, func(ctx context.Context) (err error) {
			page, err = r.Client.ListChannels(ctx, r.Service, chat.Page{URL: follow.url})
			return err
		})
		if err == errStopped { //nolint:errorlint // identity
			return 0, err
		}
		if missing(err) {
			return 0, r.noService(err)
		}
		if err != nil {
			return 0, r.halt(ErrAnswer, err)
		}
		var fresh []target
		for i := range page.Channels {
			if t, ok := r.sight(&page.Channels[i]); ok {
				fresh = append(fresh, t)
			}
		}
		more, err := follow.on(page.Next)
		if err != nil {
			return 0, r.halt(ErrAnswer, err)
		}
		give(fresh, more)
		if !more {
			return follow.n, nil
		}
	}
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
	var more []target
	if _, err := r.list(func(fresh []target, _ bool) { more = append(more, fresh...) }); err == nil {
		r.order.lookedAgain(more)
	}
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
