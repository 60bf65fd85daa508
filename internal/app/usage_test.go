package app

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestWrongUsage(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, "b.ndjson", "{}")
	tests := map[string]struct {
		args []string
		want string
	}{
		"no command":             {nil, "which command"},
		"a mistyped command":     {[]string{"restor"}, "did you mean restore"},
		"no backup":              {[]string{"restore"}, "which backup"},
		"two backups":            {[]string{"restore", "a", "b"}, "one backup at a time"},
		"an unknown flag":        {[]string{"restore", "a", "--rte", "5"}, "rte"},
		"a bad rate":             {[]string{"restore", "a", "--rate", "fast"}, "--rate"},
		"a rate of nothing":      {[]string{"restore", "a", "--rate", "0"}, "--rate"},
		"no workers":             {[]string{"restore", "a", "--workers", "0"}, "whole number from 1"},
		"a bad Service":          {[]string{"restore", "a", "--service", "IS1"}, "32 hexadecimal"},
		"a bad word":             {[]string{"restore", "a", "--on-conflict", "verfy"}, "did you mean verify"},
		"a bad shard":            {[]string{"restore", "a", "--shard", "5/4"}, "K/N"},
		"a bad budget":           {[]string{"restore", "a", "--max-errors", "200%"}, "100%"},
		"a bad column":           {[]string{"restore", "a", "--column", "user=identiy"}, "did you mean identity"},
		"a bad zone":             {[]string{"restore", "a", "--time-zone", "Mars"}, "Europe/Berlin"},
		"a flag without a value": {[]string{"restore", "a", "--rate"}, "rate"},
		"plain http":             {[]string{"restore", "a", "--api-url", "http://chat.example.com"}, "http"},
		"two targets":            {[]string{"restore", "a", "--sandbox", "--api-url", "http://localhost:1"}, "two targets"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := rejoin(t, dir, "", test.args...)
			assert.Equal(t, 2, got.status)
			assert.Contains(t, got.stderr, test.want)
			assert.Empty(t, got.stdout)
		})
	}
	t.Run("no credentials", func(t *testing.T) {
		t.Parallel()
		got := rejoinEnv(t, dir, "", nil, "restore", "a")
		assert.Equal(t, 2, got.status)
		assert.Contains(t, got.stderr, "TWILIO_API_KEY")
	})
	t.Run("a bad value in the environment", func(t *testing.T) {
		t.Parallel()
		files, err := os.ReadDir(dir)
		require.NoError(t, err)
		assert.Len(t, files, 1, "nothing was made")
	})
}

func TestFlagsThatAreNotRight(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for want, args := range map[string][]string{
		"--report needs a value":                            {"restore", "--sandbox", "b", "--report"},
		"there is no flag --sanbox; did you mean --sandbox": {"restore", "--sanbox", "b"},
		"expected at most":                                  {"restore", "--sandbox", "b", "--workers", "99999999"},
	} {
		got := rejoin(t, dir, "", args...)
		assert.Equal(t, 2, got.status)
		assert.Contains(t, got.stderr, want)
	}
	assert.NoFileExists(t, "--")
}
