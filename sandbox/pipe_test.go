package sandbox_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/sandbox"
)

// A bubble holds the server and its client: time passes only when both wait.
func TestClientOverAPipeInABubble(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		latency, err := sandbox.ParseLatency("2s")
		require.NoError(t, err)
		s := newServer(t, sandbox.Config{Faults: sandbox.Faults{Latency: latency}})
		client := over(t, s)
		started := time.Now()
		status, err := create(client, "jing")
		require.NoError(t, err)
		assert.Equal(t, 201, status)
		assert.Equal(t, 2*time.Second, time.Since(started))
		assert.Len(t, s.Members(serviceSID, channelSID), 1)
	})
}
