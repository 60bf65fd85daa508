package reader

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// delimiters are those that are detected, the likeliest first.
const delimiters = ",;\t|"

// header is the first row of a CSV backup.
type header struct {
	raw     []byte // with its line end
	delim   byte
	names   []string
	targets []target
	lines   int64 // line ends in the header and the blank lines before it
	size    int   // bytes of both
}

// unknown are the names of the columns that stand for no field.
func (h *header) unknown() (names []string) {
	for i, name := range h.names {
		if h.targets[i] == unknown && name != "" {
			names = append(names, name)
		}
	}
	return names
}

// readHeader reads the header at the start of the text, which is not blank, with the delimiter given or the one under
// which the most columns are known.
func readHeader(text []byte, final bool, delim byte, cols *columns, limit int) (*header, error) {
	candidates := delimiters
	if delim != 0 {
		candidates = string([]byte{delim})
	}
	var best *header
	var bestScore int
	var firstErr error
	for i := range len(candidates) {
		h, err := splitHeader(text, final, candidates[i], limit)
		if err != nil {
			firstErr = cmp.Or(firstErr, err)
			continue
		}
		h.resolve(cols)
		if score := h.score(); best == nil || score > bestScore {
			best, bestScore = h, score
		}
	}
	// Under a delimiter that divides the row, what is wrong with it under others is not what is wrong with it.
	if best == nil || bestScore < knownColumn && firstErr != nil && len(best.names) < 2 {
		return nil, firstErr
	}
	if err := best.check(cols); err != nil {
		return nil, err
	}
	return best, nil
}

// splitHeader reads the header's cells as those of any row.
func splitHeader(text []byte, final bool, delim byte, limit int) (*header, error) {
	var b batch
	p := csvParser{delim: delim, literal: delim == '\t', nulls: newNulls([]string{}), max: limit}
	p.b, p.data, p.final, p.utf8 = &b, text, final, true
	var names []string
	start := 0
	for start < len(text) {
		end := p.lineEnd(start)
		if end < 0 || end == start {
			break
		}
		start, b.lines = end, b.lines+1
	}
	end := start
	for ; ; end++ {
		cell, after, _, f := p.cell(end, start, len(names))
		if f != nil {
			return nil, headerFault(f)
		}
		names = append(names, string(bytes.TrimSpace(cell)))
		if end = after; end == len(text) || text[end] != delim {
			break
		}
	}
	next := end
	if next < len(text) {
		next = p.lineEnd(end)
	}
	if next == end && !final {
		return nil, headerFault(errMore)
	}
	b.lines += breaks(text[start:next])
	if err := checkText(text[start:end]); err != nil {
		return nil, err
	}
	return &header{raw: text[start:next], delim: delim, names: names, lines: b.lines, size: next}, nil
}

func headerFault(f *fault) error {
	if f == errMore {
		return errors.New("found no end of the header, expected the names of the columns in the first line")
	}
	return fmt.Errorf("the header: %s", f.msg)
}

func checkText(raw []byte) error {
	if f := badUTF8(raw, 0); f.at < len(raw) {
		return fmt.Errorf("the header: %s", f.msg)
	}
	return nil
}

func (h *header) resolve(cols *columns) {
	h.targets = make([]target, len(h.names))
	for i, name := range h.names {
		h.targets[i] = cols.resolve(name)
	}
}

// knownColumn is what a column that stands for a field weighs in a score: more than all others.
const knownColumn = 1 << 20

// score is higher the likelier it is that the delimiter is the right one.
func (h *header) score() int {
	score := len(h.names)
	for _, t := range h.targets {
		if t >= 0 {
			score += knownColumn
		}
		if t == target(Identity) {
			score += knownColumn // without it, no member can be made
		}
	}
	return score
}

// check refuses a header from which no member could be made, or of which more than one meaning could be.
func (h *header) check(cols *columns) error {
	seen := map[string]bool{}
	var by [NumFields]string
	for i, name := range h.names {
		if seen[name] && name != "" {
			return fmt.Errorf("found the column %q twice in the header, expected each once", name)
		}
		seen[name] = true
		t := h.targets[i]
		if t < 0 {
			continue
		}
		if by[t] != "" {
			return fmt.Errorf("found the columns %q and %q, expected one of them: both stand for %s; rename the one that is not wanted, or choose with --column %s=%s",
				by[t], name, Field(t), name, Field(t))
		}
		by[t] = name
	}
	for _, name := range slices.Sorted(maps.Keys(cols.named)) {
		if !seen[name] {
			return fmt.Errorf("found no column %q, which is to stand for %s, among %s", name, cols.named[name], h.list())
		}
	}
	if by[Identity] == "" {
		return h.noIdentity()
	}
	return nil
}

// noIdentity says which columns there are, and which may be meant.
func (h *header) noIdentity() error {
	for i, name := range h.names {
		if h.targets[i] == unknown {
			if known, ok := nearest(name); ok && known == Identity.String() {
				return fmt.Errorf("found no column identity, but %q: did you mean identity? If so, use --column %s=identity", name, name)
			}
		}
	}
	advice := "use --column NAME=identity if another column holds it"
	if len(h.names) > 0 && strings.HasPrefix(h.names[0], "<") {
		advice = "this looks like HTML or XML, not like a backup"
	}
	return fmt.Errorf("expected a header with a column identity, found %s: %s", h.list(), advice)
}

// list names the columns, as far as fits a message.
func (h *header) list() string {
	const most = 12
	var out []string
	for _, name := range h.names[:min(len(h.names), most)] {
		out = append(out, quoteName(clip(name, 40)))
	}
	text := strings.Join(out, ", ")
	if more := len(h.names) - most; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// clip shortens text for a message.
func clip(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	return strings.ToValidUTF8(text[:limit], "") + "…"
}
