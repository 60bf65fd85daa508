package mapping

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// shownCandidates is how many candidates a line of CSV shows.
const shownCandidates = 10

// WriteCSV writes a map as CSV (RFC 4180) that [Read] reads: the columns from and to, and behind them, for people, kind,
// from_name, to_name, how and candidates. Further columns may be added behind.
//
// In the columns for people a text that begins with =, +, -, @, a tab or a carriage return gets an apostrophe before it,
// because a spreadsheet would take it for a formula, and whoever named a channel could make it compute.
func WriteCSV(w io.Writer, lines []Match) error {
	out := csv.NewWriter(w)
	out.UseCRLF = true
	if err := out.Write([]string{"from", "to", "kind", "from_name", "to_name", "how", "candidates"}); err != nil {
		return err
	}
	for i := range lines {
		l := &lines[i]
		err := out.Write([]string{
			l.From, l.To, l.Kind.String(), guarded(l.FromName), guarded(l.ToName), string(l.How), guarded(listed(l)),
		})
		if err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// guarded keeps a spreadsheet from taking a cell for something to compute.
func guarded(text string) string {
	if text != "" && strings.IndexByte("=+-@\t\r", text[0]) >= 0 {
		return "'" + text
	}
	return text
}

// listed are a line's candidates in one cell.
func listed(l *Match) string {
	var b strings.Builder
	for i, c := range l.Candidates[:min(len(l.Candidates), shownCandidates)] {
		if i > 0 {
			b.WriteString("; ")
		}
		b.WriteString(c.String())
	}
	if more := len(l.Candidates) + l.More - shownCandidates; more > 0 {
		fmt.Fprintf(&b, "; and %d more", more)
	}
	return b.String()
}

// String is a candidate's SID with its name.
func (c Candidate) String() string {
	if c.Name == "" {
		return c.SID
	}
	return c.SID + " " + c.Name
}

// jsonLine is the form of a line in JSON.
type jsonLine struct {
	From       string          `json:"from"`
	To         string          `json:"to"`
	Kind       string          `json:"kind"`
	FromName   string          `json:"from_name,omitempty"`
	ToName     string          `json:"to_name,omitempty"`
	How        How             `json:"how"`
	Candidates []jsonCandidate `json:"candidates,omitempty"`
	More       int             `json:"more_candidates,omitempty"`
}

type jsonCandidate struct {
	SID  string `json:"sid"`
	Name string `json:"name,omitempty"`
}

// WriteJSON writes a map as a list of objects, each on a line of its own, that [Read] reads. Keys may be added to them.
func WriteJSON(w io.Writer, lines []Match) error {
	for i := range lines {
		l := &lines[i]
		form := jsonLine{From: l.From, To: l.To, Kind: l.Kind.String(), FromName: l.FromName, ToName: l.ToName, How: l.How, More: l.More}
		for _, c := range l.Candidates {
			form.Candidates = append(form.Candidates, jsonCandidate(c))
		}
		text, err := json.Marshal(form)
		if err != nil {
			return err
		}
		before := ",\n"
		if i == 0 {
			before = "[\n"
		}
		if _, err := io.WriteString(w, before+string(text)); err != nil {
			return err
		}
	}
	end := "\n]\n"
	if len(lines) == 0 {
		end = "[]\n"
	}
	_, err := io.WriteString(w, end)
	return err
}
