package page

import (
	"slices"
	"strings"
	"unicode"

	"rejoin/internal/prose"
	"rejoin/report"
	"rejoin/restore"
)

// commandsShown is how many commands one step of what to do next names.
const commandsShown = 4

// step is something to do next, and the commands that do it.
type step struct {
	Text     string
	Commands []string
	More     int // commands that are not named
}

func (s *step) add(command string) {
	switch {
	case slices.Contains(s.Commands, command):
	case len(s.Commands) < commandsShown:
		s.Commands = append(s.Commands, command)
	default:
		s.More++
	}
}

// nextSteps are what to do next, in this order.
func nextSteps(t *report.Totals, unrestored *[restore.NumKinds]int64) []step {
	known := *t
	known.Reports = nil
	for i := range t.Reports {
		if t.Reports[i].Runs > 0 {
			known.Reports = append(known.Reports, t.Reports[i])
		}
	}
	if len(known.Reports) == len(t.Reports) {
		return stepsOf(t, unrestored)
	}
	steps := []step{{Text: "Put back an undamaged copy of the report whose beginning is missing: without it nothing can be gone on with."}}
	if len(known.Reports) == 0 {
		return steps
	}
	return append(steps, stepsOf(&known, unrestored)...)
}

// stepsOf are what to do next about reports that say what was run.
func stepsOf(t *report.Totals, unrestored *[restore.NumKinds]int64) []step {
	switch {
	case onlyCommand(t, "verify"):
		return afterVerify(t)
	case t.DryRun() || t.Rehearsal():
		return afterRehearsal(t)
	}
	steps := goingOn(t)
	if onlyCommand(t, "undo") {
		return steps
	}
	mend := unrestored[restore.Invalid] + unrestored[restore.Rejected] + unrestored[restore.Differs] + unrestored[restore.Duplicate]
	if s := mending(t, mend); len(s.Commands) > 0 {
		steps = append(steps, s)
	}
	if t.Errored() {
		return steps // to compare a backup that may be cut off would tell nothing of the whole one
	}
	verify := step{Text: "Compare the backup with what the Service holds now:"}
	for i := range t.Reports {
		verify.add(verifyCommand(&t.Reports[i]))
	}
	if len(steps) > 0 {
		verify.Text = "When that is done, compare the backup with what the Service holds:"
	}
	return append(steps, verify)
}

// goingOn is how to go on with runs that did not come to their end, or that left rows to be tried again.
func goingOn(t *report.Totals) (steps []step) {
	again := t.Outcomes[restore.Failed] + t.Outcomes[restore.Unknown]
	whole := step{Text: "See what the run has said on its standard error. If the backup is cut off or damaged, put the whole one in its " +
		"place and run the command again, with another report. What is done already is not done twice:"}
	s := step{Text: "Go on where the run stopped:"}
	missing := false
	for i := range t.Reports {
		info := &t.Reports[i]
		if info.Errored() && info.Run.Command != "undo" {
			whole.add(againCommand(info))
		}
		missing = missing || info.Damage.Missing > 0
		if again > 0 || !info.Finished() || info.Damage.Missing > 0 {
			s.add(resumeCommand(info))
		}
	}
	switch {
	case t.Finished() && missing:
		s.Text = "Look again at the rows whose lines are missing, and at any that failed; nothing is done twice:"
	case t.Finished():
		s.Text = "Try the rows that failed, or are unknown, again (" + prose.Number(again) + "):"
	case len(whole.Commands) > 0:
		steps = append(steps, whole)
		s.Text = "If it was something else, mend that, and go on where the run stopped:"
	case t.Errored():
		s.Text = "See what the run has said on its standard error, mend that, and go on where it stopped:"
	}
	if len(s.Commands) > 0 {
		steps = append(steps, s)
	}
	return steps
}

func mending(t *report.Totals, n int64) step {
	s := step{Text: "Mend the rows that cannot go as they are (" + prose.Number(n) + "). They are in the rejects file, " +
		"each with its reason under rejoin_error; then restore that file:"}
	if n == 0 {
		return s
	}
	for i := range t.Reports {
		if rejects := t.Reports[i].Run.Options["rejects"]; rejects != "" {
			s.add(rejectsCommand(&t.Reports[i], rejects))
		}
	}
	return s
}

// afterVerify is what to do about what a verify has found: it changes nothing itself.
func afterVerify(t *report.Totals) (steps []step) {
	if !t.Finished() {
		steps = goingOn(t)
	}
	if t.Outcomes[restore.Missing]+t.Outcomes[restore.Differs] == 0 {
		return steps
	}
	s := step{Text: "Restore what is missing. What is there is left alone; --on-conflict update gives it the backup's values:"}
	for i := range t.Reports {
		path := t.Reports[i].Run.Backup.Path
		s.add(command(slices.Concat([]string{"restore"}, target(&t.Reports[i]), []string{"--report", base(path) + ".restore.report.ndjson", path})))
	}
	return append(steps, s)
}

func afterRehearsal(t *report.Totals) []step {
	if !t.Finished() {
		return goingOn(t) // what was not tried to its end says little of the real thing
	}
	s := step{Text: "Restore, when you are content with what you see here:"}
	for i := range t.Reports {
		s.add(realCommand(&t.Reports[i]))
	}
	if t.NotRestored == 0 {
		return []step{s}
	}
	mend := step{Text: "Mend what would not be restored, in the backup or in the rejects file, and look again. " +
		"Or go on without these rows:"}
	mend.Commands, mend.More = s.Commands, s.More
	return []step{mend}
}

// resumeCommand goes on with a report.
func resumeCommand(info *report.Info) string {
	if args := info.Run.Args; len(args) > 0 {
		return command(slices.Concat(args[:1], []string{"--resume"}, without(args[1:], nil, "--resume", "-resume")))
	}
	name := info.Run.Command
	if name != "verify" && name != "undo" {
		name = "restore"
	}
	return command([]string{name, "--resume", "--report", info.Path, info.Run.Backup.Path})
}

// againCommand runs a report's command once more, with another report.
func againCommand(info *report.Info) string {
	other := []string{"--report", base(info.Run.Backup.Path) + ".again.report.ndjson"}
	if args := info.Run.Args; len(args) > 0 {
		return command(slices.Concat(args[:1], other, without(args[1:], ownFiles()[:2], "--resume", "-resume")))
	}
	name := info.Run.Command
	if name != "verify" {
		name = "restore"
	}
	return command(slices.Concat([]string{name}, target(info), other, []string{info.Run.Backup.Path}))
}

// rejectsCommand restores the rows of a rejects file, to the same target.
func rejectsCommand(info *report.Info, rejects string) string {
	args := info.Run.Args
	if len(args) == 0 {
		return command(append(append([]string{"restore"}, target(info)...), rejects))
	}
	args = without(args, ownFiles(), "--resume", "-resume")
	at := slices.Index(args, info.Run.Backup.Path)
	if at < 0 {
		return command(append(append([]string{"restore"}, target(info)...), rejects))
	}
	args = slices.Clone(args)
	args[at] = rejects
	return command(args)
}

// realCommand restores for real what a dry run, or a rehearsal, has tried.
func realCommand(info *report.Info) string {
	if args := info.Run.Args; len(args) > 0 {
		args = without(args, ownFiles()[:2], "--resume", "-resume", "-n", "--dry-run", "-dry-run", "--sandbox", "-sandbox")
		return command(slices.Concat(args[:1], []string{"--report", base(info.Run.Backup.Path) + ".restore.report.ndjson"}, args[1:]))
	}
	return command(append(append([]string{"restore"}, target(info)...), info.Run.Backup.Path))
}

func verifyCommand(info *report.Info) string {
	return command(append(append([]string{"verify"}, target(info)...), info.Run.Backup.Path))
}

// ownFiles are the flags that have no meaning for another run: the files of this one, and its part of the backup.
func ownFiles() []string { return []string{"report", "rejects", "shard", "limit", "only-channel"} }

// target are the flags that name the target of a run.
func target(info *report.Info) (flags []string) {
	if sid := info.Run.Target.ServiceSID; sid != "" {
		flags = append(flags, "--service", sid)
	}
	if url := info.Run.Target.APIURL; url != "" && url != report.SandboxURL && url != "https://chat.twilio.com" {
		flags = append(flags, "--api-url", url)
	}
	return flags
}

// without is a command line without some flags: those that have a value, given by their bare names, and switches.
func without(args, valued []string, switches ...string) []string {
	out := make([]string, 0, len(args))
	for i := 0; i < len(args); i++ {
		name, _, joined := strings.Cut(args[i], "=")
		switch bare := strings.TrimLeft(name, "-"); {
		case strings.HasPrefix(name, "-") && slices.Contains(valued, bare):
			if !joined {
				i++
			}
		case slices.Contains(switches, name):
		default:
			out = append(out, args[i])
		}
	}
	return out
}

// command is a command line of rejoin that a POSIX shell reads as these words. Whatever the report says they are, they
// are arguments of rejoin, and nothing else.
func command(args []string) string {
	words := make([]string, 0, len(args)+1)
	words = append(words, "rejoin")
	for _, arg := range args {
		words = append(words, quoted(arg))
	}
	return strings.Join(words, " ")
}

func quoted(word string) string {
	if word != prose.Visible(word) {
		return "…" // it cannot be shown as it is, so that it cannot be copied either
	}
	if word != "" && !strings.ContainsFunc(word, special) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

func special(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("-_./:=,+@%", r)
}

// base is a file's name without its folder, in either kind of path.
func base(path string) string {
	name := path[strings.LastIndexAny(path, `/\`)+1:]
	if name == "" || name == "-" {
		return "stdin"
	}
	return name
}
