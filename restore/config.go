package restore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"rejoin/chat"
	"rejoin/retry"
	"rejoin/rules"
)

// Client is what the engine asks of the Chat API. One call is one request; every error is, or wraps, a [*chat.Error].
type Client interface {
	CreateMember(ctx context.Context, m *chat.Member) (chat.Answer, error)
	UpdateMember(ctx context.Context, m *chat.Member, sidOrIdentity string) (chat.Answer, error)
	FetchMember(ctx context.Context, service, channel, sidOrIdentity string) (chat.Answer, error)
	DeleteMember(ctx context.Context, service, channel, sidOrIdentity string) error
	ListMembers(ctx context.Context, service, channel string, page chat.Page) (chat.MemberPage, error)
	FetchChannel(ctx context.Context, service, channel string) (chat.Channel, error)
	FetchService(ctx context.Context, service string) (chat.Service, error)
	FetchRole(ctx context.Context, service, role string) (chat.Role, error)
}

// Limiter says how fast. Channels are named by their Service and their SID or unique name.
type Limiter interface {
	retry.Limiter

	// ChannelReadyAt is when the channel may take its next write; a time that has passed means now.
	ChannelReadyAt(channel string) time.Time
	// TakeChannel notes a write to a channel that is ready.
	TakeChannel(channel string)
	ChannelAccepted(channel string)
	ChannelThrottled(channel string, hint time.Duration, hinted bool)
}

// Ledger says what earlier runs of the same backup made of its rows. It is asked by one goroutine.
type Ledger interface {
	// Outcome is the last one that was written for the row.
	Outcome(row int64) (kind Kind, restored, ok bool)
	// Sent reports whether a run that ended without a summary may have sent the row, and nothing tells what came of it.
	Sent(row int64) bool
}

// Twins knows of rows of the backup that speak of the same member. It is asked by one goroutine, in the order of the
// rows.
type Twins interface {
	// Twin tells whether a row is not sent because another one counts for its member: on which line that one starts, and
	// whether it has the same values. An error stops the run.
	Twin(row int64) (line int64, same, ok bool, err error)
}

// OnConflict says what to do about a member that is already there.
type OnConflict uint8

// The answers to a conflict.
const (
	Skip   OnConflict = iota // leave it: Exists
	Verify                   // compare it: Exists or Differs
	Update                   // give it the backup's values: Updated
	Fail                     // Rejected
)

// Config is a run.
type Config struct {
	Client  Client
	Limiter Limiter
	Sink    Sink
	Rules   *rules.Rules

	// Ledger is set when an earlier run is being resumed.
	Ledger Ledger

	// Settled are the rows of the part that stand before the first one that the source gives: it leaves them out. They are
	// fewer than Part.Limit.
	Settled Settled

	// SameMember, if set, reports whether a row that has an outcome in the ledger still speaks of the member that it
	// spoke of then. A row that does not stops the run. It is asked by the goroutine that asks the ledger.
	SameMember func(row int64, service, channel, identity string) bool

	// Announce, if set, is told of rows before the first request for them is sent, of some dozens at a time and of each
	// once: where the run is killed, no other row was sent ([Ledger].Sent). It is called by one goroutine at a time, and
	// must not keep the rows. Its error stops the run like one of the sink. A dry run announces nothing.
	Announce func(rows []int64) error

	// Twins, if set, says which rows are not sent because another one counts for the same member. If it is not, the first
	// row of each member counts, and the run keeps what it needs to know that: about 100 bytes a row.
	Twins Twins

	// DryRun does everything but the writes.
	DryRun bool

	OnConflict OnConflict

	// Chosen says that the user said which of several rows for one member counts.
	Chosen bool

	// Part selects the rows to restore. Rows outside it are not counted as read.
	Part Part

	// Workers is how many requests are in flight at most.
	Workers int

	// WindowRows and WindowBytes bound the rows that are read and not done. A row costs its bytes in the backup twice
	// and about 600 bytes more.
	WindowRows  int
	WindowBytes int64

	// Retries is how many attempts follow the first, for one row; an answer 429 is no attempt.
	Retries int

	// MaxElapsed bounds the time from a row's first attempt to its last.
	MaxElapsed time.Duration

	// MaxErrors stops the run past so many rows not restored.
	MaxErrors Budget

	// OutageTimeout is how long the run waits for a service that does not answer before it stops.
	OutageTimeout time.Duration

	// Grace is how long requests in flight may take to finish once the run has been told to stop.
	Grace time.Duration

	// Progress, if set, is kept up to date while the run goes on.
	Progress *Progress

	// Warn, if set, is told what a person should know at once. It may be called from several goroutines.
	Warn func(message string)
}

// Defaults for what a Config leaves at zero.
const (
	DefaultWorkers     = 32
	DefaultWindowRows  = 32 << 10
	DefaultWindowBytes = 32 << 20
)

func (cfg Config) withDefaults() (Config, error) {
	switch {
	case cfg.Client == nil, cfg.Limiter == nil, cfg.Sink == nil:
		return cfg, errors.New("restore: Client, Limiter and Sink are needed")
	case cfg.Workers < 0:
		return cfg, fmt.Errorf("restore: %d workers", cfg.Workers)
	case cfg.Retries < 0:
		return cfg, fmt.Errorf("restore: %d retries", cfg.Retries)
	case cfg.Part.Limit > 0 && cfg.Settled.Rows >= cfg.Part.Limit:
		return cfg, fmt.Errorf("restore: %d rows are settled, of at most %d", cfg.Settled.Rows, cfg.Part.Limit)
	}
	cfg.Workers = orDefault(cfg.Workers, DefaultWorkers)
	cfg.WindowRows = orDefault(cfg.WindowRows, DefaultWindowRows)
	cfg.WindowBytes = orDefault(cfg.WindowBytes, DefaultWindowBytes)
	cfg.MaxElapsed = orDefault(cfg.MaxElapsed, retry.DefaultMaxElapsed)
	if cfg.Progress == nil {
		cfg.Progress = new(Progress)
	}
	if cfg.Warn == nil {
		cfg.Warn = func(string) {}
	}
	return cfg, nil
}

func orDefault[T comparable](v, or T) T {
	var zero T
	if v == zero {
		return or
	}
	return v
}
