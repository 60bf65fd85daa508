package restore

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"rejoin/chat"
	"rejoin/reader"
)

const (
	serviceA = "ISaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	roleA    = "RLaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
)

// record is a member of channel ch as a backup holds it, on line n.
func record(n int, channel, identity string) reader.Record {
	rec := reader.Record{Pos: reader.Pos{Row: int64(n), Line: int64(n)}, Raw: []byte(channel + " " + identity)}
	set := func(f reader.Field, text string) {
		rec.Values[f] = reader.Value{Kind: reader.String, Text: []byte(text)}
	}
	set(reader.ServiceSID, serviceA)
	set(reader.ChannelSID, channel)
	set(reader.Identity, identity)
	set(reader.DateCreated, "2016-03-24T21:05:50Z")
	return rec
}

// records is a source of so many rows, given channel by channel.
func records(rows ...reader.Record) Source {
	return func(context.Context) iter.Seq2[reader.Record, error] {
		return func(yield func(reader.Record, error) bool) {
			for _, rec := range rows {
				if !yield(rec, nil) {
					return
				}
			}
		}
	}
}

// freely is a limiter without limits that remembers what it was told.
type freely struct {
	mu        sync.Mutex
	tokens    int
	throttles int
	onToken   func() // called before a token is handed out
}

func (f *freely) Wait(ctx context.Context) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.tokens++
	err := ctx.Err()
	if f.onToken != nil {
		f.onToken()
	}
	return err
}

func (f *freely) Accepted() {}
func (f *freely) Answered() {}
func (f *freely) Throttled(time.Duration, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.throttles++
}
func (f *freely) ChannelReadyAt(string) time.Time              { return time.Time{} }
func (f *freely) TakeChannel(string)                           {}
func (f *freely) ChannelAccepted(string)                       {}
func (f *freely) ChannelThrottled(string, time.Duration, bool) {}

// slice is a sink in memory.
type slice struct {
	outcomes []Outcome
	failAt   int // the write that fails, from 1; 0: none
	writes   int
}

var errSinkFull = errors.New("no space left on device")

func (s *slice) Write(outcomes []*Outcome) error {
	if s.writes++; s.failAt > 0 && s.writes >= s.failAt {
		return errSinkFull
	}
	for _, o := range outcomes {
		s.outcomes = append(s.outcomes, *o)
	}
	return nil
}

// kinds is what became of each row.
func (s *slice) kinds() map[int64]Kind {
	kinds := make(map[int64]Kind)
	for _, o := range s.outcomes {
		if _, twice := kinds[o.Row]; twice {
			panic(fmt.Sprintf("row %d has two outcomes", o.Row))
		}
		kinds[o.Row] = o.Kind
	}
	return kinds
}

// service is a Chat API that does what a test tells it. Each call takes a moment of the test's time.
type service struct {
	latency time.Duration
	room    int // members that a channel takes, as the Service says
	// on, if set, decides on a request before the service does: an error is the answer, apply says whether the request
	// is carried out all the same.
	on func(op, channel, identity string, try int) (apply bool, err error)

	mu       sync.Mutex
	members  map[string]chat.Resource
	missing  map[string]bool // channels, Services and roles that are not there
	tries    map[string]int
	requests []string
	inFlight map[string]int
	overlap  bool // two writes for one member were in flight together
	made     int
}

func newService() *service {
	return &service{
		members: make(map[string]chat.Resource), missing: make(map[string]bool),
		tries: make(map[string]int), inFlight: make(map[string]int),
	}
}

func apiError(status, code int) *chat.Error {
	return &chat.Error{Op: "test", Status: status, Code: code, Sent: true, Message: "as the test says"}
}

// call does what all requests have in common, and then, if the service carries the request out, apply.
func (s *service) call(ctx context.Context, op, channel, identity string, apply func() error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := op + " " + channel + " " + identity
	s.requests = append(s.requests, strings.TrimSpace(key))
	s.tries[key]++
	try := s.tries[key]
	if op == "create" || op == "update" {
		s.inFlight[channel+" "+identity]++
		s.overlap = s.overlap || s.inFlight[channel+" "+identity] > 1
		defer func() { s.inFlight[channel+" "+identity]-- }()
	}
	if s.latency > 0 {
		s.mu.Unlock()
		select {
		case <-time.After(s.latency):
		case <-ctx.Done():
		}
		s.mu.Lock()
	}
	if ctx.Err() != nil {
		return &chat.Error{Op: op, Sent: true, Err: ctx.Err()}
	}
	if s.on != nil {
		carriedOut, err := s.on(op, channel, identity, try)
		if carriedOut {
			_ = apply()
		}
		if err != nil {
			return err
		}
		if carriedOut {
			return nil
		}
	}
	return apply()
}

func (s *service) CreateMember(ctx context.Context, m *chat.Member) (chat.Answer, error) {
	var answer chat.Answer
	err := s.call(ctx, "create", m.Channel, m.Identity, func() error {
		if s.missing[m.Channel] {
			return apiError(404, 20404)
		}
		key := m.Channel + " " + m.Identity
		if _, there := s.members[key]; there {
			return apiError(409, 50404)
		}
		s.made++
		r := s.resource(m, fmt.Sprintf("MB%032d", s.made))
		s.members[key] = r
		answer = chat.Answer{Status: 201, Member: r}
		return nil
	})
	return answer, err
}

func (s *service) resource(m *chat.Member, sid string) chat.Resource {
	return chat.Resource{
		SID: sid, ServiceSID: m.ServiceSID, Identity: m.Identity, RoleSID: m.RoleSID, Attributes: m.Attributes,
		LastConsumedMessageIndex: m.LastConsumedMessageIndex, LastConsumptionTimestamp: m.LastConsumptionTimestamp,
		DateCreated: m.DateCreated, DateUpdated: m.DateUpdated,
	}
}

func (s *service) UpdateMember(ctx context.Context, m *chat.Member, _ string) (chat.Answer, error) {
	var answer chat.Answer
	err := s.call(ctx, "update", m.Channel, m.Identity, func() error {
		key := m.Channel + " " + m.Identity
		old, there := s.members[key]
		if !there {
			return apiError(404, 20404)
		}
		s.members[key] = s.resource(m, old.SID)
		answer = chat.Answer{Status: 200, Member: s.members[key]}
		return nil
	})
	return answer, err
}

func (s *service) FetchMember(ctx context.Context, _, channel, identity string) (chat.Answer, error) {
	var answer chat.Answer
	err := s.call(ctx, "fetch", channel, identity, func() error {
		r, there := s.members[channel+" "+identity]
		for key, other := range s.members {
			if !there && other.SID == identity && strings.HasPrefix(key, channel+" ") {
				r, there = other, true
			}
		}
		if !there {
			return apiError(404, 20404)
		}
		answer = chat.Answer{Status: 200, Member: r}
		return nil
	})
	return answer, err
}

func (s *service) DeleteMember(ctx context.Context, _, channel, sid string) error {
	return s.call(ctx, "delete", channel, sid, func() error {
		for key, r := range s.members {
			if r.SID == sid && strings.HasPrefix(key, channel+" ") {
				delete(s.members, key)
				return nil
			}
		}
		return apiError(404, 20404)
	})
}

func (s *service) ListMembers(ctx context.Context, _, channel string, page chat.Page) (chat.MemberPage, error) {
	var got chat.MemberPage
	err := s.call(ctx, "list", channel, page.URL, func() error {
		if s.missing[channel] {
			return apiError(404, 20404)
		}
		var all []chat.Resource
		for _, key := range slices.Sorted(maps.Keys(s.members)) {
			if strings.HasPrefix(key, channel+" ") {
				all = append(all, s.members[key])
			}
		}
		from, _ := strconv.Atoi(page.URL) // the first page has no URL, and begins at 0
		to := min(len(all), from+chat.MaxPageSize)
		got.Members = all[from:to]
		if to < len(all) {
			got.Next = strconv.Itoa(to)
		}
		return nil
	})
	return got, err
}

func (s *service) there(ctx context.Context, op, name string) error {
	return s.call(ctx, op, name, "", func() error {
		if s.missing[name] {
			return apiError(404, 20404)
		}
		return nil
	})
}

func (s *service) FetchChannel(ctx context.Context, _, channel string) (chat.Channel, error) {
	return chat.Channel{}, s.there(ctx, "channel", channel)
}

func (s *service) FetchService(ctx context.Context, sid string) (chat.Service, error) {
	return chat.Service{SID: sid, Limits: chat.Limits{ChannelMembers: s.room}}, s.there(ctx, "service", sid)
}

func (s *service) FetchRole(ctx context.Context, _, sid string) (chat.Role, error) {
	return chat.Role{SID: sid, Type: "channel"}, s.there(ctx, "role", sid)
}

// count is how many requests of an operation were made.
func (s *service) count(op string) int {
	n := 0
	for _, r := range s.requests {
		if strings.HasPrefix(r, op+" ") {
			n++
		}
	}
	return n
}
