package verify

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rejoin/chat"
	"rejoin/reader"
	"rejoin/restore"
	"rejoin/rules"
)

const (
	serviceA = "ISaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	roleA    = "RLaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
)

// channelSID is the n-th channel's.
func channelSID(n int) string { return fmt.Sprintf("CH%032x", n) }

// record is a member as a backup holds it.
func record(channel, identity string) reader.Record {
	var rec reader.Record
	set(&rec, reader.ServiceSID, serviceA)
	set(&rec, reader.ChannelSID, channel)
	set(&rec, reader.Identity, identity)
	set(&rec, reader.RoleSID, roleA)
	set(&rec, reader.SID, "MB"+serviceA[2:])
	set(&rec, reader.DateCreated, "2016-03-24T21:05:50Z")
	set(&rec, reader.Attributes, `{"of": "`+identity+`"}`)
	return rec
}

func set(rec *reader.Record, f reader.Field, text string) {
	rec.Values[f] = reader.Value{Kind: reader.String, Text: []byte(text)}
}

// members are so many rows for each of so many channels, sorted by channel.
func members(channels, each int) []reader.Record {
	var rows []reader.Record
	for c := range channels {
		for m := range each {
			rows = append(rows, record(channelSID(c), fmt.Sprintf("member-%d", m)))
		}
	}
	return rows
}

// shuffled are the same rows in another order.
func shuffled(rows []reader.Record) []reader.Record {
	out := append([]reader.Record(nil), rows...)
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(out), func(i, k int) { out[i], out[k] = out[k], out[i] })
	return out
}

// records is a source of rows, which stand where they are given. A row without values cannot be read.
func records(rows ...reader.Record) restore.Source {
	return endingWith(nil, rows...)
}

func endingWith(end error, rows ...reader.Record) restore.Source {
	return func(context.Context) iter.Seq2[reader.Record, error] {
		return func(yield func(reader.Record, error) bool) {
			for i, rec := range rows {
				rec.Pos = reader.Pos{Row: int64(i + 1), Line: int64(i + 2)}
				var err error
				if rec.Values[reader.ServiceSID].Text == nil {
					err = &reader.RowError{Pos: rec.Pos, Rule: reader.RuleBadJSON, Msg: "cannot be read"}
				}
				if !yield(rec, err) {
					return
				}
			}
			if end != nil {
				yield(reader.Record{}, end)
			}
		}
	}
}

// freely is a limiter without limits.
type freely struct{}

func (freely) Wait(ctx context.Context) error { return context.Cause(ctx) }
func (freely) Accepted()                      {}
func (freely) Answered()                      {}
func (freely) Throttled(time.Duration, bool)  {}

// slice is a sink in memory.
type slice struct {
	outcomes []restore.Outcome
	failAt   int // the write that fails, from 1; 0: none
	writes   int
}

var errSinkFull = errors.New("no space left on device")

func (s *slice) Write(outcomes []*restore.Outcome) error {
	if s.writes++; s.failAt > 0 && s.writes >= s.failAt {
		return errSinkFull
	}
	for _, o := range outcomes {
		s.outcomes = append(s.outcomes, *o)
	}
	return nil
}

// found are the outcomes by member, or by row where there is none, and what is told of them.
func (s *slice) found() map[string]string {
	all := make(map[string]string)
	rows := make(map[int64]bool)
	for i := range s.outcomes {
		o := &s.outcomes[i]
		if rows[o.Row] && o.Row > 0 {
			panic(fmt.Sprintf("row %d has two outcomes", o.Row))
		}
		rows[o.Row] = true
		text := o.Kind.String()
		var differences []string
		for _, d := range o.Differences {
			differences = append(differences, fmt.Sprintf(" %s %s→%s", d.Field, d.Want, d.Got))
		}
		text += strings.Join(differences, "")
		key := o.Channel + " " + o.Identity
		if o.Kind == restore.Duplicate {
			key += " again"
			text += fmt.Sprintf(" of %s, same %t", "another", o.Same)
		}
		if _, twice := all[key]; twice {
			panic(key + " is told twice")
		}
		all[key] = text
	}
	return all
}

// byRow are the outcomes' words by row.
func (s *slice) byRow() map[int64]string {
	rows := make(map[int64]string)
	for i := range s.outcomes {
		rows[s.outcomes[i].Row] = s.outcomes[i].Kind.String()
	}
	return rows
}

// service is a Chat API that holds what a test puts in. Each call takes a moment of the test's time.
type service struct {
	latency time.Duration
	// on, if set, decides on a request before the service does: an error is the answer.
	on func(op, channel string, page int) error

	mu      sync.Mutex
	members map[string][]chat.Resource // by channel
	names   map[string]string          // unique names of channels
	missing map[string]bool            // Services that are not there
	lists   map[string]int             // pages that were read, by channel as it was asked for
	asked   int
	flying  int
	most    int
}

func newService() *service {
	return &service{
		members: make(map[string][]chat.Resource), names: make(map[string]string), missing: make(map[string]bool),
		lists: make(map[string]int),
	}
}

// hold puts the members that rows name into the service.
func (s *service) hold(t *testing.T, rows ...reader.Record) {
	t.Helper()
	judge, err := rules.New(rules.Config{})
	require.NoError(t, err)
	for i := range rows {
		m := judge.Judge(&rows[i]).Member
		sid := m.Channel
		if at, ok := s.names[sid]; ok {
			sid = at
		}
		s.members[sid] = append(s.members[sid], chat.Resource{
			SID: fmt.Sprintf("MB%032x", len(s.members[sid])), ServiceSID: m.ServiceSID, ChannelSID: sid, Identity: m.Identity,
			RoleSID: m.RoleSID, Attributes: m.Attributes, LastConsumedMessageIndex: m.LastConsumedMessageIndex,
			LastConsumptionTimestamp: m.LastConsumptionTimestamp, DateCreated: m.DateCreated, DateUpdated: m.DateUpdated,
		})
	}
}

// change changes a member.
func (s *service) change(channel, identity string, how func(*chat.Resource)) {
	for i := range s.members[channel] {
		if m := &s.members[channel][i]; m.Identity == identity {
			how(m)
		}
	}
}

// remove takes a member out.
func (s *service) remove(channel, identity string) {
	var kept []chat.Resource
	for _, m := range s.members[channel] {
		if m.Identity != identity {
			kept = append(kept, m)
		}
	}
	s.members[channel] = kept
}

func apiError(status, code int) *chat.Error {
	return &chat.Error{Op: "test", Status: status, Code: code, Sent: true, Message: "as the test says"}
}

func (s *service) call(ctx context.Context, op, channel string, page int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
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
	s.flying--
	if ctx.Err() != nil {
		return &chat.Error{Op: op, Sent: true, Err: ctx.Err()}
	}
	if s.on != nil {
		return s.on(op, channel, page)
	}
	return nil
}

func (s *service) ListMembers(ctx context.Context, service, channel string, page chat.Page) (chat.MemberPage, error) {
	from, _ := strconv.Atoi(page.URL) // the first page has no URL, and begins at 0
	if err := s.call(ctx, "list", channel, from/chat.MaxPageSize+1); err != nil {
		return chat.MemberPage{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	sid := channel
	if at, ok := s.names[channel]; ok {
		sid = at
	}
	all, ok := s.members[sid]
	if !ok || s.missing[service] {
		return chat.MemberPage{}, apiError(404, 20404)
	}
	s.lists[channel]++
	to := min(len(all), from+chat.MaxPageSize)
	got := chat.MemberPage{Members: all[from:to]}
	if to < len(all) {
		got.Next = strconv.Itoa(to)
	}
	return got, nil
}

func (s *service) FetchChannel(ctx context.Context, _, channel string) (chat.Channel, error) {
	if err := s.call(ctx, "channel", channel, 0); err != nil {
		return chat.Channel{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.members[channel]; !ok {
		return chat.Channel{}, apiError(404, 20404)
	}
	return chat.Channel{SID: channel}, nil
}

func (s *service) FetchService(ctx context.Context, sid string) (chat.Service, error) {
	if err := s.call(ctx, "service", sid, 0); err != nil {
		return chat.Service{}, err
	}
	if s.missing[sid] {
		return chat.Service{}, apiError(404, 20404)
	}
	return chat.Service{SID: sid}, nil
}

// pages is how many list pages were read.
func (s *service) pages() int {
	n := 0
	for _, pages := range s.lists {
		n += pages
	}
	return n
}

// bench is what a test runs a verification with.
type bench struct {
	service *service
	sink    *slice
	cfg     Config
}

func newBench(t *testing.T, held ...reader.Record) *bench {
	t.Helper()
	judge, err := rules.New(rules.Config{})
	require.NoError(t, err)
	b := &bench{service: newService(), sink: new(slice)}
	b.service.hold(t, held...)
	b.cfg = Config{
		Client: b.service, Limiter: freely{}, Sink: b.sink, Rules: judge, Workers: 4, TempDir: t.TempDir(),
		sizes: defaultSizes(), Progress: new(restore.Progress),
	}
	return b
}

func (b *bench) run(t *testing.T, source restore.Source) (restore.Summary, error) {
	t.Helper()
	sum, err := Run(t.Context(), source, b.cfg)
	require.NoError(t, sum.Check())
	var told int64
	for _, o := range b.sink.outcomes {
		if o.Kind != restore.Extra {
			told++
		}
	}
	if b.cfg.Ledger == nil {
		require.Equal(t, sum.Read, told+sum.Counts[restore.Pending], "every row has one outcome")
	}
	return sum, err
}

// ledger is what an earlier run wrote.
type ledger struct{ outcomes []restore.Outcome }

func (l ledger) Outcome(row int64) (restore.Kind, bool, bool) {
	for i := range l.outcomes {
		if o := &l.outcomes[i]; o.Row == row && row > 0 {
			return o.Kind, o.Restored(false), true
		}
	}
	return 0, false, false
}

func (l ledger) Sent(int64) bool { return true }

func (l ledger) Extras() int64 {
	var n int64
	for i := range l.outcomes {
		if l.outcomes[i].Kind == restore.Extra {
			n++
		}
	}
	return n
}

func (l ledger) Extra(_, channel, identity string) bool {
	for i := range l.outcomes {
		if o := &l.outcomes[i]; o.Kind == restore.Extra && o.Channel == channel && o.Identity == identity {
			return true
		}
	}
	return false
}
