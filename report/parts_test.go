package report

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestPartsThatAreNotThere(t *testing.T) {
	t.Parallel()
	info := func(path string, meaning, options map[string]string) Info {
		return Info{Path: path, Runs: 1, Run: Run{Meaning: meaning, Options: options}}
	}
	tests := map[string]struct {
		reports []Info
		want    []string
	}{
		"a whole backup": {[]Info{info("a", map[string]string{"shard": "1/1"}, nil)}, nil},
		"all shards":     {[]Info{info("a", map[string]string{"shard": "1/2"}, nil), info("b", map[string]string{"shard": "2/2"}, nil)}, nil},
		"shards missing": {
			[]Info{info("b", map[string]string{"shard": "2/4"}, nil)},
			[]string{"shards that are not among these reports: 1/4, 3/4, 4/4"},
		},
		"one channel":  {[]Info{info("a", map[string]string{"only_channel": "x\x1b"}, nil)}, []string{"a: of the channel x  alone (--only-channel)"}},
		"a limit":      {[]Info{info("a", nil, map[string]string{"limit": "7"})}, []string{"a: of the first 7 rows alone (--limit)"}},
		"no such part": {[]Info{info("a", map[string]string{"shard": "x/9999999"}, nil)}, nil},
	}
	for name, test := range tests {
		assert.Equal(t, test.want, (&Totals{Reports: test.reports}).Parts(), name)
	}
}
