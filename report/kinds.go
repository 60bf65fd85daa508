package report

import (
	"errors"
	"strings"

	"rejoin/internal/prose"
)

// SandboxURL is the target of a rehearsal: the embedded Chat service in the run's own process.
const SandboxURL = "http://localhost/sandbox"

// runKind is whether a run did anything real.
type runKind uint8

const (
	unknownKind runKind = iota // the line that would say it cannot be read
	realRun
	dryRunKind
	rehearsalKind
)

// String is the kind with its article.
func (k runKind) String() string {
	switch k {
	case realRun:
		return "a real run"
	case dryRunKind:
		return "a dry run (--dry-run: nothing was written to the Service)"
	case rehearsalKind:
		return "a rehearsal (--sandbox: nothing left the machine)"
	case unknownKind:
	}
	return "a run that is not known"
}

// kind is what the first run says; all that resume it are of the same kind.
func (s *source) kind() runKind {
	switch run := s.run(); {
	case len(s.runs) == 0 && s.would > 0, run.DryRun:
		return dryRunKind
	case len(s.runs) == 0:
		return unknownKind
	case run.Target.APIURL == SandboxURL:
		return rehearsalKind
	}
	return realRun
}

// alike fails where reports of real runs stand together with others: what a rehearsal has done would hide what the real
// run has left undone.
func (r *Reports) alike() error {
	first := make(map[runKind]string)
	var order []runKind
	for _, s := range r.sources {
		kind := s.kind()
		if kind == unknownKind {
			continue
		}
		if _, ok := first[kind]; !ok {
			first[kind] = prose.Visible(s.path)
			order = append(order, kind)
		}
	}
	if len(order) < 2 {
		return nil
	}
	which := make([]string, 0, len(order))
	for _, kind := range order {
		which = append(which, first[kind]+" is of "+kind.String())
	}
	return errors.New("these reports cannot be put together, because not all are of the same kind of run; " +
		strings.Join(which, "; ") + "; sum them up apart")
}

// Rehearsal reports whether all runs were rehearsals: what they did was done to the embedded Chat service.
func (t *Totals) Rehearsal() bool {
	for i := range t.Reports {
		if t.Reports[i].Run.Target.APIURL != SandboxURL {
			return false
		}
	}
	return len(t.Reports) > 0
}

// nothingReal says, of a dry run or a rehearsal, that nothing real was changed; of real runs nothing.
func (t *Totals) nothingReal() string {
	changed := "restored"
	switch t.command() {
	case "undo":
		changed = "deleted"
	case "verify":
		changed = "looked at"
	}
	switch {
	case t.DryRun() && t.Rehearsal():
		return "DRY RUN on the embedded Chat service: nothing left the machine, and nothing real was " + changed
	case t.DryRun():
		return "DRY RUN: nothing was written to the Service, and nothing was " + changed
	case t.Rehearsal():
		return "REHEARSAL on the embedded Chat service: nothing left the machine, and nothing real was " + changed
	}
	return ""
}
