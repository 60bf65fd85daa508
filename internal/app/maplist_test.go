package app

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/chat"
	"rejoin/mapping"
	"rejoin/ratelimit"
	"rejoin/retry"
	"rejoin/sandbox"
)

// twoHeld is what was read of two Services, and what was seen of it.
type twoHeld struct {
	held   [2]*mapping.Holding
	seen   string
	struck map[string]int // how often each fault did
}

// listing reads the lists of two Services from a sandbox, over pipes in virtual time.
func listing(ctx context.Context, t *testing.T, style string, orders ...string) (out twoHeld, err error) {
	t.Helper()
	server, err := sandbox.New(sandbox.Config{Faults: faults(t, orders...), Seed: 7})
	require.NoError(t, err)
	for _, sid := range []string{serviceA, serviceB} {
		require.NoError(t, server.AddService(sid))
		for i := range 950 {
			require.NoError(t, server.AddChannel(sid, fmt.Sprint("channel-", i)))
		}
	}
	pipe := sandbox.Pipe()
	stop := server.Serve(pipe)
	client, err := chat.NewClient(chat.Config{
		BaseURL: "http://localhost", Credentials: chat.Credentials{User: "AC", Password: "secret"}, Timeout: 5 * time.Second,
		Connections: 2, DialContext: pipe.DialContext,
	})
	require.NoError(t, err)
	limiter, err := ratelimit.New(ratelimit.Config{Rate: 1, Workers: 2})
	require.NoError(t, err)
	var stderr bytes.Buffer
	s := newScreen(&stderr, style, logs{level: slog.LevelInfo}, func(string) string { return "" })
	l := newLister(ctx, client, retry.Config{Limiter: limiter, Warn: s.warn}, 8)
	end := s.counting(l)
	out.held[0], out.held[1], err = l.both(serviceA, serviceB)
	end()
	l.close()
	client.Close()
	require.NoError(t, stop())
	out.seen, out.struck = stderr.String(), server.Stats().Faults
	return out, err
}

// A page that is lost on the way is asked for again: nothing of a list is missing, or twice in it. The ceiling is kept.
//
// What strikes is drawn by probability, from the seed and what a Service was asked for before. What strikes each n-th
// request would depend on how the two lists take turns, which the random waits decide: it can strike one page again and
// again, until its tries are used up.
func TestListsWhoseAnswersAreLost(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		out, err := listing(t.Context(), t, "plain", "503=30%:on=any", "lost-after=20%:on=any", "429=20%:on=any:retry-after=2")
		require.NoError(t, err)
		for _, kind := range []string{"503", "lost-after", "429"} {
			assert.Greater(t, out.struck[kind], 1, kind)
		}
		for _, h := range out.held {
			names := make(map[string]bool)
			for _, c := range h.Channels {
				names[c.UniqueName] = true
			}
			assert.Len(t, names, 950)
			assert.Len(t, h.Channels, 950)
			assert.Len(t, h.Roles, 4)
		}
		assert.Equal(t, serviceA, out.held[0].Service.SID)
		assert.Greater(t, time.Since(began), 24*time.Second, "24 requests at one a second, and those that were lost")
		assert.Contains(t, out.seen, "rejoin: reading: ")
		assert.Contains(t, out.seen, "channels, ")
	})
}

func TestListsOfAServiceThatIsDown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		out, err := listing(t.Context(), t, "json", "503:on=any")
		require.Error(t, err)
		assert.Equal(t, statusStopped, statusOf(err), err)
		assert.Contains(t, out.seen, `{"type":"reading","elapsed_s":10,"channels":0,"roles":0}`)
	})
}

func TestListsThatASignalEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(5*time.Second, func() { cancel(&interrupted{signal: syscall.SIGTERM}) })
		_, err := listing(ctx, t, "none")
		require.Error(t, err)
		assert.Equal(t, statusTerminated, statusOf(err), err)
	})
}

// A list that has no end would fill the memory.
func TestAListThatComesBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		limiter, err := ratelimit.New(ratelimit.Config{Rate: 100})
		require.NoError(t, err)
		l := newLister(t.Context(), nil, retry.Config{Limiter: limiter}, 0)
		defer l.close()
		asked := 0
		_, err = pages(l, "the roles", new(atomic.Int64), func(context.Context, chat.Page) ([]chat.Role, string, error) {
			asked++
			return make([]chat.Role, 1), fmt.Sprint("page", asked%3), nil
		})
		require.ErrorContains(t, err, "the roles: the list comes back")
		assert.Equal(t, statusFailed, statusOf(err))
		assert.Equal(t, 4, asked)
	})
}
