package report

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/internal/prose"
)

func rehearsalRun() Run {
	run := testRun()
	run.Target = Target{APIURL: SandboxURL}
	return run
}

func dryRun() Run {
	run := testRun()
	run.DryRun = true
	return run
}

// What a rehearsal, or a dry run, has done never stands for what a real run has not.
func TestWhatIsNotRealIsNotPutTogetherWithWhatIs(t *testing.T) {
	t.Parallel()
	done, dry, rehearsed := endedWith(t, testRun(), 0, 0), endedWith(t, dryRun(), 0, 0), endedWith(t, rehearsalRun(), 0, 0)
	for _, paths := range [][]string{{done, dry}, {rehearsed, done}, {dry, rehearsed}, {done, done, dry}} {
		_, err := Load(paths...)
		require.ErrorContains(t, err, "cannot be put together")
		for path, kind := range map[string]string{done: "a real run", dry: "a dry run (--dry-run", rehearsed: "a rehearsal (--sandbox"} {
			assert.Equal(t, strings.Contains(strings.Join(paths, " "), path), strings.Contains(err.Error(), path+" is of "+kind), err.Error())
		}
		assert.ErrorContains(t, err, "sum them up apart")
	}
	for _, paths := range [][]string{{done, endedWith(t, testRun(), 3, 0)}, {dry, endedWith(t, dryRun(), 0, 0)}, {rehearsed, endedWith(t, rehearsalRun(), 0, 0)}} {
		_, err := Load(paths...)
		require.NoError(t, err)
	}
	// Where the run's own line is lost its outcomes say that it was a dry one.
	_, lines, _ := strings.Cut(string(textOf(t, dryRun(), nil, created(1))), "\n")
	_, err := Load(done, save(t, "x", []byte(lines)))
	require.ErrorContains(t, err, "a dry run")
}

// The first line of a text says that nothing real was done, and its verdict is not green.
func TestWhatIsNotRealSaysSoFirst(t *testing.T) {
	t.Parallel()
	both, undo := rehearsalRun(), dryRun()
	both.DryRun, undo.Command = true, "undo"
	for want, run := range map[string]Run{
		"DRY RUN: nothing was written to the Service, and nothing was restored\n":                           dryRun(),
		"REHEARSAL on the embedded Chat service: nothing left the machine, and nothing real was restored\n": rehearsalRun(),
		"DRY RUN on the embedded Chat service: nothing left the machine, and nothing real was restored\n":   both,
		"DRY RUN: nothing was written to the Service, and nothing was deleted\n":                            undo,
	} {
		totals := totalsOf(t, endedWith(t, run, 0, 0))
		assert.Truef(t, strings.HasPrefix(asText(t, totals, false), want), "%s", asText(t, totals, false))
	}
	totals := totalsOf(t, endedWith(t, rehearsalRun(), 0, 0))
	assert.True(t, jsonOf(t, totals).Rehearsal)
	assert.Contains(t, asText(t, totals, false), "in the rehearsal: every row is restored")
	assert.NotContains(t, asText(t, totals, true), string(prose.Green)+"in the rehearsal")
	var plain, color bytes.Buffer
	require.NoError(t, WriteText(&plain, totals, prose.Style{Width: 81}))
	require.NoError(t, WriteText(&color, totals, prose.Style{Width: 81, Color: true}))
	bare := strings.NewReplacer(string(prose.Bold), "", string(prose.Yellow), "", string(prose.Green), "", "\x1b[0m", "").Replace(color.String())
	assert.Equal(t, plain.String(), bare, "lines end where they do without colours")
	totals = totalsOf(t, endedWith(t, testRun(), 0, 0))
	assert.False(t, jsonOf(t, totals).Rehearsal)
	assert.True(t, strings.HasPrefix(asText(t, totals, false), "report "))
}
