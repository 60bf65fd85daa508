package audit

import (
	"fmt"
	"strconv"

	"rejoin/rules"
)

// whole looks at the backup as a whole.
func (a *auditor) whole(x *across) {
	if x.many > 0 && !x.more {
		r, _ := rules.Lookup(rules.FullPages)
		message := "1 channel holds exactly 50 members, and none holds more"
		if x.many > 1 {
			message = strconv.FormatInt(x.many, 10) + " channels hold exactly 50 members, and none holds more"
		}
		p := x.problemOf(&x.full, r, message+": twilio-cli cuts its lists at 50 unless told otherwise")
		p.Found = ""
		a.tally.add(&p)
	}
	a.services()
	a.columns()
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

// columns tells the names that stand for nothing. They are the backup's, and no values.
func (a *auditor) columns() {
	r, _ := rules.Lookup(rules.UnknownColumn)
	for _, name := range a.cfg.Info().Unknown {
		a.tally.add(&Problem{Problem: rules.Problem{
			Column: name, Rule: r.Name, Severity: r.Severity, Fix: r.Fix,
			Message: "the column or key " + shown([]byte(name)) + " is not restored",
		}})
	}
}
