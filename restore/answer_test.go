package restore

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/chat"
	"rejoin/reader"
)

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
		"a failed row names what failed, not what was asked then": {
			on:       everyTry("create", apiError(503, 20503)),
			prepare:  func(b *bench) { b.cfg.Retries = 1 },
			want:     Failed,
			requests: []string{"create ch jing", "fetch ch jing", "create ch jing", "fetch ch jing"},
			check:    func(t *testing.T, o Outcome) { t.Helper(); assert.Equal(t, 503, o.HTTPStatus) },
		},
		"404 for no reason, and no attempt left: it may go better another time": {
			on:       everyTry("create", apiError(404, 20404)),
			prepare:  func(b *bench) { b.cfg.Retries = 0 },
			want:     Failed,
			requests: []string{"create ch jing", "fetch ch jing", "channel ch"},
			check:    func(t *testing.T, o Outcome) { t.Helper(); assert.Equal(t, 404, o.HTTPStatus) },
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
		"429s leave all attempts for what follows": {
			on: func(*service) func(string, string, string, int) (bool, error) {
				return func(op, _, _ string, try int) (bool, error) {
					switch {
					case op == "create" && try <= 3:
						return false, apiError(429, 20429)
					case op == "create" && try == 4:
						return false, apiError(409, 50419)
					}
					return false, nil
				}
			},
			prepare: func(b *bench) { b.cfg.Retries = 1 },
			want:    Created,
			requests: []string{
				"create ch jing", "create ch jing", "create ch jing", "create ch jing", "create ch jing",
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
