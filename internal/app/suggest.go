package app

import (
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// didYouMean suggests the name that is nearest to what was typed, if one is near.
func didYouMean(typed string, names []string) string {
	best, least := "", len(typed)/2+1
	for _, name := range names {
		if d := distance(typed, name); d < least {
			best, least = name, d
		}
	}
	if best == "" {
		return ""
	}
	return "; did you mean " + best + "?"
}

// nearest are columns that are not known, each with the field that it may be meant for.
func nearest(columns []string) []string {
	told := make([]string, len(columns))
	for i, column := range columns {
		told[i] = column
		best, least := "", min(3, len(column)/3+1)
		for _, field := range fieldNames() {
			if d := distance(column, field); d < least {
				best, least = field, d
			}
		}
		if best != "" {
			told[i] += " (did you mean " + best + "? then give --column " + column + "=" + best + ")"
		}
	}
	return told
}

// flagError says what is wrong with a flag, in the words of the other errors.
func flagError(c *cli.Context, err error) error {
	const unknown, noValue = "flag provided but not defined: -", "flag needs an argument: -"
	if name, ok := strings.CutPrefix(err.Error(), unknown); ok {
		name = strings.TrimLeft(name, "-")
		var names []string
		for _, flag := range c.Command.Flags {
			names = append(names, flag.Names()[0])
		}
		hint := didYouMean(name, names)
		if hint != "" {
			hint = strings.Replace(hint, "did you mean ", "did you mean --", 1)
		}
		return usagef("there is no flag --%s%s; `rejoin help %s` lists them", name, hint, c.Command.Name)
	}
	if name, ok := strings.CutPrefix(err.Error(), noValue); ok {
		return usagef("--%s needs a value", strings.TrimLeft(name, "-"))
	}
	return usageError(err)
}

// distance is how many letters must be put in, taken out or exchanged to make a into b.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], slices.Min([]int{row[j+1] + 1, row[j] + 1, diagonal + cost})
		}
	}
	return row[len(b)]
}
