package page

import (
	"fmt"
	"strconv"

	"rejoin/internal/prose"
	"rejoin/report"
	"rejoin/restore"
)

// The three things that can be true of a row. Each has one colour in all of the page.
const (
	groupDone    = stateDone
	groupMissing = stateMissing
	groupWaiting = stateWaiting
)

// tile is a number that is to be seen at a glance.
type tile struct{ Class, Count, Share, Label string }

// piece is a part of the bar, which is 1,000 long.
type piece struct {
	Class, Title string
	At, Width    float64
}

// outcomeRow is an outcome and how many rows have it.
type outcomeRow struct{ Class, Word, Count, Share, Means, Restored string }

// sum is the equation that must hold of every run.
type sum struct {
	Left  string // what the right side adds up to
	Terms []term
	Note  string
}

type term struct{ Word, Count string }

func (p *content) outcomes(t *report.Totals, unrestored *[restore.NumKinds]int64) {
	all := t.Rows + t.Pending
	would := ""
	if t.DryRun() {
		would = "would be "
	}
	p.tile(groupDone, t.Restored, all, would+p.Say.Done)
	p.tile(groupMissing, t.NotRestored, all, p.Say.not(t.DryRun()))
	p.tile(groupWaiting, t.Pending, all, "pending")
	if t.Killed > 0 || t.Errored() {
		p.Tiles[2].Share, p.Tiles[2].Label = "and perhaps more", "pending"
	}
	counts := t.Outcomes
	counts[restore.Pending] = t.Pending
	for _, kind := range kinds(t) {
		word := kind.Word(t.DryRun())
		if kind == restore.Extra { // it is in no row
			if n := counts[kind]; n > 0 {
				p.Outcomes = append(p.Outcomes, outcomeRow{groupWaiting, word, prose.Number(n), "", means(kind, false), "in no row"})
			}
			continue
		}
		p.Sum.Terms = append(p.Sum.Terms, term{word, prose.Number(counts[kind])})
		missing := unrestored[kind]
		if kind == restore.Pending {
			p.outcome(groupWaiting, word, counts[kind], all, means(kind, t.DryRun()), "not yet")
			continue
		}
		if kind == restore.Duplicate && counts[kind] > 0 {
			p.outcome(groupDone, word, counts[kind]-missing, all, means(kind, false), "yes")
			p.outcome(groupMissing, word, missing, all, means(kind, false)+", with other values", "no")
			continue
		}
		p.outcome(groupDone, word, counts[kind]-missing, all, means(kind, t.DryRun()), "yes")
		p.outcome(groupMissing, word, missing, all, means(kind, t.DryRun()), "no")
	}
	p.bar(all)
	p.Sum.Left = prose.Number(all) + " read"
	p.checkSum(t, all)
}

func (p *content) tile(class string, n, all int64, label string) {
	p.Tiles = append(p.Tiles, tile{class, prose.Number(n), prose.Share(n, all), label})
}

func (p *content) outcome(class, word string, n, all int64, means, restored string) {
	if n == 0 {
		return
	}
	p.Outcomes = append(p.Outcomes, outcomeRow{class, word, prose.Number(n), prose.Share(n, all), means, restored})
	p.Bar = append(p.Bar, piece{Class: class, Title: word + ": " + prose.Number(n) + " (" + prose.Share(n, all) + ")", Width: float64(n)})
}

// bar gives each outcome its part of the bar; the smallest is wide enough to be seen.
func (p *content) bar(all int64) {
	const length, least, gap = 1000, 6, 2
	var whole float64
	for i := range p.Bar {
		w := &p.Bar[i].Width
		*w = max(*w/float64(max(all, 1))*length, least)
		whole += *w
	}
	at := 0.0
	room := length - gap*float64(max(len(p.Bar)-1, 0))
	for i := range p.Bar {
		p.Bar[i].Width *= room / whole
		p.Bar[i].At = tenth(at)
		at += p.Bar[i].Width + gap
		p.Bar[i].Width = tenth(p.Bar[i].Width)
	}
	p.BarTitle = "Rows by outcome"
}

// checkSum holds the equation against what the last summary says.
func (p *content) checkSum(t *report.Totals, all int64) {
	switch {
	case t.Killed > 0:
		p.Sum.Left = prose.Number(all) + " known"
		p.Sum.Note = "How many were read is not known: a run has no summary."
	case t.Errored():
		p.Sum.Left = prose.Number(all) + " known"
		p.Sum.Note = "How many there are is not known: a run ended with an error."
	case len(t.Reports) != 1:
		p.Sum.Note = "Over " + strconv.Itoa(len(t.Reports)) + " reports. Rows that stand in several of them are counted once."
	default:
		past := t.Reports[0].Past
		if n := len(past); n > 0 && past[n-1].Read > 0 && past[n-1].Read != all {
			p.Sum.Note = fmt.Sprintf("The summary speaks of %s read; the report's lines, of %s. Some lines are missing or damaged.",
				rows(past[n-1].Read), rows(all))
			return
		}
		p.Sum.Note = "It adds up, as it must: every row that is read gets exactly one outcome."
		if !t.Finished() {
			p.Sum.Note = "Every row that was read has exactly one outcome. The run did not come to its end."
		}
	}
}
