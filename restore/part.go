package restore

import "hash/fnv"

// Part selects rows of a backup.
type Part struct {
	Limit       int64  // rows at most, from the part's first; 0: all
	OnlyChannel string // rows of this channel, as they name it; "": all
	Shard       int    // the rows of the Shard-th of Shards disjoint parts, from 1; 0 of 0: all
	Shards      int
}

// Has reports whether a row belongs to the part: named is its channel as the backup names it, and channel as the target
// does. All rows of a channel there fall into one shard, so that two runs on two shards never write to one channel. A row
// whose channel cannot be read, or is not known there, belongs to the first shard, and one whose channel cannot be read to
// any channel: it must be told somewhere.
func (p Part) Has(named, channel string) bool {
	if p.OnlyChannel != "" && named != "" && named != p.OnlyChannel {
		return false
	}
	if p.Shards <= 1 {
		return true
	}
	if channel == "" {
		return p.Shard == 1
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte(channel)) // it never fails
	return h.Sum64()%uint64(p.Shards) == uint64(p.Shard-1)
}
