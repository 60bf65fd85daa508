package restore

import (
	"context"
	"errors"
	"fmt"
	"iter"
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
	synctest.Test(t, func(t *testing.T) { sum, runErr = b.runHere(t, t.Context(), source) })
	return sum, runErr
}

func (b *bench) runHere(t *testing.T, ctx context.Context, source Source) (Summary, error) {
	t.Helper()
	sum, err := Run(ctx, source, b.cfg)
	require.NoError(t, sum.Check())
	assert.EqualValues(t, sum.Read-sum.Counts[Pending]-b.settledBefore(), len(b.sink.kinds()), "one line for each row that is not pending")
	assert.False(t, b.service.overlap, "two writes for one member were in flight together")
	return sum, err
}

func (b *bench) settledBefore() int64 {
	l, ok := b.cfg.Ledger.(ledger)
	if !ok {
		return 0
	}
	var n int64
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
}

func (l ledger) Outcome(row int64) (Kind, bool, bool) {
	kind, ok := l.rows[row]
	return kind, kind == Created || kind == Exists, ok
}
func (l ledger) Killed() bool { return l.killed }

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

// The table of what an answer means, walked through the whole engine: what is sent next, and what becomes of the row.
func TestOneRowUnderEveryAnswer(t *testing.T) {
	t.Parallel()
	lost := &chat.Error{Op: "test", Sent: true, Err: errors.New("connection reset")}
	refused := &chat.Error{Op: "test", Err: errors.New("connection refused")}
	tests := map[string]struct {
		on       func(s *service) func(op, channel, identity string, try int) (bool, error)
		prepare  func(b *bench)
		want     Kind
		requests []string // after the look at the Service
		check    func(t *testing.T, o Outcome)
	}{
		"lost before it was applied: settled, then made": {
			on:       firstTry("create", false, lost),
			want:     Created,
			requests: []string{"create ch jing", "fetch ch jing", "create ch jing"},
			check: func(t *testing.T, o Outcome) {
				t.Helper()
				assert.False(t, o.Recovered)
				assert.Equal(t, 3, o.Attempts)
			},
		},
		"lost after it was applied: settled, and ours": {
			on:       firstTry("create", true, lost),
			want:     Created,
			requests: []string{"create ch jing", "fetch ch jing"},
			check: func(t *testing.T, o Outcome) {
				t.Helper()
				assert.True(t, o.Recovered)
				assert.NotEmpty(t, o.MemberSID)
			},
		},
		"500 after it was applied: settled, and ours": {
			on:       firstTry("create", true, apiError(500, 20500)),
			want:     Created,
			requests: []string{"create ch jing", "fetch ch jing"},
			check:    func(t *testing.T, o Outcome) { t.Helper(); assert.True(t, o.Recovered) },
		},
		"404 although it was applied: settled, and ours": {
			on:       firstTry("create", true, apiError(404, 20404)),
			want:     Created,
			requests: []string{"create ch jing", "fetch ch jing"},
			check:    func(t *testing.T, o Outcome) { t.Helper(); assert.True(t, o.Recovered) },
		},
		"404 for no reason: the channel is there, so it is tried again": {
			on:       firstTry("create", false, apiError(404, 20404)),
			want:     Created,
			requests: []string{"create ch jing", "fetch ch jing", "channel ch", "create ch jing"},
		},
		"never sent: simply tried again": {
			on:       firstTry("create", false, refused),
			want:     Created,
			requests: []string{"create ch jing", "create ch jing"},
		},
		"busy: simply tried again": {
			on:       firstTry("create", false, apiError(409, 50419)),
			want:     Created,
			requests: []string{"create ch jing", "create ch jing"},
		},
		"the channel is missing": {
			prepare:  func(b *bench) { b.service.missing["ch"] = true },
			want:     Rejected,
			requests: []string{"create ch jing", "fetch ch jing", "channel ch", "service " + serviceA},
			check: func(t *testing.T, o Outcome) {
				t.Helper()
				assert.Equal(t, 404, o.HTTPStatus)
				assert.Equal(t, 20404, o.ErrorCode)
			},
		},
		"refused for good": {
			on:       firstTry("create", false, apiError(400, 50206)),
			want:     Rejected,
			requests: []string{"create ch jing"},
		},
		"no answer to anything after the create": {
			on: func(*service) func(string, string, string, int) (bool, error) {
				return func(op, _, _ string, _ int) (bool, error) {
					if op == "service" {
						return false, nil
					}
					return op == "create", lost
				}
			},
			prepare: func(b *bench) { b.cfg.Retries = 1 },
			want:    Unknown,
			requests: []string{
				"create ch jing", "fetch ch jing", "fetch ch jing",
			},
			check: func(t *testing.T, o Outcome) {
				t.Helper()
				assert.Contains(t, o.Error, "connection reset")
			},
		},
		"never sent, to the end": {
			on:       everyTry("create", refused),
			prepare:  func(b *bench) { b.cfg.Retries = 2 },
			want:     Failed,
			requests: []string{"create ch jing", "create ch jing", "create ch jing"},
			check:    func(t *testing.T, o Outcome) { t.Helper(); assert.Contains(t, o.Error, "connection refused") },
		},
		"lost to the end, and never there: failed, since it was asked": {
			on:      everyTry("create", lost),
			prepare: func(b *bench) { b.cfg.Retries = 1 },
			want:    Failed,
			requests: []string{
				"create ch jing", "fetch ch jing", "create ch jing", "fetch ch jing",
			},
		},
		"already there, skipped": {
			prepare:  there(nil),
			want:     Exists,
			requests: []string{"create ch jing"},
		},
		"already there, refused": {
			prepare:  there(func(b *bench) { b.cfg.OnConflict = Fail }),
			want:     Rejected,
			requests: []string{"create ch jing"},
			check:    func(t *testing.T, o Outcome) { t.Helper(); assert.Equal(t, 50404, o.ErrorCode) },
		},
		"already there with other values, verified": {
			prepare:  there(func(b *bench) { b.cfg.OnConflict = Verify }),
			want:     Differs,
			requests: []string{"create ch jing", "fetch ch jing"},
			check: func(t *testing.T, o Outcome) {
				t.Helper()
				require.Len(t, o.Differences, 1)
				assert.Equal(t, "date_created", o.Differences[0].Field)
			},
		},
		"already there with the same values, verified": {
			prepare: func(b *bench) {
				b.cfg.OnConflict = Verify
				b.service.members["ch jing"] = chat.Resource{SID: "MB1", Identity: "jing", DateCreated: date(t, "2016-03-24T21:05:50Z")}
			},
			want:     Exists,
			requests: []string{"create ch jing", "fetch ch jing"},
		},
		"already there, updated": {
			prepare:  there(func(b *bench) { b.cfg.OnConflict = Update }),
			want:     Updated,
			requests: []string{"create ch jing", "update ch jing"},
		},
		"already there, updated, and the update's answer lost": {
			prepare: there(func(b *bench) {
				b.cfg.OnConflict = Update
				b.service.on = firstTry("update", true, lost)(b.service)
			}),
			want:     Updated,
			requests: []string{"create ch jing", "update ch jing", "update ch jing"},
		},
		"already there, and gone when it is to be updated": {
			prepare: there(func(b *bench) {
				b.cfg.OnConflict = Update
				b.service.on = func(op, _, _ string, _ int) (bool, error) {
					if op == "update" {
						delete(b.service.members, "ch jing")
						return false, apiError(404, 20404)
					}
					return false, nil
				}
			}),
			want:     Created,
			requests: []string{"create ch jing", "update ch jing", "create ch jing"},
		},
		"the lost try arrives after it was asked for": {
			on: func(s *service) func(string, string, string, int) (bool, error) {
				return func(op, ch, id string, try int) (bool, error) {
					switch {
					case op == "create" && try == 1:
						return false, lost
					case op == "create" && try == 2: // the first one gets through just before
						s.members[ch+" "+id] = chat.Resource{SID: "MB1", Identity: id, DateCreated: date(t, "2016-03-24T21:05:50Z")}
						return false, apiError(409, 50404)
					}
					return false, nil
				}
			},
			want:     Created,
			requests: []string{"create ch jing", "fetch ch jing", "create ch jing", "fetch ch jing"},
			check:    func(t *testing.T, o Outcome) { t.Helper(); assert.True(t, o.Recovered) },
		},
		"lost, and there with other values: it was there before": {
			prepare: there(func(b *bench) { b.service.on = firstTry("create", false, lost)(b.service) }),
			want:    Exists,
			requests: []string{
				"create ch jing", "fetch ch jing",
			},
		},
		"429 is no failed attempt": {
			on: func(*service) func(string, string, string, int) (bool, error) {
				return func(op, _, _ string, try int) (bool, error) {
					if op == "create" && try <= 5 {
						return false, &chat.Error{Status: 429, Code: 20429, Sent: true, RetryAfter: time.Second, HasRetryAfter: true}
					}
					return false, nil
				}
			},
			prepare: func(b *bench) { b.cfg.Retries = 0 },
			want:    Created,
			requests: []string{
				"create ch jing", "create ch jing", "create ch jing", "create ch jing", "create ch jing", "create ch jing",
			},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			if test.on != nil {
				b.service.on = test.on(b.service)
			}
			if test.prepare != nil {
				test.prepare(b)
			}
			_, err := b.run(t, records(record(1, "ch", "jing")))
			require.NoError(t, err)
			require.Len(t, b.sink.outcomes, 1)
			o := b.sink.outcomes[0]
			assert.Equal(t, test.want.String(), o.Kind.String(), o.Error)
			assert.Equal(t, test.requests, b.service.requests[1:])
			assert.Equal(t, len(test.requests), o.Attempts)
			if test.check != nil {
				test.check(t, o)
			}
		})
	}
}

func firstTry(op string, apply bool, err error) func(*service) func(string, string, string, int) (bool, error) {
	return func(*service) func(string, string, string, int) (bool, error) {
		return func(is, _, _ string, try int) (bool, error) {
			if is == op && try == 1 {
				return apply, err
			}
			return false, nil
		}
	}
}

func everyTry(op string, err error) func(*service) func(string, string, string, int) (bool, error) {
	return func(*service) func(string, string, string, int) (bool, error) {
		return func(is, _, _ string, _ int) (bool, error) {
			if is == op {
				return false, err
			}
			return false, nil
		}
	}
}

func there(more func(b *bench)) func(b *bench) {
	return func(b *bench) {
		b.service.members["ch jing"] = chat.Resource{SID: "MB1", Identity: "jing", DateCreated: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)}
		if more != nil {
			more(b)
		}
	}
}

func date(t *testing.T, s string) time.Time {
	t.Helper()
	d, err := time.Parse(time.RFC3339, s)
	require.NoError(t, err)
	return d
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
		switch r := rand.New(rand.NewPCG(h, seed)); r.IntN(16) { //nolint:gosec // reproducible on purpose
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
				_, err := b.runHere(t, ctx, records(rows...))
				if err != nil {
					require.ErrorIs(t, err, interrupted)
				}
			})
			for row, kind := range b.sink.kinds() {
				earlier.rows[row] = kind
			}
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

func TestDuplicates(t *testing.T) {
	t.Parallel()
	rows := []reader.Record{
		record(1, "ch", "jing"), record(2, "ch", "Jing"), record(3, "ch", "jing"), record(4, "other", "jing"), record(5, "ch", "jing"),
	}
	rows[4].Values[reader.Attributes] = reader.Value{Kind: reader.String, Text: []byte(`{"a":1}`)}

	t.Run("the first is sent", func(t *testing.T) {
		t.Parallel()
		b := newBench(t)
		sum, err := b.run(t, records(rows...))
		require.NoError(t, err)
		assert.Equal(t, map[int64]Kind{1: Created, 2: Created, 3: Duplicate, 4: Created, 5: Duplicate}, b.sink.kinds())
		assert.EqualValues(t, 1, sum.NotRestored, "the one whose values differ")
		for _, o := range b.sink.outcomes {
			if o.Kind == Duplicate {
				assert.EqualValues(t, 1, o.DuplicateOf)
				assert.Equal(t, o.Row == 3, o.Same)
			}
		}
	})
	t.Run("the last is sent", func(t *testing.T) {
		t.Parallel()
		b := newBench(t)
		winners, err := ScanLast(t.Context(), records(rows...), b.cfg.Rules, Part{})
		require.NoError(t, err)
		b.cfg.Winners, b.cfg.Chosen = winners, true
		sum, err := b.run(t, records(rows...))
		require.NoError(t, err)
		assert.Equal(t, map[int64]Kind{1: Duplicate, 2: Created, 3: Duplicate, 4: Created, 5: Created}, b.sink.kinds())
		assert.Zero(t, sum.NotRestored, "the choice was the user's")
		assert.JSONEq(t, `{"a":1}`, b.service.members["ch jing"].Attributes)
	})
}

func TestStops(t *testing.T) {
	t.Parallel()
	t.Run("credentials refused at the first look", func(t *testing.T) {
		t.Parallel()
		b := newBench(t)
		b.service.on = func(string, string, string, int) (bool, error) { return false, apiError(401, 20003) }
		sum, err := b.run(t, records(members(2, 50)...))
		require.ErrorIs(t, err, ErrRefused)
		assert.Equal(t, sum.Read, sum.Counts[Pending])
		assert.Zero(t, b.service.count("create"), "nothing was sent")
	})
	t.Run("credentials expire on the way", func(t *testing.T) {
		t.Parallel()
		b := newBench(t)
		b.service.on = func(op, _, id string, _ int) (bool, error) {
			if op == "create" && id == "member-30" {
				return false, apiError(401, 20003)
			}
			return false, nil
		}
		sum, err := b.run(t, records(members(1, 100)...))
		require.ErrorIs(t, err, ErrRefused)
		assert.Equal(t, sum.Read, sum.Counts[Created]+sum.Counts[Pending])
		assert.Less(t, b.service.count("create"), 40)
	})
	t.Run("the Service is gone", func(t *testing.T) {
		t.Parallel()
		b := newBench(t)
		b.service.missing[serviceA] = true
		sum, err := b.run(t, records(members(1, 10)...))
		require.ErrorIs(t, err, ErrRefused)
		assert.Equal(t, sum.Read, sum.Counts[Pending])
	})
	t.Run("too many errors", func(t *testing.T) {
		t.Parallel()
		b := newBench(t)
		b.cfg.MaxErrors = Budget{Rows: 3}
		b.service.on = func(op, _, _ string, _ int) (bool, error) {
			if op == "create" {
				return false, apiError(400, 50206)
			}
			return false, nil
		}
		sum, err := b.run(t, records(members(1, 100)...))
		require.ErrorIs(t, err, ErrTooManyErrors)
		assert.Less(t, sum.Counts[Rejected], int64(20))
		assert.Greater(t, sum.Counts[Rejected], int64(3))
	})
	t.Run("the outcomes cannot be written", func(t *testing.T) {
		t.Parallel()
		b := newBench(t)
		b.sink.failAt = 5
		sum, err := b.run(t, records(members(1, 100)...))
		require.ErrorIs(t, err, ErrSink)
		require.ErrorIs(t, err, errSinkFull)
		assert.Positive(t, sum.Counts[Pending])
	})
	t.Run("an outage", func(t *testing.T) {
		t.Parallel()
		b := newBench(t)
		b.cfg.OutageTimeout = 3 * time.Minute
		b.service.on = func(op, _, _ string, _ int) (bool, error) {
			if op != "service" {
				return false, &chat.Error{Err: errors.New("connection refused")}
			}
			return false, nil
		}
		sum, err := b.run(t, records(members(1, 100)...))
		require.ErrorIs(t, err, ErrOutage)
		require.ErrorContains(t, err, "connection refused")
		assert.Zero(t, sum.Counts[Created])
		assert.Equal(t, sum.Read, sum.Counts[Failed]+sum.Counts[Pending])
		assert.GreaterOrEqual(t, sum.Elapsed, 3*time.Minute)
		assert.Less(t, b.service.count("create"), 50, "a dead service is probed, not hammered")
	})
}

func TestAnOutageThatEndsCostsNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.cfg.Retries = 1
	b.cfg.OutageTimeout = 10 * time.Minute
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		b.service.on = func(op, _, _ string, _ int) (bool, error) {
			if down := time.Since(start); op == "create" && down > 2*time.Second && down < 4*time.Minute {
				return false, &chat.Error{Err: errors.New("connection refused")}
			}
			return false, nil
		}
		sum, err := b.runHere(t, t.Context(), records(members(4, 100)...))
		require.NoError(t, err)
		// Up to Workers rows and then some had used up both attempts before the outage was known to be one.
		assert.GreaterOrEqual(t, sum.Counts[Created], int64(400-outageAfter))
		assert.Equal(t, int64(400), sum.Counts[Created]+sum.Counts[Failed])
	})
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

func TestDryRunWritesNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.cfg.DryRun, b.cfg.OnConflict = true, Verify
	b.service.missing["channel-2"] = true
	b.service.members["channel-0 member-0"] = chat.Resource{SID: "MB1", Identity: "member-0", DateCreated: date(t, "2016-03-24T21:05:50Z")}
	b.service.members["channel-0 member-1"] = chat.Resource{SID: "MB2", Identity: "member-1", DateCreated: date(t, "2020-03-24T21:05:50Z")}
	sum, err := b.run(t, records(members(3, 3)...))
	require.NoError(t, err)
	assert.Zero(t, b.service.count("create")+b.service.count("update"))
	assert.Equal(t, map[int64]Kind{
		1: Exists, 2: Differs, 3: Created, 4: Created, 5: Created, 6: Created, 7: Rejected, 8: Rejected, 9: Rejected,
	}, b.sink.kinds())
	assert.True(t, sum.DryRun)
}

// A dry run asks for a channel's members a page at a time: hardly more requests than the pages that there are.
func TestDryRunLooksAtListPages(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.cfg.DryRun, b.cfg.OnConflict = true, Verify
	for _, rec := range members(5, 450) {
		if rec.Row%3 > 0 {
			id := string(rec.Values[reader.Identity].Text)
			b.service.members[string(rec.Values[reader.ChannelSID].Text)+" "+id] = chat.Resource{
				SID: fmt.Sprint("MB", rec.Row), Identity: id, DateCreated: date(t, "2016-03-24T21:05:50Z"),
			}
		}
	}
	sum, err := b.run(t, records(members(5, 450)...))
	require.NoError(t, err)
	assert.EqualValues(t, 1500, sum.Counts[Exists])
	assert.EqualValues(t, 750, sum.Counts[Created])
	assert.Equal(t, 5*3, b.service.count("list"), "300 members in each of 5 channels")
	assert.Zero(t, b.service.count("fetch"))
}

// A page that cannot be had costs requests, and no row.
func TestDryRunWithoutList(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.cfg.DryRun, b.cfg.Retries = true, 1
	b.service.on = func(op, _, _ string, _ int) (bool, error) {
		if op == "list" {
			return false, apiError(500, 20500)
		}
		return false, nil
	}
	sum, err := b.run(t, records(members(2, 20)...))
	require.NoError(t, err)
	assert.EqualValues(t, 40, sum.Counts[Created])
}

func TestLimitAndParts(t *testing.T) {
	t.Parallel()
	rows := members(9, 10)
	t.Run("limit", func(t *testing.T) {
		t.Parallel()
		b := newBench(t)
		b.cfg.Part = Part{Limit: 7}
		sum, err := b.run(t, records(rows...))
		require.NoError(t, err)
		assert.EqualValues(t, 7, sum.Read)
	})
	t.Run("one channel", func(t *testing.T) {
		t.Parallel()
		b := newBench(t)
		b.cfg.Part = Part{OnlyChannel: "channel-4"}
		sum, err := b.run(t, records(rows...))
		require.NoError(t, err)
		assert.EqualValues(t, 10, sum.Read)
		assert.Contains(t, b.service.members, "channel-4 member-9")
	})
	t.Run("shards partition the backup", func(t *testing.T) {
		t.Parallel()
		all := make(map[int64]Kind)
		for k := 1; k <= 4; k++ {
			b := newBench(t)
			b.cfg.Part = Part{Shard: k, Shards: 4}
			_, err := b.run(t, records(rows...))
			require.NoError(t, err)
			for row, kind := range b.sink.kinds() {
				assert.NotContains(t, all, row)
				all[row] = kind
			}
		}
		assert.Len(t, all, len(rows))
	})
}

// A member that was there before the run is not taken for one that the run made, even where it holds the same values
// and the answer to a try was lost: it has the SID that it had in the backup.
func TestASurvivorIsNotRecovered(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	rec := record(1, "ch", "jing")
	rec.Values[reader.SID] = reader.Value{Kind: reader.String, Text: []byte("MB1")}
	b.service.members["ch jing"] = chat.Resource{SID: "MB1", Identity: "jing", DateCreated: date(t, "2016-03-24T21:05:50Z")}
	b.service.on = firstTry("create", false, &chat.Error{Sent: true, Err: errors.New("lost")})(b.service)
	_, err := b.run(t, records(rec))
	require.NoError(t, err)
	assert.Equal(t, map[int64]Kind{1: Exists}, b.sink.kinds())
}
