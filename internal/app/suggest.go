package app

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"rejoin/internal/manual"
)

// didYouMean suggests the name that is nearest to what was typed, if one is near.
func didYouMean(typed string, names []string) string {
	if best := nearestOf(typed, names); best != "" {
		return "; did you mean " + best + "?"
	}
	return ""
}

// nearestOf is the name that is nearest to what was typed: the only one that begins with it, or one that is made of it
// by exchanging less than half of its letters.
func nearestOf(typed string, names []string) string {
	best, least := "", len(typed)/2+1
	var begun []string
	for _, name := range names {
		if d := distance(typed, name); d < least {
			best, least = name, d
		}
		if typed != "" && strings.HasPrefix(name, typed) {
			begun = append(begun, name)
		}
	}
	if len(begun) == 1 {
		return begun[0]
	}
	return best
}

// noSuchCommand is what is said of a first argument that is no command.
func noSuchCommand(typed string, p *manual.Program) error {
	if _, ok := p.Topic(typed); ok {
		return usagef("there is no command %q, but a topic of the help: run `rejoin help %s`", typed, typed)
	}
	return usagef("there is no command %q%s", typed, orLookUp(didYouMean(typed, p.CommandNames()), "rejoin help"))
}

// noSuchPage is what is said where help is asked about what it does not know.
func noSuchPage(typed string, p *manual.Program) error {
	if flag := strings.TrimLeft(typed, "-"); flag != typed || strings.HasPrefix(typed, "REJOIN_") {
		flag = strings.ToLower(strings.ReplaceAll(strings.TrimPrefix(flag, "REJOIN_"), "_", "-"))
		if owners := p.Owners(flag); len(owners) > 0 {
			return usagef("help explains commands and topics; --%s is a flag of %s: run `rejoin help %s`", flag, listed(owners), owners[0])
		}
	}
	return usagef("there is no command and no topic %q%s", typed, orLookUp(didYouMean(typed, p.Pages()), "rejoin help"))
}

// orLookUp is a hint, or the lack of one, with the command that lists all there are.
func orLookUp(hint, command string) string {
	if hint == "" {
		return "; `" + command + "` lists them"
	}
	return hint + " `" + command + "` lists all"
}

// listed are names in a sentence.
func listed(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
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
	const unknown, noValue, noBool = "flag provided but not defined: -", "flag needs an argument: -", "invalid boolean value "
	if name, ok := strings.CutPrefix(err.Error(), unknown); ok {
		return unknownFlag(c, strings.TrimLeft(name, "-"))
	}
	if name, ok := strings.CutPrefix(err.Error(), noValue); ok {
		return usagef("%s needs a value", typedFlag(strings.TrimLeft(name, "-")))
	}
	if rest, ok := strings.CutPrefix(err.Error(), noBool); ok {
		value, rest, _ := strings.Cut(rest, " for -")
		name, _, _ := strings.Cut(rest, ":")
		return usagef("%s %s: expected true or false, or the flag alone", typedFlag(name), value)
	}
	return usageError(fromEnvironment(err))
}

// unknownFlag is what is said of a flag that a command does not have: which other has it, or what may be meant.
func unknownFlag(c *cli.Context, name string) error {
	p := program(c.App.Commands)
	owners := p.Owners(name)
	if c.Command.Name == c.App.Name { // it stands where the command is expected
		if len(owners) > 0 {
			return usagef("found the flag %s, expected a command: flags stand behind it, and %s is one of %s", typedFlag(name), typedFlag(name), listed(owners))
		}
		return usagef("found the flag %s, expected a command; `rejoin help` lists them", typedFlag(name))
	}
	command := c.Command.Name
	if len(owners) > 0 {
		have := "has"
		if len(owners) > 1 {
			have = "have"
		}
		return usagef("%s has no flag %s; %s %s one, and `rejoin help %s` lists those of %s",
			command, typedFlag(name), listed(owners), have, command, command)
	}
	hint := ""
	var names []string
	for _, flag := range c.Command.Flags {
		names = append(names, flag.Names()...)
	}
	if best := nearestOf(name, names); best != "" {
		hint = "; did you mean " + typedFlag(best) + "?"
	}
	return usagef("there is no flag %s%s", typedFlag(name), orLookUp(hint, "rejoin help "+command))
}

// typedFlag is a flag's name as it is typed.
func typedFlag(name string) string {
	if len(name) == 1 {
		return "-" + name
	}
	return "--" + name
}

// environmentError is how the library says that a variable holds what its flag does not take.
var environmentError = regexp.MustCompile(`^could not parse ("(?:[^"\\]|\\.)*") as (\w+) value from environment variable "(\w+)" for flag ([\w-]+)`)

// fromEnvironment says what is wrong with a variable, in the words of the other errors.
func fromEnvironment(err error) error {
	parts := environmentError.FindStringSubmatch(err.Error())
	if parts == nil {
		return err
	}
	expected := "a value"
	if parts[2] == "bool" {
		expected = "true or false"
	}
	return fmt.Errorf("%s %s (for --%s): expected %s", parts[3], parts[1], parts[4], expected)
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
