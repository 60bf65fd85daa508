package audit

import (
	"fmt"

	"rejoin/rules"
)

// whole looks at the backup as a whole.
func (a *auditor) whole() {
	a.empty()
	a.services()
	a.columns()
}

// empty tells of a backup that is well-formed and holds nothing.
func (a *auditor) empty() {
	if a.last > 0 {
		return
	}
	r, _ := rules.Lookup(rules.NoMembers)
	a.tally.add(&Problem{Problem: rules.Problem{
		Rule: r.Name, Severity: r.Severity, Fix: r.Fix, Message: "it holds no member: there is nothing to restore",
	}})
}

// services tells rows of several Services.
func (a *auditor) services() {
	all := a.contents.services.sorted()
	if len(all) < 2 {
		return
	}
	second := &all[0]
	for i := range all {
		if all[i].ordering == 1 {
			second = &all[i]
		}
	}
	r, _ := rules.Lookup(rules.SeveralServices)
	message := fmt.Sprintf("the rows are of %d Services", len(all))
	if a.cfg.Rules.Service() != "" {
		message += ", and all would go to the one that --service names"
	}
	p := Problem{
		Problem: rules.Problem{Column: "service_sid", Rule: r.Name, Severity: r.Severity, Message: message, Fix: r.Fix},
		Row:     second.row, Line: second.line,
	}
	if !a.cfg.Rules.Redacts() {
		p.Found = shown([]byte(second.SID))
	}
	a.tally.add(&p)
}

// columns tells the names that stand for nothing. Where values are hidden, names are too: in a table without a header
// they are the values of its first row, and a key is whatever stands in a row.
func (a *auditor) columns() {
	r, _ := rules.Lookup(rules.UnknownColumn)
	for _, name := range a.cfg.Info().Unknown {
		p := Problem{Problem: rules.Problem{Column: name, Rule: r.Name, Severity: r.Severity, Fix: r.Fix}}
		if a.cfg.Rules.Redacts() {
			p.Column = ""
			p.Message = fmt.Sprintf("a column or key with a name of %d bytes is not restored", len(name))
		} else {
			p.Message = "the column or key " + shown([]byte(name)) + " is not restored"
		}
		a.tally.add(&p)
	}
}
