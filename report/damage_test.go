package report

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/restore"
)

// twoRuns is a journal of a run that failed with some rows, and of one that went on with it.
func twoRuns(tb testing.TB) []byte {
	tb.Helper()
	run := testRun()
	text, err := appendRun(nil, &run, false, Mended{})
	require.NoError(tb, err)
	add := func(row int64, kind restore.Kind) {
		o := created(row)
		o.Kind, o.Identity = kind, "id \"quoted\"\n"
		text = appendOutcome(text, o, false)
	}
	add(1, restore.Created)
	add(2, restore.Failed)
	text = appendProgress(text, testStart, &Point{Requests: 3, Throttled: 1, Outage: true})
	add(4, restore.Rejected)
	text = appendSummary(text, &restore.Summary{Read: 4, Elapsed: time.Second}, 5, nil)
	text, err = appendRun(text, &run, true, Mended{})
	require.NoError(tb, err)
	add(2, restore.Created)
	add(3, restore.Unknown)
	return appendSummary(text, &restore.Summary{Read: 4}, 0, nil)
}

// possible are the outcomes that twoRuns ever gave a row.
var possible = map[int64][]restore.Kind{
	1: {restore.Created}, 2: {restore.Failed, restore.Created}, 3: {restore.Unknown}, 4: {restore.Rejected},
}

// checkSound fails if the journal, recovered from damage, holds an outcome that was never written.
func checkSound(t *testing.T, r *recovery) {
	t.Helper()
	for row := range int64(10) {
		kind, _, ok := r.ledger.Outcome(row)
		if !ok {
			continue
		}
		require.Contains(t, possible[row], kind, "row %d", row)
		key, _ := r.ledger.Key(row)
		require.Equal(t, KeyHash(testService, testChannel, "id \"quoted\"\n"), key)
		o, err := r.ledger.Earlier(row)
		require.NoError(t, err)
		require.Equal(t, row, o.Row)
	}
}

// A flipped bit anywhere is found, wherever it is: the journal is refused, or the line is cut off the end.
func TestFlippedBits(t *testing.T) {
	t.Parallel()
	text := twoRuns(t)
	last := bytes.LastIndexByte(text[:len(text)-1], '\n') + 1
	for i := range text {
		for _, bit := range [...]int{0, 5, 7} { // 5 is the one between upper and lower case
			damaged := bytes.Clone(text)
			damaged[i] ^= 1 << bit
			r, err := recoverFrom("r", bytes.NewReader(damaged), false)
			switch {
			case i == len(text)-1: // its line end, which the line does not need to be intact
				require.NoError(t, err, "byte %d bit %d", i, bit)
			case i == last-1: // it joins the last two lines: both go
				require.NoError(t, err)
				require.Equal(t, Mended{Bytes: int64(len(text)) - r.intact, Lines: 1}, r.tail)
			case i >= last:
				require.NoError(t, err)
				require.Equal(t, int64(last), r.intact, "byte %d bit %d", i, bit)
			default:
				require.Error(t, err, "byte %d bit %d", i, bit)
				continue
			}
			checkSound(t, r)
		}
	}
}

// A run that is killed while it writes leaves any beginning of what it wrote. Every one can be resumed from, and holds
// all lines that are whole.
func TestTornAtEveryByte(t *testing.T) {
	t.Parallel()
	text := twoRuns(t)
	for n := range len(text) + 1 {
		r, err := recoverFrom("r", bytes.NewReader(text[:n]), false)
		require.NoError(t, err, "cut at %d", n)
		checkSound(t, r)
		whole := bytes.LastIndexByte(text[:n], '\n') + 1
		if n < len(text) && text[n] == '\n' { // only the line end is missing
			require.True(t, r.open)
			whole = n
		}
		require.Equal(t, int64(whole), r.intact, "cut at %d", n)
		require.Equal(t, int64(n-whole), r.tail.Bytes)
		if text[max(n-1, 0)] == '\n' {
			require.Zero(t, r.tail)
		}
	}
}

// The same with files: what was cut is gone, the run goes on, and the report is whole again.
func TestResumeMendsATornReport(t *testing.T) {
	t.Parallel()
	text, dir := twoRuns(t), t.TempDir()
	path := filepath.Join(dir, "r")
	for n := 0; n <= len(text); n += 37 {
		require.NoError(t, os.WriteFile(path, text[:n], 0o600))
		before, err := recoverFrom(path, bytes.NewReader(text[:n]), false)
		require.NoError(t, err)
		j, l, err := Resume(path, testRun())
		require.NoError(t, err, "cut at %d", n)
		require.Equal(t, before.tail, j.Mended())
		require.Equal(t, before.ledger.counts, l.Counts())
		require.NoError(t, j.Write([]*restore.Outcome{created(200)}))
		require.NoError(t, j.Finish(restore.Summary{}, 0))
		require.NoError(t, j.Close())
		again, err := os.ReadFile(path)
		require.NoError(t, err)
		r, err := recoverFrom(path, bytes.NewReader(again), false)
		require.NoError(t, err)
		require.Zero(t, r.tail)
		_, _, ok := r.ledger.Outcome(200)
		require.True(t, ok)
		require.True(t, bytes.HasPrefix(again, text[:before.intact]), "nothing that was whole has changed")
	}
}

// The loss of power can leave a piece of the file as zeros, or lines of which a piece is missing.
func TestTornByTheLossOfPower(t *testing.T) {
	t.Parallel()
	text := twoRuns(t)
	end := bytes.Index(text, []byte(`{"type":"outcome","row":4`))
	for name, tail := range map[string][]byte{
		"zeros":                make([]byte, 5000),
		"zeros and a line end": append(make([]byte, 5000), '\n'),
		"half a line, zeros":   append(bytes.Clone(text[end:end+50]), make([]byte, 10)...),
		"two broken lines":     []byte("{\"type\":\"outcome\",\"row\":9}\n{\"type\"\n"),
	} {
		r, err := recoverFrom("r", bytes.NewReader(append(bytes.Clone(text[:end]), tail...)), false)
		require.NoError(t, err, name)
		assert.Equal(t, int64(end), r.intact, name)
		assert.Equal(t, int64(len(tail)), r.tail.Bytes, name)
	}
	r, err := recoverFrom("r", bytes.NewReader(make([]byte, 4096)), false)
	require.NoError(t, err, "the first line was never on the disk, and nothing was sent")
	assert.Zero(t, r.ledger.Runs())
}

func TestDamageInTheMiddleIsToldWithItsLine(t *testing.T) {
	t.Parallel()
	text := twoRuns(t)
	damaged := bytes.Replace(text, []byte(`"row":4`), []byte(`"row":5`), 1)
	_, err := recoverFrom("my.report", bytes.NewReader(damaged), false)
	var d *DamagedError
	require.ErrorAs(t, err, &d)
	assert.Equal(t, int64(5), d.Line)
	require.ErrorContains(t, err, "my.report is damaged in line 5: its check value does not fit")
	_, err = recoverFrom("my.report", bytes.NewReader(bytes.Replace(text, []byte("\n"), []byte("\n\n"), 1)), false)
	require.ErrorAs(t, err, &d)
	assert.Equal(t, int64(2), d.Line)
}

func TestWhatIsNoReport(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"a backup":          "{\"identity\":\"jing\"}\n",
		"csv":               "identity,channel\njing,CH\n",
		"half a json":       "{",
		"other half":        `{"type":"outcome","ro`,
		"an outcome first":  string(appendOutcome(nil, created(1), false)),
		"a summary first":   string(appendSummary(nil, new(restore.Summary), 0, nil)),
		"a run, not sealed": "{\"type\":\"run\",\"schema\":1}\n",
	} {
		_, err := recoverFrom("x", bytes.NewReader([]byte(text)), false)
		if name == "half a json" {
			require.NoError(t, err, "it may be the first byte of a report")
			continue
		}
		require.Error(t, err, name)
	}
	later := bytes.Replace(twoRuns(t), []byte(`"schema":1`), []byte(`"schema":2`), 1)
	line := later[:bytes.IndexByte(later, '\n')-sealLen]
	_, err := recoverFrom("x", bytes.NewReader(appendSeal(line, 0)), false)
	assert.ErrorContains(t, err, "schema 2")
}

// FuzzRecovery damages a journal in up to three places, and cuts it.
func FuzzRecovery(f *testing.F) {
	text := twoRuns(f)
	f.Add(uint16(0), byte(0), uint16(0), byte(0), uint16(0), byte(0), uint16(len(text)))
	f.Add(uint16(400), byte(1), uint16(401), byte(255), uint16(700), byte(32), uint16(900))
	f.Fuzz(func(t *testing.T, i uint16, x byte, j uint16, y byte, k uint16, z byte, n uint16) {
		damaged := bytes.Clone(text)
		damaged[int(i)%len(text)] ^= x
		damaged[int(j)%len(text)] ^= y
		damaged[int(k)%len(text)] ^= z
		if r, err := recoverFrom("r", bytes.NewReader(damaged[:int(n)%(len(text)+1)]), false); err == nil {
			checkSound(t, r)
		}
	})
}

// FuzzRecoverAnything gives the recovery anything at all; a line that the fuzzer seals must still make sense.
func FuzzRecoverAnything(f *testing.F) {
	text := twoRuns(f)
	head := text[:bytes.IndexByte(text, '\n')+1]
	f.Add([]byte(`{"type":"outcome","row":1,"outcome":"created"`))
	f.Add([]byte(`{"type":"outcome","row":-1,"outcome":"pending"`))
	f.Add([]byte(`{"type":"run","options":[1]`))
	f.Add([]byte("\n\x00{"))
	f.Fuzz(func(t *testing.T, tail []byte) {
		for _, all := range [][]byte{tail, append(bytes.Clone(head), tail...), appendSeal(append(bytes.Clone(head), tail...), len(head))} {
			r, err := recoverFrom("r", bytes.NewReader(all), false)
			if err != nil {
				continue
			}
			require.LessOrEqual(t, r.intact, int64(len(all)))
			require.Equal(t, int64(len(all)), r.intact+r.tail.Bytes)
		}
	})
}
