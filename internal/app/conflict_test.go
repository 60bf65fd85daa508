package app

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rejoin/sandbox"
)

// Of a row that differs there is nothing to mend: what is told to do with it makes the member as the backup has it.
func TestWhatIsToldOfRowsThatDiffer(t *testing.T) {
	t.Parallel()
	row := func(identity, more string) string {
		return `{"service_sid":"` + serviceA + `","channel_sid":"general","identity":"` + identity + `"` + more + "}\n"
	}
	for name, test := range map[string]struct{ others, says string }{
		"alone":         {"", "each with its reason: to overwrite what differs in 1 member"},
		"beside others": {row("bob", `,"role_sid":"RL1"`), "mend the other 1, or take them out; to overwrite what differs in 1 member"},
	} {
		dir := t.TempDir()
		s := newService(t, sandbox.Config{})
		s.hold(t, serviceA, "general")
		write(t, dir, "before", row("jing", `,"attributes":{"a":1}`))
		require.Equal(t, 0, rejoin(t, dir, "", "restore", "--api-url", s.url, "--report", "./r1", "./before").status, name)
		write(t, dir, "b", row("jing", `,"attributes":{"a":2}`)+test.others)
		got := rejoin(t, dir, "", "restore", "--api-url", s.url, "--report", "./r2", "--on-conflict", "verify", "./b")
		require.Equal(t, 3, got.status, "%s: %s", name, got.stderr)
		assert.Contains(t, got.stderr, test.says, name)
		next := regexp.MustCompile(`run: rejoin (restore .*)`).FindStringSubmatch(got.stderr)
		require.NotNil(t, next, got.stderr)
		words := strings.Fields(next[1])
		got = rejoin(t, dir, "", append([]string{words[0], "--report", filepath.Join(dir, "r3")}, words[1:]...)...)
		assert.Equal(t, test.others == "", got.status == 0, "%s: %s", name, got.stderr)
		assert.JSONEq(t, `{"a":2}`, s.Members(serviceA, "general")[0].Attributes, name)
	}
}
