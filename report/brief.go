package report

import (
	"regexp"
	"strconv"
	"strings"

	"rejoin/internal/prose"
)

// addressOfNothing is what the API says of what is not there: nothing but the address that it was asked for.
var addressOfNothing = regexp.MustCompile(`: The requested resource \S+ was not found`)

// Brief is an error of the API as a person is shown it. Of what is not there the API names the address alone, which is
// long, and says less than what stands before it. A report keeps the whole.
func Brief(text string) string { return addressOfNothing.ReplaceAllLiteralString(text, "") }

// answered is what was called and the answer's status and code.
var answered = regexp.MustCompile(`^[a-z ]+: the API answered \d{3}[^:\[]*:?`)

// details is what an example's error says beside what its cause says already.
func (c *Cause) details(text string) string {
	if text == c.Title {
		return ""
	}
	if c.Class != ByCode && c.Class != ByStatus {
		return text
	}
	return strings.TrimSpace(answered.ReplaceAllLiteralString(Brief(text), ""))
}

// CutDifference is the text of a difference in so many columns, as in "is 7, expected 9", or of what breaks a rule, as in
// `found "x", expected a date`. Where it is too long what was expected is cut first. What was found is cut, too, where it
// would leave too little of the rest: less than a quarter of the room, or, of a rule, which is told elsewhere, a few columns.
func CutDifference(text string, columns int) string {
	const between, few = ", expected ", 8
	got, want, both := strings.Cut(text, between)
	if prose.Width(text) <= columns || !both {
		return prose.Cut(text, columns)
	}
	room := columns - prose.Width(between)
	least := room / 4
	if !strings.HasPrefix(got, "is ") {
		least = min(least, few)
	}
	got = prose.Cut(got, max(room-least, room-prose.Width(want)))
	return prose.Cut(got+between+want, columns)
}

// Advice says of an answer of the API for which a run ended what happened, what that means, and what is to be looked at.
// The second is a sentence, the others are none. code is the API's, 0 where it gave none; status is the answer's.
func Advice(code, status int) (what, means, check string) {
	k := explain(ByStatus, strconv.Itoa(status))
	if code != 0 {
		k = explain(ByCode, strconv.Itoa(code))
	}
	check, _ = strings.CutSuffix(k.mend, thenResume)
	return k.title, k.means, strings.TrimSuffix(check, ".")
}
