package page

import (
	"slices"
	"strings"

	"rejoin/report"
	"rejoin/restore"
)

// speech is how the page speaks of the rows of a command: what is well, and what is not.
type speech struct {
	Done, Not       string // of a row: it is well, it is not
	Every           string // "Every row is …"
	Lost            string // that nothing is lost
	Why, Rows, Asks string // headings: of the causes, of the table, and of the column that says whether a row is well
	Share           string // "12 % of …"
	Most            string // the heading of the channels
}

// not is what is said of a row that is not well, or would not be.
func (s *speech) not(would bool) string {
	if !would {
		return s.Not
	}
	return "would not be " + strings.TrimPrefix(s.Not, "not ")
}

// speechOf is how the reports' command is spoken of; that of a restore where they are of several.
func speechOf(t *report.Totals) speech {
	switch {
	case onlyCommand(t, "verify"):
		return speech{
			Done: "as in the backup", Not: "not as in the backup", Every: "Every row is as in the backup.",
			Lost: "Nothing was changed: a verify only looks.", Why: "What differs", Rows: "The rows that are not as in the backup",
			Asks: "As in the backup?", Share: "the rows that are not as in the backup", Most: "Most rows not as in the backup",
		}
	case onlyCommand(t, "undo"):
		return speech{
			Done: "undone", Not: "not undone", Every: "Every member that was made is gone again.",
			Lost: "What was not undone is still there.", Why: "Why members are still there", Rows: "The members that are still there",
			Asks: "Undone?", Share: "the members that are still there", Most: "Most members still there",
		}
	}
	return speech{
		Done: "restored", Not: "not restored", Every: "Every row is restored.",
		Lost: "Nothing is lost: every row that is not is named below, with why.", Why: "Why rows are not restored",
		Rows: "The rows that are not restored", Asks: "Restored?", Share: "the rows that are not restored", Most: "Most rows not restored",
	}
}

func onlyCommand(t *report.Totals, command string) bool {
	for i := range t.Reports {
		if t.Reports[i].Run.Command != command {
			return false
		}
	}
	return len(t.Reports) > 0
}

// kinds are the outcomes that the reports' commands can give, in the order in which they are told.
func kinds(t *report.Totals) (all []restore.Kind) {
	for i := range t.Reports {
		for _, kind := range restore.KindsOf(t.Reports[i].Run.Command) {
			if kind != restore.Pending && !slices.Contains(all, kind) {
				all = append(all, kind)
			}
		}
	}
	for kind, n := range t.Outcomes { // of a report whose command is not known, or not the right one
		if kind := restore.Kind(kind); n > 0 && !slices.Contains(all, kind) {
			all = append(all, kind)
		}
	}
	return append(all, restore.Pending)
}

// means says what an outcome is.
func means(kind restore.Kind, dryRun bool) string {
	if text, ok := wouldMean[kind]; ok && dryRun {
		return text
	}
	return meaning[kind]
}

var meaning = [restore.NumKinds]string{
	restore.Created:   "the member was made",
	restore.Updated:   "was there, and now holds the backup's values",
	restore.Exists:    "was there before",
	restore.Differs:   "is there with other values",
	restore.Duplicate: "another row of the backup stands for the same member",
	restore.Invalid:   "cannot be read or breaks a rule; nothing was sent",
	restore.Rejected:  "the API refuses the row for good",
	restore.Failed:    "every try failed, and none was applied",
	restore.Unknown:   "a try may have been applied, and no answer settled it",
	restore.Pending:   "the run stopped before the row",
	restore.Same:      "the member is there as the backup has it",
	restore.Missing:   "the member is not there",
	restore.Extra:     "a member that is in no row of the backup",
	restore.Deleted:   "a run had made the member, and it is gone again",
	restore.Gone:      "the member was not there any more",
	restore.Kept:      "the member has changed since it was made, and was left alone",
}

var wouldMean = map[restore.Kind]string{
	restore.Created: "is not there, and would be made",
	restore.Updated: "is there with other values, and would get the backup's",
	restore.Exists:  "is there already",
	restore.Deleted: "is as it was made, and would be deleted",
	restore.Kept:    "has changed since it was made, and would be left alone",
}
