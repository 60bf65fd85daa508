package audit

import (
	"errors"
	"fmt"
	"hash/maphash"
	"math"
	"sync/atomic"

	"rejoin/reader"
	"rejoin/rules"
)

// DefaultChannelMembers is how many members a channel can hold: 1,000, if the Service's own limit is not lower
// (https://www.twilio.com/docs/chat/chat-limits).
const DefaultChannelMembers = 1000

// Config is an audit.
type Config struct {
	// Rules judge the records. Where they hide values, the audit hides them too.
	Rules *rules.Rules

	// ChannelMembers is how many members a channel can hold; 0 means [DefaultChannelMembers].
	ChannelMembers int

	// Before, if set, tells how many members a channel holds by rows that are not among the records: they take room, and
	// are counted nowhere else. It is asked once for each channel, after the last record, and must not keep the names.
	Before func(service, channel []byte) int64

	// Rate and ChannelRate are what a restore would keep to, in requests a second over the whole run and in one channel;
	// 0: no ceiling.
	Rate, ChannelRate float64

	// Part, if set, reports whether the rows of a channel are looked at: named is what they call it, and channel what it
	// is called where they are sent. Either is "" where it is not known. Limit, if it is not 0, ends the audit after so
	// many rows of the part. Rows outside it are not counted.
	Part  func(named, channel string) bool
	Limit int64

	// LastCounts says that of several rows for one member the last counts, and not the first.
	LastCounts bool

	// Twins asks for Result.Twins.
	Twins bool

	// Info tells, once the records have been read, what the reader found out.
	Info func() reader.Info

	// Every, if set, is told of every problem. Its error ends the audit. It must not keep the problem.
	Every func(*Problem) error

	// Each, if set, is shown every row that can be read, with whether it breaks a rule, if it is of the part. It must not keep the view.
	Each func(v *rules.View, broken bool)

	// Rows, if set, is kept at the number of the row that was read last.
	Rows *atomic.Int64

	// TempDir is where the temporary file is made; empty: where the system makes them.
	TempDir string

	// For tests: how many bytes of what is kept of the rows stay in memory, how many of one part of it are written at
	// once, and how many channels, and identities, are looked at together.
	keep, chunk, most int
	hash              func(maphash.Seed, []byte) uint64 // by which members are found that may be the same
}

// What is open of all parts is 2 MB at most, beside what is kept.
const (
	defaultKeep  = 6 << 20
	defaultChunk = 8 << 10
	defaultMost  = 64 << 10 // about 60 bytes each, and twice eight for each of its two places in an index
)

func (cfg Config) complete() (Config, error) {
	switch {
	case cfg.Rules == nil:
		return cfg, errors.New("audit: Rules are needed")
	case cfg.ChannelMembers < 0:
		return cfg, fmt.Errorf("audit: %d members of a channel", cfg.ChannelMembers)
	case cfg.Limit < 0:
		return cfg, fmt.Errorf("audit: a limit of %d rows", cfg.Limit)
	case badRate(cfg.Rate), badRate(cfg.ChannelRate):
		return cfg, fmt.Errorf("audit: rates %v and %v", cfg.Rate, cfg.ChannelRate)
	}
	if cfg.ChannelMembers == 0 {
		cfg.ChannelMembers = DefaultChannelMembers
	}
	if cfg.Info == nil {
		cfg.Info = func() reader.Info { return reader.Info{} }
	}
	if cfg.Rows == nil {
		cfg.Rows = new(atomic.Int64)
	}
	if cfg.keep == 0 {
		cfg.keep = defaultKeep
	}
	if cfg.chunk == 0 {
		cfg.chunk = defaultChunk
	}
	if cfg.hash == nil {
		cfg.hash = maphash.Bytes
	}
	if cfg.most == 0 {
		cfg.most = defaultMost
	}
	return cfg, nil
}

func badRate(r float64) bool { return r < 0 || math.IsNaN(r) || math.IsInf(r, 0) }
