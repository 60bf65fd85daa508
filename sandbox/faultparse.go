package sandbox

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// faultOptions are the conditions that an order's text may give.
var faultOptions = [...]string{
	"every", "from", "to", "first", "times", "since", "until", "on", "retry-after", "code", "over",
}

// ParseFaults reads orders, each in the form
//
//	KIND[=PROBABILITY][:OPTION=VALUE]...
//
// with a probability such as 0.02 or 2% (none: always; 0: never), and the options every, from, to, first, times (whole
// numbers), since, until, over (durations), on (a scope), retry-after and code, as [Fault] has them:
//
//	lost-after=0.02    429=5%:retry-after=2    503:since=10s:until=40s    500=0.5:first=2:on=create
//
// An order may name several faults with one probability: "500,503,lost-after=1%". The error names what is known.
func ParseFaults(specs []string) (Faults, error) {
	var f Faults
	for _, spec := range specs {
		orders, err := parseFault(spec)
		if err != nil {
			return Faults{}, fmt.Errorf("fault %q: %w", spec, err)
		}
		f.Orders = append(f.Orders, orders...)
	}
	return f, nil
}

func parseFault(spec string) ([]Fault, error) {
	head, rest, _ := strings.Cut(strings.TrimSpace(spec), ":")
	names, chance, given := strings.Cut(head, "=")
	f := Fault{Probability: 1}
	if given {
		p, err := parseProbability(chance)
		if err != nil {
			return nil, err
		}
		f.Probability = p
	}
	for rest != "" {
		var option string
		option, rest, _ = strings.Cut(rest, ":")
		if err := f.setOption(option); err != nil {
			return nil, err
		}
	}
	return named(names, f)
}

// named returns the order once for each of the names, checked.
func named(names string, f Fault) ([]Fault, error) {
	var orders []Fault
	for name := range strings.SplitSeq(names, ",") {
		f.Kind = strings.TrimSpace(name)
		check := faultOrder{Fault: f}
		if err := check.complete(); err != nil {
			return nil, err
		}
		if f.Probability > 0 {
			orders = append(orders, f)
		}
	}
	return orders, nil
}

func parseProbability(text string) (float64, error) {
	digits, percent := strings.CutSuffix(strings.TrimSpace(text), "%")
	p, err := strconv.ParseFloat(digits, 64)
	if percent {
		p /= 100
	}
	if err != nil || !(p >= 0 && p <= 1) {
		return 0, fmt.Errorf("probability %q: expected a number from 0 to 1, or from 0%% to 100%%", text)
	}
	return p, nil
}

func (f *Fault) setOption(option string) (err error) {
	name, value, given := strings.Cut(option, "=")
	if !given || value == "" {
		return fmt.Errorf("option %q: expected NAME=VALUE", option)
	}
	switch strings.TrimSpace(name) {
	case "every":
		f.Every, err = parseWhole(value)
	case "from":
		f.From, err = parseWhole(value)
	case "to":
		f.To, err = parseWhole(value)
	case "first":
		f.First, err = parseWhole(value)
	case "times":
		f.Times, err = parseWhole(value)
	case "code":
		f.Code, err = parseWhole(value)
	case "since":
		f.Since, err = parsePositive(value)
	case "until":
		f.Until, err = parsePositive(value)
	case "over":
		f.Over, err = parsePositive(value)
	case "on":
		f.On = value
	case "retry-after":
		f.RetryAfter = value
	default:
		return unknownName("option", name, faultOptions[:])
	}
	if err != nil {
		return fmt.Errorf("option %s: %w", name, err)
	}
	return nil
}

func parseWhole(text string) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return 0, fmt.Errorf("%q: expected a whole number from 1", text)
	}
	return n, nil
}

func parsePositive(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		return 0, fmt.Errorf("%q: expected a duration such as 10s", text)
	}
	return d, nil
}

func kindNames() []string {
	names := make([]string, len(faultKinds))
	for i := range faultKinds {
		names[i] = faultKinds[i].name
	}
	return names
}

// unknownName says that there is no such name, which one may have been meant, and which there are.
func unknownName(what, name string, known []string) error {
	text := fmt.Sprintf("unknown %s %q", what, name)
	if near := nearest(name, known); near != "" {
		text += fmt.Sprintf(" (did you mean %s?)", near)
	}
	return errors.New(text + ": expected one of " + strings.Join(known, ", "))
}

// nearest returns the known name that takes the fewest edits to come from the given one, if they are few.
func nearest(name string, known []string) string {
	best, fewest := "", max(2, len(name)/3)+1
	for _, k := range known {
		if n := edits(name, k); n < fewest {
			best, fewest = k, n
		}
	}
	return best
}

// edits is the Levenshtein distance.
func edits(a, b string) int {
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
			diagonal, row[j+1] = row[j+1], min(diagonal+cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
