package report

import (
	"strconv"
	"strings"

	"rejoin/internal/prose"
)

// Lost says in a sentence what could not be read, and what to do about it.
func (d *Damaged) Lost() string {
	const looksAgain = "go on with --resume: it looks at such rows again, and does nothing twice"
	var parts []string
	if d.NoBeginning {
		parts = append(parts, "its beginning is missing, so that what was run, on which backup and against what is not known; "+copied)
	}
	if d.Lines > 0 {
		lines, out := d.lines()
		parts = append(parts, lines+" does not count here; "+copied+", or "+out+", and "+looksAgain)
	}
	if d.Missing > 0 {
		parts = append(parts, d.missing()+", and what became of them does not count here; "+copied+", or "+looksAgain)
	}
	if d.Cut != "" {
		parts = append(parts, d.Cut)
	}
	if len(parts) == 1 && d.Cut != "" {
		return d.Path + " cannot be read to its end (" + d.Cut + "), and what stands behind does not count; " + copied
	}
	return d.Path + ": " + strings.Join(parts, "; and ")
}

// copied is what mends any damage.
const copied = "put back an undamaged copy"

// lines names the damaged lines and what does not count, and says how to take them out.
func (d *Damage) lines() (lines, out string) {
	where := make([]string, len(d.Where))
	for i, n := range d.Where {
		where[i] = strconv.FormatInt(n, 10)
	}
	if d.Lines == 1 {
		return "line " + where[0] + " is not as rejoin wrote it, and what became of its row", "take the line out"
	}
	some := strings.Join(where, ", ")
	if more := d.Lines - int64(len(where)); more > 0 {
		some += " and " + prose.Number(more) + " more"
	}
	return "lines " + some + " are not as rejoin wrote them, and what became of their rows", "take the lines out"
}

// missing says that lines are missing.
func (d *Damage) missing() string {
	return "lines are missing: the summary counts " + things(d.Missing, "row") + " more than have a line"
}

// Damaged reports whether not all of the reports could be read, a last line without its end included.
func (t *Totals) Damaged() bool {
	for i := range t.Reports {
		if d := &t.Reports[i].Damage; d.Lines > 0 || d.Torn || d.Cut != "" || d.NoBeginning || d.Missing > 0 {
			return true
		}
	}
	return false
}
