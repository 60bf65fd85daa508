package restore

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/chat"
	"rejoin/retry"
)

// restored is a bench on which rows have been restored, whose sink is empty again, with what a report of it names.
func restored(t *testing.T, channels, each int) (b *bench, report []*Outcome) {
	t.Helper()
	b = newBench(t)
	sum, err := b.run(t, records(members(channels, each)...))
	require.NoError(t, err)
	require.EqualValues(t, channels*each, sum.Counts[Created])
	for _, o := range b.sink.outcomes {
		report = append(report, &o)
	}
	b.sink, b.cfg.Progress = new(slice), new(Progress)
	b.cfg.Sink, b.cfg.Rules = b.sink, nil // an undo judges no row
	return b, report
}

func madeBy(report []*Outcome) MadeSource {
	return func(context.Context) iter.Seq2[*Outcome, error] {
		return func(yield func(*Outcome, error) bool) {
			for _, o := range report {
				if !yield(o, nil) {
					return
				}
			}
		}
	}
}

// undo undoes in a bubble of virtual time and holds what must hold after every undo.
func (b *bench) undo(t *testing.T, source MadeSource, force bool) (sum Summary, runErr error) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		sum, runErr = Undo(t.Context(), source, UndoConfig{Config: b.cfg, Force: force})
	})
	require.NoError(t, sum.Check())
	assert.Len(t, b.sink.outcomes, int(sum.Read-sum.Counts[Pending]-b.settledBefore()), "one line for each row that is not pending")
	b.sink.kinds() // panics where a row has two
	assert.Equal(t, KindsOf("undo"), sum.Told())
	return sum, runErr
}

func (b *bench) change(t *testing.T, o *Outcome, change func(*chat.Resource)) {
	t.Helper()
	key := o.Channel + " " + o.Identity
	r, there := b.service.members[key]
	require.True(t, there)
	change(&r)
	b.service.members[key] = r
}

func TestUndoDeletesWhatWasMadeAndKeepsWhatHasChanged(t *testing.T) {
	t.Parallel()
	b, report := restored(t, 3, 10)
	b.service.members["ch0 before"] = chat.Resource{SID: "MBbefore", Identity: "before"}
	b.change(t, report[3], func(r *chat.Resource) { r.Attributes = `{"new":true}` })
	b.change(t, report[4], func(r *chat.Resource) { r.LastConsumedMessageIndex = chat.Index{N: 7, Set: true} })
	b.change(t, report[5], func(r *chat.Resource) { r.SID = "MBanother" }) // it was deleted, and came again
	delete(b.service.members, report[6].Channel+" "+report[6].Identity)
	unknown := *report[7]
	unknown.Fingerprint = 0 // a report of an older version
	report[7] = &unknown

	sum, err := b.undo(t, madeBy(report), false)
	require.NoError(t, err)
	assert.EqualValues(t, 25, sum.Counts[Deleted])
	assert.EqualValues(t, 3, sum.Counts[Kept])
	assert.EqualValues(t, 2, sum.Counts[Gone])
	assert.EqualValues(t, 3, sum.NotRestored)
	assert.Len(t, b.service.members, 5, "the one that was there before, three that were kept, and one that came again")
	kinds := b.sink.kinds()
	for i, want := range map[int]Kind{3: Kept, 4: Kept, 5: Gone, 6: Gone, 7: Kept} {
		assert.Equal(t, want, kinds[report[i].Row], "row %d", report[i].Row)
	}
	for _, o := range b.sink.outcomes {
		assert.NotEmpty(t, o.MemberSID)
		assert.Equal(t, o.Kind == Kept, o.Error != "", "why it was kept is said: %+v", o)
	}
}

func TestUndoByForceDeletesWhatHasChanged(t *testing.T) {
	t.Parallel()
	b, report := restored(t, 2, 5)
	b.change(t, report[3], func(r *chat.Resource) { r.Attributes = `{"new":true}` })
	sum, err := b.undo(t, madeBy(report), true)
	require.NoError(t, err)
	assert.EqualValues(t, 10, sum.Counts[Deleted])
	assert.Empty(t, b.service.members)
}

func TestUndoDryRunDeletesNothing(t *testing.T) {
	t.Parallel()
	b, report := restored(t, 2, 5)
	b.cfg.DryRun = true
	b.change(t, report[3], func(r *chat.Resource) { r.Attributes = `{"new":true}` })
	sum, err := b.undo(t, madeBy(report), false)
	require.NoError(t, err)
	assert.EqualValues(t, 9, sum.Counts[Deleted])
	assert.EqualValues(t, 1, sum.Counts[Kept])
	assert.Len(t, b.service.members, 10)
	assert.Zero(t, b.service.count("delete"))
}

// Whatever happens to the requests, what was made is gone in the end, and told as deleted.
func TestUndoThroughFaults(t *testing.T) {
	t.Parallel()
	for seed := range uint64(40) {
		b, report := restored(t, 3, 20)
		rng := rand.New(rand.NewPCG(seed, 2))
		b.service.on = func(op, _, _ string, _ int) (bool, error) {
			if rng.IntN(4) > 0 || op == "service" {
				return false, nil
			}
			return rng.IntN(2) == 0 && op == "delete", [...]error{
				apiError(500, 20500), apiError(429, 50063), apiError(429, 20429), apiError(409, 20409), apiError(503, 0),
				&chat.Error{Sent: true, Err: errors.New("connection reset")},
			}[rng.IntN(6)]
		}
		sum, err := b.undo(t, madeBy(report), false)
		require.NoError(t, err)
		// A deletion may have been carried out though its answer said that it was not: then it is gone by other hands.
		assert.EqualValues(t, 60, sum.Counts[Deleted]+sum.Counts[Gone], "seed %d: %v", seed, sum.Counts)
		assert.Empty(t, b.service.members)
	}
}

func TestUndoStopsWhereItIsRefused(t *testing.T) {
	t.Parallel()
	t.Run("the Service is another's", func(t *testing.T) {
		t.Parallel()
		b, report := restored(t, 2, 10)
		b.service.missing[serviceA] = true
		sum, err := b.undo(t, madeBy(report), false)
		require.ErrorIs(t, err, retry.ErrRefused)
		assert.Equal(t, sum.Read, sum.Counts[Pending])
		assert.Len(t, b.service.members, 20)
	})
	t.Run("a deletion is refused", func(t *testing.T) {
		t.Parallel()
		b, report := restored(t, 1, 3)
		b.service.on = func(op, _, _ string, _ int) (bool, error) {
			if op == "delete" {
				return false, apiError(400, 20001)
			}
			return false, nil
		}
		sum, err := b.undo(t, madeBy(report), false)
		require.NoError(t, err)
		assert.EqualValues(t, 3, sum.Counts[Rejected])
	})
	t.Run("deletions are never answered", func(t *testing.T) {
		t.Parallel()
		b, report := restored(t, 1, 3)
		b.cfg.Retries = 1
		b.service.on = everyTry("delete", &chat.Error{Sent: true, Err: errors.New("lost")})(b.service)
		sum, err := b.undo(t, madeBy(report), false)
		require.NoError(t, err)
		assert.EqualValues(t, 3, sum.Counts[Unknown], "they may have been carried out")
	})
	t.Run("the report cannot be read to its end", func(t *testing.T) {
		t.Parallel()
		b, report := restored(t, 1, 3)
		_, err := b.undo(t, func(ctx context.Context) iter.Seq2[*Outcome, error] {
			return func(yield func(*Outcome, error) bool) {
				for o, err := range madeBy(report)(ctx) {
					if !yield(o, err) {
						return
					}
				}
				yield(nil, errors.New("a bad disk"))
			}
		}, false)
		require.ErrorIs(t, err, ErrInput)
	})
}

// An undo that is stopped and resumed ends as one that is not.
func TestUndoInterruptedAndResumed(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		b, report := restored(t, 3, 20)
		b.change(t, report[3], func(r *chat.Resource) { r.Attributes = `{"new":true}` })
		settled := ledger{rows: make(map[int64]Kind)}
		for run := range 8 {
			b.sink, b.cfg.Progress = new(slice), new(Progress)
			b.cfg.Sink, b.cfg.Ledger = b.sink, settled
			var sum Summary
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				if run < 7 {
					time.AfterFunc(time.Duration(100+rand.New(rand.NewPCG(seed, uint64(run))).IntN(500))*time.Millisecond, cancel)
				}
				sum, _ = Undo(ctx, madeBy(report), UndoConfig{Config: b.cfg})
			})
			require.NoError(t, sum.Check())
			for row, kind := range b.sink.kinds() {
				before, known := settled.rows[row]
				require.False(t, known && !before.Again(), "row %d is settled, and is not sent again", row)
				settled.rows[row] = kind
			}
		}
		counts := make(map[Kind]int)
		for _, kind := range settled.rows {
			counts[kind]++
		}
		assert.Equal(t, map[Kind]int{Deleted: 59, Kept: 1}, counts, "seed %d", seed)
		assert.Len(t, b.service.members, 1)
	}
}

// The outcomes of the commands are told in one order each, and every row's outcome is in the list of its command.
func TestKindsOfCommands(t *testing.T) {
	t.Parallel()
	for _, command := range []string{"restore", "verify", "undo"} {
		kinds := KindsOf(command)
		assert.Contains(t, kinds, Pending)
		assert.Len(t, slices.Compact(slices.Sorted(slices.Values(kinds))), len(kinds), "each once")
		for _, kind := range kinds {
			back, _, ok := ParseKind(kind.Word(true))
			assert.True(t, ok)
			assert.Equal(t, kind, back, fmt.Sprint(kind))
		}
	}
}

// What changes while a deletion waits for its next try is seen: minutes may lie between the two.
func TestUndoReadsAMemberAgainBeforeItTriesAgain(t *testing.T) {
	t.Parallel()
	for name, failure := range map[string]*chat.Error{
		"busy":         apiError(409, 20409),
		"not sent":     {Err: errors.New("connection refused")},
		"no answer":    {Sent: true, Err: errors.New("connection reset")},
		"429":          apiError(429, 20429),
		"429, channel": apiError(429, 50063),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, report := restored(t, 1, 1)
			b.service.on = func(op, channel, _ string, try int) (bool, error) {
				if op != "delete" || try > 1 {
					return false, nil
				}
				key := channel + " " + report[0].Identity
				r := b.service.members[key]
				r.Attributes = `{"new":true}` // by another hand, before the second try
				b.service.members[key] = r
				return false, failure
			}
			sum, err := b.undo(t, madeBy(report), false)
			require.NoError(t, err)
			assert.EqualValues(t, 1, sum.Counts[Kept])
			assert.Len(t, b.service.members, 1)
		})
	}
}

// The API takes the text in an address for a member's SID or for its identity. A member whose identity is the SID of one
// that is gone was not made by the run, whatever it is forced to.
func TestUndoByForceLeavesAnotherMemberAlone(t *testing.T) {
	t.Parallel()
	b, report := restored(t, 1, 1)
	delete(b.service.members, report[0].Channel+" "+report[0].Identity)
	b.service.members[report[0].Channel+" "+report[0].MemberSID] = chat.Resource{SID: "MBanother", Identity: report[0].MemberSID}
	sum, err := b.undo(t, madeBy(report), true)
	require.NoError(t, err)
	assert.EqualValues(t, 1, sum.Counts[Kept])
	assert.Zero(t, b.service.count("delete"))
}

// A dry run deletes nothing, so that no killed one can have been the reason why a member is gone.
func TestUndoDryRunThatWasKilledHasDeletedNothing(t *testing.T) {
	t.Parallel()
	b, report := restored(t, 1, 2)
	delete(b.service.members, report[0].Channel+" "+report[0].Identity)
	b.cfg.DryRun, b.cfg.Ledger = true, ledger{killed: true}
	sum, err := b.undo(t, madeBy(report), false)
	require.NoError(t, err)
	assert.EqualValues(t, 1, sum.Counts[Gone])
	assert.EqualValues(t, 1, sum.Counts[Deleted])
}

// Only what an undo that was killed may have come to is taken to have been deleted by it.
func TestUndoThatWasKilledHasDeletedWhatItCameTo(t *testing.T) {
	t.Parallel()
	b, report := restored(t, 1, 3)
	clear(b.service.members)
	b.cfg.Ledger = ledger{killed: true, upTo: 2}
	sum, err := b.undo(t, madeBy(report), false)
	require.NoError(t, err)
	assert.EqualValues(t, 2, sum.Counts[Deleted])
	assert.EqualValues(t, 1, sum.Counts[Gone])
}
