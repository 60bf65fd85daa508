package backup

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"rejoin/chat"
)

const (
	serviceA = "ISaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	roleA    = "RLaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
)

func channelSID(n int) string { return fmt.Sprintf("CH%032x", n) }
func memberSID(n int) string  { return fmt.Sprintf("MB%032x", n) }

// freely is a limiter without limits.
type freely struct{}

func (freely) Wait(ctx context.Context) error { return context.Cause(ctx) }
func (freely) Accepted()                      {}
func (freely) Answered()                      {}
func (freely) Throttled(time.Duration, bool)  {}

// service is a Chat API in memory. Its lists are paged by place, so that a member that leaves moves those behind it, and
// each call takes a moment of the test's time.
type service struct {
	latency time.Duration
	size    int  // of a page of members; 0: 100
	gone    bool // there is no such Service

	// on, if set, is told of a request before it is answered, and may change what there is, or answer it. It is called
	// under the lock.
	on func(op, channel string, page int) error

	mu       sync.Mutex
	channels []*chat.Channel // in the order of the list
	members  map[string][]chat.Resource
	counts   map[string]int // what members_count says where that is not true
	calls    []string
	flying   int
	most     int // requests at once
}

func newService(channels, members int) *service {
	s := &service{members: make(map[string][]chat.Resource), counts: make(map[string]int)}
	for c := range channels {
		s.add(channels-c, members) // the list is not in the order of SIDs
	}
	return s
}

// add adds a channel with so many members.
func (s *service) add(n, members int) {
	sid := channelSID(n)
	c := &chat.Channel{SID: sid, ServiceSID: serviceA, Type: []string{"public", "private"}[n%2]}
	if n%3 > 0 {
		c.UniqueName = "channel " + strconv.Itoa(n)
	}
	s.channels = append(s.channels, c)
	for m := range members {
		s.members[sid] = append(s.members[sid], member(n, m))
	}
}

func member(channel, n int) chat.Resource {
	m := chat.Resource{
		SID: memberSID(channel*1000 + n), AccountSID: "ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", ServiceSID: serviceA,
		ChannelSID: channelSID(channel), Identity: "user-" + strconv.Itoa(n), RoleSID: roleA, Attributes: "{}",
		DateCreated: time.Date(2016, 3, 24, 21, 5, n, 0, time.UTC), DateUpdated: time.Date(2016, 3, 25, 21, 5, n, 0, time.UTC),
	}
	if n%2 == 0 {
		m.LastConsumedMessageIndex = chat.Index{N: int64(n), Set: true}
		m.LastConsumptionTimestamp = time.Date(2016, 3, 26, 21, 5, n, 0, time.UTC)
	}
	return m
}

var notFound = &chat.Error{Status: http.StatusNotFound, Code: 20404, Sent: true, Op: "ask", Message: "not found"}

// call is one request.
func (s *service) call(ctx context.Context, op, channel string, page int, answer func() error) error {
	s.mu.Lock()
	s.calls = append(s.calls, fmt.Sprint(op, " ", channel, " ", page))
	s.flying++
	s.most = max(s.most, s.flying)
	s.mu.Unlock()
	if s.latency > 0 {
		select {
		case <-time.After(s.latency):
		case <-ctx.Done():
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.flying--
	if ctx.Err() != nil {
		return &chat.Error{Sent: true, Err: ctx.Err()}
	}
	if s.on != nil {
		if err := s.on(op, channel, page); err != nil {
			return err
		}
	}
	if s.gone {
		return notFound
	}
	return answer()
}

// called counts the requests of a kind.
func (s *service) called(op string) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.calls {
		if strings.HasPrefix(c, op+" ") {
			n++
		}
	}
	return n
}

func (s *service) find(name string) *chat.Channel {
	i := slices.IndexFunc(s.channels, func(c *chat.Channel) bool {
		return c.SID == name || c.UniqueName != "" && c.UniqueName == name
	})
	if i < 0 {
		return nil
	}
	return s.channels[i]
}

func (s *service) shown(c *chat.Channel) chat.Channel {
	shown := *c
	n, ok := s.counts[c.SID]
	if !ok {
		n = len(s.members[c.SID])
	}
	shown.MembersCount = n
	return shown
}

func (s *service) drop(channel string) {
	s.channels = slices.DeleteFunc(s.channels, func(c *chat.Channel) bool { return c.SID == channel })
}

// leave takes the member at a place out of a channel.
func (s *service) leave(channel string, place int) {
	s.members[channel] = slices.Delete(s.members[channel], place, place+1)
}

func (s *service) FetchService(ctx context.Context, sid string) (v chat.Service, err error) {
	err = s.call(ctx, "service", "", 0, func() error { v.SID = sid; return nil })
	return v, err
}

func (s *service) FetchChannel(ctx context.Context, _, channel string) (c chat.Channel, err error) {
	err = s.call(ctx, "channel", channel, 0, func() error {
		found := s.find(channel)
		if found == nil {
			return notFound
		}
		c = s.shown(found)
		return nil
	})
	return c, err
}

func (s *service) ListChannels(ctx context.Context, _ string, page chat.Page) (p chat.ChannelPage, err error) {
	at := place(page)
	err = s.call(ctx, "channels", "", at, func() error {
		items, next := window(s.channels, at, chat.MaxPageSize)
		for _, c := range items {
			p.Channels = append(p.Channels, s.shown(c))
		}
		p.Next = next
		return nil
	})
	return p, err
}

func (s *service) ListMembers(ctx context.Context, _, channel string, page chat.Page) (p chat.MemberPage, err error) {
	at := place(page)
	size := s.size
	if size == 0 {
		size = chat.MaxPageSize
	}
	err = s.call(ctx, "members", channel, at, func() error {
		if s.find(channel) == nil {
			return notFound
		}
		items, next := window(s.members[channel], at, size)
		p.Members, p.Next = slices.Clone(items), next
		return nil
	})
	return p, err
}

const pageURL = "https://chat.twilio.com/v2/next?Page="

func place(page chat.Page) int {
	if page.URL == "" {
		return 0
	}
	n, err := strconv.Atoi(strings.TrimPrefix(page.URL, pageURL))
	if err != nil {
		panic(err)
	}
	return n
}

func window[T any](all []T, at, size int) (items []T, next string) {
	at = min(at, len(all))
	end := min(at+size, len(all))
	if end < len(all) {
		next = pageURL + strconv.Itoa(end)
	}
	return all[at:end], next
}

// written is a sink in memory.
type written struct {
	header   string
	text     strings.Builder
	channels []string
	has      map[string]int64
	failAt   int // the channel that cannot be written, from 1; 0: none
	on       func(c Channel)
}

var errDiskFull = errors.New("no space left on device")

func (w *written) Has(sid string) (int64, bool) { rows, ok := w.has[sid]; return rows, ok }
func (w *written) Begin(header []byte) error    { w.header = string(header); return nil }
func (w *written) all() string                  { return w.header + w.text.String() }
func (w *written) lines() []string              { return slices.Collect(strings.Lines(w.text.String())) }

func (w *written) Write(c Channel) error {
	if w.on != nil {
		w.on(c)
	}
	w.channels = append(w.channels, c.SID)
	if len(w.channels) == w.failAt {
		return errDiskFull
	}
	w.text.Write(c.Text)
	return nil
}
