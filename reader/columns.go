package reader

import "strings"

// target is what a column or key stands for: a Field, or one of the two below.
type target int8

const (
	nothing target = -1 // known to hold nothing that could be restored
	unknown target = -2
)

// columns tells what the names in a backup stand for.
type columns struct {
	named   map[string]Field // from the user, by exact name
	claimed [NumFields]bool  // fields that the user has named: no other name stands for them
}

func newColumns(named map[string]Field) *columns {
	c := &columns{named: named}
	for _, f := range named {
		c.claimed[f] = true
	}
	return c
}

// resolve returns what name stands for.
func (c *columns) resolve(name string) target {
	if f, ok := c.named[name]; ok {
		return target(f)
	}
	if f, ok := ParseField(name); ok && !c.claimed[f] {
		return target(f)
	}
	if ignored(name) {
		return nothing
	}
	return unknown
}

// nearest returns the known name that name is most likely a slip of, if one is near.
func nearest(name string) (string, bool) {
	folded := fold(name)
	best, near := "", max(1, len(folded)/4)+1
	for known, f := range fieldsByName {
		d := distance(folded, known)
		if d < near || d == near && best != "" && f.String() < best {
			best, near = f.String(), d
		}
	}
	return best, best != ""
}

// distance returns the number of letters to add, drop, change or swap with their neighbour to make a of b.
func distance(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range len(b) + 1 {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			change := rows[i-1][j-1]
			if a[i-1] != b[j-1] {
				change++
			}
			rows[i][j] = min(change, rows[i-1][j]+1, rows[i][j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}

// hint is the rest of a message about an unknown name, or nothing.
func hint(name string) string {
	known, ok := nearest(name)
	if !ok {
		return ""
	}
	if strings.ContainsAny(name, " =,") {
		return " (did you mean " + known + "?)"
	}
	return " (did you mean " + known + "? if so, use --column " + name + "=" + known + ")"
}
