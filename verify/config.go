package verify

import (
	"context"
	"errors"
	"fmt"
	"time"

	"rejoin/chat"
	"rejoin/restore"
	"rejoin/retry"
	"rejoin/rules"
)

// Client is what a verification asks of the Chat API. One call is one request; every error is, or wraps, a
// [*chat.Error].
type Client interface {
	ListMembers(ctx context.Context, service, channel string, page chat.Page) (chat.MemberPage, error)
	FetchChannel(ctx context.Context, service, channel string) (chat.Channel, error)
	FetchService(ctx context.Context, service string) (chat.Service, error)
}

// Ledger says what earlier runs of the same verification found.
type Ledger interface {
	restore.Ledger

	// Extras is how many extra members they told, and Extra whether this one is among them. It may be asked by several
	// goroutines.
	Extras() int64
	Extra(service, channel, identity string) bool
}

// Config is a verification.
type Config struct {
	Client  Client
	Limiter retry.Limiter
	Sink    restore.Sink
	Rules   *rules.Rules

	// Ledger is set when an earlier run is being resumed.
	Ledger Ledger

	// SameMember, if set, reports whether a row that has an outcome in the ledger still speaks of the member that it
	// spoke of then. A row that does not stops the run.
	SameMember func(row int64, service, channel, identity string) bool

	// LastWins makes the last of several rows for one member the one that counts, not the first; Chosen says that the
	// user said so.
	LastWins bool
	Chosen   bool

	// Part selects the rows to compare. Rows outside it are not counted as read. Extra needs all rows of a channel, so
	// that it does not go with a Limit.
	Part restore.Part

	// Extra tells the members of the backup's channels that no row names.
	Extra bool

	// Grouped says that the rows of each channel stand together, and that every channel goes by one name. They are
	// compared while the backup is read.
	Grouped bool

	// Workers is how many channels are read at the same time at most.
	Workers int

	// Retries is how many tries follow the first, for one page; an answer 429 is no try.
	Retries int

	// MaxElapsed bounds the time from a request's first try to its last.
	MaxElapsed time.Duration

	// OutageTimeout is how long the run waits for a service that does not answer before it stops.
	OutageTimeout time.Duration

	// Grace is how long requests in flight may take to finish once the run has been told to stop.
	Grace time.Duration

	// Progress, if set, is kept up to date while the run goes on.
	Progress *restore.Progress

	// Warn, if set, is told what a person should know at once. It may be called from several goroutines.
	Warn func(message string)

	// TempDir is where the temporary file is made, if one is needed; "": in the system's folder for such files.
	TempDir string

	sizes sizes // for tests
}

// sizes are the limits of memory, in bytes.
type sizes struct {
	keep  int // rows of channels to come that stay in memory
	chunk int // pieces in which the temporary file is written
	part  int // rows that are unpacked together, and the most of one channel
	room  int // rows of the channels that are handed out
}

// defaultSizes keep 8 MB of rows in memory, with as much for the channels in work and for the part that
// they are taken out of. The open chunks take 256 times their size, 2 MB.
func defaultSizes() sizes {
	return sizes{keep: 8 << 20, chunk: 8 << 10, part: 8 << 20, room: 8 << 20}
}

func (cfg Config) withDefaults() (Config, error) {
	switch {
	case cfg.Client == nil, cfg.Limiter == nil, cfg.Sink == nil, cfg.Rules == nil:
		return cfg, errors.New("verify: Client, Limiter, Sink and Rules are needed")
	case cfg.Workers < 0:
		return cfg, fmt.Errorf("verify: %d workers", cfg.Workers)
	case cfg.Retries < 0:
		return cfg, fmt.Errorf("verify: %d retries", cfg.Retries)
	case cfg.Extra && cfg.Part.Limit > 0:
		return cfg, errors.New("verify: extra members cannot be told of a part of a channel")
	}
	if cfg.Workers == 0 {
		cfg.Workers = restore.DefaultWorkers
	}
	if cfg.Progress == nil {
		cfg.Progress = new(restore.Progress)
	}
	if cfg.Warn == nil {
		cfg.Warn = func(string) {}
	}
	if cfg.sizes == (sizes{}) {
		cfg.sizes = defaultSizes()
	}
	return cfg, nil
}
