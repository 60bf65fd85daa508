package report

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"rejoin/restore"
)

// What a try has done whose answer was lost is told as what the command does.
func TestTriesWhoseAnswerWasLost(t *testing.T) {
	t.Parallel()
	for command, want := range map[string]string{"restore": "made", "undo": "deleted"} {
		run, o := testRun(), created(1)
		run.Command, o.Recovered = command, true
		if command == "undo" {
			o.Kind = restore.Deleted
		}
		totals := totalsOf(t, save(t, "r", textOf(t, run, &restore.Summary{Read: 1}, o)))
		assert.Equal(t, []string{"members that were " + want + " by a try whose answer was lost: 1"}, totals.Notices())
	}
}
