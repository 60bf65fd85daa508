package restore

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/chat"
	"rejoin/ratelimit"
	"rejoin/reader"
	"rejoin/rules"
	"rejoin/sandbox"
)

// overTheWire runs the engine with the real client and the real limiter against the sandbox, over pipes in virtual time.
// It is called in a bubble.
func overTheWire(t *testing.T, server *sandbox.Server, pace ratelimit.Config, source Source) (map[string]string, Summary) {
	t.Helper()
	pipe := sandbox.Pipe()
	stop := server.Serve(pipe)
	client, err := chat.NewClient(chat.Config{
		BaseURL: "http://localhost", Credentials: chat.Credentials{User: "AC", Password: "secret"}, Timeout: 5 * time.Second,
		Connections: pace.Workers, DialContext: pipe.DialContext,
	})
	require.NoError(t, err)
	limiter, err := ratelimit.New(pace)
	require.NoError(t, err)
	judge, err := rules.New(rules.Config{})
	require.NoError(t, err)
	sink := new(slice)
	sum, err := Run(t.Context(), source, Config{
		Client: client, Limiter: limiter, Sink: sink, Rules: judge, Workers: pace.Workers, Retries: 30, OutageTimeout: time.Hour,
	})
	client.Close()
	require.NoError(t, stop())
	require.NoError(t, err)
	outcomes := make(map[string]string)
	for _, o := range sink.outcomes {
		outcomes[o.Channel+" "+o.Identity] = o.Kind.String()
	}
	require.Len(t, sink.outcomes, len(outcomes), "one outcome a row")
	return outcomes, sum
}

// newSandbox holds the channels that rows name.
func newSandbox(t *testing.T, specs []string, limits sandbox.Limits, rows []reader.Record) *sandbox.Server {
	t.Helper()
	faults, err := sandbox.ParseFaults(specs)
	require.NoError(t, err)
	faults.Latency, err = sandbox.ParseLatency("50ms±20ms")
	require.NoError(t, err)
	server, err := sandbox.New(sandbox.Config{Faults: faults, Limits: limits, Seed: 7})
	require.NoError(t, err)
	require.NoError(t, server.AddService(serviceA))
	for i := range rows {
		require.NoError(t, server.AddChannel(serviceA, string(rows[i].Values[reader.ChannelSID].Text)))
	}
	return server
}

// Every fault that the sandbox knows, at once: every row ends created, every member is there once, and it makes no
// difference how many workers there are. Nor do the 429s, which strike whatever the rate, hold the run down: one worker
// spends a minute waiting for answers, and where the rate collapses each of these runs takes from two to thirteen minutes.
func TestEveryFaultAtOnce(t *testing.T) {
	t.Parallel()
	faults := []string{
		"500,502,503,504=2%", "500-after=3%", "429=3%", "429=2%:retry-after=1", "429=1%:code=50063", "lost-before=3%", "lost-after=3%",
		"404-after=3%:on=create", "409-busy=3%", "html=2%", "cut=2%", "hang=1%",
	}
	rows := members(6, 60)
	for _, workers := range []int{1, 8, 64} {
		t.Run(fmt.Sprint(workers, " workers"), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				server := newSandbox(t, faults, sandbox.Limits{}, rows)
				outcomes, sum := overTheWire(t, server, ratelimit.Config{Rate: 200, Workers: workers}, records(rows...))
				assert.Len(t, outcomes, len(rows))
				for row, outcome := range outcomes {
					assert.Equal(t, "created", outcome, row)
				}
				for c := range 6 {
					assert.Len(t, server.Members(serviceA, fmt.Sprint("channel-", c)), 60)
				}
				assert.Less(t, sum.Elapsed, 2*time.Minute)
				struck := server.Stats().Faults
				for _, kind := range []string{"500", "503", "500-after", "429", "lost-before", "lost-after", "404-after", "409-busy", "html", "cut", "hang"} {
					assert.Positive(t, struck[kind], "%s was to strike: %v", kind, struck)
				}
				t.Logf("%d rows in %s of virtual time, %d requests, %d answered 429; faults that struck: %v",
					len(rows), sum.Elapsed.Round(time.Second), sum.Requests, sum.Throttled, struck)
			})
		})
	}
}

// The sandbox takes 60 members a second and tells nobody, and halves that midway.
func TestAutoAgainstTheSandbox(t *testing.T) {
	t.Parallel()
	const rate, half, each = 60, 30, 2 * time.Minute
	rows := members(12, 900) // what two minutes at each rate make
	synctest.Test(t, func(t *testing.T) {
		server := newSandbox(t, nil, sandbox.Limits{MemberWrites: rate, Window: time.Second}, rows)
		time.AfterFunc(each, func() { server.SetServiceRate(half) })
		outcomes, sum := overTheWire(t, server, ratelimit.Config{Auto: true, Workers: 64}, records(rows...))
		assert.Len(t, outcomes, len(rows))
		possible := rate*each.Seconds() + half*(sum.Elapsed-each).Seconds()
		assert.GreaterOrEqual(t, float64(len(rows)), 0.95*possible, "of what could be written in that time")
		assert.LessOrEqual(t, float64(sum.Throttled), 0.02*float64(sum.Requests))
		t.Logf("%d rows in %s where %s is the least possible, %.1f %% of the capacity; %d of %d requests were answered 429",
			len(rows), sum.Elapsed.Round(time.Second), 2*each, 100*float64(len(rows))/possible, sum.Throttled, sum.Requests)
	})
}
