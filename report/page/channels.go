package page

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"
)

const (
	// strugglersKept is how many channels with rows that are not restored are counted side by side.
	strugglersKept = 4000
	// slowKept is how many channels' times are held side by side.
	slowKept = 50_000
	// channelsShown is how many channels a list of the page has.
	channelsShown = 10
)

// heavy counts how often each of many names comes, in bounded memory. As long as there are no more names than it keeps
// the counts are exact. Where there are more it takes the same number from every count and lets go of those that have
// nothing left (Misra and Gries, 1982): a count is then too low by as much as was taken, at most, and a name that came
// more often than that is never missing.
type heavy struct {
	keep   int
	counts map[string]*int64
	taken  int64 // by how much a count may be too low
}

func newHeavy(keep int) *heavy { return &heavy{keep: keep, counts: make(map[string]*int64)} }

func (h *heavy) add(name []byte) {
	if n := h.counts[string(name)]; n != nil {
		*n++
		return
	}
	h.counts[string(name)] = new(int64(1))
	if len(h.counts) > 2*h.keep {
		h.shed()
	}
}

// shed takes the count of the first name that is not to be kept from all.
func (h *heavy) shed() {
	all := make([]int64, 0, len(h.counts))
	for _, n := range h.counts {
		all = append(all, *n)
	}
	slices.Sort(all)
	take := all[len(all)-h.keep-1]
	h.taken += take
	for name, n := range h.counts {
		if *n -= take; *n <= 0 {
			delete(h.counts, name)
		}
	}
}

// named is a name and how often it came.
type named struct {
	name  string
	count int64
}

// top are the most frequent names.
func (h *heavy) top(n int) []named {
	out := make([]named, 0, len(h.counts))
	for name, count := range h.counts {
		out = append(out, named{name, *count})
	}
	slices.SortFunc(out, func(a, b named) int { return cmp.Or(cmp.Compare(b.count, a.count), strings.Compare(a.name, b.name)) })
	return out[:min(n, len(out))]
}

// pace is how long the rows of one channel took.
type pace struct {
	name         string
	rows         int64
	total, worst time.Duration
}

func (p *pace) mean() time.Duration { return p.total / time.Duration(max(p.rows, 1)) }

// slow finds the channels whose rows took longest, by their mean, in bounded memory. Where there are more channels than
// it keeps it lets go of the faster half of those that it has seen. What is told of a channel is then wrong only if its
// rows lie far apart in the report, and it was among the faster ones at first: some of its rows are not counted.
type slow struct {
	keep  int
	paces map[string]*pace
	shed  bool  // some were let go
	last  *pace // of the last row, since rows of one channel often come together
}

func newSlow(keep int) *slow {
	return &slow{keep: keep, paces: make(map[string]*pace), last: new(pace)}
}

func (s *slow) add(name []byte, took time.Duration) {
	if string(name) != s.last.name {
		s.find(name)
	}
	s.last.rows++
	s.last.total += took
	s.last.worst = max(s.last.worst, took)
}

func (s *slow) find(name []byte) {
	if s.last = s.paces[string(name)]; s.last != nil {
		return
	}
	if len(s.paces) >= s.keep {
		s.forget()
	}
	s.last = &pace{name: string(name)}
	s.paces[s.last.name] = s.last
}

// forget lets go of the faster half.
func (s *slow) forget() {
	all := make([]time.Duration, 0, len(s.paces))
	for _, p := range s.paces {
		all = append(all, p.mean())
	}
	slices.Sort(all)
	middle := all[len(all)/2]
	for name, p := range s.paces {
		if p.mean() < middle {
			delete(s.paces, name)
		}
	}
	// Where most are alike there is no faster half, and it does not matter which are let go.
	for name, p := range s.paces {
		if len(s.paces) <= s.keep/2 {
			break
		}
		if p.mean() == middle {
			delete(s.paces, name)
		}
	}
	s.shed = true
}

// top are the slowest channels.
func (s *slow) top(n int) []*pace {
	out := slices.SortedFunc(maps.Values(s.paces), func(a, b *pace) int {
		return cmp.Or(cmp.Compare(b.mean(), a.mean()), cmp.Compare(b.rows, a.rows), strings.Compare(a.name, b.name))
	})
	return out[:min(n, len(out))]
}
