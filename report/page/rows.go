package page

import (
	"strconv"
	"strings"

	"rejoin/internal/prose"
	"rejoin/report"
	"rejoin/restore"
)

// longestText is how many bytes of a reason, an identity or a channel a row of the table shows. The report has them whole.
const longestText = 400

// table holds the first of the rows that are not restored, as the page's script reads them.
type table struct {
	keep int
	all  int64 // such rows
	rows []tableRow

	causes  index[report.CauseKey]
	reports index[string]
}

// tableRow is a row of the table. Its names are short since there are many of them.
type tableRow struct {
	Line     int64  `json:"l"`
	Outcome  string `json:"o"`
	Causes   []int  `json:"c"` // places in the list of causes
	Channel  string `json:"ch,omitempty"`
	Identity string `json:"i,omitempty"`
	Reason   string `json:"w,omitempty"`
	Request  string `json:"q,omitempty"` // the API's own name for the request
	Attempts int    `json:"a,omitempty"`
	At       int64  `json:"t,omitempty"` // milliseconds since 1970
	Report   int    `json:"r,omitempty"` // a place in the list of reports
}

func newTable(keep int) table {
	return table{keep: keep, causes: newIndex[report.CauseKey](), reports: newIndex[string]()}
}

func (t *table) add(row *report.Row, channel []byte) error {
	if t.all++; len(t.rows) >= t.keep {
		return nil
	}
	o, err := row.Outcome()
	if err != nil {
		return err
	}
	r := tableRow{
		Line: o.Line, Outcome: row.Kind.Word(row.DryRun), Channel: cut(string(channel)), Identity: cut(o.Identity),
		Reason: cut(reason(o)), Request: cut(o.RequestID), Attempts: o.Attempts, Report: t.reports.place(row.Report),
	}
	if !o.At.IsZero() {
		r.At = o.At.UnixMilli()
	}
	for _, cause := range row.Causes() {
		r.Causes = append(r.Causes, t.causes.place(cause))
	}
	t.rows = append(t.rows, r)
	return nil
}

// reason is why the row is not restored, without its outcome, which stands beside it.
func reason(o *restore.Outcome) string {
	text := strings.TrimPrefix(report.Reason(o), o.Kind.String())
	return strings.TrimPrefix(text, ": ")
}

// redact takes out whatever a backup may have said, and gives channels numbers for names.
func (t *table) redact(names *aliases) {
	for i := range t.rows {
		r := &t.rows[i]
		r.Channel, r.Identity, r.Reason = names.of(r.Channel), "", ""
	}
}

// cut is s as it is shown, and no longer than a row of the table may be.
func cut(s string) string { return prose.Clip(prose.Visible(s), longestText) }

// index gives things places in a list, in the order in which they come.
type index[T comparable] struct {
	list   []T
	places map[T]int
}

func newIndex[T comparable]() index[T] { return index[T]{places: make(map[T]int)} }

func (x *index[T]) place(v T) int {
	place, ok := x.places[v]
	if !ok {
		place = len(x.list)
		x.places[v] = place
		x.list = append(x.list, v)
	}
	return place
}

// aliases are the numbers that stand for names that must not be shown.
type aliases struct {
	kind  string
	names index[string]
}

func newAliases(kind string) *aliases { return &aliases{kind: kind, names: newIndex[string]()} }

// of is what a name is called; nothing stays nothing.
func (a *aliases) of(name string) string {
	if name == "" {
		return ""
	}
	return a.kind + " " + strconv.Itoa(a.names.place(name)+1)
}
