package app

import (
	"bytes"
	"fmt"
	"strings"

	"rejoin/internal/prose"
	"rejoin/mapping"
	"rejoin/rules"
)

const (
	mostMoves  = 10_000 // pairs of one kind that are told apart
	movesShown = 3
)

// moves counts which rows go into another Service than their own, or to another channel or role, and where to. It is
// shown every row of a backup, and keeps little of them.
type moves struct {
	withMap bool

	rows     int64 // that move
	stay     int64 // that do not
	services pairs
	channels pairs
	roles    pairs
	noRole   int64 // rows that move and name no role
}

// pairs counts rows by what they name and what that becomes.
type pairs struct {
	byKey map[string]*move
	order []*move // of appearance
	more  bool    // there were more than are told apart
	last  *move
	key   []byte
}

type move struct {
	from, to string
	rows     int64
}

func newMoves(withMap bool) *moves {
	empty := func() pairs { return pairs{byKey: make(map[string]*move)} }
	return &moves{withMap: withMap, services: empty(), channels: empty(), roles: empty()}
}

// add counts a row. One that breaks a rule goes nowhere.
func (m *moves) add(v *rules.View, broken bool) {
	named := &v.Named
	switch {
	case broken:
		return
	case len(named.Service) > 0 && !bytes.Equal(named.Service, v.Service):
	case m.withMap && (!bytes.Equal(named.Channel, v.Channel) || !bytes.Equal(named.Role, v.Role)):
	default:
		m.stay++
		return
	}
	m.rows++
	m.services.add(named.Service, v.Service)
	m.channels.add(named.Channel, v.Channel)
	if len(named.Role) == 0 {
		m.noRole++
		return
	}
	m.roles.add(named.Role, v.Role)
}

func (p *pairs) add(from, to []byte) {
	if p.last != nil && p.last.from == string(from) && p.last.to == string(to) {
		p.last.rows++
		return
	}
	p.key = append(append(append(p.key[:0], from...), 0), to...)
	found, ok := p.byKey[string(p.key)]
	if !ok {
		if len(p.order) >= mostMoves {
			p.more = true
			return
		}
		found = &move{from: string(from), to: string(to)}
		p.byKey[string(p.key)] = found
		p.order = append(p.order, found)
	}
	p.last = found
	found.rows++
}

// text says how many there are, and what becomes of the first few.
func (p *pairs) text(noun string) string {
	number := counted(int64(len(p.order)), noun)
	if p.more {
		number = "more than " + number
	}
	parts := make([]string, 0, movesShown+1)
	for _, m := range p.order[:min(len(p.order), movesShown)] {
		parts = append(parts, fmt.Sprintf("%s (%s)", arrow(m.from, m.to), counted(m.rows, "row")))
	}
	if len(p.order) > movesShown || p.more {
		parts = append(parts, "…")
	}
	return number + ": " + strings.Join(parts, ", ")
}

// arrow says what becomes of a Service, a channel or a role.
func arrow(from, to string) string {
	switch {
	case from == "":
		from = "none named"
	case to == "":
		to = "left out"
	}
	return shortened(from) + " → " + shortened(to)
}

// shortened is a name that does not fill a screen: unique names may be long.
func shortened(name string) string { return prose.Cut(name, 64) }

// lines tell what goes where. There are none where nothing moves.
func (m *moves) lines() []string {
	if m.rows == 0 {
		return nil
	}
	others := ""
	if m.stay > 0 {
		others = "; " + counted(m.stay, "row") + " unchanged"
	}
	lines := []string{
		counted(m.rows, "row") + " into another Service, channel or role" + others + ":",
		"  " + m.services.text("Service"), "  " + m.channels.text("channel"),
	}
	switch without := counted(m.noRole, "row") + " without a role"; {
	case len(m.roles.order) == 0:
		lines = append(lines, "  no roles: "+without)
	case m.noRole > 0:
		lines = append(lines, "  "+m.roles.text("role")+"; "+without)
	default:
		lines = append(lines, "  "+m.roles.text("role"))
	}
	return lines
}

// mapLines tell what goes where as far as the flags alone say it: of a backup that is not looked at first.
func mapLines(service string, m *mapping.Map) []string {
	var lines []string
	if service != "" {
		lines = append(lines, "all rows go into the Service "+service)
	}
	var shown [3][]string
	var number [3]int64
	for _, p := range m.Pairs() {
		if p.To == "" {
			continue
		}
		if number[p.Kind]++; number[p.Kind] <= movesShown {
			shown[p.Kind] = append(shown[p.Kind], arrow(p.From, p.To))
		}
	}
	for kind, noun := range [...]string{mapping.Service: "Service", mapping.Channel: "channel", mapping.Role: "role"} {
		if number[kind] > movesShown {
			shown[kind] = append(shown[kind], "…")
		}
		if number[kind] > 0 {
			lines = append(lines, fmt.Sprintf("the map names %s: %s", counted(number[kind], noun), strings.Join(shown[kind], ", ")))
		}
	}
	return lines
}

// watchMoves is what counts where the rows go, where they may go into another Service.
func (r *run) watchMoves() *moves {
	if r.settings.service == "" && r.mapped.read == nil {
		return nil
	}
	return newMoves(r.mapped.read != nil)
}

// tellMoves says, before anything is sent, what goes where. Without a look at the backup the rows are not counted.
func (r *run) tellMoves(m *moves) {
	var lines []string
	if m != nil {
		lines = m.lines()
	} else {
		lines = mapLines(r.settings.service, r.mapped.read)
	}
	for _, line := range lines {
		r.screen.hint(line)
	}
}
