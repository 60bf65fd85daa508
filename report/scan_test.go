package report

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// checkScan holds the scanner against encoding/json: what it takes, it takes in the same way.
func checkScan(t *testing.T, line []byte) (took bool) {
	t.Helper()
	var fast, slow, primed entry
	if !new(scanner).scan(line, &fast) {
		return false
	}
	// One that has seen other lines expects their keys, and takes the same.
	used := new(scanner)
	for _, other := range []string{
		`{"type":"outcome","row":1,"identity":"a","at":"b","row2":1,"line":2}`, `{"outcome":"x","type":"outcome","same":true,"type2":3}`,
	} {
		_ = used.scan([]byte(other), &primed) // whatever it makes of it
	}
	require.True(t, used.scan(line, &primed), "%s", line)
	require.Equal(t, fast, primed, "%s", line)
	if err := parseJSON(line, &slow); err != nil {
		require.NoError(t, err, "%s", line)
	}
	for key := range keyUnknown {
		if dst := fast.text(key); dst != nil && !bytes.Equal(*dst, *slow.text(key)) {
			require.Equal(t, string(*slow.text(key)), string(*dst), "%s", line)
		}
		if dst := fast.number(key); dst != nil && *dst != *slow.number(key) {
			require.Equal(t, *slow.number(key), *dst, "%s", line)
		}
	}
	require.True(t, slow.recovered == fast.recovered && slow.same == fast.same, "%s", line)
	require.True(t, bytes.Equal(slow.problems, fast.problems) && bytes.Equal(slow.differences, fast.differences) &&
		bytes.Equal(slow.notApplied, fast.notApplied), "%s", line)
	return true
}

func TestScannerTakesWhatIsWritten(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(5, 6))
	for row := range int64(2000) {
		o := someOutcome(r, row+1)
		line := appendOutcome(nil, o, r.IntN(2) == 0)
		require.True(t, checkScan(t, line[:len(line)-1]), "%s", line)
		var e entry
		require.NoError(t, new(scanner).parse(line[:len(line)-1], &e))
		got, err := e.outcome(o.Kind)
		require.NoError(t, err)
		require.Equal(t, o, got)
		require.Equal(t, KeyHash(o.ServiceSID, o.Channel, o.Identity), e.key())
	}
}

func TestScannerGivesUp(t *testing.T) {
	t.Parallel()
	for _, line := range []string{
		``, `{`, `{}`, `[]`, `null`, `{"type":"run"}`, `{"type":"outcome"`, `{"type":"outcome"} `, `{"type":"outcome"}{}`,
		`{"type":"outcome",}`, `{"type":"outcome","row":01}`, `{"type":"outcome","row":1.0}`, `{"type":"outcome","row":1e3}`,
		`{"type":"outcome","row":-}`, `{"type":"outcome","row":"1"}`, `{"type":"outcome","row":null}`,
		`{"type":"outcome","row":9999999999999999999}`, `{"type":"outcome","ROW":1}`, `{"type":"outcome","row":1,"row":2}`,
		`{"type":"outcome","identity":"\ud83d\ude00"}`, `{"type":"outcome","identity":"\x"}`, `{"type":"outcome","identity":"\u12"}`,
		"{\"type\":\"outcome\",\"identity\":\"\xff\"}", "{\"type\":\"outcome\",\"identity\":\"\n\"}",
		"{\"type\":\"outcome\",\"identity\":\"\\n\n\"}", `{"type":"outcome","identity":"a`, `{"type":"outcome","identity":"a\`,
		`{"type":"outcome","problems":{}}`, `{"type":"outcome","problems":[}`, `{"type":"outcome","problems":[1,]}`,
		`{"type":"outcome","new":tru}`, `{"type":"outcome","new":}`, `{"type":"outcome","new":[}`, `{"type":"outcome","new":"a}`,
		`{"":""}`, `{"row":1}`, `{"type":"outcome","same":maybe}`, `{"type":"outcome" ,"row":1}`,
	} {
		var e entry
		require.False(t, new(scanner).scan([]byte(line), &e), "%s", line)
	}
	for _, line := range []string{
		`{"type":"outcome","new":{"a":["}",{}]},"row":1}`, `{"type":"outcome","new":null,"row":1}`, `{"type":"outcome","new":-1.5e3}`,
		`{"type":"outcome","new":"a\"}","row":-7}`,
	} {
		require.True(t, checkScan(t, []byte(line)), "%s", line)
	}
}

func FuzzScan(f *testing.F) {
	r := rand.New(rand.NewPCG(7, 8))
	for row := range int64(50) {
		line := appendOutcome(nil, someOutcome(r, row+1), false)
		f.Add(line[:len(line)-1])
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		if checkScan(t, line) {
			require.True(t, json.Valid(line))
		}
		_ = sealOf(line)
	})
}

func BenchmarkScan(b *testing.B) {
	line := appendOutcome(nil, created(123456), false)
	line = line[:len(line)-1]
	var s scanner
	var e entry
	b.SetBytes(int64(len(line)))
	b.ReportAllocs()
	for b.Loop() {
		if sealOf(line) != intact || s.parse(line, &e) != nil {
			b.Fatal("not read")
		}
	}
}
