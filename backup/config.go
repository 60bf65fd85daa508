package backup

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"rejoin/chat"
	"rejoin/retry"
)

// Client is what a backup asks the API for. [*chat.Client] is one.
type Client interface {
	FetchService(ctx context.Context, service string) (chat.Service, error)
	FetchChannel(ctx context.Context, service, channel string) (chat.Channel, error)
	ListChannels(ctx context.Context, service string, page chat.Page) (chat.ChannelPage, error)
	ListMembers(ctx context.Context, service, channel string, page chat.Page) (chat.MemberPage, error)
}

// Sink takes the backup. [Run] calls Begin and Write from one goroutine.
type Sink interface {
	// Has tells of a channel that an earlier run has written: how many rows it has. It may be called at any time, from
	// any goroutine.
	Has(channelSID string) (rows int64, ok bool)
	// Begin is called once, before the first channel, with what stands above all rows.
	Begin(header []byte) error
	// Write takes all rows of one channel. It must not keep the text.
	Write(c Channel) error
}

// Channel is one channel's part of a backup.
type Channel struct {
	SID  string
	Rows int64
	Text []byte // whole lines
}

// Config is a backup. Client, Limiter and Service are required.
type Config struct {
	Client  Client
	Limiter retry.Limiter
	Service string // the Service's SID

	// Only names the channels to back up, by SID or unique name. None: all.
	Only []string

	Format Format

	// Workers is how many requests are in flight at most; 0: [DefaultWorkers].
	Workers int

	// Retries is how often a request is tried again after its first try failed. A 429 is no failure, and a service that
	// does not answer at all is waited for, for OutageTimeout.
	Retries int

	// OutageTimeout and Grace are as [retry.Config] has them.
	OutageTimeout, Grace time.Duration

	// Buffer is how many bytes of rows may wait for the rows of channels before them; 0: [DefaultBuffer].
	Buffer int64

	// Progress, if set, is kept up to date.
	Progress *Progress

	// Begin, if set, is told once how many channels there are, and how many of them an earlier run has written.
	Begin func(channels, earlier int)

	// Warn, if set, is told what a person should know at once. It may be called from several goroutines.
	Warn func(message string)
}

// Defaults for what a [Config] leaves at zero.
const (
	DefaultWorkers = 32
	DefaultBuffer  = 32 << 20
)

// Readings is how often a channel is read at most, where it changes under the reading.
const Readings = 3

// Why a backup stops before its end, beside [retry.ErrRefused] and [retry.ErrOutage].
var (
	// ErrSink says that the backup cannot be written.
	ErrSink = errors.New("the backup cannot be written")
	// ErrUnread says that something cannot be read: its tries, or the time for them, are used up.
	ErrUnread = errors.New("no try worked")
	// ErrAnswer says that the API's answers allow no whole backup: it refuses a list, or its pages lead nowhere.
	ErrAnswer = errors.New("the Service cannot be read")
	// ErrNoChannel says that a channel of Config.Only is not there.
	ErrNoChannel = errors.New("there is no such channel")
)

// Progress is how far a backup has come, for a screen that looks at it now and then. Its fields may be read at any time.
type Progress struct {
	retry.Counters

	Channels atomic.Int64 // known so far
	Done     atomic.Int64 // of these, in the backup
	Members  atomic.Int64 // in the backup
	InFlight atomic.Int64 // requests
}

// Summary is how a backup ended. It is true also where the run stopped before its end.
type Summary struct {
	Channels int64 // that the Service has, as far as they are known
	Done     int64 // of these, in the backup
	Earlier  int64 // of these, written by an earlier run
	Members  int64 // in the backup
	Bytes    int64 // of rows that this run has written, before compression

	Doubles int64 // members that stood on two pages of a channel, written once
	Reread  int64 // readings of channels that were done again
	Gone    int64 // channels that were deleted before they were read

	Requests  int64
	Throttled int64 // of these, answered 429
	Elapsed   time.Duration

	Warnings []string // the first [MaxWarnings] of them
	Warned   int64    // all of them
}

// MaxWarnings is how many warnings a [Summary] holds.
const MaxWarnings = 100

// Format is a backup's format.
type Format uint8

// The formats.
const (
	NDJSON Format = iota
	CSV
)

// String returns the name by which a format is chosen.
func (f Format) String() string {
	if f == CSV {
		return "csv"
	}
	return "ndjson"
}

func (cfg Config) withDefaults() (Config, error) {
	if cfg.Client == nil || cfg.Limiter == nil || cfg.Service == "" || cfg.Workers < 0 || cfg.Retries < 0 || cfg.Buffer < 0 {
		return cfg, fmt.Errorf("backup: found Client %v, Limiter %v, Service %q, Workers %d, Retries %d and Buffer %d, "+
			"expected the first three to be there and no negative numbers",
			cfg.Client != nil, cfg.Limiter != nil, cfg.Service, cfg.Workers, cfg.Retries, cfg.Buffer)
	}
	if cfg.Workers == 0 {
		cfg.Workers = DefaultWorkers
	}
	if cfg.OutageTimeout == 0 {
		cfg.OutageTimeout = retry.DefaultOutageTimeout
	}
	if cfg.Buffer == 0 {
		cfg.Buffer = DefaultBuffer
	}
	if cfg.Progress == nil {
		cfg.Progress = new(Progress)
	}
	if cfg.Begin == nil {
		cfg.Begin = func(int, int) {}
	}
	if cfg.Warn == nil {
		cfg.Warn = func(string) {}
	}
	return cfg, nil
}
