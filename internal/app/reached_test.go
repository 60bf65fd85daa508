package app

import (
	"context"
	"errors"
	"iter"
	"regexp"
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/reader"
	"rejoin/sandbox"
)

// The causes of a summary are those of the rows in its table, also where earlier runs have come further than this one.
func TestCausesAreOfTheRowsThatWereRead(t *testing.T) {
	t.Parallel()
	for name, flags := range map[string][]string{"looked at before": nil, "not looked at": {"--no-preflight"}, "dry": {"-n"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			s := newService(t, sandbox.Config{})
			s.hold(t, serviceA, "general")
			write(t, dir, "b.ndjson", string(inShape(t, "ndjson", someRows(43, ""))))
			run := func(flags ...string) (notRestored, caused int) {
				got := rejoin(t, dir, "", append([]string{"restore", "--api-url", s.url, "--report", "./r", "--rate", "1000", "--channel-rate", "0", "./b.ndjson"}, flags...)...)
				require.Equal(t, 3, got.status, got.stderr)
				return sumOf(t, got.stdout, `(?m)^ +([\d,]+)  (?:invalid|rejected) `), sumOf(t, got.stdout, `(?m)^ +([\d,]+)  [a-z0-9-]+: `)
			}
			all, caused := run(flags...)
			require.Equal(t, 12, all)
			require.Equal(t, all, caused)
			for limit := 3; limit < 43; limit += 5 {
				some, caused := run(append(flags, "--resume", "--limit", strconv.Itoa(limit))...)
				assert.Less(t, some, all)
				assert.Equal(t, some, caused, "--limit %d", limit)
			}
			some, caused := run(append(flags, "--resume")...)
			assert.Equal(t, []int{all, all}, []int{some, caused})
		})
	}
}

// sumOf adds up all numbers that an expression finds in a text.
func sumOf(t *testing.T, text, expression string) (sum int) {
	t.Helper()
	for _, found := range regexp.MustCompile(expression).FindAllStringSubmatch(text, -1) {
		n, err := strconv.Atoi(found[1])
		require.NoError(t, err)
		sum += n
	}
	return sum
}

func TestReaching(t *testing.T) {
	t.Parallel()
	three := func(context.Context) iter.Seq2[reader.Record, error] {
		return func(yield func(reader.Record, error) bool) {
			_ = yield(reader.Record{Pos: reader.Pos{Row: 1}}, nil) &&
				yield(reader.Record{Pos: reader.Pos{Row: 2}}, &reader.RowError{}) &&
				yield(reader.Record{Pos: reader.Pos{Row: 3}}, nil) &&
				yield(reader.Record{Pos: reader.Pos{Row: 4}}, errors.New("the end"))
		}
	}
	for name, c := range map[string]struct {
		most  int
		ended bool
		last  int64
	}{"all": {9, false, 3}, "to a limit": {2, false, 2}, "until it was ended": {2, true, 1}} {
		ctx, end := context.WithCancel(t.Context())
		var last atomic.Int64
		n := 0
		for _, err := range reaching(three, &last)(ctx) {
			assert.Equal(t, n == 1, isRowError(err), "%s: what is given is given on: %v", name, err)
			if n++; n >= c.most {
				if c.ended {
					end()
				}
				break
			}
		}
		end()
		assert.Equal(t, c.last, last.Load(), name)
	}
}
