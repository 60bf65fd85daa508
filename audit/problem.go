package audit

import (
	"slices"

	"rejoin/rules"
)

// Problem is a rule that a row breaks, with the row's place. Of the backup as a whole, Row is 0 or that of an example.
type Problem struct {
	rules.Problem

	Row, Line int64 // both from 1
	Byte      int   // the byte on the line at which a row stops being readable, from 1; 0: not known

	Service, Channel, Identity string // as far as they are known; empty where values are hidden

	FirstRow, FirstLine int64 // of the other row: the first with the identity, or the first with the other spelling; 0: none
	Same                bool  // of a duplicate: both rows hold the same values
}

// Finding is a rule that is broken.
type Finding struct {
	rules.Rule
	Count int64     // how often
	First []Problem // the first few, by row
}

// firstFew is how many problems of a rule are kept.
const firstFew = 5

// tally counts the problems by rule.
type tally struct {
	every    func(*Problem) error
	err      error // of every
	findings map[string]*Finding
	errors   int64
	warnings int64
}

func newTally(every func(*Problem) error) *tally {
	t := &tally{every: every, findings: make(map[string]*Finding)}
	for _, r := range rules.All() {
		t.findings[r.Name] = &Finding{Rule: r}
	}
	return t
}

// brief reports whether the problems of a rule are only counted from here on, for rows that come in their order.
func (t *tally) brief(rule string) bool {
	return t.every == nil && len(t.findings[rule].First) == firstFew
}

// wants reports whether more than a number would be made of a problem at a row.
func (t *tally) wants(rule string, row int64) bool {
	first := t.findings[rule].First
	return t.every != nil || len(first) < firstFew || row < first[firstFew-1].Row
}

// more counts a problem of which nothing is told.
func (t *tally) more(rule string) { t.count(t.findings[rule], 1) }

func (t *tally) count(f *Finding, n int64) {
	f.Count += n
	if f.Severity == rules.Error {
		t.errors += n
	} else {
		t.warnings += n
	}
}

// add takes a problem.
func (t *tally) add(p *Problem) {
	f := t.findings[p.Rule]
	t.count(f, 1)
	if p.Message == "" {
		return
	}
	if t.every != nil && t.err == nil {
		t.err = t.every(p)
	}
	at, _ := slices.BinarySearchFunc(f.First, p.Row, func(q Problem, row int64) int {
		if q.Row <= row {
			return -1 // behind those of the same row
		}
		return 1
	})
	if at == firstFew {
		return
	}
	if len(f.First) == firstFew {
		f.First = f.First[:firstFew-1]
	}
	f.First = slices.Insert(f.First, at, *p)
}

// broken are the rules that are broken, in the order of the table.
func (t *tally) broken() (all []Finding) {
	for _, r := range rules.All() {
		if f := t.findings[r.Name]; f.Count > 0 {
			all = append(all, *f)
		}
	}
	return all
}
