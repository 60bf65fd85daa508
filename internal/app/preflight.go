package app

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"sync"

	"github.com/urfave/cli/v2"
	"golang.org/x/term"

	"rejoin/audit"
	"rejoin/reader"
	"rejoin/report"
	"rejoin/restore"
	"rejoin/rules"
)

// preflight is what the flags of a restore say of the look at the backup before anything is sent.
type preflight struct {
	skip bool // --no-preflight
	yes  bool
}

func preflightFlags() []cli.Flag {
	return []cli.Flag{
		boolFlag("no-preflight", "send from the first row on, without an audit of the file before"),
		boolFlag("yes", "do not ask where the audit finds errors, or before more than 1,000 rows go into a real Service (with --no-preflight: before any, unless --limit says that there are no more); where nobody is at a terminal, or the backup comes through standard input, it never asks"),
	}
}

func (set *settings) readPreflight(c *cli.Context) error {
	set.preflight = preflight{skip: c.Bool("no-preflight"), yes: c.Bool("yes")}
	return nil
}

// survey audits the backup before anything is sent, if it is a file: to say what is wrong with it while nothing has
// happened yet, to learn that it can be read to its end, to count its rows, to take its fingerprint, and to learn which
// of several rows for one member counts. Which rows break a rule is decided by the same rules once more when they are
// read to be sent.
func (r *run) survey(ctx context.Context) (rows int64, err error) {
	if err := r.makeable(); err != nil {
		return 0, r.rehearsed(err)
	}
	if r.lastWins || r.resume {
		if err := r.backup.spool(ctx); err != nil {
			return 0, err
		}
	}
	r.screen.phase("reading " + r.backup.name)
	var sum *fingerprinting
	if r.resume {
		sum = r.backup.fingerprinting(ctx, r.backup.indexing()...) // beside all that follows
		defer sum.stop()
		if err := r.lookBack(); err != nil {
			return 0, err
		}
	}
	var seen *sight
	if r.backup.file != nil && (!r.preflight.skip || r.lastWins) { // which row is the last can only be known from the whole
		seen, err = r.examine(ctx)
	}
	if sum != nil {
		if err := r.sameRun(sum); err != nil {
			return 0, err
		}
	}
	if err != nil {
		return 0, r.unread(err)
	}
	return r.tellSight(seen)
}

// tellSight tells what was seen, and returns how many rows there are to restore; 0: that is not known.
func (r *run) tellSight(seen *sight) (rows int64, err error) {
	if seen == nil {
		r.tellMoves(nil)
		return 0, nil
	}
	res := seen.result
	rows = r.settled.Rows + res.Contents.Rows
	if r.preflight.skip {
		r.tellMoves(seen.moves)
		return rows, nil
	}
	r.tellUnknown(seen.info.Unknown)
	if rows == 0 && r.engine.Part == (restore.Part{}) {
		return 0, failed(errors.New("there is nothing to restore: " + r.nothing()))
	}
	r.tellPreflight(res)
	r.tellMoves(seen.moves)
	r.found, r.grouped = res, res.Contents.Grouped
	return rows, nil
}

// sight is what is seen of a backup before anything is sent.
type sight struct {
	result *audit.Result
	info   reader.Info
	moves  *moves          // nil: nothing goes to another Service
	known  *report.Members // of the rows that were passed over; nil: there are none
}

// examine audits the rows that earlier runs have not settled. The audit does not see the settled ones, so that it misses
// where a row speaks of the same member as one of these; then all rows are audited, and none is passed over.
func (r *run) examine(ctx context.Context) (*sight, error) {
	seen, err := r.lookOnce(ctx)
	if err == nil && seen.known != nil && seen.known.Again() {
		seen.result.Twins.Close()
		r.settled = restore.Settled{}
		seen, err = r.lookOnce(ctx)
	}
	if err != nil {
		return nil, err
	}
	r.twins = seen.result.Twins
	return seen, nil
}

func (r *run) lookOnce(ctx context.Context) (*sight, error) {
	part, seen := r.engine.Part, &sight{moves: r.watchMoves()}
	cfg := audit.Config{
		Rules: r.rules, Rate: r.pace.rate, ChannelRate: r.channelRate,
		Part: part.Has, Limit: part.Limit, LastCounts: r.lastWins, Twins: true,
	}
	if r.settled.Rows > 0 {
		seen.known = r.earlier.Ledger().Members(r.settled.Rows)
		cfg.Limit = max(cfg.Limit-r.settled.Rows, 0)
		there := sync.OnceValue(func() before { return membersBefore(r.earlier.Ledger(), r.settled.Rows) })
		cfg.Before = func(service, channel []byte) int64 { return there().in(service, channel) }
	}
	cfg.Each = seen.each
	var err error
	look := look{fingerprint: !r.resume, toSend: true, behind: r.settled.Rows}
	seen.result, seen.info, err = examine(ctx, r.backup, r.screen, look, cfg)
	return seen, err
}

func (s *sight) each(v *rules.View, broken bool) {
	if s.moves != nil {
		s.moves.add(v, broken)
	}
	if s.known != nil && !broken {
		s.known.Meet(v.Service, v.Channel, v.Identity)
	}
}

// tellUnknown warns, once, of columns that stand for nothing that is restored: a misspelt one would cost every row a
// field.
func (r *run) tellUnknown(columns []string) {
	if len(columns) > 0 && !r.toldUnknown {
		r.toldUnknown = true
		if r.redact {
			r.screen.warn("not known, and ignored: " + counted(int64(len(columns)), "name") + " of a column or key (hidden, because of --redact)")
			return
		}
		r.screen.warn("not known, and ignored: " + strings.Join(nearest(columns), ", "))
	}
}

// withheld is how many rows would not be restored.
func (r *run) withheld(c *audit.Contents) int64 {
	n := c.Unreadable + c.Invalid + c.NoRoom
	if !r.engine.Chosen {
		n += c.Differing
	}
	return n
}

// tellPreflight says in a few lines what the audit found.
func (r *run) tellPreflight(res *audit.Result) {
	c := &res.Contents
	what := counted(c.Rows, "row")
	if r.settled.Rows > 0 {
		what = "the " + what + " behind those that are done,"
	}
	what += " for " + counted(c.Channels, "channel")
	switch {
	case r.settled.Rows > 0 && c.Rows == 0:
		return // the plan says that nothing is left
	case res.Errors == 0 && res.Warnings == 0:
		r.screen.hint(what + ": no problems found")
		return
	}
	for i := range res.Findings {
		f := &res.Findings[i]
		if f.Severity == rules.Error && (f.Name != rules.Duplicate || c.Differing > 0 && !r.engine.Chosen) {
			r.screen.tell(slog.LevelWarn, "error: ", findingLine(f))
		}
	}
	if n := r.withheld(c); n > 0 {
		what += ", of which " + count(n) + " cannot be restored as they are"
	}
	if n := c.Duplicates - c.Differing; n > 0 {
		what += ", and " + count(n) + " only say again what another row says"
	}
	if res.Warnings > 0 {
		what += "; " + counted(res.Warnings, "warning") + " (" + warnings(res) + ")"
	}
	r.screen.hint(what + "; to see all: " + shellWords(r.auditArgs))
	if n, rows := r.yetToFail(c); overBudget(r.engine.MaxErrors, n, rows) {
		r.screen.warn("the run may stop before its end: " + counted(n, "row") + " cannot be restored, and --max-errors " + r.other["max_errors"] +
			" allows fewer; mend them before, or allow more")
	}
}

// yetToFail is how many rows count against --max-errors for certain, of how many: not those that earlier runs have done,
// and in a dry run not those for which there is no room, because it makes nobody that would take it.
func (r *run) yetToFail(c *audit.Contents) (n, rows int64) {
	n, rows = r.withheld(c), c.Rows
	if r.engine.DryRun {
		n -= c.NoRoom
	}
	if r.resume {
		done := r.earlier.Ledger().Done()
		n -= done.NotRestored - r.settled.NotRestored
		rows -= done.Rows - r.settled.Rows
	}
	return max(n, 0), max(rows, 0)
}

// overBudget reports whether the rows that cannot be restored are known to be more than the run allows.
func overBudget(b restore.Budget, withheld, rows int64) bool {
	if b.Percent > 0 {
		return rows >= restore.BudgetSample && float64(withheld)*100 > b.Percent*float64(rows)
	}
	return (b.None || b.Rows > 0) && withheld > b.Rows
}

// warnings are the names of what is warned of.
func warnings(res *audit.Result) string {
	var names []string
	for i := range res.Findings {
		if f := &res.Findings[i]; f.Severity == rules.Warning {
			names = append(names, f.Name)
		}
	}
	return strings.Join(names, ", ")
}

// findingLine is a rule that is broken, with the lines of the first few rows that break it.
func findingLine(f *audit.Finding) string {
	var lines []string
	for i := range f.First {
		if line := f.First[i].Line; line > 0 {
			lines = append(lines, count(line))
		}
	}
	text := f.Name + ", " + count(f.Count) + "×"
	if len(lines) > 0 {
		text += ": line " + strings.Join(lines, ", line ")
	}
	if f.Count > int64(len(f.First)) {
		text += " …"
	}
	return text
}

// confirmed asks the person at the terminal a question, and reports whether the answer is yes. No answer is no.
func (r *run) confirmed(ctx context.Context, question string) (bool, error) {
	w, done := r.questions()
	defer done()
	fmt.Fprint(w, question)
	answer, err := bufio.NewReader(&interruptible{ctx: ctx, src: r.Stdin}).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return false, failed(err)
	}
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes":
		return true, nil
	}
	return false, nil
}

// attended reports whether a person can answer a question: whoever started the program at a terminal, also where its
// output goes elsewhere.
func (r *run) attended() bool {
	if r.hooks.attended {
		return true
	}
	in, ok := r.Stdin.(*os.File)
	return ok && r.path != "-" && term.IsTerminal(int(in.Fd()))
}

// questions is where a question is seen: standard error, and where that is a file, the terminal itself.
func (r *run) questions() (w io.Writer, done func()) {
	if f, ok := r.Stderr.(*os.File); ok && !term.IsTerminal(int(f.Fd())) {
		if tty, err := os.OpenFile("/dev/tty", os.O_WRONLY, 0); err == nil {
			return tty, func() { _ = tty.Close() } // what was asked was seen, or not
		}
	}
	return lockedWriter{r.screen}, func() {}
}
