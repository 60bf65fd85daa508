package restore

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/chat"
	"rejoin/reader"
	"rejoin/rules"
)

// bench is an engine's surroundings in a test.
type bench struct {
	service *service
	sink    *slice
	limiter *freely
	cfg     Config
	settled int64 // rows that the source leaves out
}

func newBench(t *testing.T) *bench {
	t.Helper()
	judge, err := rules.New(rules.Config{})
	require.NoError(t, err)
	b := &bench{service: newService(), sink: new(slice), limiter: new(freely)}
	b.service.latency = 50 * time.Millisecond
	b.cfg = Config{
		Client: b.service, Limiter: b.limiter, Sink: b.sink, Rules: judge, Workers: 4, Retries: 8,
		Progress: new(Progress),
	}
	return b
}

// run runs the engine in a bubble of virtual time and holds what must hold after every run.
func (b *bench) run(t *testing.T, source Source) (sum Summary, runErr error) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { sum, runErr = b.runHere(t.Context(), t, source) })
	return sum, runErr
}

func (b *bench) runHere(ctx context.Context, t *testing.T, source Source) (Summary, error) {
	t.Helper()
	sum, err := Run(ctx, source, b.cfg)
	require.NoError(t, sum.Check())
	if errors.Is(err, ErrSink) {
		return sum, err
	}
	assert.Len(t, b.sink.outcomes, int(sum.Read-sum.Counts[Pending]-b.settledBefore()), "one line for each row that is not pending")
	b.sink.kinds() // panics where a row has two
	assert.False(t, b.service.overlap, "two writes for one member were in flight together")
	return sum, err
}

func (b *bench) settledBefore() int64 {
	n := b.settled
	l, ok := b.cfg.Ledger.(ledger)
	if !ok {
		return n
	}
	for _, kind := range l.rows {
		if !kind.Again() {
			n++
		}
	}
	return n
}

// ledger is an earlier run.
type ledger struct {
	rows   map[int64]Kind
	killed bool
	upTo   int64 // the last row that it may have sent; 0: all
}

func (l ledger) Outcome(row int64) (Kind, bool, bool) {
	kind, ok := l.rows[row]
	return kind, kind == Created || kind == Exists, ok
}
func (l ledger) Sent(row int64) bool { return l.killed && (l.upTo == 0 || row <= l.upTo) }

func members(channels, each int) []reader.Record {
	var rows []reader.Record
	for c := range channels {
		for m := range each {
			rows = append(rows, record(len(rows)+1, fmt.Sprintf("channel-%d", c), fmt.Sprintf("member-%d", m)))
		}
	}
	return rows
}

func TestRunCreatesEveryMember(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	sum, err := b.run(t, records(members(7, 30)...))
	require.NoError(t, err)
	assert.EqualValues(t, 210, sum.Read)
	assert.EqualValues(t, 210, sum.Counts[Created])
	assert.Zero(t, sum.NotRestored)
	assert.Equal(t, 210, len(b.service.members)) //nolint:testifylint // Len would print them all
	assert.Equal(t, 210, b.service.count("create"))
	assert.Equal(t, 1, b.service.count("service"), "the Service is looked at once")
}

// Under any mixture of faults, and with any number of workers, the members come out the same.
func TestAnyFaultsAnyWorkers(t *testing.T) {
	t.Parallel()
	rows := members(5, 20)
	for seed := range uint64(20) {
		for _, workers := range []int{1, 3, 32} {
			t.Run(fmt.Sprintf("seed %d, %d workers", seed, workers), func(t *testing.T) {
				t.Parallel()
				b := newBench(t)
				b.cfg.Workers, b.cfg.Retries = workers, 50
				b.cfg.OutageTimeout = time.Hour
				b.service.on = chaos(seed)
				sum, err := b.run(t, records(rows...))
				require.NoError(t, err)
				assert.EqualValues(t, len(rows), sum.Counts[Created])
				assert.Equal(t, len(rows), len(b.service.members)) //nolint:testifylint // Len would print them all
				assert.Equal(t, len(rows), b.service.made, "no member was made twice")
			})
		}
	}
}

// chaos lets two thirds of all requests about members fail, in every way there is; which ones depends on the request
// alone, not on the order in which they come.
func chaos(seed uint64) func(op, channel, identity string, try int) (bool, error) {
	return func(op, channel, identity string, try int) (bool, error) {
		if op == "service" {
			return false, nil
		}
		h := seed
		for _, c := range fmt.Sprint(op, channel, identity, try) {
			h = h*1099511628211 + uint64(c)
		}
		lost := &chat.Error{Sent: true, Err: errors.New("lost")}
		switch r := rand.New(rand.NewPCG(h, seed)); r.IntN(16) {
		case 0:
			return false, lost
		case 1:
			return true, lost
		case 2:
			return true, apiError(500, 20500)
		case 3:
			return false, apiError(503, 20503)
		case 4:
			return false, apiError(429, 20429)
		case 5:
			return false, apiError(429, 50063)
		case 6:
			if op == "create" { // the one request that is known to be answered so although it was carried out
				return true, apiError(404, 20404)
			}
		case 7:
			return false, apiError(409, 50419)
		case 8:
			return true, apiError(201, 0) // a cut body
		case 9:
			return false, &chat.Error{Err: errors.New("refused")}
		}
		return false, nil
	}
}

func TestInterruptedAndResumedEqualsUninterrupted(t *testing.T) {
	t.Parallel()
	rows := members(5, 20)
	for seed := range uint64(40) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.cfg.Retries, b.cfg.OutageTimeout = 50, time.Hour
			b.service.on = chaos(seed)
			interrupted := errors.New("the test interrupts")
			earlier := ledger{rows: make(map[int64]Kind)}
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancelCause(t.Context())
				time.AfterFunc(time.Duration(seed)*100*time.Millisecond, func() { cancel(interrupted) })
				_, err := b.runHere(ctx, t, records(rows...))
				if err != nil {
					require.ErrorIs(t, err, interrupted)
				}
			})
			maps.Copy(earlier.rows, b.sink.kinds())
			again := newBench(t)
			again.cfg.Retries, again.cfg.OutageTimeout = 50, time.Hour
			again.service = b.service
			again.cfg.Client, again.cfg.Ledger = b.service, earlier
			sum, err := again.run(t, records(rows...))
			require.NoError(t, err)
			assert.EqualValues(t, len(rows), sum.Counts[Created], "%v", sum.Counts)
			assert.Equal(t, len(rows), b.service.made, "no member was made twice")
			for row := range again.sink.kinds() {
				assert.True(t, earlier.rows[row].Again(), "row %d was done and was sent again", row)
			}
		})
	}
}

func TestFatalInput(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	broken := errors.New("unexpected EOF at byte 4711")
	source := func(context.Context) iter.Seq2[reader.Record, error] {
		return func(yield func(reader.Record, error) bool) {
			for _, rec := range members(1, 10) {
				if !yield(rec, nil) {
					return
				}
			}
			yield(reader.Record{}, broken)
		}
	}
	sum, err := b.run(t, source)
	require.ErrorIs(t, err, ErrInput)
	require.ErrorIs(t, err, broken)
	assert.EqualValues(t, 10, sum.Counts[Created], "what was read before has its outcome")
}

func TestARowThatCannotBeRead(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	source := func(context.Context) iter.Seq2[reader.Record, error] {
		return func(yield func(reader.Record, error) bool) {
			bad := &reader.RowError{Pos: reader.Pos{Row: 1, Line: 1}, Rule: "bad-json", Msg: "a comma is missing", Raw: []byte("{")}
			if yield(reader.Record{Pos: bad.Pos}, bad) {
				yield(record(2, "ch", "jing"), nil)
			}
		}
	}
	sum, err := b.run(t, source)
	require.NoError(t, err)
	assert.EqualValues(t, 1, sum.Counts[Invalid])
	assert.EqualValues(t, 1, sum.Counts[Created])
	assert.EqualValues(t, 1, sum.NotRestored)
	for _, o := range b.sink.outcomes {
		if o.Kind == Invalid {
			assert.Equal(t, []rules.Problem{{Rule: "bad-json", Message: "a comma is missing"}}, o.Problems)
			assert.Equal(t, []byte("{"), o.Raw)
		}
	}
}

func TestAChannelThatIsFullOrMissingCostsNoFurtherRequests(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.cfg.Workers = 1
	b.service.missing["channel-1"] = true
	b.service.on = func(op, ch, _ string, _ int) (bool, error) {
		if op == "create" && ch == "channel-2" {
			return false, apiError(403, 50403)
		}
		return false, nil
	}
	sum, err := b.run(t, records(members(4, 50)...))
	require.NoError(t, err)
	assert.EqualValues(t, 100, sum.Counts[Created])
	assert.EqualValues(t, 100, sum.Counts[Rejected])
	assert.Equal(t, 100+1+1, b.service.count("create"))
	assert.Equal(t, len(b.service.requests), b.limiter.tokens, "and no token of the run")
}

func TestAMissingRoleRejectsItsRows(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.service.missing[roleA] = true
	rows := members(1, 4)
	rows[1].Values[reader.RoleSID] = reader.Value{Kind: reader.String, Text: []byte(roleA)}
	rows[3].Values[reader.RoleSID] = reader.Value{Kind: reader.String, Text: []byte(roleA)}
	_, err := b.run(t, records(rows...))
	require.NoError(t, err)
	assert.Equal(t, map[int64]Kind{1: Created, 2: Rejected, 3: Created, 4: Rejected}, b.sink.kinds())
	assert.Equal(t, 1, b.service.count("role"))
	assert.Equal(t, 2, b.service.count("create"))
}
