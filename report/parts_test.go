package report

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestPartsThatAreNotThere(t *testing.T) {
	t.Parallel()
	info := func(path string, meaning, options map[string]string) Info {
		return Info{Path: path, Runs: 1, Run: Run{Meaning: meaning, Options: options}, Past: []RunInfo{{Limit: options["limit"]}}}
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

// A limit is told of runs that were interrupted and went on, too, until one without a limit has come to its end.
func TestALimitOfSeveralRuns(t *testing.T) {
	t.Parallel()
	run := func(limit string, status int, pending int64) RunInfo {
		return RunInfo{Limit: limit, Ended: status >= 0, ExitCode: status, Pending: pending}
	}
	for name, test := range map[string]struct {
		runs []RunInfo
		want string
	}{
		"interrupted":                    {[]RunInfo{run("100", 130, 40)}, "100"},
		"interrupted, and gone on with":  {[]RunInfo{run("100", 130, 40), run("100", 0, 0)}, "100"},
		"killed, and gone on with":       {[]RunInfo{run("100", -1, 0), run("100", 0, 0)}, "100"},
		"more, then fewer":               {[]RunInfo{run("1000", 0, 0), run("20", 0, 0)}, "1000"},
		"then all":                       {[]RunInfo{run("100", 0, 0), run("", 0, 0)}, ""},
		"all, interrupted, then a part":  {[]RunInfo{run("", 130, 5), run("3", 0, 0)}, "3"},
		"all, with an error, then fewer": {[]RunInfo{run("", 1, 0), run("3", 0, 0)}, "3"},
		"all, then a part":               {[]RunInfo{run("", 3, 0), run("3", 0, 0)}, ""},
		"all at last, interrupted":       {[]RunInfo{run("3", 0, 0), run("", 130, 0)}, ""},
	} {
		var want []string
		if test.want != "" {
			want = []string{"a: of the first " + test.want + " rows alone (--limit)"}
		}
		assert.Equal(t, want, (&Totals{Reports: []Info{{Path: "a", Runs: len(test.runs), Past: test.runs}}}).Parts(), name)
	}
}

func TestALimitIsReadFromTheReport(t *testing.T) {
	t.Parallel()
	run := testRun()
	run.Options["limit"] = "2"
	path := endedWith(t, run, 130, 3)
	assert.Contains(t, asText(t, totalsOf(t, path), false), "of the first 2 rows alone")
}
