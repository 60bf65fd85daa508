package mapping

import (
	"cmp"
	"slices"
	"strings"

	"rejoin/chat"
)

// Holding is what a Service holds, as far as it is mapped.
type Holding struct {
	Service  chat.Service
	Channels []chat.Channel // public and private, in any order
	Roles    []chat.Role    // in any order
}

// How says how a line was found. The words are stable.
type How string

// The ways in which a line is found.
const (
	Given        How = "given"         // the Services themselves
	UniqueName   How = "unique-name"   // channels of one unique name
	FriendlyName How = "friendly-name" // the only channels of a friendly name among those without such a pair
	NameAndType  How = "name-and-type" // the only roles of a friendly name and a type
	Ambiguous    How = "ambiguous"     // not mapped: several have the friendly name
	Absent       How = "absent"        // not mapped: none has the name
)

// Match is a line of a map with what people want to know about it.
type Match struct {
	Pair
	FromName, ToName string // unique name or friendly name; of a role with its type
	How              How

	// Candidates are, of what is not mapped, what it may be on the new side: the first hundred. They are not to be changed.
	Candidates []Candidate
	More       int // candidates beside them
}

// Candidate is what something may be on the new side.
type Candidate struct{ SID, Name string }

// Compare finds what the channels and roles of the old side are on the new one: a channel by its unique name, and else by
// its friendly name, where that is the only one of the channels that are left on either side; a role by its friendly name
// and type, where it is the only one of them on either side. Nothing is taken for the counterpart of two.
//
// There is one line for the Services, and one for each channel and each role of the old side, whether it is mapped or
// not. Their order is by kind, name and SID, whatever the order of what is given.
func Compare(from, to *Holding) []Match {
	lines := []Match{{
		Pair:     Pair{Service, from.Service.SID, to.Service.SID},
		FromName: from.Service.FriendlyName, ToName: to.Service.FriendlyName, How: Given,
	}}
	lines = append(lines, match(Channel, channelsOf(from), channelsOf(to), []way{
		{UniqueName, func(t *thing) string { return t.unique }},
		{FriendlyName, func(t *thing) string { return t.friendly }},
	})...)
	return append(lines, match(Role, rolesOf(from), rolesOf(to), []way{
		{NameAndType, func(t *thing) string { return t.friendly }},
	})...)
}

// thing is a channel or a role.
type thing struct {
	sid, unique, friendly string
	class                 string // of a role: its type. What is of two classes is never the same.
	taken                 bool   // it is one's counterpart
}

// name is how people know it.
func (t *thing) name() string {
	name := cmp.Or(t.unique, t.friendly)
	if t.class != "" && name != "" {
		name += " (" + t.class + ")"
	}
	return name
}

func channelsOf(h *Holding) []thing {
	things := make([]thing, len(h.Channels))
	for i := range h.Channels {
		c := &h.Channels[i]
		things[i] = thing{sid: c.SID, unique: c.UniqueName, friendly: c.FriendlyName}
	}
	return sorted(things)
}

func rolesOf(h *Holding) []thing {
	things := make([]thing, len(h.Roles))
	for i := range h.Roles {
		r := &h.Roles[i]
		things[i] = thing{sid: r.SID, friendly: r.FriendlyName, class: r.Type}
	}
	return sorted(things)
}

// sorted gives things an order of their own, and each once: a list that is read in pages while it changes may show one
// twice.
func sorted(things []thing) []thing {
	slices.SortFunc(things, func(a, b thing) int {
		return cmp.Or(
			strings.Compare(cmp.Or(a.unique, a.friendly), cmp.Or(b.unique, b.friendly)),
			strings.Compare(a.class, b.class), strings.Compare(a.sid, b.sid),
		)
	})
	seen := make(map[string]bool, len(things))
	return slices.DeleteFunc(things, func(t thing) bool {
		again := seen[t.sid]
		seen[t.sid] = true
		return again
	})
}

// way is a name by which things are matched.
type way struct {
	how  How
	name func(*thing) string
}

// match makes the lines of one kind. Each way is gone with what the ways before it left.
func match(kind Kind, from, to []thing, ways []way) []Match {
	lines := make([]Match, len(from))
	for i := range from {
		lines[i] = Match{Pair: Pair{kind, from[i].sid, ""}, FromName: from[i].name(), How: Absent}
	}
	for _, w := range ways {
		old, now := byName(from, w.name), byName(to, w.name)
		for name, here := range old {
			there := now[name]
			if len(here) == 1 && len(there) == 1 {
				line := &lines[here[0]]
				line.To, line.ToName, line.How = to[there[0]].sid, to[there[0]].name(), w.how
				from[here[0]].taken, to[there[0]].taken = true, true
			}
		}
	}
	candidates(lines, from, to)
	return lines
}

// label is a name among things of one class.
type label struct{ name, class string }

// byName finds the things that are left by a name. Things without that name are not among them.
func byName(things []thing, name func(*thing) string) map[label][]int {
	found := make(map[label][]int)
	for i := range things {
		t := &things[i]
		if n := name(t); n != "" && !t.taken {
			found[label{n, t.class}] = append(found[label{n, t.class}], i)
		}
	}
	return found
}

// mostCandidates bounds what is kept of the candidates of one thing: ten thousand channels may have one name.
const mostCandidates = 100

// candidates finds what the things that are left may be: those of the same friendly name, of which there are too many on
// one side, or else those with a name that differs only by case and space.
func candidates(lines []Match, from, to []thing) {
	same := byName(to, func(t *thing) string { return t.friendly })
	near := make(map[label][]int)
	for i := range to {
		if !to[i].taken {
			for _, name := range folded(&to[i]) {
				l := label{name, to[i].class}
				near[l] = append(near[l], i)
			}
		}
	}
	known := make(map[label][]Candidate) // of one friendly name, which many things may have
	for i := range from {
		t, line := &from[i], &lines[i]
		if t.taken {
			continue
		}
		l := label{t.friendly, t.class}
		found := same[l]
		if len(found) > 0 {
			if known[l] == nil {
				known[l] = named(to, found)
			}
			line.How, line.Candidates = Ambiguous, known[l]
		} else {
			for _, name := range folded(t) {
				found = append(found, near[label{name, t.class}]...)
			}
			slices.Sort(found)
			found = slices.Compact(found)
			line.Candidates = named(to, found)
		}
		line.More = len(found) - len(line.Candidates)
	}
}

// named are the first of the things that were found.
func named(to []thing, found []int) []Candidate {
	var out []Candidate
	for _, n := range found[:min(len(found), mostCandidates)] {
		out = append(out, Candidate{to[n].sid, to[n].name()})
	}
	return out
}

// folded are a thing's names as they compare without case and space.
func folded(t *thing) []string {
	var names []string
	for _, name := range [...]string{t.unique, t.friendly} {
		if name = strings.ToLower(strings.Join(strings.Fields(name), "")); name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}
