package app

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"rejoin/chat"
	"rejoin/retry"
)

// A stranger is told that nothing happened, why, and what to look at, before what the system says.
func TestNobodyIsReached(t *testing.T) {
	t.Parallel()
	const url = "http://127.0.0.1:1" // nobody listens there
	for _, c := range []struct {
		command string
		args    []string
		read    string
	}{
		{"restore", []string{"--report", "./r", "./b.ndjson"}, "1 of 3 rows read in "},
		{"verify", []string{"--report", "./r", "./b.ndjson"}, "3 rows read in "},
		{"backup", []string{"--service", serviceA, "--out", "./out.ndjson"}, ""},
	} {
		dir := t.TempDir()
		write(t, dir, "b.ndjson", many(3))
		got := rejoin(t, dir, "", append([]string{c.command, "--api-url", url, "--outage-timeout", "100ms"}, c.args...)...)
		assert.Equal(t, statusStopped, got.status, got.stderr)
		assert.Contains(t, got.stderr, "rejoin: this run has sent nothing, and changed nothing: "+url+" cannot be reached: the connection was refused. "+
			"Nothing listens at the address. Check --api-url and the proxy.\nrejoin: after ", c.command)
		assert.Contains(t, got.stderr, "connect: connection refused", "what the system says is still there")
		assert.Contains(t, got.stdout, c.read)
		assert.Equal(t, c.read != "", strings.Contains(got.stdout, ", nothing was sent)"), got.stdout)
	}
}

// Where anything was answered, or may have been sent, nothing is said of nothing.
func TestSomebodyIsReached(t *testing.T) {
	t.Parallel()
	refused := fmt.Errorf("%w: %w", retry.ErrOutage, &chat.Error{Op: "create member", Err: errors.New("connection refused")})
	counts := func(meanings ...retry.Meaning) *retry.Counters {
		c := new(retry.Counters)
		for _, m := range meanings {
			c.Requests.Add(1)
			c.Heard(m, 0)
		}
		return c
	}
	for name, c := range map[string]struct {
		err    error
		counts *retry.Counters
		says   bool
	}{
		"all unsent":     {refused, counts(retry.Unsent, retry.Unsent), true},
		"one answered":   {refused, counts(retry.Unsent, retry.Done), false},
		"one in doubt":   {refused, counts(retry.Doubtful, retry.Unsent), false},
		"one on its way": {refused, func() *retry.Counters { c := counts(retry.Unsent); c.Requests.Add(1); return c }(), false},
		"none made":      {refused, counts(), false},
		"none counted":   {refused, nil, false},
		"another error":  {errors.New("full"), counts(retry.Unsent), false},
	} {
		text := unreached(c.err, c.counts, "https://chat.example.com")
		assert.Equal(t, c.says, strings.Contains(text, "has sent nothing"), name)
		assert.Contains(t, text, c.err.Error(), name)
	}
	assert.Contains(t, unreached(refused, counts(retry.Unsent), "u"), "after 1 try: ")
}
